// Types: docs/formats/source.md, section 4.

#include "lang/parser.hpp"

namespace samara::lang {

TypeNode* Parser::type() {
  if (at(K::pipe) || at(K::dot)) return variant_type();
  TypeNode* parsed = nonvariant();
  foreign_type(parsed);
  return parsed;
}

TypeNode* Parser::variant_type() {
  Level level(*this);
  if (deep()) return bad_type(token().span());
  uint32_t begin = token().begin;
  accept(K::pipe);
  std::vector<TypeField> cases;
  do {
    if (!at(K::dot)) {
      bool null = at(K::kw_null) || at_word("null") || at(K::name);
      expected("expected-case", "a case, as in `.name`",
               null ? "the cases of a variant start with a point: `.none | .some Integer`"
                    : std::string());
      break;
    }
    advance();
    TypeField each;
    if (token().space_before) {
      expected("expected-name", "the name of a case directly after the point");
      break;
    }
    each.name = member_name("the name of a case");
    if (panic_) break;
    if (!token().newline_before && starts_type(token())) {
      each.type = nonvariant();
    } else if (!token().newline_before && at(K::dot)) {
      mend("nested-variant", "a variant as the payload of a case needs parentheses", token().span(),
           "write `(` before this", "as in `.a (.b | .c)`");
      each.type = type();
    }
    cases.push_back(each);
    if (panic_) break;
  } while (accept(K::pipe));
  TypeNode* variant = tree_->new_type(TypeForm::variant, from(begin));
  variant->fields = tree_->copy(cases);
  return variant;
}

TypeNode* Parser::nonvariant() {
  Level level(*this);
  if (deep()) return bad_type(token().span());
  uint32_t begin = token().begin;
  if (accept(K::kw_async)) {
    if (!at(K::l_paren)) {
      expected("expected-type", "the parameters of a function type",
               "as in `async (Integer) -> String`");
      return bad_type(from(begin));
    }
    TypeNode* function = parenthesis_type();
    if (function->form != TypeForm::function && !panic_) {
      fail("expected-arrow", "an async type is a function", function->span,
           "`->` and a result are missing", "as in `async (Integer) -> String`");
    }
    function->is_async = true;
    function->span.begin = begin;
    return function;
  }
  if (at(K::l_paren)) return parenthesis_type();
  if (accept(K::kw_rec)) {
    TypeNode* recursive = tree_->new_type(TypeForm::recursive, {});
    recursive->name = expect_name("the name of a recursive type");
    if (!panic_ && !accept(K::assign)) {
      expected("expected-equal", "`=` after the name of the recursive type",
               "as in `rec L = .nil | .cons (head: Integer, tail: L)`");
    }
    recursive->body = panic_ ? bad_type(token().span()) : type();
    recursive->span = from(begin);
    return recursive;
  }
  if (at(K::name) || at(K::quoted_name)) return named_type();
  if (at(K::dot)) {
    mend("nested-variant", "a variant as a result needs parentheses", token().span(),
         "write `(` before this", "as in `(Integer) -> (.none | .some Float)`");
    return type();
  }
  std::string help;
  if (at(K::l_bracket)) help = "an array has the type `Array<T>`";
  if (at(K::l_brace)) help = "a struct has the type `(name: T)`, a dict `Dict<K, V>`";
  if (at(K::kw_null)) help = "the type of `null` is `Null`";
  if (at(K::kw_fn)) help = "a function has the type `(Integer) -> String`";
  if (at(K::ampersand) || at(K::star)) help = "a reference has the type `Ref<T>`";
  if (at(K::string) || at(K::integer)) help = "a type has no values; variants are `.a | .b`";
  if (token().newline_before) help.clear();
  expected("expected-type", "a type", std::move(help));
  return bad_type(token().span());
}

TypeNode* Parser::parenthesis_type() {
  uint32_t begin = token().begin;
  uint32_t open = pos_;
  uint32_t close = tokens_[open].match;
  bool function = tokens_[after(open)].is(K::arrow);
  if (function) {
    TypeNode* node = tree_->new_type(TypeForm::function, {});
    std::vector<TypeNode*> inputs;
    list(open, "the type of a parameter", [&] {
      if (is_word(token()) && at(K::colon, 1)) {
        mend("named-parameter-type", "a function type has no names of parameters", token().span(),
             "leave out the name", "as in `(Integer, String) -> Float`");
        pos_ += 2;
      }
      inputs.push_back(type());
    });
    node->arguments = tree_->copy(inputs);
    accept(K::arrow);
    node->body = panic_ ? bad_type(token().span()) : nonvariant();
    node->span = from(begin);
    return node;
  }
  bool fields = close == open + 1 ||
                (is_word(token(1)) &&
                 (at(K::colon, 2) || at(K::assign, 2) || (at(K::question, 2) && at(K::colon, 3))));
  if (fields) {
    TypeNode* node = tree_->new_type(TypeForm::structure, {});
    std::vector<TypeField> list_of_fields;
    list(open, "a field", [&] {
      TypeField field;
      field.name = member_name("the name of a field");
      if (panic_) return;
      if (at(K::assign)) {
        mend("type-field-equal", "the type of a field stands after `:`", token().span(),
             "write `:`", "as in `(x: Integer)`; `(x = 1)` is a value", ":");
        advance();
      } else if (at(K::question) && at(K::colon, 1)) {
        mend("optional-field", "every field of a struct is there", token().span(), "leave this out",
             "a value that may be missing has the type `Option<T>`");
        pos_ += 2;
      } else if (!accept(K::colon)) {
        return expected("expected-colon", "`:` and the type of the field");
      }
      field.type = type();
      list_of_fields.push_back(field);
    });
    node->fields = tree_->copy(list_of_fields);
    node->span = from(begin);
    return node;
  }
  TypeNode* inner = nullptr;
  size_t number = 0;
  list(open, "`)`", [&] {
    TypeNode* parsed = type();
    if (inner == nullptr) inner = parsed;
    if (++number == 2 && !panic_) {
      mend("tuple-type", "there are no tuples", parsed->span, "a second type without a name",
           "a struct has names: `(first: Integer, second: String)`");
    }
  });
  if (inner == nullptr) return bad_type(from(begin));
  inner->parenthesized = true;
  inner->span = from(begin);
  return inner;
}

TypeNode* Parser::named_type() {
  TypeNode* node = tree_->new_type(TypeForm::name, token().span());
  node->name = name_of(token());
  advance();
  if (at(K::less) && !token().newline_before) {
    if (token().space_before) {
      // After `as` this may be a comparison: `x as Integer < y`.
      if (context_.no_brace || tokens_[pos_ >= 2 ? pos_ - 2 : 0].is(K::kw_as)) return node;
      mend("space-before-arguments", "`<` stands directly after the name of the type",
           {previous().end, token().begin}, "leave out the space",
           "write `" + std::string(text(previous())) + "<…>`");
    }
    node->arguments = type_arguments();
    node->span.end = std::max(node->span.end, previous().end);
  } else if (at(K::l_bracket) && adjacent(0)) {
    bool empty = tokens_[pos_].match == pos_ + 1;
    std::string name(text(previous()));
    mend("bracket-type",
         empty ? "an array has the type `Array<T>`" : "type arguments stand in `<` `>`",
         {node->span.begin, tokens_[tokens_[pos_].match].end}, "not a type of East",
         empty ? "write `Array<" + name + ">`" : "write `" + name + "<…>`",
         empty ? "Array<" + name + ">" : std::string());
    if (empty) {
      pos_ = after(pos_);
      return bad_type(from(node->span.begin));
    }
    std::vector<TypeNode*> arguments;
    list(pos_, "a type", [&] { arguments.push_back(type()); });
    node->arguments = tree_->copy(arguments);
  } else if (at(K::question) && adjacent(0)) {
    std::string name(text(previous()));
    mend("optional-type", "a value that may be missing has the type `Option<T>`",
         {node->span.begin, token().end}, "not a type of East", "write `Option<" + name + ">`",
         "Option<" + name + ">");
    advance();
    return bad_type(from(node->span.begin));
  }
  return node;
}

std::span<TypeNode*> Parser::type_list(uint32_t open, uint32_t close) {
  std::vector<TypeNode*> types;
  pos_ = open + 1;
  while (pos_ < close && !panic_) {
    types.push_back(type());
    if (panic_ || !accept(K::comma)) break;
  }
  if (!panic_ && pos_ < close) expected("expected-comma", "`,` or `>`");
  pos_ = std::max(pos_, close + 1);
  return tree_->copy(types);
}

std::span<TypeNode*> Parser::type_arguments() {
  Token open = token();
  advance();
  std::vector<TypeNode*> types;
  while (!at(K::greater) && !at(K::greater_equal)) {
    types.push_back(type());
    if (panic_) return tree_->copy(types);
    if (!accept(K::comma)) break;
  }
  if (at(K::greater_equal)) {
    // `let x: Set<T>= …`
    tokens_[pos_].kind = K::assign;
    tokens_[pos_].begin++;
    return tree_->copy(types);
  }
  if (!accept(K::greater)) {
    expected("unclosed-arguments", "`,` or `>`");
    relate(open.span(), "the type arguments start here");
  }
  return tree_->copy(types);
}

// `A | null` and the like, after a type that is no variant.
bool Parser::foreign_type(TypeNode* parsed) {
  if (panic_ || !at(K::pipe) || token().newline_before) return false;
  if (at(K::kw_null, 1) || at_word("Null", 1) || at_word("undefined", 1) || at_word("None", 1)) {
    std::string inside(source_.substr(parsed->span.begin, parsed->span.end - parsed->span.begin));
    mend("union-type", "a value that may be missing has the type `Option<T>`",
         {parsed->span.begin, token(1).end}, "not a type of East", "write `Option<" + inside + ">`",
         "Option<" + inside + ">");
    pos_ += 2;
    return true;
  }
  fail("union-type", "the cases of a variant have names", token().span(),
       "this would join two types", "give each a name: `.a Integer | .b String`");
  return true;
}

}  // namespace samara::lang
