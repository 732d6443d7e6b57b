#include "core/assert.hpp"
#include "lang/print.hpp"
#include "lang/print_names.hpp"
#include "lang/printer.hpp"

namespace samara::lang {

Doc Printer::type(const TypeNode& type) { return type_in(type, true); }

// A variant or `rec` would take in what follows it where another type may follow.
Doc Printer::type_in(const TypeNode& type, bool variant_allowed) {
  bool open = type.form == TypeForm::variant || type.form == TypeForm::recursive;
  if (open && !variant_allowed) {
    return layout_.group(
        layout_.concat({text("("), layout_.indent(type_in(type, true)), text(")")}));
  }
  switch (type.form) {
    case TypeForm::name:
      if (type.name.text == "Variant" && type.arguments.empty()) return text("Variant<>");
      return layout_.concat({name(type.name), type_arguments(type.arguments)});
    case TypeForm::structure: {
      std::vector<Item> items;
      for (const TypeField& field : type.fields) {
        items.push_back({field.name.span.begin, field.type->span.end});
      }
      return list("(", ")", items, type.span.end, true, [&](size_t i) {
        const TypeField& field = type.fields[i];
        return layout_.concat({member(field.name), text(": "), this->type(*field.type)});
      });
    }
    case TypeForm::variant:
      return variant_type(type);
    case TypeForm::function: {
      std::vector<Item> items;
      for (const TypeNode* input : type.arguments) {
        items.push_back({input->span.begin, input->span.end});
      }
      uint32_t end = type.body->span.begin;
      Doc inputs = list("(", ")", items, end, false,
                        [&](size_t i) { return this->type(*type.arguments[i]); });
      return layout_.concat(
          {text(type.is_async ? "async " : ""), inputs, text(" -> "), type_in(*type.body, false)});
    }
    case TypeForm::recursive:
      return layout_.concat({text("rec "), name(type.name), text(" = "), this->type(*type.body)});
    case TypeForm::error:
      break;
  }
  SAMARA_ASSERT(false);
  return 0;
}

Doc Printer::variant_type(const TypeNode& type) {
  Doc cases = 0;
  for (size_t i = 0; i < type.fields.size(); i++) {
    const TypeField& field = type.fields[i];
    // Comments before the first case go with what is around, or end its line.
    PrintComments::Leading leading;
    if (i > 0) leading = comments_.take_before(field.name.span.begin);
    // Between `<` and `>` a variant stays on its line.
    Doc line = angles_ > 0 ? text(" ") : layout_.line();
    Doc bar = angles_ > 0 ? 0 : layout_.if_broken(text("| "));
    if (i > 0) bar = layout_.concat({line, own_lines(leading), text("| ")});
    Doc payload = 0;
    if (field.type != nullptr) {
      payload = layout_.concat({text(" "), type_in(*field.type, false)});
    }
    cases = layout_.concat({cases, leading.trailing, bar, text("."), member(field.name), payload});
    if (i + 1 == type.fields.size()) break;
    uint32_t end = field.type != nullptr ? field.type->span.end : field.name.span.end;
    uint32_t limit = type.fields[i + 1].name.span.begin;
    cases = layout_.concat({cases, comments_.take_trailing(end, limit)});
  }
  return layout_.group(cases);
}

Doc Printer::type_arguments(std::span<TypeNode* const> arguments) {
  if (arguments.empty()) return 0;
  std::vector<Doc> parts = {text("<")};
  angles_++;
  for (size_t i = 0; i < arguments.size(); i++) {
    if (i > 0) parts.push_back(text(", "));
    // Lines do not go on between `<` and `>`.
    bool plain = !comments_.pending(arguments[i]->span.end);
    parts.push_back(plain ? layout_.owned(print_type(*arguments[i])) : type(*arguments[i]));
  }
  angles_--;
  parts.push_back(text(">"));
  return layout_.concat(parts);
}

std::string print_type(const TypeNode& type) {
  Layout layout;
  Printer printer(layout, {}, {});
  return layout.render(printer.type(type), UINT32_MAX);
}

}  // namespace samara::lang
