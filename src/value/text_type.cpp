#include "value/text_type.hpp"

#include "value/number_text.hpp"
#include "value/text.hpp"

namespace samara {

namespace {
class TypePrinter {
 public:
  TypePrinter(std::string& out, size_t bytes_max) : out_(out), end_(bytes_max) {}

  void print(const Type* type) {
    if (out_.size() >= end_) return;
    out_ += '.';
    out_ += kind_name(type->kind());
    switch (type->kind()) {
      case Kind::never:
      case Kind::null:
      case Kind::boolean:
      case Kind::integer:
      case Kind::float_:
      case Kind::string:
      case Kind::datetime:
      case Kind::blob:
        return;
      case Kind::recursive:
        out_ += ' ';
        append_integer(out_, type->distance());
        return;
      case Kind::ref:
      case Kind::array:
      case Kind::set:
      case Kind::vector:
      case Kind::matrix:
        out_ += ' ';
        print(type->part(0));
        return;
      case Kind::dict:
        out_ += " (key=";
        print(type->part(0));
        out_ += ", value=";
        print(type->part(1));
        out_ += ')';
        return;
      case Kind::struct_:
      case Kind::variant:
        named(type);
        return;
      case Kind::function:
      case Kind::async_function:
        function(type);
        return;
    }
  }

 private:
  void named(const Type* type) {
    out_ += " [";
    for (uint32_t i = 0; i < type->arity() && out_.size() < end_; i++) {
      out_ += i == 0 ? "(name=" : ", (name=";
      append_string_literal(out_, type->name(i));
      out_ += ", type=";
      print(type->part(i));
      out_ += ')';
    }
    out_ += ']';
  }
  void function(const Type* type) {
    out_ += " (inputs=[";
    for (uint32_t i = 0; i < type->input_count() && out_.size() < end_; i++) {
      if (i > 0) out_ += ", ";
      print(type->part(i));
    }
    out_ += "], output=";
    print(type->part(type->arity() - 1));
    out_ += ')';
  }

  std::string& out_;
  size_t end_;
};
}  // namespace

void append_type_text(std::string& out, const Type* type) {
  TypePrinter(out, SIZE_MAX).print(type);
}

std::string type_to_text(const Type* type) {
  std::string out;
  append_type_text(out, type);
  return out;
}

std::string type_to_text_short(const Type* type, size_t bytes_max) {
  std::string out;
  TypePrinter(out, bytes_max).print(type);
  if (out.size() <= bytes_max) return out;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<uint8_t>(out[end]) & 0xC0) == 0x80) end--;
  out.resize(end);
  return out + "…";
}

}  // namespace samara
