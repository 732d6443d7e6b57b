#include <algorithm>

#include "value/csv.hpp"
#include "value/csv_cell.hpp"
#include "value/csv_scan.hpp"
#include "value/json_scalars.hpp"
#include "value/number_text.hpp"

namespace samara {

namespace {

constexpr size_t k_columns_max = 16'384;

// What all cells of a column seen so far could be.
struct Guess {
  bool integer = true;
  bool number = true;
  bool boolean = true;
  bool datetime = true;
  bool any_value = false;
  bool any_null = false;

  void add(std::string_view cell) {
    any_value = true;
    std::string_view trimmed = trim_space(cell);
    // Digits after a leading zero are more likely a code than a number; as text nothing is lost.
    size_t sign = trimmed.starts_with('-') ? 1 : 0;
    bool code = trimmed.size() > sign + 1 && trimmed[sign] == '0' && is_digit(trimmed[sign + 1]);
    int64_t whole = 0;
    integer = integer && !code && parse_integer(trimmed, whole) == NumberStatus::ok;
    double value = 0;
    number = number && !code && (integer || parse_csv_float(trimmed, value));
    boolean = boolean && (cell == "true" || cell == "false");
    datetime = datetime && parse_csv_datetime(trimmed, whole);
  }
  const Type* type(TypeTable& types) const {
    const Type* found = types.string();
    if (any_value && datetime) found = types.datetime();
    if (any_value && boolean) found = types.boolean();
    if (any_value && number) found = types.float_();
    if (any_value && integer) found = types.integer();
    return any_null || !any_value ? types.option(found) : found;
  }
};

std::string_view mapped(const CsvDecodeOptions& options, std::string_view header) {
  for (const auto& [from, to] : options.column_mapping) {
    if (from == header) return to;
  }
  return header;
}

}  // namespace

Result<const Type*> infer_csv_type(ByteView input, const CsvGuessOptions& options,
                                   TypeTable& types) {
  const CsvDecodeOptions& decode = options.decode;
  SAMARA_TRY(std::string_view text, csv_text(input));
  CsvScanner scanner(text, decode);
  std::vector<std::string> names;
  std::vector<Guess> guesses;
  bool header = decode.has_header;
  size_t rows = 0;
  while (rows < options.rows_max) {
    CsvScanner::Status status = scanner.next();
    if (status == CsvScanner::Status::end) break;
    if (status == CsvScanner::Status::unclosed_quote) {
      return Error(Code::corrupt, "CSV error: unclosed quote at end of file");
    }
    auto cells = scanner.cells();
    if (cells.size() > k_columns_max) {
      return Error(Code::exhausted, "CSV error: too many columns (limit 16384)");
    }
    if (header) {
      for (std::string_view name : cells) names.emplace_back(mapped(decode, name));
      guesses.resize(names.size());
      header = false;
      continue;
    }
    if (decode.skip_empty_lines && scanner.blank()) continue;
    while (!decode.has_header && names.size() < cells.size()) {
      std::string name = "column_";
      append_integer(name, static_cast<int64_t>(names.size()) + 1);
      names.push_back(std::move(name));
      // A column that earlier rows lack can be missing.
      guesses.emplace_back();
      guesses.back().any_null = rows > 0;
    }
    rows++;
    for (size_t i = 0; i < guesses.size(); i++) {
      std::string_view cell = i < cells.size() ? cells[i] : std::string_view{};
      if (decode.trim_fields) cell = trim_space(cell);
      bool null = i >= cells.size() ||
                  std::find(decode.null_strings.begin(), decode.null_strings.end(), cell) !=
                      decode.null_strings.end();
      if (null) {
        guesses[i].any_null = true;
      } else {
        guesses[i].add(cell);
      }
    }
  }
  std::vector<NamedType> fields;
  for (size_t i = 0; i < names.size(); i++) {
    // Of columns with one name the last counts, as when decoding.
    if (std::find(names.begin() + static_cast<ptrdiff_t>(i) + 1, names.end(), names[i]) !=
        names.end()) {
      continue;
    }
    fields.push_back({names[i], guesses[i].type(types)});
  }
  SAMARA_TRY(const Type* row, types.checked_named(Kind::struct_, fields));
  return types.array(row);
}

}  // namespace samara
