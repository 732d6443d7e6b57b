// Reading back on random programs of all node kinds, all builtins, odd types, names and literals:
// the source compiles to the same canonical code. The seed is printed with a failure and taken from
// SAMARA_SEED.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>

#include "ir/builder.hpp"
#include "ir/canonical.hpp"
#include "ir/check.hpp"
#include "ir/ir_type.hpp"
#include "lang/compile.hpp"
#include "lang/parse.hpp"
#include "lang/print.hpp"
#include "lang/print_compare.hpp"
#include "lang/read_back.hpp"
#include "tests/support/random_values.hpp"

namespace samara::lang {
namespace {

using ir::Builder;
using ir::BuiltinId;
using ir::Expr;
using ir::Label;
using ir::Node;
using ir::Op;
using ir::Statements;
using ir::Var;
using test::Random;

class Generator {
 public:
  Generator(TypeTable& types, Random& random, int depth)
      : b_(types), random_(random), types_(types), depth_(depth) {
    const Type* list = types.variant(
        {{"cons", types.structure({{"head", types.integer()}, {"tail", types.recursive(2)}})},
         {"nil", types.null()}});
    const Type* tree =
        types.structure({{"", types.string()}, {"kids", types.array(types.recursive(2))}});
    const Type* unfolded = types.variant({{"cons", list->child(0)}, {"nil", types.null()}});
    pool_ = {
        types.null(),
        types.boolean(),
        types.integer(),
        types.float_(),
        types.string(),
        types.datetime(),
        types.blob(),
        types.array(types.integer()),
        types.set(types.string()),
        types.dict(types.string(), types.float_()),
        types.option(types.string()),
        types.ref(types.integer()),
        types.vector(types.float_()),
        types.matrix(types.integer()),
        types.function({types.integer()}, types.string()),
        types.function({}, types.null()),
        types.structure({{"let", types.integer()}, {"a b", types.float_()}}),
        types.structure(std::span<const NamedType>()),
        types.variant({{"", types.integer()}, {"if", types.null()}, {"x`y\\", types.string()}}),
        list,
        unfolded,
        tree};
    for (int i = 0; i < 4; i++) pool_.push_back(test::random_type(random, types, {.depth_max = 3}));
  }

  std::unique_ptr<ir::Program> program() {
    const Type* output = any_type();
    const Type* first = any_type();
    const Type* second = any_type();
    auto make_body = [&](std::span<const Var> p) {
      scope_ = {{p[0], first, false}, {p[1], second, false}};
      output_ = output;
      return body(output, depth_);
    };
    is_async_ = random_.one_in(3);
    return is_async_ ? b_.async_program({first, second}, make_body, output)
                     : b_.program({first, second}, make_body, output);
  }

 private:
  struct Known {
    Var var;
    const Type* type = nullptr;
    bool is_mutable = false;
  };

  const Type* any_type() { return pool_[random_.below(pool_.size())]; }
  const Type* immutable_type() {
    for (;;) {
      const Type* type = any_type();
      if (type->immutable()) return type;
    }
  }
  const Type* packed_type() {
    const Type* all[] = {types_.float_(), types_.integer(), types_.boolean()};
    return all[random_.below(3)];
  }

  Expr node(Op op, const Type* type, std::initializer_list<Expr> kids) {
    std::vector<Node*> nodes;
    for (Expr kid : kids) nodes.push_back(kid.node);
    return b_.node(op, type, nodes);
  }
  Expr node(Op op, const Type* type, const std::vector<Expr>& kids) {
    std::vector<Node*> nodes;
    for (Expr kid : kids) nodes.push_back(kid.node);
    return b_.node(op, type, nodes);
  }

