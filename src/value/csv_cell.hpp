#pragma once
// One cell of a CSV file and the value it stands for. Threads: pure. Source: docs/formats/csv.md.

#include <string>
#include <string_view>

#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara {

/// `none` and `some`, with Null for none.
bool is_csv_option(const Type* type);
/// Whether a struct field of this type has a cell form.
bool is_csv_cell_type(const Type* type);

/// Without white space (as ECMAScript sees it) at both ends.
std::string_view trim_space(std::string_view text);

/// A decimal number as a cell may hold it: `1`, `-1.5e3`, `+2`, `.5`, `5.`, or `NaN`, `Infinity`,
/// `-Infinity`. The whole text must be one.
bool parse_csv_float(std::string_view text, double& value);

enum class CsvCellStatus : uint8_t { ok, wrong, bad_hex, no_memory };
/// Reads a cell that is not null as a value of a type that is no Option.
CsvCellStatus parse_csv_cell(const Type* type, std::string_view cell, Heap& heap, Slot& out);
/// `expected integer`, and so on, for a status that is `wrong`.
std::string_view csv_expectation(const Type* type);

/// Appends the cell of a value, without quoting. False for a type that has none (nested options).
bool append_csv_cell(std::string& out, const Type* type, Slot value, std::string_view null_string);

}  // namespace samara
