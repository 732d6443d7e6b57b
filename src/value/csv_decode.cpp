#include <algorithm>

#include "value/csv.hpp"
#include "value/csv_cell.hpp"
#include "value/csv_scan.hpp"
#include "value/number_text.hpp"

namespace samara {

namespace {

constexpr size_t k_absent = SIZE_MAX;

struct Column {
  std::string_view name;
  const Type* type = nullptr;  // of the cell: without Option
  bool optional = false;
  bool is_null = false;     // Option of Null: `some` carries nothing
  size_t index = k_absent;  // in the file
};

Error csv_error(std::string_view reason, size_t offset) {
  auto detail = static_cast<uint32_t>(std::min<size_t>(offset, UINT32_MAX));
  return Error(Code::corrupt, k_domain_offset, detail, "CSV error: " + std::string(reason));
}

class Decoder {
 public:
  Decoder(const Type* row, std::string_view text, const CsvDecodeOptions& options, Heap& heap)
      : row_(row), options_(options), scanner_(text, options), heap_(heap) {
    only_empty_is_null_ = options.null_strings.size() == 1 && options.null_strings[0].empty();
  }

  Result<Slot> run(bool frozen) {
    for (uint32_t i = 0; i < row_->arity(); i++) {
      const Type* type = row_->child(i);
      bool optional = type->is(Kind::variant);
      if (optional) type = type->child(1);
      columns_.push_back({.name = row_->name(i),
                          .type = type,
                          .optional = optional,
                          .is_null = type->is(Kind::null),
                          .index = options_.has_header ? k_absent : i});
    }
    if (options_.has_header) SAMARA_CHECK(header());

    ArrayObject* rows = heap_.new_array();
    for (;;) {
      CsvScanner::Status status = scanner_.next();
      if (status == CsvScanner::Status::end) break;
      if (status == CsvScanner::Status::unclosed_quote) return unclosed();
      if (options_.skip_empty_lines && scanner_.blank()) continue;
      row_number_++;
      SAMARA_TRY(Slot row, this->row());
      if (!heap_.push(rows, row) || heap_.exhausted()) return out_of_memory();
    }
    if (frozen) rows->flags |= k_flag_frozen;
    return Slot::of(rows);
  }

 private:
  Error unclosed() const {
    return csv_error("unclosed quote at end of file", scanner_.row_offset());
  }
  static Error out_of_memory() {
    return Error(Code::exhausted, "CSV error: the memory limit was reached");
  }

  std::string_view mapped(std::string_view header) const {
    for (const auto& [from, to] : options_.column_mapping) {
      if (from == header) return to;
    }
    return header;
  }

  Result<void> header() {
    CsvScanner::Status status = scanner_.next();
    if (status == CsvScanner::Status::unclosed_quote) return unclosed();
    static constexpr std::string_view k_no_name[1] = {};
    std::span<const std::string_view> names = scanner_.cells();
    if (status == CsvScanner::Status::end) names = k_no_name;
    std::string_view unknown;
    bool has_unknown = false;
    for (size_t i = 0; i < names.size(); i++) {
      int32_t field = row_->index_of(mapped(names[i]));
      if (field >= 0) {
        columns_[static_cast<size_t>(field)].index = i;
      } else if (!has_unknown) {
        unknown = names[i];
        has_unknown = true;
      }
    }
    for (const Column& column : columns_) {
      if (column.index != k_absent || column.optional) continue;
      return csv_error("missing required column '" + std::string(column.name) + "'", 0);
    }
    if (options_.strict && has_unknown) {
      return csv_error("unexpected column '" + std::string(unknown) + "' in strict mode", 0);
    }
    return {};
  }

  bool null_cell(std::string_view cell) const {
    if (only_empty_is_null_) return cell.empty();
    return std::find(options_.null_strings.begin(), options_.null_strings.end(), cell) !=
           options_.null_strings.end();
  }

  Result<Slot> row() {
    std::span<const std::string_view> cells = scanner_.cells();
    FieldsObject* fields = heap_.new_fields(row_->arity());
    Slot* out = fields->fields();
    for (const Column& column : columns_) {
      if (column.index >= cells.size()) {
        if (!column.optional) return short_row(column, cells.size());
        *out++ = Slot::bare_case(0);
        continue;
      }
      std::string_view cell = cells[column.index];
      if (options_.trim_fields) cell = trim_space(cell);
      if (null_cell(cell)) {
        if (!column.optional) {
          return located("null value for required field '" + std::string(column.name) + "'",
                         column);
        }
        *out++ = Slot::bare_case(0);
        continue;
      }
      Slot value;
      CsvCellStatus status = parse_csv_cell(column.type, cell, heap_, value);
      if (SAMARA_UNLIKELY(status != CsvCellStatus::ok)) return bad_cell(status, column, cell);
      if (column.optional) {
        value = column.is_null ? Slot::bare_case(1) : Slot::of(heap_.new_tagged(1, value));
      }
      *out++ = value;
    }
    return Slot::of(fields);
  }

  Error located(std::string reason, const Column& column) const {
    reason += " at row ";
    append_integer(reason, static_cast<int64_t>(row_number_));
    reason += ", column ";
    append_integer(reason, static_cast<int64_t>(column.index));
    reason += " (";
    reason += column.name;
    reason += ')';
    return csv_error(reason, scanner_.row_offset());
  }
  Error short_row(const Column& column, size_t count) const {
    std::string reason = "row has ";
    append_integer(reason, static_cast<int64_t>(count));
    reason += " fields, expected at least ";
    append_integer(reason, static_cast<int64_t>(column.index) + 1);
    return located(std::move(reason), column);
  }
  Error bad_cell(CsvCellStatus status, const Column& column, std::string_view cell) const {
    if (status == CsvCellStatus::no_memory) return out_of_memory();
    std::string reason;
    if (status == CsvCellStatus::bad_hex) {
      reason = "invalid hex string '";
    } else {
      reason = csv_expectation(column.type);
      reason += ", got '";
    }
    reason += cell;
    return located(reason + '\'', column);
  }

  const Type* row_;
  const CsvDecodeOptions& options_;
  CsvScanner scanner_;
  Heap& heap_;
  bool only_empty_is_null_ = false;
  uint64_t row_number_ = 0;
  std::vector<Column> columns_;
};

const Type* row_type(const Type* type) { return type->is(Kind::array) ? type->element() : type; }

}  // namespace

Result<void> check_csv_type(const Type* type) {
  const Type* row = row_type(type);
  if (!row->is(Kind::struct_)) {
    return Error(Code::type_mismatch, "CSV needs an Array of Structs");
  }
  for (uint32_t i = 0; i < row->arity(); i++) {
    if (is_csv_cell_type(row->child(i))) continue;
    return Error(Code::type_mismatch,
                 "CSV field '" + std::string(row->name(i)) + "' has unsupported type");
  }
  return {};
}

Result<Slot> decode_csv(const Type* type, ByteView input, const CsvDecodeOptions& options,
                        Heap& heap, bool frozen) {
  SAMARA_CHECK(check_csv_type(type));
  SAMARA_TRY(std::string_view text, csv_text(input));
  return Decoder(row_type(type), text, options, heap).run(frozen);
}

}  // namespace samara
