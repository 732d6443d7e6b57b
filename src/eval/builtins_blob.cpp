// Builtins on Blob: bytes, and the binary formats and CSV that live in them.

#include <cstring>
#include <string>
#include <type_traits>

#include "eval/builtin.hpp"
#include "eval/code_points.hpp"
#include "eval/vm.hpp"
#include "value/beast1.hpp"
#include "value/beast2.hpp"
#include "value/csv.hpp"
#include "value/utf8.hpp"

namespace samara::eval {
namespace {

/// The result of a codec, or its error as an East error.
bool decoded(Vm& vm, Result<Slot> result, std::string_view prefix, Slot& out) {
  if (!result) return vm.fail(result.error(), prefix);
  out = *result;
  return true;
}

/// The bytes of a codec. What is too long or too deep to be written is a limit of the run.
template <typename Encoded>
bool encoded(Vm& vm, const Result<Encoded>& result, std::string_view prefix, Slot& out) {
  if (!result && result.error().code == Code::exhausted) {
    return vm.fail(FailureKind::memory, result.error().message());
  }
  if (!result) return vm.fail(result.error(), prefix);
  BytesObject* object = nullptr;
  if constexpr (std::is_same_v<Encoded, std::string>) {
    object = vm.heap().new_text(*result);
  } else {
    object = vm.heap().new_bytes(*result);
  }
  if (object == nullptr) return vm.fail_memory();
  out = Slot::of(object);
  return true;
}

bool blob_size(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(static_cast<int64_t>(bytes_of(args[0]).size()));
  return true;
}

bool blob_get_uint8(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  ByteView bytes = bytes_of(args[0]);
  int64_t index = args[1].integer();
  if (index < 0 || static_cast<uint64_t>(index) >= bytes.size()) {
    return vm.fail("Blob index " + std::to_string(index) + " out of bounds");
  }
  out = Slot::of(static_cast<int64_t>(bytes[static_cast<size_t>(index)]));
  return true;
}

// --- text ----------------------------------------------------------------------------------------

bool blob_decode_utf8(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  ByteView bytes = bytes_of(args[0]);
  if (!utf8_valid(bytes)) return vm.fail("Blob is not valid UTF-8");
  bool marked = bytes.size() >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
  if (marked) return vm.text(as_text(bytes.subspan(3)), out);
  out = args[0];  // the same bytes serve as String and as Blob
  return true;
}

bool blob_decode_utf16(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  constexpr std::string_view k_message = "Blob is not valid UTF-16";
  ByteView bytes = bytes_of(args[0]);
  if (bytes.size() % 2 != 0) return vm.fail(k_message);
  bool big_endian = bytes.size() >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff;
  bool marked = big_endian || (bytes.size() >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe);
  auto unit = [&](size_t i) {
    return big_endian ? static_cast<uint32_t>(bytes[i] << 8 | bytes[i + 1])
                      : static_cast<uint32_t>(bytes[i + 1] << 8 | bytes[i]);
  };
  std::string text;
  text.reserve(bytes.size() / 2);
  for (size_t i = marked ? 2 : 0; i < bytes.size(); i += 2) {
    uint32_t code = unit(i);
    if (is_surrogate(code)) {
      uint32_t low = i + 2 < bytes.size() ? unit(i + 2) : 0;
      if (code >= 0xdc00 || low < 0xdc00 || low > 0xdfff) return vm.fail(k_message);
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      i += 2;
    }
    append_code_point(text, code);
  }
  return vm.text(text, out);
}

// --- beast ---------------------------------------------------------------------------------------

bool blob_decode_beast(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return decoded(vm, decode_beast1(bytes_of(args[0]), site.type(0), *site.types, vm.heap()),
                 "Failed to decode Beast data: ", out);
}

bool blob_encode_beast(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return encoded(vm, encode_beast1(site.type(0), args[0]), "", out);
}

Beast2Options beast2_options(Vm& vm, const BuiltinSite& site) {
  Beast2Options options;
  options.dialect = site.program->dialect();
  options.functions = &vm.function_hooks();
  return options;
}

bool blob_decode_beast2(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return decoded(vm,
                 decode_beast2(bytes_of(args[0]), site.type(0), *site.types, vm.heap(),
                               beast2_options(vm, site)),
                 "Failed to decode Beast2 data: ", out);
}

bool blob_encode_beast2(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return encoded(vm, encode_beast2(site.type(0), args[0], beast2_options(vm, site)), "", out);
}

// --- CSV -----------------------------------------------------------------------------------------

bool blob_decode_csv(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  CsvDecodeOptions options = csv_decode_options(site.type(1), args[1]);
  return decoded(vm, decode_csv(site.type(0), bytes_of(args[0]), options, vm.heap()),
                 "Failed to decode CSV data: ", out);
}

bool array_encode_csv(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  CsvEncodeOptions options = csv_encode_options(site.type(1), args[1]);
  return encoded(vm, encode_csv(site.type(0), args[0], options),
                 "Failed to encode CSV data: ", out);
}

constexpr BuiltinEntry k_builtins[] = {
    {"BlobSize", blob_size},
    {"BlobGetUint8", blob_get_uint8},
    {"BlobDecodeUtf8", blob_decode_utf8},
    {"BlobDecodeUtf16", blob_decode_utf16},
    {"BlobDecodeBeast", blob_decode_beast},
    {"BlobEncodeBeast", blob_encode_beast},
    {"BlobDecodeBeast2", blob_decode_beast2},
    {"BlobEncodeBeast2", blob_encode_beast2},
    {"BlobDecodeCsv", blob_decode_csv},
    {"ArrayEncodeCsv", array_encode_csv},
};

}  // namespace

std::span<const BuiltinEntry> blob_builtins() { return k_builtins; }

}  // namespace samara::eval
