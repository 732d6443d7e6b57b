#include "value/text_infer.hpp"

#include "value/number_text.hpp"
#include "value/text.hpp"
#include "value/text_datetime.hpp"
#include "value/text_join.hpp"
#include "value/text_lexer.hpp"
#include "value/text_reference.hpp"
#include "value/type_relations.hpp"

namespace samara {

namespace {

// Finds the type only. The value is read afterwards under that type: the number of a variant's case
// is not known before all elements of a collection were seen.
class TypeInferrer {
 public:
  TypeInferrer(TypeTable& types, std::string_view input) : types_(types), lexer_(input) {}

  bool run(const Type*& out) {
    if (!lexer_.check_encoding() || !value(out)) return false;
    lexer_.skip_space();
    return lexer_.at_end() || lexer_.fail(lexer_.offset(), "unexpected input after parsed value");
  }
  std::unique_ptr<TextError> take_error() { return lexer_.take_error(); }

 private:
  bool value(const Type*& out) {
    lexer_.skip_space();
    if (depth_ >= k_type_depth_max) {
      return lexer_.fail(lexer_.offset(), "the value nests too deep", Code::exhausted);
    }
    depth_++;
    bool done = dispatch(out);
    depth_--;
    return done;
  }

  bool dispatch(const Type*& out) {
    size_t start = lexer_.offset();
    char next = lexer_.peek();
    if ((next == '#' || is_digit(next)) && at_reference(lexer_)) {
      return lexer_.fail(start, "circular references not supported in type inference");
    }
    switch (next) {
      case '[':
        return array(out);
      case '{':
        return set_or_dict(out);
      case '(':
        return structure(out);
      case '.':
        return variant(out);
      case '&':
        return lexer_.fail(start, "ref types not supported in type inference");
      case '"':
        return string(out);
      default:
        return scalar(out);
    }
  }

  bool scalar(const Type*& out) {
    size_t start = lexer_.offset();
    struct Word {
      std::string_view text;
      const Type* type;
    };
    const Word k_words[] = {{"null", types_.null()},       {"true", types_.boolean()},
                            {"false", types_.boolean()},   {"NaN", types_.float_()},
                            {"Infinity", types_.float_()}, {"-Infinity", types_.float_()}};
    for (const Word& word : k_words) {
      if (!lexer_.accept(word.text)) continue;
      if (lexer_.at_terminator()) {
        out = word.type;
        return true;
      }
      lexer_.seek(start);
    }
    std::string_view rest = lexer_.rest();
    if (rest.starts_with("0x")) {
      size_t length = 2;
      while (length < rest.size() && hex_digit(rest[length]) >= 0) length++;
      return literal(types_.blob(), length, out);
    }
    size_t length = 0;
    int64_t ms = 0;
    if (read_datetime(rest, length, ms) != DateTimeStatus::not_a_date) {
      return literal(types_.datetime(), length, out);
    }
    length = decimal_length(rest);
    if (length > 0) {
      std::string_view digits = rest.substr(0, length);
      bool whole = digits.find_first_of(".eE") == std::string_view::npos;
      return literal(whole ? types_.integer() : types_.float_(), length, out);
    }
    return unexpected();
  }
  bool literal(const Type* type, size_t length, const Type*& out) {
    lexer_.skip_bytes(length);
    out = type;
    return true;
  }
  bool unexpected() {
    if (lexer_.at_end()) return lexer_.fail(lexer_.offset(), "unexpected end of input");
    std::string_view rest = lexer_.rest();
    size_t length = 1;
    while (length < rest.size() && (static_cast<uint8_t>(rest[length]) & 0xC0) == 0x80) length++;
    return lexer_.fail(lexer_.offset(),
                       joined({"unexpected character '", rest.substr(0, length), "'"}));
  }

  bool string(const Type*& out) {
    lexer_.skip_bytes(1);
    std::string_view text;
    out = types_.string();
    return lexer_.string_body(text, scratch_, false);
  }

  static std::string place(size_t i) {
    std::string text("[");
    append_integer(text, static_cast<int64_t>(i));
    text += ']';
    return text;
  }
  bool failed_at(std::string_view component) {
    lexer_.add_path(component);
    return false;
  }

  // The common type of `all` and one more.
  bool widen(const Type*& all, const Type* one, std::string_view what, size_t start) {
    auto wider = type_widening(types_, all, one);
    if (wider) {
      all = *wider;
      return true;
    }
    return lexer_.fail(start, joined({"incompatible ", what, " types: ", wider.error().message()}));
  }

  // The type of the next element. The reference reports the index of a mismatch twice.
  bool element(const Type*& all, size_t i, std::string_view what) {
    lexer_.skip_space();
    size_t start = lexer_.offset();
    const Type* one = nullptr;
    if (!value(one)) return failed_at(place(i));
    if (widen(all, one, what, start)) return true;
    lexer_.add_path(place(i));
    return failed_at(place(i));
  }

  bool array(const Type*& out) {
    lexer_.skip_bytes(1);
    const Type* all = types_.never();
    lexer_.skip_space();
    if (!lexer_.accept(']')) {
      for (size_t i = 0;; i++) {
        if (!element(all, i, "array element")) return false;
        lexer_.skip_space();
        if (lexer_.accept(']')) break;
        if (!lexer_.accept(',')) {
          return lexer_.fail(lexer_.offset(), "expected ',' or ']' after array element");
        }
      }
    }
    return made(types_.checked_unary(Kind::array, all), out);
  }

