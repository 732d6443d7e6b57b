#include <algorithm>

#include "value/number_text.hpp"
#include "value/text_join.hpp"
#include "value/text_lexer.hpp"
#include "value/text_paths.hpp"
#include "value/text_reference.hpp"
#include "value/text_type.hpp"

namespace samara {

namespace {

// A type is the text of a value of the type of types. Its lists (fields, cases, inputs) are Arrays,
// so they may be referred to.
class TypeTextParser {
 public:
  TypeTextParser(TypeTable& types, std::string_view input) : types_(types), lexer_(input) {}

  TypeParseResult parse_root() {
    TypeParseResult result;
    if (!root(result.type)) {
      result.type = nullptr;
      result.error = lexer_.take_error();
      compose(*result.error, nullptr);
    }
    return result;
  }

 private:
  struct List {
    std::vector<std::string> names;
    std::vector<const Type*> types;
    bool named = false;
    bool complete = false;
  };

  bool root(const Type*& out) {
    if (!lexer_.check_encoding() || !type(out)) return false;
    lexer_.skip_space();
    if (!lexer_.at_end()) {
      return lexer_.fail(lexer_.offset(), "unexpected input after parsed value");
    }
    return out->closed() || lexer_.fail(0, "a .Recursive reference leaves the type");
  }

  bool type(const Type*& out) {
    lexer_.skip_space();
    size_t start = lexer_.offset();
    if (!lexer_.accept('.')) return lexer_.fail(start, "expected '.' to start variant case");
    if (lexer_.at_space()) {
      return lexer_.fail(start + 1, "whitespace not allowed between '.' and case identifier");
    }
    std::string_view name;
    if (!lexer_.identifier(name, scratch_)) return lexer_.fail(start + 1, "expected identifier");
    for (unsigned k = 0; k < k_kind_count; k++) {
      auto kind = static_cast<Kind>(k);
      if (kind_name(kind) == name) return constructor(kind, start, out);
    }
    return unknown(name, start + 1);
  }

  bool unknown(std::string_view name, size_t at) {
    std::string reason = joined({"unknown variant case .", name, ", expected one of: "});
    for (unsigned k = 0; k < k_kind_count; k++) {
      if (k > 0) reason += ", ";
      reason += '.';
      reason += kind_name(static_cast<Kind>(k));
    }
    return lexer_.fail(at, reason);
  }

  bool constructor(Kind kind, size_t start, const Type*& out) {
    if (depth_ >= k_type_depth_max) {
      return lexer_.fail(start, "type nests too deep (limit 256)", Code::exhausted);
    }
    std::string place(1, '.');
    place += kind_name(kind);
    paths_.enter(place);
    depth_++;
    bool done = payload(kind, start, out);
    depth_--;
    paths_.leave();
    if (!done) lexer_.add_path(place);
    return done;
  }

  bool payload(Kind kind, size_t start, const Type*& out) {
    switch (kind) {
      case Kind::never:
      case Kind::null:
      case Kind::boolean:
      case Kind::integer:
      case Kind::float_:
      case Kind::string:
      case Kind::datetime:
      case Kind::blob:
        out = types_.primitive(kind);
        return no_payload();
      case Kind::recursive:
        return recursive(out);
      case Kind::ref:
      case Kind::array:
      case Kind::set:
      case Kind::vector:
      case Kind::matrix: {
        const Type* element = nullptr;
        if (!type(element)) return false;
        if (kind == Kind::set && !element->immutable()) return mutable_key("Set", element, start);
        return made(types_.checked_unary(kind, element), start, out);
      }
      case Kind::dict:
        return dict(start, out);
      case Kind::struct_:
      case Kind::variant:
        return named(kind, start, out);
      case Kind::function:
      case Kind::async_function:
        return function(kind, start, out);
    }
    return false;
  }

  bool made(Result<const Type*> result, size_t start, const Type*& out) {
    if (!result) {
      return lexer_.fail(start, std::string(result.error().message()), result.error().code);
    }
    out = *result;
    return true;
  }

  bool mutable_key(std::string_view what, const Type* key, size_t start) {
    return lexer_.fail(start, std::string(what) + " key type must be an immutable type, got " +
                                  type_to_text_short(key));
  }

  bool no_payload() {
    lexer_.skip_space();
    size_t start = lexer_.offset();
    if (lexer_.accept("null") && lexer_.at_terminator()) return true;
    lexer_.seek(start);
    return lexer_.at_terminator() || lexer_.fail_expected("null", start);
  }

  bool recursive(const Type*& out) {
    lexer_.skip_space();
    size_t start = lexer_.offset();
    std::string_view rest = lexer_.rest();
    size_t length = rest.starts_with('-') ? 1 : 0;
    while (length < rest.size() && is_digit(rest[length])) length++;
    int64_t distance = 0;
    if (parse_integer(rest.substr(0, length), distance) == NumberStatus::malformed) {
      return lexer_.fail_expected("integer", start);
    }
    // The `recursive` node itself is no constructor.
    if (distance < 1 || distance > int64_t{depth_} - 1) {
      return lexer_.fail(start, "a .Recursive reference leaves the type");
    }
    lexer_.skip_bytes(length);
    out = types_.recursive(static_cast<uint32_t>(distance));
    return true;
  }

