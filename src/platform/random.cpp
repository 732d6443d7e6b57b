// random_*: a secure source until random_seed switches to the seeded generator (xorshift128+,
// seeded by splitmix64, states of 64 bits). The generator is one for the process.

#include <algorithm>
#include <cmath>
#include <mutex>

#include "eval/vm.hpp"
#include "platform/functions.hpp"
#include "value/number_text.hpp"

namespace samara::platform {

namespace {

class Generator {
 public:
  explicit Generator(port::Random& secure) : secure_(secure) {}

  void seed(uint64_t value) {
    std::lock_guard guard(mutex_);
    state0_ = splitmix(value);
    state1_ = splitmix(state0_);
    if (state0_ == 0 && state1_ == 0) state0_ = 1;
    seeded_ = true;
  }

  /// In [0, 1), 53 bits.
  double uniform() {
    std::lock_guard guard(mutex_);
    uint64_t bits = seeded_ ? next() : secure_.next_u64();
    return static_cast<double>(bits >> 11) * 0x1p-53;
  }

 private:
  static uint64_t splitmix(uint64_t x) {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
    return x ^ x >> 31;
  }
  uint64_t next() {
    uint64_t s1 = state0_;
    uint64_t s0 = state1_;
    uint64_t result = s0 + s1;
    state0_ = s0;
    s1 ^= s1 << 23;
    state1_ = s1 ^ s0 ^ (s1 >> 17) ^ (s0 >> 26);
    return result;
  }

  port::Random& secure_;
  std::mutex mutex_;  // guards the state
  uint64_t state0_ = 0;
  uint64_t state1_ = 0;
  bool seeded_ = false;
};

// Marsaglia's polar method.
double normal(Generator& g) {
  while (true) {
    double x = 2 * g.uniform() - 1;
    double y = 2 * g.uniform() - 1;
    double r = x * x + y * y;
    if (r > 0 && r <= 1) return y * std::sqrt(-2 * std::log(r) / r);
  }
}

int64_t poisson_by_inversion(Generator& g, double lambda) {
  double p = std::exp(-lambda);
  double u = g.uniform();
  int64_t x = 0;
  while (u > p) {
    u -= p;
    x++;
    p = lambda * p / static_cast<double>(x);
    if (p == 0) break;  // the tail is lost in rounding
  }
  return x;
}

// Hörmann 1993, "The transformed rejection method for generating Poisson random variables", PTRS.
int64_t poisson_by_rejection(Generator& g, double lambda) {
  double b = 0.931 + 2.53 * std::sqrt(lambda);
  double a = -0.059 + 0.02483 * b;
  double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  double v_r = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    double u = g.uniform() - 0.5;
    double v = g.uniform();
    double us = 0.5 - std::fabs(u);
    double k = std::floor((2 * a / us + b) * u + lambda + 0.43);
    if (us >= 0.07 && v <= v_r) return static_cast<int64_t>(k);
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + b) <=
        -lambda + k * std::log(lambda) - std::lgamma(k + 1)) {
      return static_cast<int64_t>(k);
    }
  }
}

std::string got(double value) {
  std::string text = ", got ";
  append_float_ecma(text, value);
  return text;
}
std::string got(int64_t value) { return ", got " + std::to_string(value); }

// Floating results beyond the Integer range end at its ends.
int64_t to_integer(double value) {
  if (!(value > -9.2e18)) return INT64_MIN;
  if (value > 9.2e18) return INT64_MAX;
  return static_cast<int64_t>(value);
}

}  // namespace

