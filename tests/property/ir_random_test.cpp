// Laws of programs on random ones: what the builder makes passes the checker; canonical code does
// not see names, locations, order of captures, dialect, container or sharing; a program damaged
// anywhere is refused or runs the same course, and never harms. The seed is printed with a failure
// and taken from SAMARA_SEED.

#include <gtest/gtest.h>

#include <algorithm>

#include "ir/builder.hpp"
#include "ir/canonical.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"
#include "ir/effects.hpp"
#include "ir/encode.hpp"
#include "tests/support/random_values.hpp"

namespace samara::ir {
namespace {

using test::Random;

// Programs over Integer, String, Boolean, Array Integer and Option Integer.
class Generator {
 public:
  Generator(TypeTable& types, Random& random) : b_(types), random_(random), types_(types) {}

  std::unique_ptr<Program> program() {
    return b_.program({i(), s(), types_.array(i())}, [&](std::span<const Var> p) {
      scope_ = {{p[0], i()}, {p[1], s()}, {p[2], types_.array(i())}};
      return body(i(), 4);
    });
  }

 private:
  struct Known {
    Var var;
    const Type* type = nullptr;
    bool is_mutable = false;
  };
  const Type* i() { return types_.integer(); }
  const Type* s() { return types_.string(); }
  const Type* any_type() {
    const Type* all[] = {i(), s(), types_.boolean(), types_.array(i()), types_.option(i())};
    return all[random_.below(5)];
  }
  void move() {
    b_.at(random_.one_in(2) ? "a.east" : "lib/b.east", static_cast<int64_t>(random_.below(99)), 1);
  }

  // A block of statements that ends with a value.
  Expr body(const Type* type, int depth) {
    size_t outer = scope_.size();
    Expr made = b_.block([&](Statements& st) {
      for (uint64_t n = random_.below(4); n > 0; n--) statement(st, depth - 1);
      return value(type, depth - 1);
    });
    scope_.resize(outer);
    return made;
  }

  void statement(Statements& st, int depth) {
    move();
    switch (random_.below(depth > 0 ? 7 : 2)) {
      case 0:
      case 1: {
        const Type* type = any_type();
        Expr first = value(type, depth);
        bool is_mutable = random_.one_in(2);
        Var made = is_mutable ? st.mutable_(first) : st.let(first);
        scope_.push_back({made, type, is_mutable});
        return;
      }
      case 2: {
        std::vector<Known> mutables;
        for (const Known& known : scope_) {
          if (known.is_mutable) mutables.push_back(known);
        }
        if (mutables.empty()) return;
        Known target = mutables[random_.below(mutables.size())];
        Expr next = value(target.type, depth);
        return st(b_.assign(target.var, next));
      }
      case 3: {
        Expr predicate = value(types_.boolean(), depth);
        return st(b_.while_(predicate, [&](Label label) { return loop_body(label, depth); }));
      }
      case 4: {
        Expr items = value(types_.array(i()), depth);
        return st(b_.for_array(items, [&](Var item, Var index, Label label) {
          size_t outer = scope_.size();
          scope_.push_back({item, i()});
          scope_.push_back({index, i()});
          Expr made = loop_body(label, depth);
          scope_.resize(outer);
          return made;
        }));
      }
      case 5: {
        Expr predicate = value(types_.boolean(), depth);
        Expr then = body(types_.boolean(), depth);
        Expr otherwise = body(types_.boolean(), depth);
        return st(b_.if_(predicate, then, otherwise));
      }
      default:
        return st(value(any_type(), depth));
    }
  }

  Expr loop_body(Label label, int depth) {
    labels_.push_back(label);
    Expr inner = body(types_.boolean(), depth);
    Label any = labels_[random_.below(labels_.size())];
    labels_.pop_back();
    Expr jump = random_.one_in(2) ? b_.break_(any) : b_.continue_(any);
    return b_.if_(inner, jump);
  }

