#include "value/type_relations.hpp"

#include <string>
#include <unordered_set>

#include "value/number_text.hpp"
#include "value/text_type.hpp"

namespace samara {

namespace {

// Pairs already assumed to hold: meeting one again adds nothing (the relations are co-inductive).
using Pairs = std::unordered_set<uint64_t>;
uint64_t pair_of(const Type* a, const Type* b) { return uint64_t{a->id()} << 32 | b->id(); }

bool same_shape(const Type* a, const Type* b) {
  if (a->kind() != b->kind() || a->arity() != b->arity()) return false;
  if (a->is(Kind::struct_) || a->is(Kind::variant)) {
    for (uint32_t i = 0; i < a->arity(); i++) {
      if (a->name(i) != b->name(i)) return false;
    }
  }
  return true;
}

bool equal_types(const Type* a, const Type* b, Pairs& assumed) {
  if (a == b) return true;
  // Without recursion there is only one way to write a type.
  if (!a->has_recursion() && !b->has_recursion()) return false;
  if (!same_shape(a, b)) return false;
  if (!assumed.insert(pair_of(a, b)).second) return true;
  for (uint32_t i = 0; i < a->arity(); i++) {
    if (!equal_types(a->child(i), b->child(i), assumed)) return false;
  }
  return true;
}

bool below(const Type* a, const Type* b, Pairs& assumed);

bool variant_below(const Type* a, const Type* b, Pairs& assumed) {
  for (uint32_t i = 0; i < a->arity(); i++) {
    int32_t other = b->index_of(a->name(i));
    bool holds = other < 0 ? a->child(i)->is(Kind::never)
                           : below(a->child(i), b->child(static_cast<uint32_t>(other)), assumed);
    if (!holds) return false;
  }
  return true;
}

bool function_below(const Type* a, const Type* b, Pairs& assumed) {
  if (!b->is_function() || a->arity() != b->arity()) return false;
  if (a->is(Kind::async_function) && b->is(Kind::function)) return false;
  for (uint32_t i = 0; i < a->input_count(); i++) {
    if (!below(b->child(i), a->child(i), assumed)) return false;
  }
  return below(a->output(), b->output(), assumed);
}

bool below(const Type* a, const Type* b, Pairs& assumed) {
  if (a == b || a->is(Kind::never)) return true;
  // A recursive type is below nothing but itself, in whatever unfolding.
  if (a->recursive_body()) return equal_modulo_unfolding(a, b);
  if (!assumed.insert(pair_of(a, b)).second) return true;
  switch (a->kind()) {
    case Kind::struct_:
      if (!same_shape(a, b)) return false;
      for (uint32_t i = 0; i < a->arity(); i++) {
        if (!below(a->child(i), b->child(i), assumed)) return false;
      }
      return true;
    case Kind::variant:
      return b->is(Kind::variant) && variant_below(a, b, assumed);
    case Kind::function:
    case Kind::async_function:
      return function_below(a, b, assumed);
    default:
      return equal_modulo_unfolding(a, b);
  }
}

Error mismatch(std::string text) { return Error(Code::type_mismatch, text); }

std::string names_differ(std::string_view what, uint32_t i, const Type* a, const Type* b) {
  std::string text(what);
  text += ' ';
  append_integer(text, i);
  text += " has mismatched names ";
  text += a->name(i);
  text += " and ";
  text += b->name(i);
  return text;
}

// Why two constructors of the same kind cannot be matched part by part; empty when they can.
std::string shape_difference(const Type* a, const Type* b) {
  if (a->kind() != b->kind()) return "incompatible types";
  bool is_struct = a->is(Kind::struct_);
  if (a->arity() != b->arity()) {
    if (is_struct) return "structs contain different number of fields";
    return a->is(Kind::variant) ? "variants contain different number of cases"
                                : "functions take different number of arguments";
  }
  if (is_struct || a->is(Kind::variant)) {
    for (uint32_t i = 0; i < a->arity(); i++) {
      if (a->name(i) != b->name(i)) {
        return names_differ(is_struct ? "struct field" : "variant case", i, a, b);
      }
    }
  }
  return {};
}

// Reports the innermost difference of two types that must be equal.
Result<void> require_equal(const Type* a, const Type* b) {
  Pairs seen;
  while (!equal_modulo_unfolding(a, b)) {
    std::string why = shape_difference(a, b);
    const Type* next_a = nullptr;
    const Type* next_b = nullptr;
    for (uint32_t i = 0; why.empty() && i < a->arity() && next_a == nullptr; i++) {
      if (equal_modulo_unfolding(a->child(i), b->child(i))) continue;
      next_a = a->child(i);
      next_b = b->child(i);
    }
    if (next_a == nullptr || !seen.insert(pair_of(a, b)).second) {
      if (why.empty()) why = "incompatible types";
      return mismatch(type_to_text(a) + " is not equal to " + type_to_text(b) + ": " + why);
    }
    a = next_a;
    b = next_b;
  }
  return {};
}

enum class Operation : uint8_t { join, meet, widen };

class Combiner {
 public:
  explicit Combiner(TypeTable& types) : types_(types) {}