  // A body: a block, or any expression.
  Expr body(const Type* type, int depth) {
    if (depth <= 0 || random_.one_in(4)) {
      if (!type->is(Kind::null) || random_.one_in(2)) return value(type, depth);
      return only_statement(depth);
    }
    size_t outer = scope_.size();
    Expr made = b_.block([&](Statements& st) {
      for (uint64_t n = random_.below(4); n > 0; n--) statement(st, depth - 1);
      bool ends_with_statement = type->is(Kind::null) && random_.one_in(3);
      return ends_with_statement ? only_statement(depth - 1) : value(type, depth - 1);
    });
    scope_.resize(outer);
    return made;
  }

  // A Let or an Assign that is a whole body, or the end of one.
  Expr only_statement(int depth) {
    for (const Known& known : scope_) {
      if (!known.is_mutable || random_.one_in(2)) continue;
      Expr next = value(known.type, depth - 1);
      return b_.assign(known.var, next);
    }
    // Nothing stands in the value's way: a variable of type Never takes any.
    bool never = random_.one_in(10);
    Expr first = value(any_type(), depth - 1);
    Var made = b_.new_variable(never ? types_.never() : first.type(), random_.one_in(3));
    return node(Op::let, types_.null(), {b_.mention(made), first});
  }

  void statement(Statements& st, int depth) {
    switch (random_.below(depth > 0 ? 10 : 2)) {
      case 0:
      case 1: {
        const Type* type = any_type();
        Expr first = value(type, depth);
        bool is_mutable = random_.one_in(2);
        Var made = is_mutable ? st.mutable_(first) : st.let(first);
        scope_.push_back({made, type, is_mutable});
        return;
      }
      case 2:
      case 3: {
        std::vector<Known> mutables;
        for (const Known& known : scope_) {
          if (known.is_mutable) mutables.push_back(known);
        }
        if (mutables.empty()) return;
        Known target = mutables[random_.below(mutables.size())];
        if (target.type->is(Kind::integer) && random_.one_in(2)) {
          Expr old = b_(target.var);
          Expr step = value(target.type, depth);
          Expr next = b_.add(old, step);
          return st(b_.assign(target.var, next));
        }
        Expr next = value(target.type, depth);
        return st(b_.assign(target.var, next));
      }
      case 4:
        return st(loop(depth));
      case 5: {
        Expr predicate = value(types_.boolean(), depth);
        Expr then = random_.one_in(2) ? body(types_.null(), depth) : jump(depth);
        return st(b_.if_(predicate, then));
      }
      case 6:
        return st(some_builtin(depth));
      case 7:
        return st(platform(any_type(), depth));
      case 8: {
        if (random_.one_in(2)) return st(random_.one_in(3) ? jump(depth) : b_.null());
        // A definition as an operand, seen by what follows.
        const Type* type = any_type();
        Expr first = value(type, depth);
        bool is_mutable = random_.one_in(2);
        Var made = b_.new_variable(type, is_mutable);
        Expr defined = node(Op::let, types_.null(), {b_.mention(made), first});
        Expr operand = random_.one_in(2)
                           ? b_.builtin(BuiltinId::Equal, {types_.null()}, {defined, b_.null()})
                           : b_.builtin(BuiltinId::Equal, {types_.null()}, {b_.null(), defined});
        st(random_.one_in(2) ? operand : b_.if_(operand, b_.null()));
        scope_.push_back({made, type, is_mutable});
        return;
      }
      default:
        return st(value(any_type(), depth));
    }
  }

  // A node of type Never.
  Expr jump(int depth) {
    if (!labels_.empty() && random_.one_in(2)) {
      Label label = labels_[random_.below(labels_.size())];
      return random_.one_in(2) ? b_.break_(label) : b_.continue_(label);
    }
    if (random_.one_in(2)) return b_.return_(value(output_, depth - 1));
    return b_.error(value(types_.string(), depth - 1));
  }

