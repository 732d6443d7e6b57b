#include "apps/samara/table.hpp"

#include <algorithm>
#include <functional>

#include "value/object.hpp"
#include "value/sorted.hpp"
#include "value/text.hpp"

namespace samara::cli {
namespace {

// Ranges of code points that take two columns: East Asian scripts, emoji.
bool is_wide(uint32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

bool is_combining(uint32_t c) {
  return (c >= 0x300 && c <= 0x36f) || c == 0x200b || c == 0x200d || (c >= 0xfe00 && c <= 0xfe0f);
}

// The code point at `at`, which moves behind it. East strings are valid UTF-8.
uint32_t next_code_point(std::string_view text, size_t& at) {
  auto byte = static_cast<uint8_t>(text[at++]);
  if (byte < 0x80) return byte;
  uint32_t out = byte >= 0xf0 ? byte & 0x07U : (byte >= 0xe0 ? byte & 0x0fU : byte & 0x1fU);
  while (at < text.size() && (static_cast<uint8_t>(text[at]) & 0xc0U) == 0x80) {
    out = (out << 6) | (static_cast<uint8_t>(text[at++]) & 0x3fU);
  }
  return out;
}

size_t width_of(uint32_t code_point) {
  return is_combining(code_point) ? 0 : (is_wide(code_point) ? 2 : 1);
}

bool is_option(const Type* type) {
  return type->is(Kind::variant) && type->arity() == 2 && type->name(0) == "none" &&
         type->name(1) == "some" && type->child(0)->is(Kind::null);
}

const Type* plain_type(const Type* type) { return is_option(type) ? type->child(1) : type; }

bool is_number(const Type* type) {
  type = plain_type(type);
  return type->is(Kind::integer) || type->is(Kind::float_);
}

// A cell: strings without quotes, nothing for none, the rest as East text.
void append_cell(std::string& out, const Type* type, Slot value) {
  if (is_option(type)) {
    if (case_of(value) == 0) return;
    return append_cell(out, type->child(1), payload_of(value));
  }
  if (!type->is(Kind::string)) {
    size_t before = out.size();
    if (!append_text(out, type, value)) {
      out.resize(before);
      out += "?";
    }
    return;
  }
  for (char c : text_of(value)) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) {
      out += "\xef\xbf\xbd";
    } else {
      out += c;
    }
  }
}

// A column of a table: how to get from key and value of a row to the cell.
struct Column {
  std::string name;
  const Type* type;
  bool of_key;
  int32_t field;  // -1: key or value itself
};

void add_columns(std::vector<Column>& columns, const Type* type, bool of_key,
                 std::string_view name) {
  if (!type->is(Kind::struct_)) {
    columns.push_back({std::string(name), type, of_key, -1});
    return;
  }
  for (uint32_t i = 0; i < type->arity(); i++) {
    columns.push_back(
        {std::string(type->name(i)), type->child(i), of_key, static_cast<int32_t>(i)});
  }
}

// Characters behind the decimal point of a number, the point included; 0: it has none.
size_t fraction_width(std::string_view number) {
  size_t point = number.find('.');
  return point == std::string_view::npos ? 0 : number.size() - point;
}

// How wide a column must be: decimal points stand below each other, all else at one side.
struct ColumnWidth {
  size_t whole = 0;
  size_t fraction = 0;
  size_t other = 0;
  void add(std::string_view cell, bool number) {
    size_t behind = number ? fraction_width(cell) : 0;
    size_t width = display_width(cell);
    if (behind == 0) {
      other = std::max(other, width);
    } else {
      whole = std::max(whole, width - behind);
      fraction = std::max(fraction, behind);
    }
  }
  size_t total() const { return std::max(other, whole + fraction); }
};

std::vector<Column> columns_of(const Type* type) {
  std::vector<Column> columns;
  if (type->is(Kind::dict)) {
    add_columns(columns, type->key(), true, "key");
    add_columns(columns, type->dict_value(), false, "value");
  } else {
    add_columns(columns, type->element(), false, "value");
  }
  return columns;
}

using RowVisitor = std::function<void(Slot key, Slot value)>;

size_t visit_rows(const Type* type, Slot table, size_t rows_max, const RowVisitor& visit) {
  if (type->is(Kind::dict)) {
    auto* dict = as<SortedObject>(table);
    size_t row = 0;
    for (SortedCursor at(dict); at.valid() && row < rows_max; at.next(), row++) {
      visit(at.key(), at.value());
    }
    return dict->size;
  }
  auto rows = as<ArrayObject>(table)->slots();
  for (size_t row = 0; row < rows.size() && row < rows_max; row++) visit(Slot::null(), rows[row]);
  return rows.size();
}

constexpr std::string_view k_bold = "\033[1m";
constexpr std::string_view k_plain = "\033[0m";

void append_aligned(std::string& line, std::string_view text, size_t width, bool right, bool last) {
  size_t used = display_width(text);
  size_t gap = used < width ? width - used : 0;
  if (right) line.append(gap, ' ');
  line += text;
  // No blanks at the end of a line.
  if (!right && !last) line.append(gap, ' ');
  if (!last) line += "  ";
}

void append_line(std::string& out, std::string_view line, size_t columns_max) {
  out += columns_max == 0 ? std::string(line) : clipped(line, columns_max);
  out += '\n';
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) width += width_of(next_code_point(text, at));
  return width;
}