  Result<const Type*> combine(Operation op, const Type* a, const Type* b) {
    if (a == b) return a;
    if (a->is(Kind::never)) return op == Operation::meet ? a : b;
    if (b->is(Kind::never)) return op == Operation::meet ? b : a;
    if (a->recursive_body() || b->recursive_body()) return recursive(op, a, b);
    if (a->is_function() && b->is_function()) return functions(op, a, b);
    if (a->kind() != b->kind()) return refuse(op, a, b, "incompatible types");
    switch (a->kind()) {
      case Kind::struct_:
        return structs(op, a, b);
      case Kind::variant:
        return variants(op, a, b);
      default:
        return containers(op, a, b);
    }
  }

 private:
  static Error refuse(Operation op, const Type* a, const Type* b, std::string_view why) {
    std::string text = op == Operation::join   ? "Cannot union "
                       : op == Operation::meet ? "Cannot intersect "
                                               : "Cannot widen ";
    return mismatch(text + type_to_text(a) + " with " + type_to_text(b) + ": " + std::string(why));
  }

  Result<const Type*> recursive(Operation op, const Type* a, const Type* b) {
    if (equal_modulo_unfolding(a, b)) return a->recursive_body() ? a : b;
    if (op == Operation::widen) return refuse(op, a, b, "incompatible types");
    if (a->recursive_body() && b->recursive_body()) {
      SAMARA_CHECK(require_equal(a, b));
    }
    const Type* plain = a->recursive_body() ? b : a;
    const Type* body = a->recursive_body() ? a : b;
    if (!is_subtype(plain, body)) return refuse(op, a, b, "incompatible types");
    return op == Operation::join ? body : plain;
  }

  Result<const Type*> containers(Operation op, const Type* a, const Type* b) {
    if (op == Operation::widen) {
      if (a->is(Kind::dict)) {
        SAMARA_TRY(auto key, combine(op, a->key(), b->key()));
        SAMARA_TRY(auto value, combine(op, a->dict_value(), b->dict_value()));
        return types_.checked_dict(key, value);
      }
      SAMARA_TRY(auto element, combine(op, a->element(), b->element()));
      return types_.checked_unary(a->kind(), element);
    }
    for (uint32_t i = 0; i < a->arity(); i++) SAMARA_CHECK(require_equal(a->child(i), b->child(i)));
    return a;
  }

  Result<const Type*> structs(Operation op, const Type* a, const Type* b) {
    std::string why = shape_difference(a, b);
    if (!why.empty()) return refuse(op, a, b, why);
    std::vector<NamedType> fields;
    for (uint32_t i = 0; i < a->arity(); i++) {
      SAMARA_TRY(auto field, combine(op, a->child(i), b->child(i)));
      fields.push_back({a->name(i), field});
    }
    return types_.checked_named(Kind::struct_, fields);
  }

  Result<const Type*> variants(Operation op, const Type* a, const Type* b) {
    std::vector<NamedType> cases;
    uint32_t i = 0;
    uint32_t j = 0;
    bool all = op != Operation::meet;
    while (i < a->arity() || j < b->arity()) {
      if (j == b->arity() || (i < a->arity() && a->name(i) < b->name(j))) {
        if (all) cases.push_back({a->name(i), a->child(i)});
        i++;
      } else if (i == a->arity() || b->name(j) < a->name(i)) {
        if (all) cases.push_back({b->name(j), b->child(j)});
        j++;
      } else {
        SAMARA_TRY(auto payload, combine(op, a->child(i), b->child(j)));
        cases.push_back({a->name(i), payload});
        i++;
        j++;
      }
    }
    if (cases.empty() && !all) return refuse(op, a, b, "variants have no overlapping cases");
    return types_.checked_named(Kind::variant, cases);
  }

  Result<const Type*> functions(Operation op, const Type* a, const Type* b) {
    if (op == Operation::widen) return refuse(op, a, b, "incompatible types");
    if (a->arity() != b->arity()) {
      return refuse(op, a, b, "functions take different number of arguments");
    }
    Operation dual = op == Operation::join ? Operation::meet : Operation::join;
    std::vector<const Type*> inputs;
    for (uint32_t i = 0; i < a->input_count(); i++) {
      SAMARA_TRY(auto input, combine(dual, a->child(i), b->child(i)));
      inputs.push_back(input);
    }
    SAMARA_TRY(auto output, combine(op, a->output(), b->output()));
    bool async = op == Operation::join ? !a->is(Kind::function) || !b->is(Kind::function)
                                       : !a->is(Kind::function) && !b->is(Kind::function);
    return types_.checked_function(async ? Kind::async_function : Kind::function, inputs, output);
  }

  TypeTable& types_;
};

}  // namespace

bool equal_modulo_unfolding(const Type* a, const Type* b) {
  if (a == b) return true;
  Pairs assumed;
  return equal_types(a, b, assumed);
}

bool is_subtype(const Type* a, const Type* b) {
  if (a == b) return true;
  Pairs assumed;
  return below(a, b, assumed);
}

Result<const Type*> type_union(TypeTable& types, const Type* a, const Type* b) {
  return Combiner(types).combine(Operation::join, a, b);
}
Result<const Type*> type_intersection(TypeTable& types, const Type* a, const Type* b) {
  return Combiner(types).combine(Operation::meet, a, b);
}
Result<const Type*> type_widening(TypeTable& types, const Type* a, const Type* b) {
  return Combiner(types).combine(Operation::widen, a, b);
}

}  // namespace samara
