#pragma once
// Values in files and on the command line: formats, how they are recognised, reading and writing.
// Threads: one.

#include <optional>
#include <string>

#include "apps/samara/context.hpp"
#include "engine/values.hpp"
#include "value/csv.hpp"
#include "value/heap.hpp"

namespace samara::cli {

enum class Format : uint8_t { beast2, beast1, json, east, csv };
inline constexpr std::string_view k_format_words[] = {"beast2", "beast1", "json", "east", "csv"};

std::string_view format_word(Format format);
/// Errors: invalid_argument, with the words there are.
Result<Format> parse_format(std::string_view word);
/// By extension: .beast2, .beast, .json, .east, .csv, .tsv.
std::optional<Format> format_of_path(std::string_view path);
/// By content, where that is certain.
std::optional<Format> format_of_content(ByteView bytes);

/// The bytes of a file or of standard input.
class InputBytes {
 public:
  explicit InputBytes(Bytes owned) : owned_(std::move(owned)) {}
  explicit InputBytes(port::Mapping mapping) : mapping_(std::move(mapping)) {}
  ByteView bytes() const { return owned_.empty() ? mapping_.bytes() : ByteView(owned_); }

 private:
  Bytes owned_;
  port::Mapping mapping_;
};

/// `path` as the user named it; "-" is standard input.
/// Errors: not_found, permission, io: "cannot open 'x': no such file or directory".
Result<InputBytes> read_input(Context& context, std::string_view path);

struct ReadOptions {
  std::optional<Format> format;   // as the user said; else by content and extension
  const Type* type = nullptr;     // what it must be; else embedded or inferred
  std::optional<char> delimiter;  // CSV
  std::string_view format_hint = "say --from beast2|beast1|json|east|csv";
};

/// Errors: those of the codecs with the path in front; invalid_argument (no format or type).
Result<engine::LoadedValue> read_value(Context& context, std::string_view path, ByteView bytes,
                                       const ReadOptions& options, Heap& heap);
/// Full beast2, function values included.
Result<engine::LoadedValue> read_beast2(Context& context, ByteView bytes, Heap& heap);

struct WriteOptions {
  Format format = Format::east;
  Dialect dialect = Dialect::b;
  std::optional<char> delimiter;  // CSV
};

/// A value in a format; large ones are not copied.
class Encoded {
 public:
  explicit Encoded(Bytes bytes) : bytes_(std::move(bytes)) {}
  explicit Encoded(std::string text) : text_(std::move(text)) {}
  std::string_view view() const {
    return text_.empty() ? as_text(bytes_) : std::string_view(text_);
  }

 private:
  Bytes bytes_;
  std::string text_;
};

/// Text formats end with a line feed. Errors: those of the codecs.
Result<Encoded> encode_value(const engine::LoadedValue& value, const WriteOptions& options);
/// To a file, whole or not at all, or to standard output ("-").
Result<void> write_output(Context& context, std::string_view path, std::string_view contents);

/// A type as given by `--type`: East text, or @FILE with a value or the text of a type.
Result<const Type*> parse_type_argument(Context& context, std::string_view text);

/// A file of this name is there.
bool file_exists(Context& context, std::string_view path);

}  // namespace samara::cli