  Expr loop(int depth) {
    size_t outer = scope_.size();
    auto inner = [&](Label label) {
      labels_.push_back(label);
      Expr made = body(random_.one_in(2) ? types_.null() : any_type(), depth - 1);
      labels_.pop_back();
      scope_.resize(outer);
      return made;
    };
    switch (random_.below(4)) {
      case 0: {
        Expr predicate = value(types_.boolean(), depth - 1);
        return b_.while_(predicate, inner);
      }
      case 1: {
        const Type* element = any_type();
        Expr over = value(types_.array(element), depth - 1);
        return b_.for_array(over, [&](Var item, Var index, Label label) {
          scope_.push_back({item, element, false});
          if (random_.one_in(2)) scope_.push_back({index, types_.integer(), false});
          return inner(label);
        });
      }
      case 2: {
        const Type* key = immutable_type();
        Expr over = value(types_.set(key), depth - 1);
        return b_.for_set(over, [&](Var item, Label label) {
          scope_.push_back({item, key, false});
          return inner(label);
        });
      }
      default: {
        const Type* key = immutable_type();
        const Type* element = any_type();
        Expr over = value(types_.dict(key, element), depth - 1);
        return b_.for_dict(over, [&](Var item, Var at, Label label) {
          scope_.push_back({item, element, false});
          scope_.push_back({at, key, false});
          return inner(label);
        });
      }
    }
  }

  Expr value(const Type* type, int depth) {
    std::vector<Known> fitting;
    for (const Known& known : scope_) {
      if (known.type == type) fitting.push_back(known);
    }
    if (!fitting.empty() && random_.one_in(2)) {
      return b_(fitting[random_.below(fitting.size())].var);
    }
    if (depth <= 0) return literal(type, depth);
    switch (random_.below(14)) {
      case 0:
        return if_(type, depth - 1);
      case 1: {
        Expr tried = body(type, depth - 1);
        Expr finally =
            random_.one_in(2) ? Expr{} : body(random_.one_in(2) ? types_.null() : any_type(), 1);
        return b_.try_(
            tried,
            [&](Var message, Var stack) {
              size_t outer = scope_.size();
              if (random_.one_in(2)) scope_.push_back({message, types_.string(), false});
              if (random_.one_in(3)) {
                scope_.push_back({stack, types_.array(ir::location_type(types_)), false});
              }
              Expr made = body(type, depth - 1);
              scope_.resize(outer);
              return made;
            },
            finally);
      }
      case 2:
        return called(type, depth - 1);
      case 3:
        return match(type, depth - 1);
      case 4:
        return platform(type, depth - 1);
      case 5:
      case 6:
      case 7:
        if (auto made = builtin_giving(type, depth - 1)) return *made;
        return literal(type, depth);
      case 8: {
        const Type* other = any_type();
        Expr first = value(type, depth - 1);
        Expr second = value(other, depth - 1);
        return b_.field(b_.structure({{"x", first}, {"y", second}}), "x");
      }
      case 9:
        return recursive(type, depth);
      case 10:
        return widened(type, depth);
      case 11: {
        size_t outer = scope_.size();
        Expr made = b_.block([&](Statements& st) {
          if (random_.one_in(2)) statement(st, depth - 1);
          return value(type, depth - 1);
        });
        scope_.resize(outer);
        return made;
      }
      case 12:
        if (type->is(Kind::null)) return node(Op::block, type, std::vector<Expr>());
        return literal(type, depth);
      default:
        return literal(type, depth);
    }
  }

  Expr if_(const Type* type, int depth) {
    std::vector<Expr> kids;
    bool never = true;
    for (uint64_t n = 1 + random_.below(3); n > 0; n--) {
      kids.push_back(value(types_.boolean(), depth));
      bool jumps = random_.one_in(4);
      kids.push_back(jumps ? jump(depth) : body(type, depth));
      never = never && jumps;
    }
    kids.push_back(!never && random_.one_in(4) ? jump(depth) : body(type, depth));
    return node(Op::if_else, type, kids);
  }