  // `(` then `name=` before each part, as in any Struct.
  bool open_field(std::string_view name, bool first) {
    lexer_.skip_space();
    if (first) {
      if (!lexer_.accept('(')) return lexer_.fail(lexer_.offset(), "expected '(' to start struct");
    } else if (!lexer_.accept(',')) {
      return lexer_.fail(lexer_.offset(), "expected ',' or ')' after struct field");
    }
    lexer_.skip_space();
    size_t start = lexer_.offset();
    std::string_view found;
    if (!lexer_.identifier(found, scratch_)) {
      return lexer_.fail(start, joined({"missing required field '", name, "'"}));
    }
    if (found != name) {
      return lexer_.fail(start, joined({"unknown field '", found, "', expected '", name, "'"}));
    }
    lexer_.skip_space();
    if (!lexer_.accept('=')) {
      return lexer_.fail(lexer_.offset(), joined({"expected '=' after field name '", name, "'"}));
    }
    paths_.enter(joined({".", name}));
    return true;
  }
  bool close_field(std::string_view name, bool done) {
    paths_.leave();
    if (!done) lexer_.add_path(joined({".", name}));
    return done;
  }
  bool close_struct() {
    lexer_.skip_space();
    if (lexer_.accept(',')) lexer_.skip_space();
    return lexer_.accept(')') || lexer_.fail(lexer_.offset(), "expected ')' to close struct");
  }
  bool field_type(std::string_view name, bool first, const Type*& out) {
    return open_field(name, first) && close_field(name, type(out));
  }

  bool dict(size_t start, const Type*& out) {
    const Type* key = nullptr;
    const Type* value = nullptr;
    if (!field_type("key", true, key) || !field_type("value", false, value)) return false;
    if (!close_struct()) return false;
    if (!key->immutable()) return mutable_key("Dict", key, start);
    return made(types_.checked_dict(key, value), start, out);
  }

  bool function(Kind kind, size_t start, const Type*& out) {
    size_t inputs = 0;
    const Type* output = nullptr;
    if (!open_field("inputs", true) || !close_field("inputs", list(false, inputs))) return false;
    if (!field_type("output", false, output) || !close_struct()) return false;
    return made(types_.checked_function(kind, lists_[inputs].types, output), start, out);
  }

  bool named(Kind kind, size_t start, const Type*& out) {
    size_t index = 0;
    if (!list(true, index)) return false;
    const List& list = lists_[index];
    std::vector<NamedType> parts;
    for (size_t i = 0; i < list.types.size(); i++) parts.push_back({list.names[i], list.types[i]});
    if (kind == Kind::variant) {
      std::sort(parts.begin(), parts.end(),
                [](const NamedType& a, const NamedType& b) { return a.name < b.name; });
    }
    return made(types_.checked_named(kind, parts), start, out);
  }

  // Lists are read into lists_ so that a reference can name them; `index` says where.
  bool list(bool named, size_t& index) {
    lexer_.skip_space();
    size_t start = lexer_.offset();
    if (at_reference(lexer_)) {
      std::string text;
      uint32_t number = 0;
      if (!read_reference(lexer_, paths_, text, number)) return false;
      index = number;
      if (lists_[index].named == named && lists_[index].complete) return true;
      return lexer_.fail(start, "reference " + text + " does not name such a list");
    }
    if (!lexer_.accept('[')) return lexer_.fail(start, "expected '[' to start array");
    index = lists_.size();
    paths_.add(static_cast<uint32_t>(index));
    lists_.emplace_back();
    lists_[index].named = named;
    lexer_.skip_space();
    bool done = lexer_.accept(']');
    for (size_t i = 0; !done; i++) {
      std::string place = "[";
      append_integer(place, static_cast<int64_t>(i));
      place += ']';
      paths_.enter(place);
      bool read = item(named, index);
      paths_.leave();
      if (!read) {
        lexer_.add_path(place);
        return false;
      }
      lexer_.skip_space();
      done = lexer_.accept(']');
      if (!done && !lexer_.accept(',')) {
        return lexer_.fail(lexer_.offset(), "expected ',' or ']' after array element");
      }
    }
    lists_[index].complete = true;
    return true;
  }

  bool item(bool named, size_t index) {
    const Type* part = nullptr;
    if (!named) {
      if (!type(part)) return false;
      lists_[index].types.push_back(part);
      return true;
    }
    std::string name;
    if (!open_field("name", true) || !close_field("name", literal(name))) return false;
    if (!field_type("type", false, part) || !close_struct()) return false;
    lists_[index].names.push_back(std::move(name));
    lists_[index].types.push_back(part);
    return true;
  }

  bool literal(std::string& out) {
    lexer_.skip_space();
    if (!lexer_.accept('"')) return lexer_.fail_expected("'\"'");
    std::string_view text;
    if (!lexer_.string_body(text, scratch_, false)) return false;
    out = text;
    return true;
  }

  TypeTable& types_;
  TextLexer lexer_;
  TextPaths paths_;
  std::vector<List> lists_;
  std::string scratch_;
  uint32_t depth_ = 0;
};

}  // namespace

TypeParseResult type_from_text(TypeTable& types, std::string_view input) {
  return TypeTextParser(types, input).parse_root();
}

}  // namespace samara
