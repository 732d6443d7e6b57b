#include "runtime/native/demangle.hpp"

#include <algorithm>

namespace samara::runtime::native {

namespace {

constexpr int k_depth_max = 16;

struct Operator {
  std::string_view code;
  std::string_view text;
};

constexpr Operator k_operators[] = {
    {"nw", " new"}, {"na", " new[]"}, {"dl", " delete"}, {"da", " delete[]"}, {"pl", "+"},
    {"mi", "-"},    {"ml", "*"},      {"dv", "/"},       {"rm", "%"},         {"an", "&"},
    {"or", "|"},    {"eo", "^"},      {"aS", "="},       {"pL", "+="},        {"mI", "-="},
    {"mL", "*="},   {"dV", "/="},     {"rM", "%="},      {"aN", "&="},        {"oR", "|="},
    {"eO", "^="},   {"ls", "<<"},     {"rs", ">>"},      {"lS", "<<="},       {"rS", ">>="},
    {"eq", "=="},   {"ne", "!="},     {"lt", "<"},       {"gt", ">"},         {"le", "<="},
    {"ge", ">="},   {"ss", "<=>"},    {"nt", "!"},       {"aa", "&&"},        {"oo", "||"},
    {"pp", "++"},   {"mm", "--"},     {"cm", ","},       {"pm", "->*"},       {"pt", "->"},
    {"cl", "()"},   {"ix", "[]"},     {"ps", "+"},       {"ng", "-"},         {"ad", "&"},
    {"de", "*"},    {"co", "~"},
};

bool digit(char c) { return c >= '0' && c <= '9'; }
bool lower(char c) { return c >= 'a' && c <= 'z'; }

class Demangler {
 public:
  explicit Demangler(std::string_view rest) : rest_(rest) {}

  bool encoding(std::string& out, int depth = 0) {
    if (depth > k_depth_max || rest_.empty()) return false;
    if (take('Z')) return local(out, depth);
    if (take('N')) return nested(out);
    if (take("St")) out += "std::";
    std::string last;
    if (!part(out, last)) return false;
    return !at('I') || arguments(out);
  }

 private:
  bool at(char c) const { return !rest_.empty() && rest_[0] == c; }
  bool take(char c) {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  // A function, then what is inside of it.
  bool local(std::string& out, int depth) {
    if (!encoding(out, depth + 1)) return false;
    // Its parameters end at the E that closes the whole.
    if (!skip_to_end()) return false;
    out += "::";
    if (take('s')) {
      out += "text";
      return true;
    }
    return encoding(out, depth + 1);
  }

  bool nested(std::string& out) {
    while (at('r') || at('V') || at('K') || at('R') || at('O')) rest_.remove_prefix(1);
    bool first = true;
    std::string last;
    while (!take('E')) {
      if (rest_.empty()) return false;
      if (at('I')) {
        if (first || !arguments(out)) return false;
        continue;
      }
      if (!first) out += "::";
      first = false;
      if (take("St")) {
        out += "std";
      } else if (!part(out, last)) {
        return false;
      }
    }
    return !first;
  }

  bool identifier(std::string& out) {
    size_t size = 0;
    while (!rest_.empty() && digit(rest_[0])) {
      size = 10 * size + static_cast<size_t>(rest_[0] - '0');
      if (size > rest_.size()) return false;
      rest_.remove_prefix(1);
    }
    if (size == 0 || size > rest_.size()) return false;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    if (out.starts_with("_GLOBAL__N")) out = "(anonymous)";
    while (take('B')) {  // a tag, which is not part of the name
      std::string tag;
      if (!identifier(tag)) return false;
    }
    return true;
  }

  bool part(std::string& out, std::string& last) {
    take('L');
    if (rest_.empty()) return false;
    if (digit(rest_[0])) {
      if (!identifier(last)) return false;
      out += last;
      return true;
    }
    if (rest_.size() < 2) return false;
    if (rest_[0] == 'C' && digit(rest_[1])) {
      rest_.remove_prefix(2);
      out += last;
      return true;
    }
    if (rest_[0] == 'D' && digit(rest_[1])) {
      rest_.remove_prefix(2);
      out += "~" + last;
      return true;
    }
    if (take("Ul")) {
      if (!skip_to_end() || !skip_number()) return false;
      out += "lambda";
      return true;
    }
    const std::string_view code = rest_.substr(0, 2);
    const auto* found = std::find_if(std::begin(k_operators), std::end(k_operators),
                                     [&](const Operator& each) { return each.code == code; });
    if (found == std::end(k_operators)) return false;
    rest_.remove_prefix(2);
    out += "operator" + std::string(found->text);
    return true;
  }

  bool arguments(std::string& out) {
    out += "<...>";
    rest_.remove_prefix(1);
    return skip_to_end();
  }

  bool skip_number() {
    while (!rest_.empty() && digit(rest_[0])) rest_.remove_prefix(1);
    return take('_');
  }

  // Behind the E that closes what is open here.
  bool skip_to_end() {
    for (size_t open = 1; open > 0;) {
      if (rest_.empty()) return false;
      const char c = rest_[0];
      if (digit(c)) {
        std::string ignored;
        if (!identifier(ignored)) return false;
        continue;
      }
      rest_.remove_prefix(1);
      if (c == 'E') {
        open--;
      } else if (c == 'L') {
        if (!literal(open)) return false;
      } else if (c == 'N' || c == 'I' || c == 'J' || c == 'X' || c == 'F' || c == 'Z') {
        open++;
      } else if (c == 'S' || c == 'T') {
        if (!reference(c)) return false;
      } else if (c == 'A' && !rest_.empty() && digit(rest_[0])) {
        if (!skip_number()) return false;
      } else if (c == 'D' && !rest_.empty()) {
        if (at('t') || at('T')) open++;
        rest_.remove_prefix(1);
      } else if (c == 'U' && take('l')) {
        if (!skip_to_end() || !skip_number()) return false;
      }
    }
    return true;
  }

  // "Lb1E", "Li42E", "L_Z3foovE".
  bool literal(size_t& open) {
    if (take("_Z")) {
      open++;
      return true;
    }
    if (rest_.empty() || !lower(rest_[0])) return false;
    const size_t end = rest_.find('E');
    if (end == std::string_view::npos) return false;
    rest_.remove_prefix(end + 1);
    return true;
  }

  // "S_", "S1A_", "St", "T_", "T0_".
  bool reference(char kind) {
    if (kind == 'S' && !rest_.empty() && lower(rest_[0])) {
      rest_.remove_prefix(1);
      return true;
    }
    while (!rest_.empty() && (digit(rest_[0]) || (rest_[0] >= 'A' && rest_[0] <= 'Z'))) {
      rest_.remove_prefix(1);
    }
    return take('_');
  }

  std::string_view rest_;
};

}  // namespace

std::string demangled(std::string_view name) {
  if (!name.starts_with("_Z")) return std::string(name);
  std::string out;
  if (!Demangler(name.substr(2)).encoding(out)) return std::string(name);
  // "foo.part.0": what the compiler has made of a function.
  const size_t dot = name.find('.');
  if (dot != std::string_view::npos) out += name.substr(dot);
  return out;
}

}  // namespace samara::runtime::native
