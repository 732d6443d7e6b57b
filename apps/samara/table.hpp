#pragma once
// Tables: values with rows, an Array of Structs or a Dict, in aligned columns for people.
// Threads: pure.

#include <string>

#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara::cli {

struct TableOptions {
  size_t rows_max = SIZE_MAX;
  size_t cell_columns_max = 60;
  /// Columns of the terminal; wider lines are cut. 0: no limit.
  size_t line_columns_max = 0;
  bool colour = false;
};

/// Whether values of this type have rows.
bool has_table(const Type* type);
/// Header, rule, rows; a last line tells how many rows were left out.
/// Requires: has_table(type).
std::string table_text(const Type* type, Slot value, const TableOptions& options);

/// Columns that UTF-8 text takes on a terminal.
size_t display_width(std::string_view text);
/// At most `columns` columns of the text, the last one "…" where something is missing.
std::string clipped(std::string_view text, size_t columns);

/// Plain rows of text in aligned columns; `right` marks columns with numbers.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header, std::vector<bool> right = {});
  void row(std::vector<std::string> cells);
  size_t rows() const { return rows_.size(); }
  std::string text(bool colour) const;

 private:
  std::vector<std::string> header_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace samara::cli
