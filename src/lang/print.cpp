#include "lang/print.hpp"

#include "lang/print_names.hpp"
#include "lang/printer.hpp"

namespace samara::lang {

namespace {

bool may_stand_together(const Declaration& a, const Declaration& b) {
  return a.form == b.form && a.form != DeclarationForm::function && a.doc.empty() && b.doc.empty();
}

}  // namespace

Doc Printer::file(const SyntaxTree& tree) {
  Doc out = 0;
  bool begun = false;
  const Declaration* previous = nullptr;
  Doc trailing = 0;
  auto separate = [&](bool empty) {
    if (begun) out = layout_.concat({out, empty ? layout_.empty_line() : layout_.hard_line()});
    begun = true;
  };
  auto own_lines_before = [&](uint32_t offset, bool after_declaration) {
    bool first = true;
    while (comments_.pending(offset)) {
      PrintComments::Own comment = comments_.take_own(offset);
      separate(comments_.empty_line_before(comment.begin) || (first && after_declaration));
      first = false;
      out = layout_.concat({out, comment.doc, layout_.break_around()});
    }
    return !first;
  };
  for (size_t i = 0; i < tree.declarations.size(); i++) {
    const Declaration& at = tree.declarations[i];
    bool apart = previous != nullptr && !may_stand_together(*previous, at);
    uint32_t begin = at.span.begin;
    // What follows a comment at the end of a line may belong to it.
    bool commented = own_lines_before(begin, apart && trailing == 0);
    bool empty = commented ? comments_.empty_line_before(begin)
                           : apart || (parsed_ && comments_.empty_line_before(begin));
    separate(empty);
    out = layout_.concat({out, declaration(at)});
    uint32_t limit =
        i + 1 < tree.declarations.size() ? tree.declarations[i + 1].span.begin : UINT32_MAX;
    trailing = comments_.take_trailing(at.span.end, limit);
    out = layout_.concat({out, trailing});
    previous = &at;
  }
  own_lines_before(UINT32_MAX, previous != nullptr && previous->form == DeclarationForm::function);
  return begun ? layout_.concat({out, layout_.hard_line()}) : 0;
}

Doc Printer::doc_comment(const Declaration& declaration) {
  if (parsed_ || declaration.doc.empty()) return 0;
  Doc out = 0;
  std::string_view rest = declaration.doc;
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    std::string line(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.pop_back();
    out = layout_.concat(
        {out, layout_.owned(line.empty() ? "///" : "/// " + line), layout_.hard_line()});
  }
  return out;
}

Doc Printer::declaration(const Declaration& declaration) {
  Doc doc = doc_comment(declaration);
  switch (declaration.form) {
    case DeclarationForm::import:
      return layout_.concat({doc, import(declaration)});
    case DeclarationForm::type:
      return layout_.concat({doc, type_declaration(declaration)});
    case DeclarationForm::platform: {
      Doc head = text("platform ");
      auto word = [&](bool present, std::string_view of) {
        if (present) head = layout_.concat({head, text(of)});
      };
      word(declaration.effect == DeclaredEffect::pure, "pure ");
      word(declaration.effect == DeclaredEffect::idempotent, "idempotent ");
      word(declaration.effect == DeclaredEffect::effectful, "effectful ");
      word(declaration.optional, "optional ");
      word(declaration.is_async, "async ");
      return layout_.concat({doc, head, signature(declaration)});
    }
    case DeclarationForm::function:
      break;
  }
  Doc head = text(declaration.is_private ? "private " : "");
  if (declaration.is_async) head = layout_.concat({head, text("async ")});
  return layout_.concat(
      {doc, head, signature(declaration), text(" "), braces(*declaration.body, false)});
}

Doc Printer::import(const Declaration& declaration) {
  std::vector<Doc> parts = {text("import ")};
  for (size_t i = 0; i < declaration.imports.size(); i++) {
    const Import& at = declaration.imports[i];
    if (i > 0) parts.push_back(text(", "));
    parts.push_back(name(at.name));
    if (at.alias.present() && at.alias.text != at.name.text) {
      parts.push_back(text(" as "));
      parts.push_back(name(at.alias));
    }
  }
  parts.push_back(text(" from "));
  parts.push_back(layout_.owned(string_text(declaration.source)));
  return layout_.concat(parts);
}

Doc Printer::type_parameters(std::span<const Name> names) {
  if (names.empty()) return 0;
  std::vector<Doc> parts = {text("<")};
  for (size_t i = 0; i < names.size(); i++) {
    if (i > 0) parts.push_back(text(", "));
    parts.push_back(name(names[i]));
  }
  parts.push_back(text(">"));
  return layout_.concat(parts);
}

Doc Printer::type_declaration(const Declaration& declaration) {
  Doc head = layout_.concat({text("type "), name(declaration.name),
                             type_parameters(declaration.type_parameters), text(" =")});
  const TypeNode& type_node = *declaration.type;
  bool has_cases = type_node.form == TypeForm::variant && !type_node.fields.empty();
  PrintComments::Leading leading =
      comments_.take_before(has_cases ? type_node.fields[0].name.span.begin : type_node.span.begin);
  Doc right = type(*declaration.type);
  if (leading.any()) {
    Doc lines = layout_.concat({leading.trailing, layout_.hard_line(), own_lines(leading), right});
    return layout_.concat({head, layout_.indent(lines)});
  }
  if (declaration.type->form != TypeForm::variant) {
    return layout_.concat({head, text(" "), right});
  }
  return layout_.group(
      layout_.concat({head, layout_.indent(layout_.concat({layout_.line(), right}))}));
}

Doc Printer::parameters(std::span<const Parameter> all, uint32_t end, bool trailing_comma) {
  std::vector<Item> items;
  for (const Parameter& parameter : all) {
    uint32_t last = parameter.type != nullptr ? parameter.type->span.end : parameter.name.span.end;
    items.push_back({parameter.name.span.begin, last});
  }
  return list("(", ")", items, items.empty() ? 0 : comments_.close_before(items.back().end, end),
              trailing_comma, [&](size_t i) {
                if (all[i].type == nullptr) return name(all[i].name);
                return layout_.concat({name(all[i].name), text(": "), type(*all[i].type)});
              });
}

// From `fn` to the result.
Doc Printer::signature(const Declaration& declaration) {
  bool function = declaration.form == DeclarationForm::function;
  uint32_t end = declaration.type != nullptr ? declaration.type->span.begin
                 : function                  ? declaration.body->span.begin
                                             : declaration.span.end;
  // A platform function may be registered under another name.
  Doc real = 0;
  if (!function && declaration.source_span.end > declaration.source_span.begin) {
    real = layout_.concat({text(" = "), layout_.owned(string_text(declaration.source))});
  }
  Doc out = layout_.concat({text("fn "), name(declaration.name),
                            type_parameters(declaration.type_parameters), real,
                            parameters(declaration.parameters, end, function)});
  if (declaration.type == nullptr) return out;
  return layout_.concat({out, text(" -> "), type(*declaration.type)});
}

std::string print(const SyntaxTree& tree, std::string_view source) {
  Layout layout;
  Printer printer(layout, source.empty() ? std::span<const Comment>() : tree.comments, source);
  return layout.render(printer.file(tree), k_line_columns_max);
}

}  // namespace samara::lang
