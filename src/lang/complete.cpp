#include "lang/complete.hpp"

#include <algorithm>
#include <unordered_set>

#include "lang/compile_session.hpp"
#include "lang/complete_probe.hpp"
#include "lang/infer.hpp"
#include "lang/parse.hpp"

namespace samara::lang {

namespace {

// Stands for the word that is being typed, so that the place parses and is looked at.
constexpr std::string_view k_word = "completion__here";

bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

constexpr std::string_view k_statement_words[] = {
    "let",   "var", "if",   "match", "for",  "while", "try",      "do",    "return",
    "throw", "fn",  "true", "false", "null", "break", "continue", "async", "await"};

constexpr std::string_view k_declaration_words[] = {"fn",   "private", "async",
                                                    "type", "import",  "platform"};

}  // namespace

// Collects what can stand at the word; the first visit of the place counts.
class Collector : public Probe {
 public:
  void at_name(Inferrer& inferrer, const Expr& e) override;
  void at_member(Inferrer& inferrer, const Expr& e, Ty* receiver) override;
  void at_case(Inferrer& inferrer, Span name, Ty* variant) override;

  bool done() const { return done_; }
  void add(std::string_view text, std::string_view kind, std::string type = {},
           std::string_view doc = {}) {
    if (text.empty() || text == k_word || !seen_.insert(std::string(text)).second) return;
    found_.push_back({std::string(text), std::string(kind), std::move(type), std::string(doc)});
  }
  void add_item(Session& session, Item& item, std::string_view name);
  void add_types(Module& module);
  std::vector<Completion> take() { return std::move(found_); }

 private:
  bool here(Inferrer& inferrer, const Name& name) {
    return name.text == k_word && inferrer.module_->is_main && !done_;
  }