  bool made(Result<const Type*> result, const Type*& out) {
    if (!result) {
      return lexer_.fail(lexer_.offset(), std::string(result.error().message()),
                         result.error().code);
    }
    out = *result;
    return true;
  }

  bool set_or_dict(const Type*& out) {
    lexer_.skip_bytes(1);
    const Type* keys = types_.never();
    const Type* values = types_.never();
    lexer_.skip_space();
    if (lexer_.accept('}')) return made(types_.checked_unary(Kind::set, keys), out);
    if (lexer_.accept(':')) {
      lexer_.skip_space();
      if (!lexer_.accept('}')) {
        return lexer_.fail(lexer_.offset(), "expected '}' after ':' in empty dict");
      }
      return made(types_.checked_dict(keys, values), out);
    }
    if (!element(keys, 0, "set element")) return false;
    lexer_.skip_space();
    return lexer_.peek() == ':' ? dict(keys, values, out) : set(keys, out);
  }

  bool set(const Type* keys, const Type*& out) {
    for (size_t i = 1; !lexer_.accept('}'); i++) {
      if (!lexer_.accept(',')) {
        return lexer_.fail(lexer_.offset(), "expected ',' or '}' after set element");
      }
      if (!element(keys, i, "set element")) return false;
      lexer_.skip_space();
    }
    return made(types_.checked_unary(Kind::set, keys), out);
  }

  bool dict(const Type* keys, const Type* values, const Type*& out) {
    for (size_t i = 0;; i++) {
      if (i > 0 && !element(keys, i, "dict key")) return false;
      lexer_.skip_space();
      if (!lexer_.accept(':')) {
        std::string reason = "expected ':' after dict key at entry ";
        append_integer(reason, static_cast<int64_t>(i));
        return lexer_.fail(lexer_.offset(), reason);
      }
      if (!element(values, i, "dict value")) return false;
      lexer_.skip_space();
      if (lexer_.accept('}')) break;
      if (!lexer_.accept(',')) {
        return lexer_.fail(lexer_.offset(), "expected ',' or '}' after dict entry");
      }
    }
    return made(types_.checked_dict(keys, values), out);
  }

  bool structure(const Type*& out) {
    lexer_.skip_bytes(1);
    std::vector<std::string> names;
    std::vector<const Type*> parts;
    lexer_.skip_space();
    while (!lexer_.accept(')')) {
      if (!field(names, parts)) return false;
      lexer_.skip_space();
      if (lexer_.accept(',')) {
        lexer_.skip_space();
      } else if (lexer_.peek() != ')') {
        return lexer_.fail(lexer_.offset(), lexer_.at_end()
                                                ? "unexpected end of input in struct"
                                                : "expected ',' or ')' after struct field");
      }
    }
    std::vector<NamedType> fields;
    for (size_t i = 0; i < names.size(); i++) fields.push_back({names[i], parts[i]});
    return made(types_.checked_named(Kind::struct_, fields), out);
  }
  bool field(std::vector<std::string>& names, std::vector<const Type*>& parts) {
    std::string_view name;
    if (!lexer_.identifier(name, scratch_)) {
      return lexer_.fail(lexer_.offset(), "expected identifier");
    }
    names.emplace_back(name);
    lexer_.skip_space();
    if (!lexer_.accept('=')) {
      return lexer_.fail(lexer_.offset(),
                         joined({"expected '=' after field name '", names.back(), "'"}));
    }
    parts.push_back(nullptr);
    return value(parts.back()) || failed_at(joined({".", names.back()}));
  }

  bool variant(const Type*& out) {
    lexer_.skip_bytes(1);
    if (lexer_.at_space()) {
      return lexer_.fail(lexer_.offset(), "whitespace not allowed between '.' and case identifier");
    }
    std::string_view found;
    if (!lexer_.identifier(found, scratch_)) {
      return lexer_.fail(lexer_.offset(), "expected identifier");
    }
    std::string name(found);
    size_t start = lexer_.offset();
    lexer_.skip_space();
    const Type* payload = types_.null();
    // A blank before a payload is no terminator: what follows the blanks decides.
    if (!lexer_.at_terminator()) {
      if (!value(payload)) return failed_at(joined({".", name}));
    } else {
      lexer_.seek(start);
    }
    NamedType only[] = {{name, payload}};
    return made(types_.checked_named(Kind::variant, only), out);
  }

  TypeTable& types_;
  TextLexer lexer_;
  std::string scratch_;
  uint32_t depth_ = 0;
};

}  // namespace

InferResult infer_text(TypeTable& types, std::string_view input, Heap& heap) {
  InferResult result;
  TypeInferrer inferrer(types, input);
  if (!inferrer.run(result.type)) {
    result.type = nullptr;
    result.error = inferrer.take_error();
    compose(*result.error, nullptr);
    // Without an expected type the message is the bare reason and its place.
    constexpr std::string_view k_opening = "Error occurred because ";
    result.error->message.erase(0, k_opening.size());
    return result;
  }
  ParseResult parsed = parse_text(result.type, input, heap);
  result.value = parsed.value;
  result.error = std::move(parsed.error);
  return result;
}

}  // namespace samara
