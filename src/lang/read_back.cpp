#include "lang/read_back.hpp"

#include <algorithm>
#include <optional>

#include "lang/compile.hpp"
#include "lang/parse.hpp"
#include "lang/print.hpp"
#include "lang/printer.hpp"
#include "lang/read_back_builder.hpp"

namespace samara::lang {

using ir::Node;
using ir::Op;

namespace {

// Attempts at the natural form; each one says some types more.
constexpr int k_attempts_max = 8;
// The path in locations of programs compiled for comparison; they do not enter the hash.
constexpr std::string_view k_path = "read-back.east";

// Pairs the expressions of a tree that was built with those of its text.
class Places {
 public:
  Places(const SyntaxTree& built, const SyntaxTree& parsed,
         const std::unordered_map<const Expr*, const Node*>& origins)
      : origins_(origins) {
    for (size_t i = 0; i < built.declarations.size() && i < parsed.declarations.size(); i++) {
      const Expr* a = built.declarations[i].body;
      const Expr* b = parsed.declarations[i].body;
      if (a != nullptr && b != nullptr) pair(*a, *b);
    }
  }

  /// The nodes whose text holds all of `span`, outermost first.
  std::vector<const Node*> around(Span span) const {
    std::vector<const Node*> out;
    for (const auto& [at, node] : nodes_) {
      if (at.begin <= span.begin && at.end >= span.end) out.push_back(node);
    }
    return out;
  }

 private:
  void pair(const Expr& a_in, const Expr& b_in) {
    const Expr& a = bare(a_in);
    const Expr& b = bare(b_in);
    auto origin = origins_.find(&a);
    if (origin != origins_.end()) nodes_.emplace_back(b_in.span, origin->second);
    if (a.form != b.form || a.kids.size() != b.kids.size()) return;
    for (size_t i = 0; i < a.kids.size(); i++) {
      if (a.kids[i] != nullptr && b.kids[i] != nullptr) pair(*a.kids[i], *b.kids[i]);
    }
  }

  const std::unordered_map<const Expr*, const Node*>& origins_;
  std::vector<std::pair<Span, const Node*>> nodes_;  // in preorder
};

// The first places where what was compiled is not what was meant.
class Mismatch {
 public:
  explicit Mismatch(TypedNodes& out) : out_(out) {}
  bool shape_differs() const { return shape_differs_; }

  void compare(const Node& wanted, const Node& got) {
    if (shape_differs_) return;
    if (wanted.op != got.op || wanted.kids.size() != got.kids.size() ||
        wanted.count_b != got.count_b) {
      shape_differs_ = true;
      return;
    }
    bool same = wanted.type == got.type &&
                std::equal(wanted.type_parameters.begin(), wanted.type_parameters.end(),
                           got.type_parameters.begin(), got.type_parameters.end());
    if (!same) out_.insert(&wanted);
    for (size_t i = 0; i < wanted.kids.size(); i++) compare(*wanted.kids[i], *got.kids[i]);
  }

 private:
  TypedNodes& out_;
  bool shape_differs_ = false;
};

struct Attempt {
  std::string text;
  bool exact = false;
  bool improved = false;  // another attempt may do better
  bool too_deep = false;  // the text cannot be parsed, nor can a longer one
};

class Reader {
 public:
  Reader(const ir::Program& program, const ir::CanonicalProgram& canonical,
         std::string_view function_name, std::string_view doc)
      : program_(program), canonical_(canonical), name_(function_name), doc_(doc) {
    auto code = ir::canonical_code(program);
    if (code) hash_ = code->hash;
  }

  // Compiles what is written and notes in `typed` what has to be said besides.
  Attempt attempt(Explicitness explicitness, TypedNodes& typed) {
    ReadBackOptions options{name_, doc_, explicitness};
    SourceWriter writer(*canonical_.program, canonical_.variables, options, typed);
    std::unique_ptr<SyntaxTree> tree = writer.write();
    Attempt out{print(*tree, {})};
    if (!hash_) return out;
    Parsed parsed = parse(out.text);
    out.too_deep = !parsed.diagnostics.empty();
    if (out.too_deep) return out;
    Compilation compiled =
        compile(program_.types(), *parsed.tree, out.text, k_path, CompileOptions{});
    size_t before = typed.size();
    bool failed = std::any_of(compiled.diagnostics.begin(), compiled.diagnostics.end(),
                              [](const Diagnostic& at) { return at.severity == Severity::error; });
    if (failed) {
      Places places(*tree, *parsed.tree, writer.origins());
      for (const Diagnostic& at : compiled.diagnostics) {
        if (at.severity == Severity::error) say_more(places.around(at.span), typed);
      }
    } else if (!compiled.functions.empty() && compiled.functions.back().program != nullptr) {
      const ir::Program& got = *compiled.functions.back().program;
      const_cast<ir::Program&>(got).set_dialect(program_.dialect());
      auto code = ir::canonical_code(got);
      out.exact = code && code->hash == *hash_;
      if (out.exact) return out;
      auto canonical = ir::canonicalize(got);
      if (canonical) {
        Mismatch mismatch(typed);
        mismatch.compare(*canonical_.program->root(), *canonical->program->root());
      }
    }
    out.improved = typed.size() > before;
    return out;
  }

 private:
  // The innermost node that does not say its type yet.
  static void say_more(const std::vector<const Node*>& around, TypedNodes& typed) {
    for (size_t i = around.size(); i > 0; i--) {
      if (typed.insert(around[i - 1]).second) return;
    }
  }

  const ir::Program& program_;
  const ir::CanonicalProgram& canonical_;
  std::string_view name_;
  std::string_view doc_;
  std::optional<Hash> hash_;
};

}  // namespace

std::unique_ptr<SyntaxTree> read_back(const ir::Program& program, const ReadBackOptions& options) {
  auto canonical = ir::canonicalize(program);
  SAMARA_ASSERT(canonical.has_value());
  TypedNodes typed;
  SourceWriter writer(*canonical->program, canonical->variables, options, typed);
  return writer.write();
}

SourceText source_text(const ir::Program& program, std::string_view function_name,
                       std::string_view doc) {
  auto canonical = ir::canonicalize(program);
  SAMARA_ASSERT(canonical.has_value());
  Reader reader(program, *canonical, function_name, doc);
  TypedNodes typed;
  std::string readable;
  for (int i = 0; i < k_attempts_max; i++) {
    Attempt natural = reader.attempt(Explicitness::natural, typed);
    if (natural.exact) return {std::move(natural.text), true, true};
    if (i == 0) readable = std::move(natural.text);
    if (natural.too_deep) return {std::move(readable), false, true};
    if (!natural.improved) break;
  }
  TypedNodes none;
  Attempt all = reader.attempt(Explicitness::all_types, none);
  if (all.exact) return {std::move(all.text), true, false};
  return {std::move(readable), false, true};
}

}  // namespace samara::lang
