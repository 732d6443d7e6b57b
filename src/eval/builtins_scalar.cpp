// Builtins on values without size: comparison, Boolean, Integer, Float and Ref.

#include <string>

#include "eval/arithmetic.hpp"
#include "eval/builtin.hpp"
#include "eval/vm.hpp"

namespace samara::eval {
namespace {

// --- comparison ----------------------------------------------------------------------------------

bool is(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  out = Slot::of(is_same(site.type(0), args[0], args[1]));
  return true;
}
bool equal_to(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  out = Slot::of(equal(site.type(0), args[0], args[1]));
  return true;
}
bool not_equal(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  out = Slot::of(!equal(site.type(0), args[0], args[1]));
  return true;
}
bool less(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  out = Slot::of(site.order(0)(args[0], args[1]) < 0);
  return true;
}
bool less_equal(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  out = Slot::of(site.order(0)(args[0], args[1]) <= 0);
  return true;
}
bool greater(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  out = Slot::of(site.order(0)(args[0], args[1]) > 0);
  return true;
}
bool greater_equal(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  out = Slot::of(site.order(0)(args[0], args[1]) >= 0);
  return true;
}

// --- Boolean -------------------------------------------------------------------------------------

bool boolean_not(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(!args[0].boolean());
  return true;
}
bool boolean_or(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(args[0].boolean() || args[1].boolean());
  return true;
}
bool boolean_and(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(args[0].boolean() && args[1].boolean());
  return true;
}
bool boolean_xor(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(args[0].boolean() != args[1].boolean());
  return true;
}

// --- Integer -------------------------------------------------------------------------------------

template <int64_t (*fn)(int64_t)>
bool integer_unary(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(fn(args[0].integer()));
  return true;
}
template <int64_t (*fn)(int64_t, int64_t)>
bool integer_binary(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(fn(args[0].integer(), args[1].integer()));
  return true;
}
bool integer_to_float(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(static_cast<double>(args[0].integer()));
  return true;
}

// --- Float ---------------------------------------------------------------------------------------

template <double (*fn)(double)>
bool float_unary(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = float_slot(fn(args[0].number()));
  return true;
}
template <double (*fn)(double, double)>
bool float_binary(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = float_slot(fn(args[0].number(), args[1].number()));
  return true;
}

double negate(double a) { return -a; }
double add(double a, double b) { return a + b; }
double subtract(double a, double b) { return a - b; }
double multiply(double a, double b) { return a * b; }
double divide(double a, double b) { return a / b; }
double remainder(double a, double b) { return std::fmod(a, b); }
double square_root(double a) { return std::sqrt(a); }
double exponential(double a) { return std::exp(a); }
double logarithm(double a) { return std::log(a); }
double sine(double a) { return std::sin(a); }
double cosine(double a) { return std::cos(a); }
double tangent(double a) { return std::tan(a); }

bool float_to_integer(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  constexpr double k_limit = 9223372036854775808.0;  // 2^63, exact
  double value = args[0].number();
  if (value != value) return vm.fail("Cannot convert NaN to integer");
  if (value >= k_limit) return vm.fail("Float too high to convert to integer");
  if (value < -k_limit) return vm.fail("Float too low to convert to integer");
  auto integer = static_cast<int64_t>(value);
  if (static_cast<double>(integer) != value) {
    return vm.fail("Cannot convert non-integer float to integer");
  }
  out = Slot::of(integer);
  return true;
}

// --- Ref -----------------------------------------------------------------------------------------

bool ref_get(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = as<CellObject>(args[0])->content;
  return true;
}

bool ref_writable(Vm& vm, Slot ref) {
  return !ref.object()->frozen() || vm.fail("Cannot modify frozen Ref");
}

bool ref_update(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  if (!ref_writable(vm, args[0])) return false;
  as<CellObject>(args[0])->content = args[1];
  out = Slot::null();
  return true;
}

// What the callback itself writes to the ref is overwritten.
bool ref_merge(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  if (!ref_writable(vm, args[0])) return false;
  Slot merged;
  if (!vm.call(args[2], as<CellObject>(args[0])->content, args[1], merged)) return false;
  as<CellObject>(args[0])->content = merged;
  out = Slot::null();
  return true;
}

constexpr BuiltinEntry k_builtins[] = {
    {"Is", is},
    {"Equal", equal_to},
    {"NotEqual", not_equal},
    {"Less", less},
    {"LessEqual", less_equal},
    {"Greater", greater},
    {"GreaterEqual", greater_equal},

    {"BooleanNot", boolean_not},
    {"BooleanOr", boolean_or},
    {"BooleanAnd", boolean_and},
    {"BooleanXor", boolean_xor},

    {"IntegerToFloat", integer_to_float},
    {"IntegerNegate", integer_unary<integer_negate>},
    {"IntegerAdd", integer_binary<integer_add>},
    {"IntegerSubtract", integer_binary<integer_subtract>},
    {"IntegerMultiply", integer_binary<integer_multiply>},
    {"IntegerDivide", integer_binary<integer_divide>},
    {"IntegerRemainder", integer_binary<integer_remainder>},
    {"IntegerPow", integer_binary<integer_pow>},
    {"IntegerAbs", integer_unary<integer_abs>},
    {"IntegerSign", integer_unary<integer_sign>},
    {"IntegerLog", integer_binary<integer_log>},

    {"FloatToInteger", float_to_integer},
    {"FloatNegate", float_unary<negate>},
    {"FloatAdd", float_binary<add>},
    {"FloatSubtract", float_binary<subtract>},
    {"FloatMultiply", float_binary<multiply>},
    {"FloatDivide", float_binary<divide>},
    {"FloatRemainder", float_binary<remainder>},
    {"FloatPow", float_binary<float_pow>},
    {"FloatAbs", float_unary<float_abs>},
    {"FloatSign", float_unary<float_sign>},
    {"FloatSqrt", float_unary<square_root>},
    {"FloatExp", float_unary<exponential>},
    {"FloatLog", float_unary<logarithm>},
    {"FloatSin", float_unary<sine>},
    {"FloatCos", float_unary<cosine>},
    {"FloatTan", float_unary<tangent>},

    {"RefGet", ref_get},
    {"RefUpdate", ref_update},
    {"RefMerge", ref_merge},
};

}  // namespace

std::span<const BuiltinEntry> scalar_builtins() { return k_builtins; }

}  // namespace samara::eval