  Expr match(const Type* type, int depth) {
    const Type* of = any_type();
    for (int i = 0; i < 20 && (!of->is(Kind::variant) || of->arity() == 0); i++) of = any_type();
    if (!of->is(Kind::variant) || of->arity() == 0) return literal(type, depth);
    Expr operand = value(of, depth);
    auto cases = b_.match(operand);
    bool backward = random_.one_in(3);
    for (uint32_t n = 0; n < of->arity(); n++) {
      uint32_t i = backward ? of->arity() - 1 - n : n;
      cases.on(of->name(i), [&](Var payload) {
        size_t outer = scope_.size();
        if (random_.one_in(2)) scope_.push_back({payload, of->child(i), false});
        Expr made = n > 0 && random_.one_in(5) ? jump(depth) : body(type, depth);
        scope_.resize(outer);
        return made;
      });
    }
    return cases.done();
  }

  Expr lambda(const Type* type, int depth) {
    std::vector<Label> labels;
    labels.swap(labels_);
    const Type* outer_output = output_;
    bool outer_async = is_async_;
    output_ = type->output();
    is_async_ = type->is(Kind::async_function);
    auto make_body = [&](std::span<const Var> p) {
      size_t outer = scope_.size();
      for (uint32_t i = 0; i < p.size(); i++) scope_.push_back({p[i], type->child(i), false});
      Expr made = random_.one_in(12) ? jump(depth) : body(type->output(), depth);
      scope_.resize(outer);
      return made;
    };
    Expr made;
    std::vector<const Type*> inputs;
    for (uint32_t i = 0; i < type->input_count(); i++) inputs.push_back(type->child(i));
    auto build = [&](std::initializer_list<const Type*> list) {
      return is_async_ ? b_.async_lambda(list, make_body, type->output())
                       : b_.lambda(list, make_body, type->output());
    };
    switch (inputs.size()) {
      case 0:
        made = build({});
        break;
      case 1:
        made = build({inputs[0]});
        break;
      case 2:
        made = build({inputs[0], inputs[1]});
        break;
      default:
        made = build({inputs[0], inputs[1], inputs[2]});
        break;
    }
    is_async_ = outer_async;
    output_ = outer_output;
    labels.swap(labels_);
    return made;
  }

  Expr called(const Type* type, int depth) {
    const Type* input = any_type();
    bool async = is_async_ && random_.one_in(2);
    const Type* inputs[] = {input};
    const Type* function =
        async ? types_.async_function(inputs, type) : types_.function(inputs, type);
    Expr callee = value(function, depth);
    Expr argument = value(input, depth);
    return b_.call(callee, {argument});
  }

  Expr platform(const Type* type, int depth) {
    const char* names[] = {"log", "a.b", "let", "print", "x y", "main", "Integer", ""};
    Expr first = value(any_type(), depth);
    bool async = is_async_ && random_.one_in(2);
    Expr made = random_.one_in(3) ? b_.platform(names[random_.below(8)], {}, type, async)
                                  : b_.platform(names[random_.below(8)], {first}, type, async);
    made.node->optional = true;
    if (random_.one_in(4)) {
      const Type* of[] = {any_type(), any_type()};
      made.node->type_parameters = b_.under_construction().new_types(of);
    }
    return made;
  }

  // A value of a recursive type by way of its unfolding, or the other way round.
  Expr recursive(const Type* type, int depth) {
    if (!type->has_recursion() || !type->recursive_body() || !type->is(Kind::variant)) {
      return literal(type, depth);
    }
    std::vector<NamedType> cases;
    for (uint32_t i = 0; i < type->arity(); i++) cases.push_back({type->name(i), type->child(i)});
    const Type* unfolded = types_.variant(cases);
    Expr inner = value(random_.one_in(3) ? type : unfolded, depth - 1);
    Expr made = random_.one_in(2) ? b_.wrap(type, inner) : b_.unwrap(type, inner);
    return made;
  }

  Expr widened(const Type* type, int depth) {
    if (!type->is(Kind::variant) || type->arity() < 2 || type->has_recursion()) {
      return literal(type, depth);
    }
    uint32_t left_out = static_cast<uint32_t>(random_.below(type->arity()));
    std::vector<NamedType> cases;
    for (uint32_t i = 0; i < type->arity(); i++) {
      if (i != left_out) cases.push_back({type->name(i), type->child(i)});
    }
    Expr inner = value(types_.variant(cases), depth - 1);
    return b_.as(type, inner);
  }

