#include "apps/samara/value_io.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "call/type_name.hpp"
#include "value/beast1.hpp"
#include "value/json.hpp"
#include "value/text.hpp"
#include "value/text_infer.hpp"
#include "value/text_type.hpp"

namespace samara::cli {
namespace {

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string shown_path(std::string_view path) {
  return path == "-" ? std::string("standard input") : in_quotes(path);
}

std::string lower_extension(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string out(path.substr(dot + 1));
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// What people read: the place first, without the closing words for programs.
std::string text_reason(const TextError& error) {
  std::string out = error.reason;
  if (!error.path.empty()) out += " at " + error.path;
  return out + " (line " + std::to_string(error.line) + ", column " + std::to_string(error.column) +
         ")";
}

constexpr size_t k_read_bytes = size_t{1} << 20;

Result<Bytes> read_descriptor(int descriptor) {
  Bytes out;
  size_t used = 0;
  for (;;) {
    if (out.size() - used < k_read_bytes) out.resize(std::max(out.size() * 2, k_read_bytes));
    ssize_t got = ::read(descriptor, out.data() + used, out.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return port::os_error(errno);
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  out.resize(used);
  return out;
}

char delimiter_of(std::string_view path, std::optional<char> given) {
  if (given) return *given;
  return lower_extension(path) == "tsv" ? '\t' : ',';
}

}  // namespace

std::string_view format_word(Format format) { return k_format_words[static_cast<size_t>(format)]; }

Result<Format> parse_format(std::string_view word) {
  for (size_t i = 0; i < std::size(k_format_words); i++) {
    if (k_format_words[i] == word) return static_cast<Format>(i);
  }
  return Error(Code::invalid_argument, "unknown format " + in_quotes(word) +
                                           "; there are beast2, beast1, json, east and csv");
}

std::optional<Format> format_of_path(std::string_view path) {
  std::string extension = lower_extension(path);
  if (extension == "beast2" || extension == "b2") return Format::beast2;
  if (extension == "beast" || extension == "beast1") return Format::beast1;
  if (extension == "json") return Format::json;
  if (extension == "east") return Format::east;
  if (extension == "csv" || extension == "tsv") return Format::csv;
  return std::nullopt;
}

std::optional<Format> format_of_content(ByteView bytes) {
  if (looks_like_beast2(bytes)) return Format::beast2;
  if (looks_like_beast1(bytes)) return Format::beast1;
  return std::nullopt;
}

bool file_exists(Context& context, std::string_view path) {
  auto info = context.files().info_at(port::k_no_directory, path);
  return info && info->kind != port::FileKind::directory;
}

Result<InputBytes> read_input(Context& context, std::string_view path) {
  if (path == "-") {
    auto bytes = read_descriptor(STDIN_FILENO);
    if (!bytes) return std::move(bytes).error().with_context("cannot read standard input");
    return InputBytes(std::move(*bytes));
  }
  auto cannot = [&](std::string_view verb, Error&& error) {
    return std::move(error).with_context("cannot " + std::string(verb) + " " + in_quotes(path));
  };
  port::Files& files = context.files();
  auto file = port::OpenFile::open(files, port::k_no_directory, path, port::OpenMode::read);
  if (!file) return cannot("open", std::move(file).error());
  auto info = files.info(file->handle());
  if (!info) return cannot("read", std::move(info).error());
  if (info->kind == port::FileKind::directory) {
    return cannot("read", Error(Code::invalid_argument, "it is a directory"));
  }
  if (info->kind == port::FileKind::file && info->size_bytes >= k_read_bytes) {
    auto mapping = port::Mapping::map(files, file->handle(), info->size_bytes);
    if (!mapping) return cannot("read", std::move(mapping).error());
    return InputBytes(std::move(*mapping));
  }
  Bytes out;
  // Devices and pipes tell no size.
  for (uint64_t offset = 0;;) {
    size_t room = std::max<size_t>(info->size_bytes + 1, 4096);
    out.resize(offset + room);
    auto got = files.read_at(file->handle(), offset, {out.data() + offset, room});
    if (!got && got.error().detail == ESPIPE) {
      int descriptor = ::open(std::string(path).c_str(), O_RDONLY | O_CLOEXEC);
      if (descriptor < 0) return cannot("open", port::os_error(errno));
      auto bytes = read_descriptor(descriptor);
      ::close(descriptor);
      if (!bytes) return cannot("read", std::move(bytes).error());
      return InputBytes(std::move(*bytes));
    }
    if (!got) return cannot("read", std::move(got).error());
    offset += *got;
    out.resize(offset);
    if (*got < room) break;
  }
  return InputBytes(std::move(out));
}

Result<engine::LoadedValue> read_beast2(Context& context, ByteView bytes, Heap& heap) {
  engine::LoadedValue out;
  out.functions = std::make_unique<engine::FunctionValues>(context.types(), heap);
  Beast2Options options;
  options.functions = out.functions.get();
  SAMARA_TRY(out.value, decode_beast2_any(bytes, context.types(), heap, options));
  return out;
}

namespace {

Result<TypedValue> read_json_value(Context& context, std::string_view text, const Type* type,
                                   Heap& heap) {
  if (type == nullptr) {
    return context.misuse(
        "JSON does not tell its type",
        "give it: --type '.Array .Integer', or --type @FILE for the type of a file");
  }
  JsonResult result = parse_json(type, text, heap);
  if (!result) return Error(result.error->code, text_reason(*result.error));
  return TypedValue{type, result.value};
}

Result<TypedValue> read_text_value(Context& context, std::string_view text, const Type* type,
                                   Heap& heap) {
  if (type == nullptr) {
    InferResult result = infer_text(context.types(), text, heap);
    if (!result) return Error(result.error->code, text_reason(*result.error));
    return TypedValue{result.type, result.value};
  }
  ParseResult result = parse_text(type, text, heap);
  if (!result) return Error(result.error->code, text_reason(*result.error));
  return TypedValue{type, result.value};
}

Result<TypedValue> read_csv_value(Context& context, std::string_view path, ByteView bytes,
                                  const ReadOptions& options, Heap& heap) {
  CsvGuessOptions guess;
  guess.decode.delimiter = delimiter_of(path, options.delimiter);
  const Type* type = options.type;
  if (type == nullptr) {
    SAMARA_TRY(type, infer_csv_type(bytes, guess, context.types()));
  }
  SAMARA_TRY(Slot rows, decode_csv(type, bytes, guess.decode, heap));
  if (type->is(Kind::struct_)) type = context.types().array(type);
  return TypedValue{type, rows};
}

Result<void> expect_type(const Type* expected, const Type* found) {
  if (expected == nullptr || expected == found) return {};
  return Error(Code::type_mismatch,
               "it holds " + type_name(found) + ", expected " + type_name(expected));
}

Result<engine::LoadedValue> read_of_format(Context& context, std::string_view path, ByteView bytes,
                                           Format format, const ReadOptions& options, Heap& heap) {
  engine::LoadedValue out;
  switch (format) {
    case Format::beast2: {
      SAMARA_TRY(out, read_beast2(context, bytes, heap));
      SAMARA_CHECK(expect_type(options.type, out.value.type));
      return out;
    }
    case Format::beast1: {
      SAMARA_TRY(out.value, decode_beast1_any(bytes, context.types(), heap));
      SAMARA_CHECK(expect_type(options.type, out.value.type));
      return out;
    }
    case Format::json: {
      SAMARA_TRY(out.value, read_json_value(context, as_text(bytes), options.type, heap));
      return out;
    }
    case Format::east: {
      SAMARA_TRY(out.value, read_text_value(context, as_text(bytes), options.type, heap));
      return out;
    }
    case Format::csv: {
      SAMARA_TRY(out.value, read_csv_value(context, path, bytes, options, heap));
      return out;
    }
  }
  SAMARA_ASSERT(!"a format without a reader");
}

}  // namespace

Result<engine::LoadedValue> read_value(Context& context, std::string_view path, ByteView bytes,
                                       const ReadOptions& options, Heap& heap) {
  std::optional<Format> format = options.format;
  if (!format) format = format_of_content(bytes);
  if (!format) format = format_of_path(path);
  if (!format) {
    return context.misuse("cannot tell the format of " + shown_path(path), options.format_hint);
  }
  auto value = read_of_format(context, path, bytes, *format, options, heap);
  if (value) return value;
  std::string what = "cannot read " + shown_path(path) + " as " + std::string(format_word(*format));
  return std::move(value).error().with_context(what);
}

Result<Encoded> encode_value(const engine::LoadedValue& loaded, const WriteOptions& options) {
  const Type* type = loaded.value.type;
  const Slot value = loaded.value.value;
  switch (options.format) {
    case Format::beast2: {
      Beast2Options beast2;
      beast2.dialect = options.dialect;
      beast2.functions = loaded.functions.get();
      SAMARA_TRY(Bytes bytes, encode_beast2(type, value, beast2));
      return Encoded(std::move(bytes));
    }
    case Format::beast1: {
      SAMARA_TRY(Bytes bytes, encode_beast1(type, value));
      return Encoded(std::move(bytes));
    }
    case Format::json: {
      SAMARA_TRY(std::string text, print_json(type, value));
      text += '\n';
      return Encoded(std::move(text));
    }
    case Format::east: {
      SAMARA_TRY(std::string text, print_text(type, value));
      text += '\n';
      return Encoded(std::move(text));
    }
    case Format::csv: {
      CsvEncodeOptions csv;
      if (options.delimiter) csv.delimiter = std::string(1, *options.delimiter);
      SAMARA_TRY(std::string text, encode_csv(type, value, csv));
      // The last row may come without its line end.
      if (!text.empty() && text.back() != '\n') text += csv.newline;
      return Encoded(std::move(text));
    }
  }
  SAMARA_ASSERT(!"a format without a writer");
}

namespace {

Result<void> write_all(int descriptor, std::string_view contents) {
  while (!contents.empty()) {
    ssize_t written = ::write(descriptor, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return port::os_error(errno);
    contents.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<void> write_file(const std::string& path, std::string_view contents) {
  struct stat info{};
  bool there = ::stat(path.c_str(), &info) == 0;
  // A device or a pipe is written to, not replaced.
  bool direct = there && !S_ISREG(info.st_mode);
  std::string temporary = path + ".tmp-" + std::to_string(::getpid());
  int descriptor = direct
                       ? ::open(path.c_str(), O_WRONLY | O_CLOEXEC)
                       : ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return port::os_error(errno);
  if (there && !direct) static_cast<void>(::fchmod(descriptor, info.st_mode & 0777));
  auto written = write_all(descriptor, contents);
  if (::close(descriptor) != 0 && written) written = port::os_error(errno);
  if (direct) return written;
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = port::os_error(errno);
  if (!written) ::unlink(temporary.c_str());
  return written;
}

}  // namespace

Result<void> write_output(Context& context, std::string_view path, std::string_view contents) {
  if (path == "-") {
    context.out().write(contents);
    return {};
  }
  auto written = write_file(std::string(path), contents);
  if (written) return {};
  return std::move(written).error().with_context("cannot write " + in_quotes(path));
}

Result<const Type*> parse_type_argument(Context& context, std::string_view text) {
  std::string shown = "option '--type'";
  std::optional<InputBytes> file;
  if (text.starts_with('@')) {
    std::string_view path = text.substr(1);
    SAMARA_TRY(file, read_input(context, path));
    ByteView bytes = file->bytes();
    if (looks_like_beast2(bytes) || looks_like_beast1(bytes)) {
      Heap heap;
      ReadOptions options;
      SAMARA_TRY(auto loaded, read_value(context, path, bytes, options, heap));
      return loaded.value.type;
    }
    if (format_of_path(path) == Format::csv) {
      CsvGuessOptions guess;
      guess.decode.delimiter = delimiter_of(path, std::nullopt);
      return infer_csv_type(bytes, guess, context.types());
    }
    shown = in_quotes(path);
    text = as_text(bytes);
  }
  TypeParseResult result = type_from_text(context.types(), text);
  if (result) return result.type;
  return context.misuse(shown + " holds no type: " + text_reason(*result.error),
                        "types look so: .Array .Struct [(name=\"id\", type=.Integer)]");
}

}  // namespace samara::cli
