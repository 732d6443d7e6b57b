// East source: parse, and parse + check + emit, of a generated file. A function is 20 lines:
// structs, variants, loops, callbacks, strings.
//
// Workloads: 10,000 lines for throughput; 2,000 lines, as an editor sends them after a keystroke.
// Goals: parse + check + emit 1 M lines/min on one core (16,667 lines/s); 2,000 lines in 30 ms.
//
//   bench_source --benchmark_repetitions=9 --benchmark_report_aggregates_only=true

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "lang/compile.hpp"
#include "lang/parse.hpp"
#include "lang/print.hpp"

namespace samara::lang {
namespace {

constexpr const char* k_types = R"(
type Sale = (product: String, quantity: Integer, price: Float)
type Order = .draft | .open Array<Sale> | .closed (sales: Array<Sale>, at: DateTime)
)";

// @ stands for the number of the function; it uses the one before it.
constexpr const char* k_function = R"east(
/// Adds up what an order is worth.
fn worth_@(order: Order, limit: Integer) -> Float {
  var total = 0.0
  let sales = match order {
    .draft -> ([]: Array<Sale>)
    .open open -> open
    .closed closed -> closed.sales
  }
  for i, sale in sales {
    if sale.quantity > limit && i != 3 {
      total += sale.price * sale.quantity.to_float()
    } else if sale.product == "gift \(i)" {
      total += 1.0
    }
  }
  let heavy = sales.filter(sale -> sale.quantity > 100).map(sale -> sale.price)
  for price in heavy { total += price }
  total$
}
)east";

std::string generate(size_t lines) {
  std::string out = k_types;
  size_t number = 0;
  auto count = static_cast<size_t>(std::count(out.begin(), out.end(), '\n'));
  while (count < lines) {
    std::string function = k_function;
    for (size_t at = function.find('@'); at != std::string::npos; at = function.find('@')) {
      function.replace(at, 1, std::to_string(number));
    }
    // Every fourth calls the one before, so that modules are closed over too.
    std::string call =
        number % 4 == 3 ? " + worth_" + std::to_string(number - 1) + "(order, limit)" : "";
    function.replace(function.find('$'), 1, call);
    out += function;
    count += static_cast<size_t>(std::count(function.begin(), function.end(), '\n'));
    number++;
  }
  return out;
}

void report(benchmark::State& state, const std::string& source) {
  auto lines = static_cast<double>(std::count(source.begin(), source.end(), '\n'));
  state.counters["lines/s"] = benchmark::Counter(lines * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(source.size()));
}

void parse_file(benchmark::State& state) {
  std::string source = generate(static_cast<size_t>(state.range(0)));
  for (auto step : state) {
    Parsed parsed = parse(source);
    if (!parsed.diagnostics.empty()) state.SkipWithError("the generated file is wrong");
    benchmark::DoNotOptimize(parsed.tree.get());
  }
  report(state, source);
}
BENCHMARK(parse_file)->Arg(10000)->Unit(benchmark::kMillisecond);

void print_file(benchmark::State& state) {
  std::string source = generate(static_cast<size_t>(state.range(0)));
  Parsed parsed = parse(source);
  for (auto step : state) benchmark::DoNotOptimize(print(*parsed.tree, source).size());
  report(state, source);
}
BENCHMARK(print_file)->Arg(10000)->Unit(benchmark::kMillisecond);

void compile_file(benchmark::State& state) {
  std::string source = generate(static_cast<size_t>(state.range(0)));
  for (auto step : state) {
    TypeTable types;
    Compilation made = compile_source(types, source, "bench.east", {});
    if (!made.diagnostics.empty()) {
      state.SkipWithError(made.diagnostics[0].title.c_str());
      break;
    }
    benchmark::DoNotOptimize(made.functions.size());
  }
  report(state, source);
}
BENCHMARK(compile_file)->Arg(10000)->Arg(2000)->Unit(benchmark::kMillisecond);

void occurrences_of_file(benchmark::State& state) {
  std::string source = generate(static_cast<size_t>(state.range(0)));
  TypeTable types;
  for (auto step : state) {
    Parsed parsed = parse(source);
    Compilation made = compile(types, *parsed.tree, source, "bench.east", {}, Wanted::occurrences);
    benchmark::DoNotOptimize(made.occurrences.size());
  }
  report(state, source);
}
BENCHMARK(occurrences_of_file)->Arg(2000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace samara::lang
