#include "value/csv.hpp"
#include "value/csv_cell.hpp"

namespace samara {

namespace {

class Encoder {
 public:
  explicit Encoder(const CsvEncodeOptions& options) : options_(options) {
    single_bytes_ = options.delimiter.size() <= 1 && options.quote.size() <= 1;
    for (char c : options.delimiter + options.quote + "\r\n")
      special_[static_cast<uint8_t>(c)] = true;
  }

  /// Starts a line; the first one has no line break before it.
  void begin_line() {
    if (started_) out_ += options_.newline;
    started_ = true;
    first_cell_ = true;
  }
  void cell(std::string_view text) {
    if (!first_cell_) out_ += options_.delimiter;
    first_cell_ = false;
    if (!options_.always_quote && !needs_quotes(text)) {
      out_ += text;
      return;
    }
    out_ += options_.quote;
    size_t at = 0;
    while (!options_.quote.empty()) {
      size_t found = text.find(options_.quote, at);
      if (found == std::string_view::npos) break;
      out_ += text.substr(at, found - at);
      out_ += options_.escape;
      out_ += options_.quote;
      at = found + options_.quote.size();
    }
    out_ += text.substr(at);
    out_ += options_.quote;
  }
  std::string& out() { return out_; }

 private:
  static bool holds(std::string_view text, std::string_view part) {
    return !part.empty() && text.find(part) != std::string_view::npos;
  }
  bool needs_quotes(std::string_view text) const {
    if (single_bytes_) {
      for (char c : text) {
        if (special_[static_cast<uint8_t>(c)]) return true;
      }
      return false;
    }
    return holds(text, options_.delimiter) || holds(text, options_.quote) ||
           text.find_first_of("\r\n") != std::string_view::npos;
  }

  const CsvEncodeOptions& options_;
  std::string out_;
  bool special_[256] = {};  // bytes that ask for quotes, when delimiter and quote are single bytes
  bool single_bytes_ = false;
  bool started_ = false;
  bool first_cell_ = true;
};

}  // namespace

Result<std::string> encode_csv(const Type* type, Slot rows, const CsvEncodeOptions& options) {
  SAMARA_CHECK(check_csv_type(type));
  const Type* row = type->is(Kind::array) ? type->element() : type;
  Encoder encoder(options);
  if (options.include_header) {
    encoder.begin_line();
    for (uint32_t i = 0; i < row->arity(); i++) encoder.cell(row->name(i));
  }
  std::string cell;
  for (Slot slot : as<ArrayObject>(rows)->slots()) {
    encoder.begin_line();
    for (uint32_t i = 0; i < row->arity(); i++) {
      cell.clear();
      if (!append_csv_cell(cell, row->child(i), field_of(slot, i), options.null_string)) {
        return Error(Code::type_mismatch,
                     "CSV field '" + std::string(row->name(i)) + "' has unsupported type");
      }
      encoder.cell(cell);
    }
    if (encoder.out().size() > UINT32_MAX) {
      return Error(Code::exhausted, "the CSV file is too long (limit 4 GiB)");
    }
  }
  return std::move(encoder.out());
}

}  // namespace samara
