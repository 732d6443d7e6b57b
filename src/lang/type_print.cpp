#include "lang/type_print.hpp"

#include <algorithm>

#include "lang/compile.hpp"

namespace samara::lang {

namespace {

constexpr std::string_view k_type_words[] = {
    "as",    "async",   "await", "break",    "catch",   "continue", "do",      "else",
    "false", "finally", "fn",    "for",      "if",      "import",   "in",      "is",
    "let",   "match",   "null",  "platform", "private", "rec",      "return",  "throw",
    "true",  "try",     "type",  "var",      "while",   "NaN",      "Infinity"};

bool identifier(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Where a type stands decides whether it needs parentheses.
enum class Place : uint8_t { top, nonvariant, payload };

std::string parenthesized(std::string text, bool needed) {
  return needed ? "(" + text + ")" : text;
}

// One printer for both kinds of types; View tells how to look inside.
template <typename View>
class Printer {
 public:
  Printer(View view, size_t limit) : view_(view), limit_(limit) {}

  std::string print(typename View::Node node, Place place) {
    if (spent_ > limit_) return "…";
    std::string text = body(node, place);
    return text;
  }

 private:
  using Node = typename View::Node;

  std::string say(std::string text) {
    spent_ += text.size();
    return text;
  }

  std::string body(Node node, Place place) {
    if (auto leaf = view_.leaf(node)) return say(*leaf);
    if (auto up = view_.reference(node)) {
      size_t at = frames_.size() - *up;
      if (frames_[at].empty()) {
        names_++;
        frames_[at] = names_ == 1 ? "R" : "R" + std::to_string(names_);
      }
      return say(frames_[at]);
    }
    frames_.emplace_back();
    bool wide = false;  // needs parentheses where a variant does
    std::string text = constructor(node, wide);
    std::string name = std::move(frames_.back());
    frames_.pop_back();
    if (!name.empty()) {
      text = "rec " + name + " = " + text;
      wide = true;
    }
    return parenthesized(std::move(text), wide && place != Place::top);
  }

  std::string list(Node node, uint32_t from, uint32_t to) {
    std::string text;
    for (uint32_t i = from; i < to; i++) {
      if (i > from) text += ", ";
      if (spent_ > limit_) return text + "…";
      text += print(view_.part(node, i), Place::top);
    }
    return text;
  }

  std::string constructor(Node node, bool& wide) {
    uint32_t count = view_.arity(node);
    switch (view_.kind(node)) {
      case Kind::struct_: {
        std::string text = "(";
        for (uint32_t i = 0; i < count; i++) {
          if (i > 0) text += ", ";
          if (spent_ > limit_) return text + "…)";
          text += say(name_text(view_.name(node, i), true)) + ": ";
          text += print(view_.part(node, i), Place::top);
        }
        return text + ")";
      }
      case Kind::variant: {
        if (count == 0) return say("Variant<>");
        if (count == 2 && view_.name(node, 0) == "none" && view_.name(node, 1) == "some" &&
            view_.is_null(view_.part(node, 0)) && !view_.is_null(view_.part(node, 1))) {
          return say("Option<") + print(view_.part(node, 1), Place::top) + ">";
        }
        wide = true;
        std::string text;
        for (uint32_t i = 0; i < count; i++) {
          if (i > 0) text += " | ";
          if (spent_ > limit_) return text + "…";
          text += say("." + name_text(view_.name(node, i), true));
          Node payload = view_.part(node, i);
          if (!view_.is_null(payload)) text += " " + print(payload, Place::payload);
        }
        return text;
      }
      case Kind::function:
      case Kind::async_function: {
        std::string text = view_.kind(node) == Kind::async_function ? say("async (") : say("(");
        text += list(node, 0, count - 1) + ") -> ";
        return text + print(view_.part(node, count - 1), Place::nonvariant);
      }
      default:
        return say(std::string(kind_name(view_.kind(node)))) + "<" + list(node, 0, count) + ">";
    }
  }

  View view_;
  size_t limit_;
  size_t spent_ = 0;
  uint32_t names_ = 0;
  std::vector<std::string> frames_;
};

// Closed types, part by part as written, so that recursion shows.
struct ClosedView {
  using Node = const Type*;
  std::optional<std::string> leaf(Node type) const {
    if (type->arity() > 0 || type->is(Kind::struct_) || type->is(Kind::variant) ||
        type->is_function() || type->is(Kind::recursive)) {
      return std::nullopt;
    }
    return std::string(kind_name(type->kind()));
  }
  std::optional<uint32_t> reference(Node type) const {
    if (!type->is(Kind::recursive)) return std::nullopt;
    return type->distance();
  }
  Kind kind(Node type) const { return type->kind(); }
  uint32_t arity(Node type) const { return type->arity(); }
  Node part(Node type, uint32_t i) const { return type->part(i); }
  std::string_view name(Node type, uint32_t i) const { return type->name(i); }
  bool is_null(Node type) const { return type->is(Kind::null); }
};

// Types in the making. A closed part without a name of its own prints by itself, because the
// distances inside count from its own root.
struct OpenView {
  using Node = Ty*;
  Types* types;
  const TypeNames* names;
  std::optional<std::string> leaf(Node type) const {
    type = types->find(type);
    if (type->form == TyForm::error || type->form == TyForm::plain) return "_";
    if (type->form == TyForm::number) return "Integer";
    if (type->known == nullptr) return std::nullopt;
    if (names != nullptr) {
      auto at = names->find(type->known);
      if (at != names->end()) return std::string(at->second);
    }
    if (type->known->has_recursion()) return "(" + type_text(type->known) + ")";
    return ClosedView{}.leaf(type->known);
  }
  std::optional<uint32_t> reference(Node) const { return std::nullopt; }
  Kind kind(Node type) const { return *types->kind(type); }
  uint32_t arity(Node type) const { return types->arity(type); }
  Node part(Node type, uint32_t i) const { return types->part(type, i); }
  std::string_view name(Node type, uint32_t i) const { return types->name(type, i); }
  bool is_null(Node type) const { return types->is(type, Kind::null); }
};

std::string cut(std::string text) {
  if (text.size() <= k_message_type_max + 50) return text;
  size_t end = k_message_type_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) end--;
  return text.substr(0, end) + "…";
}

}  // namespace

std::string name_text(std::string_view name, bool field) {
  bool keyword = !field && std::find(std::begin(k_type_words), std::end(k_type_words), name) !=
                               std::end(k_type_words);
  if (identifier(name) && !keyword) return std::string(name);
  std::string text = "`";
  for (char c : name) {
    if (c == '`' || c == '\\') text += '\\';
    text += c;
  }
  return text + "`";
}

std::string type_text(const Type* type) {
  return Printer<ClosedView>(ClosedView{}, SIZE_MAX).print(type, Place::top);
}

std::string message_type(Types& types, Ty* type, const TypeNames* names) {
  Ty* found = types.find(type);
  if (found->known != nullptr && found->known->has_recursion() &&
      (names == nullptr || names->find(found->known) == names->end())) {
    return cut(
        Printer<ClosedView>(ClosedView{}, k_message_type_max).print(found->known, Place::top));
  }
  return cut(
      Printer<OpenView>(OpenView{&types, names}, k_message_type_max).print(type, Place::top));
}

}  // namespace samara::lang