  bool done_ = false;
  std::vector<Completion> found_;
  std::unordered_set<std::string> seen_;
};

void Collector::add_item(Session& session, Item& item, std::string_view name) {
  switch (item.kind) {
    case ItemKind::type:
      return add(name, "type", item.closed != nullptr ? type_text(item.closed) : "",
                 item.declaration->doc);
    case ItemKind::platform:
      return add(name, "platform function",
                 item.type != nullptr ? message_type(session.types, item.type, nullptr) : "",
                 item.declaration->doc);
    case ItemKind::function:
    case ItemKind::object:
      return add(name, "function",
                 item.type != nullptr ? message_type(session.types, item.type, nullptr) : "",
                 item.declaration->doc);
  }
}

void Collector::at_name(Inferrer& inferrer, const Expr& e) {
  if (!here(inferrer, e.name)) return;
  done_ = true;
  for (auto* at = inferrer.scopes_.place(); at != nullptr; at = at->below) {
    const Variable& variable = *at->variable;
    add(variable.name,
        variable.kind == VariableKind::parameter ? "parameter"
        : variable.is_mutable                    ? "variable"
                                                 : "constant",
        inferrer.text(variable.type));
  }
  std::vector<std::string_view> names;
  for (const auto& [name, item] : inferrer.module_->names) names.push_back(name);
  std::sort(names.begin(), names.end());
  for (std::string_view name : names) {
    Item& item = *inferrer.module_->names.find(name)->second;
    if (item.kind == ItemKind::function) inferrer.signature(item);
    if (item.kind != ItemKind::type) add_item(inferrer.session_, item, name);
  }
  for (const Method& method : all_methods()) {
    if (method.owner.empty() && method.name != "is") {
      add(method.name, "function", signature_text(method));
    }
  }
  for (std::string_view word : k_statement_words) add(word, "keyword");
  for (const Method& method : all_methods()) {
    if (!method.takes_receiver && !method.owner.empty()) add(method.owner, "type");
  }
}

void Collector::at_member(Inferrer& inferrer, const Expr& e, Ty* receiver) {
  if (!here(inferrer, e.name)) return;
  done_ = true;
  Types& types = inferrer.session_.types;
  auto kind = types.kind(receiver);
  if (!kind && types.find(receiver)->form == TyForm::number) kind = Kind::integer;
  if (!kind) {
    done_ = false;
    return;
  }
  for (uint32_t i = 0; kind == Kind::struct_ && i < types.arity(receiver); i++) {
    add(types.name(receiver, i), "field", inferrer.text(types.part(receiver, i)));
  }
  for (const Method& method : all_methods()) {
    if (method.owner == kind_name(*kind) && method.takes_receiver) {
      add(method.name, "method", signature_text(method));
    }
  }
}

void Collector::at_case(Inferrer& inferrer, Span name, Ty* variant) {
  if (done_ || !inferrer.module_->is_main) return;
  if (inferrer.module_->source.substr(name.begin, name.end - name.begin) != k_word) return;
  Types& types = inferrer.session_.types;
  if (!types.is(variant, Kind::variant)) return;
  done_ = true;
  for (uint32_t i = 0; i < types.arity(variant); i++) {
    Ty* payload = types.part(variant, i);
    add(types.name(variant, i), "case",
        types.is(payload, Kind::null) ? std::string() : inferrer.text(payload));
  }
}

void Collector::add_types(Module& module) {
  for (const auto& [name, item] : module.names) {
    if (item->kind == ItemKind::type) {
      add(name, "type", item->closed != nullptr ? type_text(item->closed) : "",
          item->declaration->doc);
    }
  }
  for (std::string_view name : builtin_type_names()) add(name, "type");
}

namespace {

bool mentions_word(const TypeNode* node) {
  if (node == nullptr) return false;
  if (node->form == TypeForm::name && node->name.text == k_word) return true;
  for (const TypeNode* each : node->arguments) {
    if (mentions_word(each)) return true;
  }
  for (const TypeField& each : node->fields) {
    if (mentions_word(each.type)) return true;
  }
  return mentions_word(node->body);
}

// Whether the word stands for a type, anywhere below.
bool type_word(const Expr* e) {
  if (e == nullptr) return false;
  if (mentions_word(e->type)) return true;
  for (const TypeNode* each : e->type_arguments) {
    if (mentions_word(each)) return true;
  }
  for (const Parameter& each : e->parameters) {
    if (mentions_word(each.type)) return true;
  }
  return std::any_of(e->kids.begin(), e->kids.end(), type_word);
}

bool type_word(const SyntaxTree& tree) {
  for (const Declaration& each : tree.declarations) {
    if (mentions_word(each.type) || type_word(each.body)) return true;
    for (const Parameter& parameter : each.parameters) {
      if (mentions_word(parameter.type)) return true;
    }
  }
  return false;
}

// The static methods after the name of a type.
bool static_word(const Expr* e, std::string_view& owner) {
  if (e == nullptr) return false;
  if (e->form == ExprForm::field && e->name.text == k_word && e->kids[0]->form == ExprForm::name &&
      is_builtin_type_name(e->kids[0]->name.text)) {
    owner = e->kids[0]->name.text;
    return true;
  }
  return std::any_of(e->kids.begin(), e->kids.end(),
                     [&](const Expr* kid) { return static_word(kid, owner); });
}

}  // namespace

std::vector<Completion> completions(TypeTable& types, const SyntaxTree& tree,
                                    std::string_view source, std::string_view path,
                                    const CompileOptions& options, uint32_t offset) {
  size_t begin = std::min<size_t>(offset, source.size());
  size_t end = begin;
  while (begin > 0 && word_character(source[begin - 1])) begin--;
  while (end < source.size() && word_character(source[end])) end++;
  std::string changed(source.substr(0, begin));
  changed += k_word;
  changed += source.substr(end);
  bool typed_in =
      std::any_of(tree.declarations.begin(), tree.declarations.end(), [](const Declaration& each) {
        return each.form == DeclarationForm::function && !each.name.present();
      });
  Parsed parsed = typed_in || !options.parameters.empty() ? parse_input(changed) : parse(changed);

  Collector collector;
  std::string_view owner;
  for (const Declaration& each : parsed.tree->declarations) {
    if (!static_word(each.body, owner)) continue;
    for (const Method& method : all_methods()) {
      if (method.owner == owner) collector.add(method.name, "method", signature_text(method));
    }
    return collector.take();
  }
  Session session(types, options);
  session.probe = &collector;
  Module& main = *session.open_main(*parsed.tree, changed, path);
  compile_bodies(session, main);
  if (collector.done()) return collector.take();
  if (type_word(*parsed.tree)) {
    collector.add_types(main);
    return collector.take();
  }
  // After a dot whose left side is not known nothing can be told.
  if (begin > 0 && changed[begin - 1] == '.') return {};
  for (std::string_view word : k_declaration_words) collector.add(word, "keyword");
  return collector.take();
}

}  // namespace samara::lang