  const Type* type_parameter(std::string_view name) {
    if (name.starts_with("K")) return immutable_type();
    if (name.starts_with("E")) return packed_type();
    return any_type();
  }

  std::vector<const Type*> type_parameters(const ir::BuiltinInfo& info) {
    std::vector<const Type*> out;
    std::string_view rest = info.type_parameters;
    while (!rest.empty()) {
      size_t end = std::min(rest.find(", "), rest.size());
      out.push_back(type_parameter(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 2, rest.size()));
    }
    return out;
  }

  std::optional<Expr> call_builtin(BuiltinId id, const std::vector<const Type*>& parameters,
                                   int depth) {
    auto signature = ir::instantiate(types_, id, parameters);
    if (!signature) return std::nullopt;
    std::string_view name = ir::builtin_info(id).name;
    // What the checker asks for besides: structs for CSV, no functions for `is`.
    if (name == "Is" || name == "BlobDecodeCsv" || name == "ArrayEncodeCsv") {
      for (const Type* each : parameters) {
        if (name == "Is" ? !each->is_data() : !each->is(Kind::struct_)) return std::nullopt;
      }
    }
    std::vector<Expr> arguments;
    for (const Type* type : signature->arguments) {
      arguments.push_back(random_.one_in(40) ? jump(depth) : value(type, depth));
    }
    Expr made = node(Op::builtin, signature->result, arguments);
    made.node->name = b_.under_construction().intern(name);
    made.node->type_parameters = b_.under_construction().new_types(parameters);
    return made;
  }

  Expr some_builtin(int depth) {
    for (;;) {
      auto id = static_cast<BuiltinId>(random_.below(ir::k_builtin_count));
      if (auto made = call_builtin(id, type_parameters(ir::builtin_info(id)), depth)) return *made;
    }
  }

  std::optional<Expr> builtin_giving(const Type* type, int depth) {
    for (int i = 0; i < 60; i++) {
      auto id = static_cast<BuiltinId>(random_.below(ir::k_builtin_count));
      auto parameters = type_parameters(ir::builtin_info(id));
      for (const Type*& each : parameters) {
        if (!random_.one_in(3)) continue;
        each = type->arity() > 0 && random_.one_in(2)
                   ? type->child(static_cast<uint32_t>(random_.below(type->arity())))
                   : type;
      }
      auto signature = ir::instantiate(types_, id, parameters);
      if (!signature || signature->result != type) continue;
      if (auto made = call_builtin(id, parameters, depth)) return made;
    }
    return std::nullopt;
  }

  // How deep a value of the type must be, at least.
  int cost(const Type* type, int fuel) {
    constexpr int k_no = 1000;
    if (fuel == 0) return k_no;
    if (type->is(Kind::struct_)) {
      int worst = 1;
      for (uint32_t i = 0; i < type->arity(); i++) {
        worst = std::max(worst, 1 + cost(type->child(i), fuel - 1));
      }
      return worst;
    }
    if (type->is(Kind::variant)) {
      int best = k_no;
      for (uint32_t i = 0; i < type->arity(); i++) {
        best = std::min(best, 1 + cost(type->child(i), fuel - 1));
      }
      return best;
    }
    return type->is(Kind::ref) ? 1 + cost(type->element(), fuel - 1) : 1;
  }

  std::string text() {
    const char* all[] = {"",         "one",          "a\"b\\c", "\\(x)",         "line\nbreak\t\r",
                         "\x01\x7f", "\u00e4\u20ac", "`",       "// no comment", "{}"};
    if (random_.one_in(10)) return std::string("nul\0l", 5);
    return all[random_.below(10)];
  }

