#include "value/csv_cell.hpp"

#include <bit>

#include "value/calendar.hpp"
#include "value/json_scalars.hpp"
#include "value/number_text.hpp"
#include "value/text_lexer.hpp"

namespace samara {

bool is_csv_option(const Type* type) {
  return type->is(Kind::variant) && type->arity() == 2 && type->name(0) == "none" &&
         type->name(1) == "some" && type->child(0)->is(Kind::null);
}

bool is_csv_cell_type(const Type* type) {
  switch (type->kind()) {
    case Kind::never:
    case Kind::null:
    case Kind::boolean:
    case Kind::integer:
    case Kind::float_:
    case Kind::string:
    case Kind::datetime:
    case Kind::blob:
      return true;
    case Kind::variant:
      return !type->has_recursion() && is_csv_option(type) && is_csv_cell_type(type->child(1));
    default:
      return false;
  }
}

std::string_view trim_space(std::string_view text) {
  auto plain = [](char c) {
    return static_cast<uint8_t>(c) < 0x80 && c != ' ' && (c < '\t' || c > '\r');
  };
  if (text.empty() || (plain(text.front()) && plain(text.back()))) return text;
  TextLexer front(text);
  front.skip_space();
  text.remove_prefix(front.offset());
  while (!text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80) start--;
    TextLexer last(text.substr(start));
    if (!last.at_space()) break;
    text = text.substr(0, start);
  }
  return text;
}

bool parse_csv_float(std::string_view text, double& value) {
  constexpr double k_infinity = std::bit_cast<double>(uint64_t{0x7ff} << 52);
  if (text.empty()) return false;
  if (text == "NaN") {
    value = std::bit_cast<double>(k_nan_bits);
    return true;
  }
  if (text == "Infinity" || text == "-Infinity") {
    value = text[0] == '-' ? -k_infinity : k_infinity;
    return true;
  }
  if (text[0] == '+') {
    text.remove_prefix(1);
    if (text.empty() || text.starts_with('-')) return false;
  }
  size_t sign = text.starts_with('-') ? 1 : 0;
  if (text.substr(sign).starts_with('.')) {
    // parse_decimal wants a digit before the point.
    std::string padded(text.substr(0, sign));
    padded += '0';
    padded += text.substr(sign);
    if (padded.size() <= sign + 2 || !is_digit(padded[sign + 2])) return false;
    if (decimal_length(padded) != padded.size()) return false;
    value = parse_decimal(padded);
    return true;
  }
  if (decimal_length(text) != text.size()) return false;
  value = parse_decimal(text);
  return true;
}

namespace {

CsvCellStatus parse_blob(std::string_view cell, Heap& heap, Slot& out) {
  if (!cell.starts_with("0x")) return CsvCellStatus::wrong;
  if (cell.size() % 2 != 0) return CsvCellStatus::bad_hex;
  for (size_t i = 2; i < cell.size(); i++) {
    if (hex_digit(cell[i]) < 0) return CsvCellStatus::bad_hex;
  }
  BytesObject* object = heap.new_bytes(cell.size() / 2 - 1);
  if (object == nullptr) return CsvCellStatus::no_memory;
  for (size_t i = 2; i < cell.size(); i += 2) {
    object->data()[i / 2 - 1] =
        static_cast<uint8_t>(hex_digit(cell[i]) * 16 + hex_digit(cell[i + 1]));
  }
  out = Slot::of(object);
  return CsvCellStatus::ok;
}

CsvCellStatus status(bool ok) { return ok ? CsvCellStatus::ok : CsvCellStatus::wrong; }

}  // namespace

CsvCellStatus parse_csv_cell(const Type* type, std::string_view cell, Heap& heap, Slot& out) {
  switch (type->kind()) {
    case Kind::null:
      out = Slot::null();
      return status(cell.empty() || cell == "null");
    case Kind::boolean:
      out = Slot::of(cell == "true");
      return status(cell == "true" || cell == "false");
    case Kind::integer: {
      int64_t value = 0;
      bool ok = parse_integer(trim_space(cell), value) == NumberStatus::ok;
      out = Slot::of(value);
      return status(ok);
    }
    case Kind::float_: {
      double value = 0;
      bool ok = parse_csv_float(trim_space(cell), value);
      out = Slot::of(value);
      return status(ok);
    }
    case Kind::datetime: {
      int64_t value = 0;
      bool ok = parse_csv_datetime(trim_space(cell), value);
      out = Slot::of(value);
      return status(ok);
    }
    case Kind::string: {
      BytesObject* object = heap.new_text(cell);
      if (object == nullptr) return CsvCellStatus::no_memory;
      out = Slot::of(object);
      return CsvCellStatus::ok;
    }
    case Kind::blob:
      return parse_blob(cell, heap, out);
    default:
      return CsvCellStatus::wrong;
  }
}

std::string_view csv_expectation(const Type* type) {
  switch (type->kind()) {
    case Kind::null:
      return "expected null";
    case Kind::boolean:
      return "expected 'true' or 'false'";
    case Kind::integer:
      return "expected integer";
    case Kind::float_:
      return "expected float";
    case Kind::datetime:
      return "expected ISO 8601 date";
    case Kind::blob:
      return "expected hex string starting with '0x'";
    default:
      return "no value has this type";
  }
}

bool append_csv_cell(std::string& out, const Type* type, Slot value, std::string_view null_string) {
  switch (type->kind()) {
    case Kind::null:
      out += null_string;
      return true;
    case Kind::boolean:
      out += value.boolean() ? "true" : "false";
      return true;
    case Kind::integer:
      append_integer(out, value.integer());
      return true;
    case Kind::float_:
      if (value.number() == 0 && value.integer() < 0) {
        out += "-0";
      } else {
        append_float_ecma(out, value.number());
      }
      return true;
    case Kind::string:
      out += text_of(value);
      return true;
    case Kind::datetime:
      append_datetime(out, value.integer());
      return true;
    case Kind::blob:
      out += "0x";
      append_hex(out, bytes_of(value).data(), bytes_of(value).size());
      return true;
    case Kind::variant:
      if (case_of(value) == 0) {
        out += null_string;
        return true;
      }
      if (type->child(1)->is(Kind::variant)) return false;
      return append_csv_cell(out, type->child(1), payload_of(value), null_string);
    default:
      return false;
  }
}

}  // namespace samara