std::string clipped(std::string_view text, size_t columns) {
  if (text.size() <= columns || display_width(text) <= columns) return std::string(text);
  size_t used = 0;
  size_t at = 0;
  while (at < text.size()) {
    size_t next = at;
    size_t width = width_of(next_code_point(text, next));
    if (used + width + 1 > columns) break;
    used += width;
    at = next;
  }
  return std::string(text.substr(0, at)) + "…";
}

bool has_table(const Type* type) {
  if (type->is(Kind::dict)) return true;
  return type->is(Kind::array) && type->element()->is(Kind::struct_) &&
         type->element()->arity() > 0;
}

std::string table_text(const Type* type, Slot value, const TableOptions& options) {
  std::vector<Column> columns = columns_of(type);
  std::vector<ColumnWidth> needed(columns.size());
  auto cell_of = [&](const Column& column, Slot key, Slot row) {
    Slot from = column.of_key ? key : row;
    if (column.field >= 0) from = field_of(from, static_cast<uint32_t>(column.field));
    std::string text;
    append_cell(text, column.type, from);
    return clipped(text, options.cell_columns_max);
  };
  // Once for the widths and once to print, so that a long table takes no memory but its text.
  size_t total = visit_rows(type, value, options.rows_max, [&](Slot key, Slot row) {
    for (size_t i = 0; i < columns.size(); i++) {
      needed[i].add(cell_of(columns[i], key, row), is_number(columns[i].type));
    }
  });
  std::vector<size_t> widths;
  widths.reserve(columns.size());
  for (size_t i = 0; i < columns.size(); i++) {
    widths.push_back(std::max(display_width(columns[i].name), needed[i].total()));
  }
  std::string out;
  std::string line;
  auto put_line = [&](const std::function<std::string(size_t)>& cell) {
    line.clear();
    for (size_t i = 0; i < columns.size(); i++) {
      append_aligned(line, cell(i), widths[i], is_number(columns[i].type), i + 1 == columns.size());
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    append_line(out, line, options.line_columns_max);
  };
  if (options.colour) out += k_bold;
  put_line([&](size_t i) { return columns[i].name; });
  if (options.colour) out += k_plain;
  put_line([&](size_t i) { return std::string(widths[i], '-'); });
  visit_rows(type, value, options.rows_max, [&](Slot key, Slot row) {
    put_line([&](size_t i) {
      std::string cell = cell_of(columns[i], key, row);
      size_t behind = is_number(columns[i].type) ? fraction_width(cell) : 0;
      if (behind > 0) cell.append(needed[i].fraction - behind, ' ');
      return cell;
    });
  });
  if (total > options.rows_max) {
    out += "… " + std::to_string(total - options.rows_max) + " more rows\n";
  }
  return out;
}

TextTable::TextTable(std::vector<std::string> header, std::vector<bool> right)
    : header_(std::move(header)), right_(std::move(right)) {
  right_.resize(header_.size());
}

void TextTable::row(std::vector<std::string> cells) {
  cells.resize(header_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::text(bool colour) const {
  std::vector<size_t> widths;
  widths.reserve(header_.size());
  for (size_t i = 0; i < header_.size(); i++) {
    widths.push_back(display_width(header_[i]));
    for (const auto& row : rows_) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  auto put_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); i++) {
      append_aligned(line, cells[i], widths[i], right_[i], i + 1 == cells.size());
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line;
    out += '\n';
  };
  if (colour) out += k_bold;
  put_line(header_);
  if (colour) out += k_plain;
  for (const auto& row : rows_) put_line(row);
  return out;
}

}  // namespace samara::cli
