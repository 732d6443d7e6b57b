#pragma once
// East CSV: an Array of Structs as rows of cells (RFC 4180 with options), both ways.
//
// Threads: pure; the heap belongs to the caller. Source: docs/formats/csv.md.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara {

struct CsvDecodeOptions {
  static constexpr int k_no_character = -1;
  // ASCII characters, or none: such a role is then never recognised.
  int delimiter = ',';
  int quote = '"';
  int escape = '"';  // understood only directly before a quote, inside quotes
  bool has_header = true;
  std::vector<std::string> null_strings = {""};
  bool skip_empty_lines = true;
  bool trim_fields = false;
  std::vector<std::pair<std::string, std::string>> column_mapping =
      {};  // header text -> field name
  bool strict = false;
};

struct CsvEncodeOptions {
  std::string delimiter = ",";
  std::string quote = "\"";
  std::string escape = "\"";
  std::string newline = "\r\n";
  bool include_header = true;
  std::string null_string;
  bool always_quote = false;
};

/// The rows of a file.
/// Shape: `type` is the row's Struct, or an Array of it; the value is always the Array.
/// Errors: type_mismatch (`CSV field 'f' has unsupported type`), corrupt (`CSV error: …`, detail =
/// byte offset of the cell), exhausted (memory).
Result<Slot> decode_csv(const Type* type, ByteView input, const CsvDecodeOptions& options,
                        Heap& heap, bool frozen = false);

/// The file of an Array of rows. Shape: `type` as above.
/// Errors: type_mismatch, exhausted (more than 4 GiB).
Result<std::string> encode_csv(const Type* type, Slot rows, const CsvEncodeOptions& options);

/// Whether rows of this type have a CSV form. Errors: type_mismatch, as the codecs report it.
Result<void> check_csv_type(const Type* type);

/// The options given by the Struct of Options that the builtins take. Fields are found by name;
/// those which are missing, `none` or of another type keep their default.
CsvDecodeOptions csv_decode_options(const Type* config_type, Slot config);
CsvEncodeOptions csv_encode_options(const Type* config_type, Slot config);

struct CsvGuessOptions {
  CsvDecodeOptions decode = {};
  size_t rows_max = SIZE_MAX;  // rows looked at; the type may not fit those after
};

/// The narrowest Array of Structs that reads the file: columns are Integer, Float, Boolean or
/// DateTime when every cell that is not null has that form, else String; Option when a cell is null
/// or missing.
/// Errors: corrupt, exhausted (more than 16,384 columns).
Result<const Type*> infer_csv_type(ByteView input, const CsvGuessOptions& options,
                                   TypeTable& types);

}  // namespace samara