  Expr literal(const Type* type, int depth) {
    switch (type->kind()) {
      case Kind::never:
        return b_.error(b_.string("never"));
      case Kind::null:
        return b_.null();
      case Kind::boolean:
        return b_.boolean(random_.one_in(2));
      case Kind::integer: {
        int64_t all[] = {
            0, 1, -1, 42, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
        return b_.integer(all[random_.below(6)]);
      }
      case Kind::float_: {
        double all[] = {0.0,
                        -0.0,
                        1.5,
                        -2.25,
                        std::numeric_limits<double>::quiet_NaN(),
                        1e300,
                        5e-324,
                        std::numeric_limits<double>::infinity(),
                        -std::numeric_limits<double>::infinity(),
                        1e21};
        return b_.float_(all[random_.below(10)]);
      }
      case Kind::string:
        return b_.string(text());
      case Kind::datetime: {
        int64_t all[] = {0, 1706702400123, -1, 253402300800000, -99999999999999, 86399999};
        return b_.datetime(all[random_.below(6)]);
      }
      case Kind::blob: {
        uint8_t bytes[] = {0, 255, 16};
        return b_.blob({bytes, random_.below(4)});
      }
      case Kind::ref: {
        Expr inner = value(type->element(), depth - 1);
        return node(Op::new_ref, type, {inner});
      }
      case Kind::array:
      case Kind::set:
      case Kind::vector: {
        std::vector<Expr> kids;
        for (uint64_t n = depth > 0 ? random_.below(3) : 0; n > 0; n--) {
          kids.push_back(value(type->element(), depth - 1));
        }
        Op op = type->is(Kind::array) ? Op::new_array
                : type->is(Kind::set) ? Op::new_set
                                      : Op::new_vector;
        return node(op, type, kids);
      }
      case Kind::matrix: {
        std::vector<Expr> kids;
        auto rows = static_cast<int64_t>(random_.below(3));
        auto columns = static_cast<int64_t>(random_.below(3));
        for (int64_t n = rows * columns; n > 0; n--) {
          kids.push_back(value(type->element(), depth - 1));
        }
        Expr made = node(Op::new_matrix, type, kids);
        made.node->rows = rows;
        made.node->columns = columns;
        return made;
      }
      case Kind::dict: {
        std::vector<Expr> kids;
        for (uint64_t n = depth > 0 ? random_.below(3) : 0; n > 0; n--) {
          kids.push_back(value(type->key(), depth - 1));
          kids.push_back(value(type->dict_value(), depth - 1));
        }
        return node(Op::new_dict, type, kids);
      }
      case Kind::struct_: {
        std::vector<Expr> kids;
        std::vector<ir::NameId> names;
        for (uint32_t i = 0; i < type->arity(); i++) {
          kids.push_back(value(type->child(i), depth - 1));
          names.push_back(b_.under_construction().intern(type->name(i)));
        }
        Expr made = node(Op::struct_, type, kids);
        made.node->names = b_.under_construction().new_names(names);
        return made;
      }
      case Kind::variant: {
        if (type->arity() == 0) {
          // No value: what does not complete has to stand in a branch.
          const Type* inputs[] = {types_.integer()};
          Expr function = lambda(types_.function(inputs, type), 0);
          Expr argument = b_.integer(1);
          return b_.call(function, {argument});
        }
        auto chosen = static_cast<uint32_t>(random_.below(type->arity()));
        if (depth <= 0 || cost(type->child(chosen), 5) >= 1000) {
          for (uint32_t i = 0; i < type->arity(); i++) {
            if (cost(type->child(i), 8) < cost(type->child(chosen), 8)) chosen = i;
          }
        }
        Expr payload = value(type->child(chosen), depth - 1);
        return b_.variant(type, type->name(chosen), payload);
      }
      default:
        return lambda(type, depth - 1);
    }
  }

  Builder b_;
  Random& random_;
  TypeTable& types_;
  std::vector<const Type*> pool_;
  std::vector<Known> scope_;
  std::vector<Label> labels_;
  const Type* output_ = nullptr;
  bool is_async_ = false;
  int depth_;
};

// Where two canonical programs differ first.
std::string first_difference(const ir::Program& a_in, const Node& a, const ir::Program& b_in,
                             const Node& b) {
  std::string at(ir::op_name(a.op));
  if (a.op == Op::builtin) at += " " + std::string(a_in.name(a.name));
  if (a.op != b.op) return at + " became " + std::string(ir::op_name(b.op));
  if (a.type != b.type) return at + ": " + type_text(a.type) + " became " + type_text(b.type);
  if (a_in.name(a.name) != b_in.name(b.name)) {
    return at + ": name '" + std::string(a_in.name(a.name)) + "' became '" +
           std::string(b_in.name(b.name)) + "'";
  }
  if (a.kids.size() != b.kids.size() || a.count_a != b.count_a) return at + ": number of parts";
  if (a.is_async != b.is_async || a.optional != b.optional || a.is_mutable != b.is_mutable ||
      a.rows != b.rows || a.columns != b.columns) {
    return at + ": flags";
  }
  if (a.type_parameters.size() != b.type_parameters.size()) return at + ": type parameters";
  for (size_t i = 0; i < a.type_parameters.size(); i++) {
    if (a.type_parameters[i] != b.type_parameters[i]) {
      return at + ": type parameter " + type_text(a.type_parameters[i]) + " became " +
             type_text(b.type_parameters[i]);
    }
  }
  if (a.op == Op::value && a.type->is_scalar() && !a.literal.same_bits(b.literal)) {
    return at + ": literal";
  }
  for (size_t i = 0; i < a.kids.size(); i++) {
    std::string inner = first_difference(a_in, *a.kids[i], b_in, *b.kids[i]);
    if (!inner.empty()) return at + " > " + inner;
  }
  return "";
}

// Names that people and other tools give to variables.
void rename(ir::Program& program, Node& node) {
  const char* names[] = {"let", "a b", "", "print", "Integer", "main", "x", "`", "for"};
  if (node.op == Op::variable) {
    std::string name(program.name(node.name));
    size_t number = std::strtoul(name.c_str() + 1, nullptr, 10);
    name = number < 9 ? names[number] : "value" + std::to_string(number % 30) + name;
    node.name = program.intern(name);
  }
  for (Node* kid : node.kids) rename(program, *kid);
}

// The nodes whose type source can say: not those that define variables of loops, cases and
// handlers, nor what these take their types from, nor captured and mutable variables.
void collect(Node& node, std::vector<Node*>& out, bool itself = true) {
  if (itself && !node.captured && !node.is_mutable) out.push_back(&node);
  size_t first = 0;
  size_t step = 1;
  switch (node.op) {
    case Op::function:
    case Op::async_function:
      first = node.count_a;
      break;
    case Op::assign:
      first = 1;
      break;
    case Op::match:
      collect(*node.kids[0], out, false);
      first = step = 2;
      break;
    case Op::for_array:
    case Op::for_dict:
    case Op::for_set:
      collect(*node.kids[0], out, false);
      first = node.kids.size() - 1;
      break;
    default:
      break;
  }
  for (size_t i = first; i < node.kids.size(); i += step) {
    if (node.op == Op::try_catch && (i == 2 || i == 3)) continue;
    collect(*node.kids[i], out);
  }
}

// Another way to write the type: unfolded once, here or in a part.
const Type* otherwise(TypeTable& types, const Type* type, int depth) {
  if (type->is(Kind::variant) && type->recursive_body()) {
    std::vector<NamedType> cases;
    for (uint32_t i = 0; i < type->arity(); i++) cases.push_back({type->name(i), type->child(i)});
    return types.variant(cases);
  }
  if (type->is(Kind::variant) && type->has_recursion()) {
    // Perhaps this is an unfolding.
    for (uint32_t i = 0; i < type->arity(); i++) {
      const Type* part = type->child(i);
      for (uint32_t j = 0; j < part->arity(); j++) {
        if (part->child(j)->recursive_body() && equal_modulo_unfolding(part->child(j), type)) {
          return part->child(j);
        }
      }
    }
  }
  if (depth == 0 || !type->has_recursion()) return type;
  if (type->is(Kind::array)) return types.array(otherwise(types, type->element(), depth - 1));
  if (type->is(Kind::ref)) return types.ref(otherwise(types, type->element(), depth - 1));
  return type;
}

// Writes the types of some nodes in another way that the checker takes for the same.
size_t fold_otherwise(ir::Program& program, Random& random) {
  std::vector<Node*> nodes;
  collect(*program.mutable_root()->kids.back(), nodes);
  size_t changed = 0;
  for (int i = 0; i < 200 && changed < 3; i++) {
    Node& node = *nodes[random.below(nodes.size())];
    const Type* before = node.type;
    const Type* other = otherwise(program.types(), before, 2);
    if (other == before) continue;
    node.type = other;
    if (ir::diagnose(program, ir::PlatformList()).empty()) {
      changed++;
    } else {
      node.type = before;
    }
  }
  return changed;
}

TEST(SourceRandom, any_program_comes_back_exactly) {
  uint64_t seed = test::seed_of_run(7);
  const char* wanted = std::getenv("SAMARA_ROUNDS");
  uint64_t rounds = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 400;
  size_t programs = 0;
  size_t natural = 0;
  size_t failures = 0;
  size_t nodes = 0;
  size_t folded = 0;
  for (uint64_t round = 0; round < rounds && failures < 5; round++) {
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed) + ", round " + std::to_string(round));
    Random random(seed * 1'000'003 + round);
    TypeTable types;
    auto program = Generator(types, random, 3 + static_cast<int>(round % 4)).program();
    if (round % 2 == 0) rename(*program, *program->mutable_root());
    size_t changed = round % 4 == 1 ? fold_otherwise(*program, random) : 0;
    if (changed > 0) folded++;
    auto found = ir::diagnose(*program, ir::PlatformList());
    ASSERT_TRUE(found.empty()) << found[0].message;
    programs++;
    nodes += program->node_count();
    SourceText source = source_text(*program, "main", "");
    auto keep = [&](const std::string& text, const std::string& message) {
      failures++;
      ADD_FAILURE() << message << "\n" << text.substr(0, 1500);
      if (const char* folder = std::getenv("SAMARA_KEEP"); folder != nullptr) {
        std::ofstream(std::string(folder) + "/" + std::to_string(failures) + ".east")
            << "// " << message << "\n"
            << text;
      }
    };
    auto wanted_code = ir::canonical_code(*program);
    ASSERT_TRUE(wanted_code.has_value());
    auto check = [&](const std::string& text, const std::string& what) {
      Compilation compiled = compile_source(types, text, "a.east", {});
      if (!compiled.diagnostics.empty()) {
        return keep(text, what + ": " + compiled.diagnostics[0].title + " at " +
                              std::to_string(compiled.diagnostics[0].span.begin));
      }
      auto code = ir::canonical_code(*compiled.functions[0].program);
      if (code && code->hash == wanted_code->hash) return;
      auto a = ir::canonicalize(*program);
      auto b = ir::canonicalize(*compiled.functions[0].program);
      keep(text, what + ": " +
                     (a && b ? first_difference(*a->program, *a->program->root(), *b->program,
                                                *b->program->root())
                             : std::string("no code")));
    };
    auto tree = read_back(*program, {"main", "", Explicitness::all_types});
    std::string text = print(*tree, {});
    Parsed parsed = parse(text);
    if (parsed.diagnostics.empty()) {
      EXPECT_EQ(difference(*tree, *parsed.tree), "") << text;
    }
    check(text, "explicit form");
    if (!source.exact) check(source.text, "source");
    if (source.natural) natural++;
  }
  std::printf("random programs: %zu (%zu folded otherwise), %zu nodes, %zu natural, %zu failures\n",
              programs, folded, nodes, natural, failures);
  EXPECT_GE(natural * 10, programs * 9);
}

}  // namespace
}  // namespace samara::lang
