#pragma once
// Rows and cells of a CSV file. Threads: one. Source: docs/formats/csv.md, "Rows".

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "value/csv.hpp"

namespace samara {

class CsvScanner {
 public:
  /// `input` without byte order mark; it must outlive the scanner.
  CsvScanner(std::string_view input, const CsvDecodeOptions& options);

  enum class Status : uint8_t { row, end, unclosed_quote };
  /// Reads the next row. Its cells are valid until the next call.
  Status next();
  std::span<const std::string_view> cells() const { return cells_; }
  /// Whether every cell of the row is empty.
  bool blank() const { return blank_; }
  /// Bytes before the current row.
  size_t row_offset() const { return row_offset_; }

 private:
  struct InScratch {
    size_t cell;
    size_t offset;
  };

  const char* quoted_cell(const char* at);
  void add_cell(const char* start, const char* end) {
    cells_.emplace_back(start, static_cast<size_t>(end - start));
    blank_ = blank_ && start == end;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  int delimiter_;
  int quote_;
  int escape_;
  bool ends_cell_[256] = {};
  bool blank_ = true;
  size_t row_offset_ = 0;
  std::vector<std::string_view> cells_;
  std::string scratch_;  // cells that are not a piece of the input
  std::vector<InScratch> in_scratch_;
};

/// The text of a file: without byte order mark. Errors: corrupt (invalid UTF-8; detail = offset).
Result<std::string_view> csv_text(ByteView input);

}  // namespace samara
