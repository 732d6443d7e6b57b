#include "call/type_name.hpp"

namespace samara {

namespace {

// Types of messages are short; deeper ones end in the ellipsis long before.
constexpr uint32_t k_name_depth_max = 64;

class Writer {
 public:
  explicit Writer(size_t bytes_max) : bytes_max_(bytes_max) {}

  std::string take() { return std::move(out_); }

  void write(const Type* type, uint32_t depth) {
    if (full()) return;
    if (depth > k_name_depth_max) return cut();
    switch (type->kind()) {
      case Kind::struct_:
      case Kind::variant:
        return named(type, depth);
      case Kind::function:
      case Kind::async_function:
        return function(type, depth);
      case Kind::recursive:
        return add("Recursive");
      default:
        break;
    }
    add(kind_name(type->kind()));
    if (type->arity() == 0) return;
    add("<");
    for (uint32_t i = 0; i < type->arity(); i++) {
      if (i > 0) add(", ");
      write(type->part(i), depth + 1);
    }
    add(">");
  }

 private:
  bool full() const { return cut_; }
  void cut() {
    if (!cut_) out_ += "…";
    cut_ = true;
  }
  void add(std::string_view text) {
    if (cut_) return;
    if (out_.size() + text.size() > bytes_max_) return cut();
    out_ += text;
  }
  void named(const Type* type, uint32_t depth) {
    add(kind_name(type->kind()));
    add("{");
    for (uint32_t i = 0; i < type->arity() && !full(); i++) {
      if (i > 0) add(", ");
      add(type->name(i));
      const Type* part = type->part(i);
      if (type->is(Kind::variant) && part->is(Kind::null)) continue;
      add(": ");
      write(part, depth + 1);
    }
    add("}");
  }
  void function(const Type* type, uint32_t depth) {
    if (type->is(Kind::async_function)) add("async ");
    add("(");
    for (uint32_t i = 0; i < type->input_count() && !full(); i++) {
      if (i > 0) add(", ");
      write(type->part(i), depth + 1);
    }
    add(") -> ");
    write(type->part(type->arity() - 1), depth + 1);
  }

  size_t bytes_max_;
  bool cut_ = false;
  std::string out_;
};

}  // namespace

std::string type_name(const Type* type, size_t bytes_max) {
  Writer writer(bytes_max);
  writer.write(type, 0);
  return writer.take();
}

}  // namespace samara