void add_random(Registrar& registrar, const StandardParts& parts) {
  auto g = std::make_shared<Generator>(parts.random);
  const Type* integer = registrar.types.integer();
  const Type* number = registrar.types.float_();
  using eval::Vm;
  using Args = std::span<const Slot>;
  registrar.capability = "random";
  registrar.is_async = false;
  registrar.effect = eval::Effect::effectful;
  registrar.add("random_seed", {integer}, registrar.types.null(), [g](Vm&, Args args, Slot&) {
    g->seed(args[0].bits);
    return true;
  });
  registrar.effect = eval::Effect::idempotent;
  auto set = [](Slot& out, double value) {
    out = Slot::of(value != value ? std::bit_cast<double>(k_nan_bits) : value);
    return true;
  };
  registrar.add("random_uniform", {}, number,
                [g, set](Vm&, Args, Slot& out) { return set(out, g->uniform()); });
  registrar.add("random_normal", {}, number,
                [g, set](Vm&, Args, Slot& out) { return set(out, normal(*g)); });
  registrar.add("random_range", {integer, integer}, integer, [g](Vm& vm, Args args, Slot& out) {
    int64_t low = args[0].integer();
    int64_t high = args[1].integer();
    if (low > high) {
      return vm.fail_platform("random_range", "Invalid range: min (" + std::to_string(low) +
                                                  ") > max (" + std::to_string(high) + ")");
    }
    double value =
        std::floor(g->uniform() * (static_cast<double>(high) - static_cast<double>(low) + 1) +
                   static_cast<double>(low));
    out = Slot::of(std::clamp(to_integer(value), low, high));
    return true;
  });
  registrar.add("random_exponential", {number}, number, [g, set](Vm& vm, Args args, Slot& out) {
    double lambda = args[0].number();
    if (!(lambda > 0)) {
      return vm.fail_platform("random_exponential",
                              "Random exponential generation failed: Expected lambda "
                              "to be positive" +
                                  got(lambda));
    }
    return set(out, -std::log(1 - g->uniform()) / lambda);
  });
  registrar.add("random_weibull", {number}, number, [g, set](Vm&, Args args, Slot& out) {
    return set(out, std::pow(-std::log(1 - g->uniform()), 1 / args[0].number()));
  });
  registrar.add("random_bernoulli", {number}, integer, [g](Vm& vm, Args args, Slot& out) {
    double p = args[0].number();
    if (!(p >= 0 && p < 1)) {
      return vm.fail_platform(
          "random_bernoulli",
          "Random Bernoulli generation failed: Expected p to be in [0, 1)" + got(p));
    }
    out = Slot::of(to_integer(std::floor(g->uniform() + p)));
    return true;
  });
  registrar.add("random_binomial", {integer, number}, integer, [g](Vm& vm, Args args, Slot& out) {
    int64_t n = args[0].integer();
    double p = args[1].number();
    if (n <= 0) {
      return vm.fail_platform("random_binomial",
                              "Random binomial generation failed: Expected n to be a "
                              "positive integer" +
                                  got(n));
    }
    if (!(p >= 0 && p < 1)) {
      return vm.fail_platform(
          "random_binomial",
          "Random binomial generation failed: Expected p to be in [0, 1)" + got(p));
    }
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
      if (!vm.step()) return false;
      if (g->uniform() < p) count++;
    }
    out = Slot::of(count);
    return true;
  });
  registrar.add("random_geometric", {number}, integer, [g](Vm& vm, Args args, Slot& out) {
    double p = args[0].number();
    if (!(p > 0 && p < 1)) {
      return vm.fail_platform(
          "random_geometric",
          "Random geometric generation failed: Expected p to be in (0, 1)" + got(p));
    }
    out = Slot::of(to_integer(std::floor(1 + std::log(g->uniform()) / std::log(1 - p))));
    return true;
  });
  registrar.add("random_poisson", {number}, integer, [g](Vm& vm, Args args, Slot& out) {
    double lambda = args[0].number();
    // Above 2^53 neighbouring counts are not told apart any more.
    if (!(lambda > 0) || lambda > 0x1p53) {
      return vm.fail_platform("random_poisson",
                              "Random Poisson generation failed: Expected lambda to be "
                              "positive" +
                                  got(lambda));
    }
    out =
        Slot::of(lambda < 10 ? poisson_by_inversion(*g, lambda) : poisson_by_rejection(*g, lambda));
    return true;
  });
  registrar.add("random_pareto", {number}, number, [g, set](Vm& vm, Args args, Slot& out) {
    double alpha = args[0].number();
    if (!(alpha >= 0)) {
      return vm.fail_platform("random_pareto",
                              "Random Pareto generation failed: Expected alpha to be "
                              "non-negative" +
                                  got(alpha));
    }
    return set(out, std::pow(1 - g->uniform(), -1 / alpha));
  });
  registrar.add("random_log_normal", {number, number}, number, [g, set](Vm&, Args args, Slot& out) {
    return set(out, std::exp(args[0].number() + args[1].number() * normal(*g)));
  });
  auto irwin_hall = [g](Vm& vm, int64_t n, double& sum) {
    sum = 0;
    for (int64_t i = 0; i < n; i++) {
      if (!vm.step()) return false;
      sum += g->uniform();
    }
    return true;
  };
  registrar.add(
      "random_irwin_hall", {integer}, number, [irwin_hall, set](Vm& vm, Args args, Slot& out) {
        int64_t n = args[0].integer();
        if (n < 0) {
          return vm.fail_platform("random_irwin_hall",
                                  "Random Irwin-Hall generation failed: Expected n to be a "
                                  "non-negative integer" +
                                      got(n));
        }
        double sum = 0;
        return irwin_hall(vm, n, sum) && set(out, sum);
      });
  registrar.add("random_bates", {integer}, number, [irwin_hall, set](Vm& vm, Args args, Slot& out) {
    int64_t n = args[0].integer();
    if (n <= 0) {
      return vm.fail_platform("random_bates",
                              "Random Bates generation failed: Expected n to be a positive "
                              "integer" +
                                  got(n));
    }
    double sum = 0;
    return irwin_hall(vm, n, sum) && set(out, sum / static_cast<double>(n));
  });
}

}  // namespace samara::platform