  Expr value(const Type* type, int depth) {
    move();
    std::vector<Known> fitting;
    for (const Known& known : scope_) {
      if (known.type == type) fitting.push_back(known);
    }
    if (!fitting.empty() && random_.one_in(3))
      return b_(fitting[random_.below(fitting.size())].var);
    if (depth <= 0) return literal(type);
    switch (random_.below(6)) {
      case 0: {
        Expr predicate = value(types_.boolean(), depth - 1);
        Expr then = value(type, depth - 1);
        Expr otherwise = random_.one_in(4) ? b_.error(value(s(), 0)) : body(type, depth - 1);
        return b_.if_(predicate, then, otherwise);
      }
      case 1: {
        Expr tried = body(type, depth - 1);
        return b_.try_(tried, [&](Var message, Var) {
          size_t outer = scope_.size();
          scope_.push_back({message, s()});
          Expr made = value(type, depth - 1);
          scope_.resize(outer);
          return made;
        });
      }
      case 2:
        return called(type, depth - 1);
      case 3: {
        Expr option = value(types_.option(i()), depth - 1);
        return b_.match(option)
            .on("none", [&](Var) { return value(type, depth - 1); })
            .on("some",
                [&](Var inner) {
                  size_t outer = scope_.size();
                  scope_.push_back({inner, i()});
                  Expr made = value(type, depth - 1);
                  scope_.resize(outer);
                  return made;
                })
            .done();
      }
      default:
        return computed(type, depth - 1);
    }
  }

  // A call of a function made on the spot, which may capture anything in scope.
  Expr called(const Type* type, int depth) {
    const Type* input = any_type();
    std::vector<Label> labels;
    labels.swap(labels_);  // labels end at the function
    Expr function = b_.lambda({input}, [&](std::span<const Var> p) {
      size_t outer = scope_.size();
      scope_.push_back({p[0], input});
      Expr made = body(type, depth);
      scope_.resize(outer);
      return made;
    });
    labels.swap(labels_);
    Expr argument = value(input, depth);
    return b_.call(function, {argument});
  }

  Expr computed(const Type* type, int depth) {
    if (type == i()) {
      Expr left = value(i(), depth);
      Expr right = value(i(), depth);
      return b_.builtin(BuiltinId::IntegerMultiply, {}, {left, right});
    }
    if (type == s()) return b_.print(value(any_type(), depth));
    if (type == types_.boolean()) {
      const Type* of = any_type();
      Expr left = value(of, depth);
      Expr right = value(of, depth);
      return b_.builtin(BuiltinId::Less, {of}, {left, right});
    }
    if (type == types_.option(i())) return b_.some(value(i(), depth));
    Expr left = value(type, depth);
    Expr right = value(type, depth);
    return b_.builtin(BuiltinId::ArrayConcat, {i()}, {left, right});
  }

  Expr literal(const Type* type) {
    if (type == i()) return b_.integer(static_cast<int64_t>(random_.below(100)));
    if (type == s()) return b_.string(random_.one_in(2) ? "one" : "two");
    if (type == types_.boolean()) return b_.boolean(random_.one_in(2));
    if (type == types_.option(i())) return b_.none(i());
    return b_.array(i(), {});
  }

  Builder b_;
  Random& random_;
  TypeTable& types_;
  std::vector<Known> scope_;
  std::vector<Label> labels_;
};

template <typename F>
void for_each_node(Node& node, F&& visit) {
  visit(node);
  for (Node* kid : node.kids) for_each_node(*kid, visit);
}

// Other names for all variables and labels, other locations, other order of captures.
void disguise(Program& program, Random& random) {
  std::string prefix = "x" + std::to_string(random.below(1000)) + "_";
  for_each_node(*program.mutable_root(), [&](Node& node) {
    node.location = program.intern("z.east", static_cast<int64_t>(random.below(50)), 2);
    node.label_location = node.location;
    bool named = node.op == Op::variable || node.op == Op::while_ || node.op == Op::for_array ||
                 node.op == Op::for_set || node.op == Op::for_dict || node.op == Op::break_ ||
                 node.op == Op::continue_;
    if (named) node.name = program.intern(prefix + std::string(program.name(node.name)));
    for (uint32_t at = node.count_a; at > 1; at--) {
      std::swap(node.kids[at - 1], node.kids[random.below(at)]);
    }
  });
}

std::string problem(const Program& program) {
  auto found = diagnose(program, PlatformList());
  return found.empty() ? "" : found[0].message;
}

TEST(IrProperty, canonical_code_sees_only_what_a_program_means) {
  uint64_t seed = test::seed_of_run(1);
  size_t nodes = 0;
  for (uint64_t round = 0; round < 300; round++) {
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed) + ", round " + std::to_string(round));
    Random random(seed * 1'000'003 + round);
    TypeTable types;
    ProgramReader reader(types);
    auto program = Generator(types, random).program();
    ASSERT_EQ(problem(*program), "");
    nodes += program->node_count();
    auto code = canonical_code(*program, &reader.schemas());
    ASSERT_TRUE(code.has_value());

