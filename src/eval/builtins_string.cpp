// Builtins on text: String, and the conversions between values and text.

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "eval/builtin.hpp"
#include "eval/code_points.hpp"
#include "eval/unicode_case.hpp"
#include "eval/vm.hpp"
#include "value/json.hpp"
#include "value/number_text.hpp"
#include "value/text.hpp"
#include "value/text_type.hpp"

namespace samara::eval {
namespace {

constexpr size_t k_not_found = SIZE_MAX;

/// The first place of `needle` in `text` from `start` on. Linear, unlike string_view::find.
size_t find_text(std::string_view text, std::string_view needle, size_t start = 0) {
  if (needle.size() == 1) {
    const void* at = std::memchr(text.data() + start, needle[0], text.size() - start);
    return at == nullptr ? k_not_found
                         : static_cast<size_t>(static_cast<const char*>(at) - text.data());
  }
  const void* at = memmem(text.data() + start, text.size() - start, needle.data(), needle.size());
  return at == nullptr ? k_not_found
                       : static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

bool is_ascii(std::string_view text) {
  uint64_t bits = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    bits |= word;
  }
  for (; i < text.size(); i++) bits |= static_cast<uint8_t>(text[i]);
  return (bits & 0x8080808080808080ULL) == 0;
}

/// A piece of a String; the whole of it is the String itself.
bool piece_of(Vm& vm, Slot whole, std::string_view piece, Slot& out) {
  if (piece.size() == text_of(whole).size()) {
    out = whole;
    return true;
  }
  return vm.text(piece, out);
}

// --- building ------------------------------------------------------------------------------------

bool string_concat(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  std::string_view a = text_of(args[0]);
  std::string_view b = text_of(args[1]);
  if (a.empty() || b.empty()) {
    out = a.empty() ? args[1] : args[0];
    return true;
  }
  BytesObject* object = vm.heap().new_bytes(a.size() + b.size());
  if (object == nullptr) return vm.fail_memory();
  std::memcpy(object->data(), a.data(), a.size());
  std::memcpy(object->data() + a.size(), b.data(), b.size());
  out = Slot::of(object);
  return true;
}

bool string_repeat(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  std::string_view text = text_of(args[0]);
  int64_t count = args[1].integer();
  if (count <= 0 || text.empty()) return vm.text("", out);
  if (static_cast<uint64_t>(count) > UINT32_MAX / text.size()) return vm.fail_memory();
  size_t size = text.size() * static_cast<size_t>(count);
  BytesObject* object = vm.heap().new_bytes(size);
  if (object == nullptr) return vm.fail_memory();
  // Doubling what is there keeps the copies long.
  std::memcpy(object->data(), text.data(), text.size());
  for (size_t filled = text.size(); filled < size;) {
    size_t more = std::min(filled, size - filled);
    std::memcpy(object->data() + filled, object->data(), more);
    filled += more;
  }
  out = Slot::of(object);
  return true;
}

template <char from, char to, std::string (*full)(std::string_view)>
bool change_case(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  std::string_view text = text_of(args[0]);
  if (!is_ascii(text)) return vm.text(full(text), out);
  BytesObject* object = vm.heap().new_bytes(text.size());
  if (object == nullptr) return vm.fail_memory();
  for (size_t i = 0; i < text.size(); i++) {
    auto byte = static_cast<uint8_t>(text[i]);
    bool letter = byte >= from && byte <= to;
    object->data()[i] = static_cast<uint8_t>(letter ? byte ^ 0x20 : byte);
  }
  out = Slot::of(object);
  return true;
}

bool string_replace(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  std::string_view text = text_of(args[0]);
  std::string_view search = text_of(args[1]);
  std::string_view replacement = text_of(args[2]);
  if (!search.empty() && find_text(text, search) == k_not_found) {
    out = args[0];
    return true;
  }
  size_t limit = vm.heap().limit();
  std::string result;
  size_t copied = 0;
  for (size_t at = 0;;) {
    at = search.empty() ? at : find_text(text, search, at);
    if (at == k_not_found) break;
    result.append(text, copied, at - copied);
    result += replacement;
    copied = at + search.size();
    if (result.size() > limit) return vm.fail_memory();
    if (!vm.step()) return false;
    if (search.empty() && at == text.size()) break;
    at += search.empty() ? sequence_size(text[at]) : search.size();
  }
  result.append(text, copied);
  return vm.text(result, out);
}

// --- measuring and searching ---------------------------------------------------------------------

bool string_length(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(static_cast<int64_t>(count_code_points(text_of(args[0]))));
  return true;
}

bool string_substring(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  std::string_view text = text_of(args[0]);
  int64_t from = std::max<int64_t>(args[1].integer(), 0);
  int64_t to = std::max(args[2].integer(), from);
  size_t begin = skip_code_points(text, 0, static_cast<uint64_t>(from));
  size_t end = skip_code_points(text, begin, static_cast<uint64_t>(to - from));
  return piece_of(vm, args[0], text.substr(begin, end - begin), out);
}

bool string_starts_with(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(text_of(args[0]).starts_with(text_of(args[1])));
  return true;
}
bool string_ends_with(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(text_of(args[0]).ends_with(text_of(args[1])));
  return true;
}
bool string_contains(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(find_text(text_of(args[0]), text_of(args[1])) != k_not_found);
  return true;
}

bool string_index_of(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  std::string_view text = text_of(args[0]);
  size_t at = find_text(text, text_of(args[1]));
  int64_t index = -1;
  if (at != k_not_found) index = static_cast<int64_t>(count_code_points(text.substr(0, at)));
  out = Slot::of(index);
  return true;
}

// --- taking apart --------------------------------------------------------------------------------

bool push_text(Vm& vm, ArrayObject* array, std::string_view text) {
  Slot piece;
  if (!vm.text(text, piece)) return false;
  return vm.heap().push(array, piece) || vm.fail_memory();
}

bool string_split(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  std::string_view text = text_of(args[0]);
  std::string_view delimiter = text_of(args[1]);
  ArrayObject* pieces = vm.heap().new_array();
  size_t start = 0;
  if (delimiter.empty()) {
    while (start < text.size()) {
      size_t size = sequence_size(text[start]);
      if (!push_text(vm, pieces, text.substr(start, size)) || !vm.step()) return false;
      start += size;
    }
    if (text.empty() && !push_text(vm, pieces, text)) return false;
  } else {
    for (;;) {
      size_t end = find_text(text, delimiter, start);
      bool last = end == k_not_found;
      if (last) end = text.size();
      if (!push_text(vm, pieces, text.substr(start, end - start)) || !vm.step()) return false;
      if (last) break;
      start = end + delimiter.size();
    }
  }
  out = Slot::of(pieces);
  return true;
}

std::string_view trim_start(std::string_view text) {
  while (!text.empty()) {
    DecodedCodePoint first = code_point_at(text, 0);
    if (!is_white_space(first.code)) break;
    text.remove_prefix(first.size);
  }
  return text;
}
std::string_view trim_end(std::string_view text) {
  while (!text.empty()) {
    size_t last = previous_code_point(text, text.size());
    if (!is_white_space(code_point_at(text, last).code)) break;
    text = text.substr(0, last);
  }
  return text;
}
std::string_view trim(std::string_view text) { return trim_end(trim_start(text)); }

template <std::string_view (*cut)(std::string_view)>
bool trimmed(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  return piece_of(vm, args[0], cut(text_of(args[0])), out);
}

// --- encodings -----------------------------------------------------------------------------------

// Strings and blobs are both bytes that nobody changes: the same object serves as both.
bool string_encode_utf8(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = args[0];
  return true;
}

bool string_encode_utf16(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  std::string_view text = text_of(args[0]);
  size_t units = 1 + utf16_length(text);
  BytesObject* object = vm.heap().new_bytes(units * 2);
  if (object == nullptr) return vm.fail_memory();
  uint8_t* to = object->data();
  auto put = [&](uint32_t unit) {
    *to++ = static_cast<uint8_t>(unit);
    *to++ = static_cast<uint8_t>(unit >> 8);
  };
  put(0xfeff);
  for (size_t i = 0; i < text.size();) {
    DecodedCodePoint point = code_point_at(text, i);
    i += point.size;
    if (point.code < 0x10000) {
      put(point.code);
    } else {
      put(0xd7c0 + (point.code >> 10));
      put(0xdc00 + (point.code & 0x3ff));
    }
  }
  out = Slot::of(object);
  return true;
}

// --- values as text ------------------------------------------------------------------------------

/// A text can be longer than any memory (shared structs are written out at each place).
size_t text_limit(Vm& vm) { return std::min<size_t>(vm.heap().limit(), UINT32_MAX); }

/// A text that cannot be written is too long or too deep: limits, which East code cannot catch.
bool fail_text(Vm& vm, const Error& error) {
  if (error.code == Code::exhausted) return vm.fail(FailureKind::memory, error.message());
  return vm.fail(error);
}

/// Print of an Integer is frequent in loops that build keys and lines.
bool print_integer(Vm& vm, int64_t value, Slot& out) {
  char digits[20];  // of the least Integer, with its sign
  std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, value);
  return vm.text({digits, static_cast<size_t>(end.ptr - digits)}, out);
}

bool print(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  if (site.type(0)->is(Kind::integer)) return print_integer(vm, args[0].integer(), out);
  std::string text;
  Result<void> done = append_text(text, site.type(0), args[0], {.bytes_max = text_limit(vm)});
  if (!done) return fail_text(vm, done.error());
  return vm.text(text, out);
}

bool string_print_json(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  std::string text;
  Result<void> done = append_json(text, site.type(0), args[0], {.bytes_max = text_limit(vm)});
  if (!done) return fail_text(vm, done.error());
  return vm.text(text, out);
}

bool parse(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  ParseResult result = parse_text(site.type(0), text_of(args[0]), vm.heap());
  if (result) {
    out = result.value;
    return true;
  }
  const TextError& error = *result.error;
  if (error.code == Code::exhausted && vm.heap().exhausted()) return vm.fail_memory();
  std::string message = "Failed to parse ";
  append_type_text(message, site.type(0));
  message += " at ";
  append_integer(message, static_cast<int64_t>(error.position));
  message += ": ";
  message += error.message;
  return vm.fail(message);
}

bool string_parse_json(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  JsonResult result = parse_json(site.type(0), text_of(args[0]), vm.heap());
  if (result) {
    out = result.value;
    return true;
  }
  const TextError& error = *result.error;
  if (error.code == Code::exhausted && vm.heap().exhausted()) return vm.fail_memory();
  std::string message;
  if (result.fault == JsonFault::syntax) {
    message = "Failed to parse JSON: ";
    message += error.reason;
  } else {
    message = "Failed to convert JSON to ";
    append_type_text(message, site.type(0));
    message += ": ";
    message += error.message;
  }
  return vm.fail(message);
}

/// `Error: <message>`, then a line for each entry of the stack, innermost first.
bool string_print_error(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  const Type* entry_type = site.node->kids[1]->type->element();
  auto field = [&](Slot entry, std::string_view name) {
    return field_of(entry, static_cast<uint32_t>(entry_type->index_of(name)));
  };
  constexpr std::string_view k_new_line = "\n    ";
  std::string text = "Error: ";
  text += text_of(args[0]);
  text += k_new_line;
  int64_t index = 0;
  for (Slot entry : as<ArrayObject>(args[1])->slots()) {
    if (index != 0) text += k_new_line;
    text += '[';
    append_integer(text, index++);
    text += "] ";
    text += text_of(field(entry, "filename"));
    text += ' ';
    append_integer(text, field(entry, "line").integer());
    text += ':';
    append_integer(text, field(entry, "column").integer());
    if (text.size() > text_limit(vm)) return vm.fail_memory();
    if (!vm.step()) return false;
  }
  return vm.text(text, out);
}

constexpr BuiltinEntry k_builtins[] = {
    {"StringConcat", string_concat},
    {"StringRepeat", string_repeat},
    {"StringLength", string_length},
    {"StringSubstring", string_substring},
    {"StringUpperCase", change_case<'a', 'z', to_upper_case>},
    {"StringLowerCase", change_case<'A', 'Z', to_lower_case>},
    {"StringSplit", string_split},
    {"StringTrim", trimmed<trim>},
    {"StringTrimStart", trimmed<trim_start>},
    {"StringTrimEnd", trimmed<trim_end>},
    {"StringStartsWith", string_starts_with},
    {"StringEndsWith", string_ends_with},
    {"StringContains", string_contains},
    {"StringIndexOf", string_index_of},
    {"StringReplace", string_replace},
    {"StringEncodeUtf8", string_encode_utf8},
    {"StringEncodeUtf16", string_encode_utf16},
    {"Print", print},
    {"Parse", parse},
    {"StringPrintJSON", string_print_json},
    {"StringParseJSON", string_parse_json},
    {"StringPrintError", string_print_error},
};

}  // namespace

std::span<const BuiltinEntry> string_builtins() { return k_builtins; }

}  // namespace samara::eval
