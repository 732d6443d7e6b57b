#include "lang/ast.hpp"

#include <algorithm>
#include <cstring>

namespace samara::lang {

namespace {
constexpr size_t k_chunk_bytes = size_t{64} << 10;
}

SyntaxTree::SyntaxTree() = default;
SyntaxTree::~SyntaxTree() = default;

void* SyntaxTree::allocate(size_t bytes, size_t alignment) {
  size_t skip = (alignment - reinterpret_cast<uintptr_t>(next_) % alignment) % alignment;
  if (next_ == nullptr || skip + bytes > left_) {
    size_t chunk = std::max(k_chunk_bytes, bytes + alignment);
    chunks_.push_back(std::make_unique<std::byte[]>(chunk));
    next_ = chunks_.back().get();
    left_ = chunk;
    skip = (alignment - reinterpret_cast<uintptr_t>(next_) % alignment) % alignment;
  }
  std::byte* memory = next_ + skip;
  next_ += skip + bytes;
  left_ -= skip + bytes;
  return memory;
}

Expr* SyntaxTree::new_expr(ExprForm form, Span span) {
  auto* expr = new (allocate(sizeof(Expr), alignof(Expr))) Expr;
  expr->form = form;
  expr->span = span;
  return expr;
}

TypeNode* SyntaxTree::new_type(TypeForm form, Span span) {
  auto* type = new (allocate(sizeof(TypeNode), alignof(TypeNode))) TypeNode;
  type->form = form;
  type->span = span;
  return type;
}

std::string_view SyntaxTree::copy(std::string_view text) {
  if (text.empty()) return {};
  auto* memory = static_cast<char*>(allocate(text.size(), 1));
  std::memcpy(memory, text.data(), text.size());
  return {memory, text.size()};
}

std::string_view operator_text(Operator op) {
  switch (op) {
    case Operator::add:
      return "+";
    case Operator::subtract:
      return "-";
    case Operator::multiply:
      return "*";
    case Operator::divide:
      return "/";
    case Operator::remainder:
      return "%";
    case Operator::power:
      return "**";
    case Operator::equal:
      return "==";
    case Operator::not_equal:
      return "!=";
    case Operator::less:
      return "<";
    case Operator::less_equal:
      return "<=";
    case Operator::greater:
      return ">";
    case Operator::greater_equal:
      return ">=";
    case Operator::is:
      return "is";
    case Operator::and_:
      return "&&";
    case Operator::or_:
      return "||";
    case Operator::minus:
      return "-";
    case Operator::not_:
      return "!";
    case Operator::await:
      return "await";
    case Operator::assign:
    case Operator::none:
      break;
  }
  return "";
}

}  // namespace samara::lang