    disguise(*program, random);
    ASSERT_EQ(problem(*program), "");
    Dialect dialect = random.one_in(2) ? Dialect::a : Dialect::b;
    std::unique_ptr<Program> again;
    if (random.one_in(3)) {
      auto json = to_json(*program, dialect);
      ASSERT_TRUE(json.has_value());
      auto read = reader.read(as_bytes(*json));
      ASSERT_TRUE(read.has_value()) << read.error().message();
      again = std::move(*read);
    } else {
      auto bytes = to_beast2(*program, dialect, {.share_types = random.one_in(2)});
      ASSERT_TRUE(bytes.has_value());
      auto read = reader.read(*bytes);
      ASSERT_TRUE(read.has_value()) << read.error().message();
      again = std::move(*read);
    }
    auto same = canonical_code(*again, &reader.schemas());
    ASSERT_TRUE(same.has_value());
    EXPECT_EQ(to_hex(same->bytes), to_hex(code->bytes));

    // And it sees what it means: one literal changed is another program.
    std::vector<Node*> literals;
    for_each_node(*again->mutable_root(), [&](Node& node) {
      if (node.op == Op::value && node.literal_kind == Kind::integer) literals.push_back(&node);
    });
    if (literals.empty()) continue;
    literals[random.below(literals.size())]->literal.bits += 1000;
    auto other = canonical_code(*again, &reader.schemas());
    ASSERT_TRUE(other.has_value());
    EXPECT_NE(other->hash, code->hash);
  }
  EXPECT_GT(nodes, 10'000U);
}

TEST(IrProperty, a_damaged_program_is_refused_or_still_has_code) {
  uint64_t seed = test::seed_of_run(1);
  size_t refused = 0;
  size_t passed = 0;
  for (uint64_t round = 0; round < 3000; round++) {
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed) + ", round " + std::to_string(round));
    Random random(seed * 1'000'003 + round);
    TypeTable types;
    auto program = Generator(types, random).program();
    std::vector<Node*> all;
    for_each_node(*program->mutable_root(), [&](Node& node) { all.push_back(&node); });
    auto any = [&]() -> Node& { return *all[random.below(all.size())]; };
    Node& hit = any();
    switch (random.below(6)) {
      case 0:
        hit.type = any().type;
        break;
      case 1:
        hit.name = any().name;
        break;
      case 2:
        hit.is_mutable = !hit.is_mutable;
        break;
      case 3:
        hit.captured = !hit.captured;
        break;
      case 4:
        if (!hit.type_parameters.empty()) hit.type_parameters[0] = any().type;
        break;
      default:
        // A leaf elsewhere instead of this kid: no node comes to contain itself.
        if (!hit.kids.empty()) {
          Node& leaf = any();
          size_t at = random.below(hit.kids.size());
          bool variable = hit.kids[at]->op == Op::variable;
          if (leaf.kids.empty() && (!variable || leaf.op == Op::variable)) hit.kids[at] = &leaf;
        }
    }
    auto found = diagnose(*program, PlatformList());
    for (const Diagnostic& one : found) EXPECT_FALSE(one.message.empty());
    effects_of(*program);
    if (!found.empty()) {
      refused++;
      continue;
    }
    passed++;
    EXPECT_TRUE(canonical_code(*program).has_value());
  }
  EXPECT_GT(refused, 500U);
  EXPECT_GT(passed, 100U);
}

TEST(IrProperty, any_bytes_after_the_header_are_refused_or_read) {
  uint64_t seed = test::seed_of_run(1);
  Random random(seed);
  TypeTable types;
  ProgramReader reader(types);
  auto program = Generator(types, random).program();
  auto bytes = to_beast2(*program, Dialect::b);
  ASSERT_TRUE(bytes.has_value());
  size_t header =
      8 + reader.schemas().plan().header(reader.schemas().type(Dialect::b), Dialect::b).size();
  for (uint64_t round = 0; round < 20'000; round++) {
    Bytes damaged = *bytes;
    for (uint64_t n = random.below(3) + 1; n > 0; n--) {
      size_t at = header + random.below(damaged.size() - header);
      damaged[at] = static_cast<uint8_t>(random.next());
    }
    auto read = reader.read(damaged);
    if (read) diagnose(**read, PlatformList());
  }
}

}  // namespace
}  // namespace samara::ir
