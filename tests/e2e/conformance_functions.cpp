#include "tests/e2e/conformance_functions.hpp"

#include <algorithm>
#include <cstdlib>

namespace samara::runtime {

namespace {

constexpr const char* k_echo_c = R"(
  samara_write_raw(out, in->at, (size_t)(in->end - in->at));
  in->at = in->end;
)";

const ConformanceFunction k_functions[] = {
    {
        .name = "sum",
        .input = "Array<Float>",
        .output = "Float",
        .east = "var total = 0.0\n for x in a { total += x }\n total",
        .c = R"(
  size_t count = samara_read_count(in);
  double total = 0;
  while (count-- > 0 && !in->failed) total += samara_read_float(in);
  samara_write_float(out, total);
)",
    },
    {
        .name = "length",
        .input = "String",
        .output = "Integer",
        .east = "a.length()",
        .c = R"(
  size_t size = 0;
  const uint8_t* text = samara_read_bytes(in, &size);
  int64_t length = 0;
  for (size_t i = 0; i < size; i++) length += (text[i] & 0xc0) != 0x80;
  samara_write_integer(out, length);
)",
    },
    {
        .name = "total",
        .input = "Dict<String, Integer>",
        .output = "(keys: Integer, total: Integer)",
        .east = "var total = 0\n for k, v in a { total += v }\n (keys = a.size(), total = total)",
        .c = R"(
  size_t count = samara_read_count(in);
  int64_t keys = (int64_t)count;
  int64_t total = 0;
  while (count-- > 0 && !in->failed) {
    size_t size = 0;
    samara_read_bytes(in, &size);
    total += samara_read_integer(in);
  }
  samara_write_integer(out, keys);
  samara_write_integer(out, total);
)",
    },
    {
        .name = "turn",
        .input = "(name: String, count: Integer)",
        .output = "(count: Integer, name: String)",
        .east = "(count = a.count + 1, name = a.name)",
        .c = R"(
  size_t size = 0;
  const uint8_t* name = samara_read_bytes(in, &size);
  samara_write_integer(out, samara_read_integer(in) + 1);
  samara_write_bytes(out, name, size);
)",
    },
    {
        .name = "next",
        .input = "Option<Integer>",
        .output = "Option<Integer>",
        .east = "match a {\n .some n -> .some (n + 1)\n .none -> .none\n }",
        .c = R"(
  uint64_t which = samara_read_case(in);
  samara_write_case(out, which);
  if (which == 1) samara_write_integer(out, samara_read_integer(in) + 1);
)",
    },
    {
        .name = "fail",
        .input = "Integer",
        .output = "Integer",
        .east = R"(if a > 0 { throw "no such model: größer" } else { a })",
        .c = R"(
  int64_t a = samara_read_integer(in);
  if (a > 0) FAIL("no such model: gr\303\266\303\237er");
  samara_write_integer(out, a);
)",
    },
    {
        .name = "for_ever",
        .input = "Integer",
        .output = "Integer",
        .east = "var n = a\n while true { n += 1 }\n n",
        .c = R"(
  volatile int64_t n = samara_read_integer(in);
  while (1) n++;
)",
    },
    {
        .name = "hog",
        .input = "Integer",
        .output = "Integer",
        .east = "let all: Array<Integer> = []\n while true { all.push_last(a) }\n all.size()",
        .c = R"(
  samara_read_integer(in);
  for (;;) {
    char* more = (char*)ALLOC(100000);
    if (more == NULL) break;
    for (size_t i = 0; i < 100000; i += 1000) more[i] = 1;
  }
  FAIL("there is no more");
)",
    },
    {
        .name = "sink",
        .input = "Integer",
        .output = "Integer",
        .east = "if a == 0 { 0 } else { f(a - 1) + 1 }",
        .c = "  samara_write_integer(out, sink(samara_read_integer(in)));\n",
        .c_before = R"(
static volatile int64_t nothing = 0;
static __attribute__((noinline)) int64_t sink(int64_t a) {
  return a == 0 ? 0 : (sink(a - 1) ^ nothing) + 1;
}
)",
    },
    {
        .name = "many",
        .input = "Integer",
        .output = "Array<Integer>",
        .east = "Array.range(0, a, 1)",
        .c = R"(
  int64_t a = samara_read_integer(in);
  samara_write_count(out, (size_t)a);
  for (int64_t i = 0; i < a; i++) samara_write_integer(out, i);
)",
    },
    {
        .name = "say",
        .input = "Integer",
        .output = "Integer",
        .east = "console_log(\"first\")\n console_error(\"second: größer\")\n a",
        .c = R"(
  LOG(0, "first");
  LOG(3, "second: gr\303\266\303\237er");
  samara_write_integer(out, samara_read_integer(in));
)",
    },
    {
        .name = "fib",
        .input = "Integer",
        .output = "Integer",
        .east = "if a < 2 { a } else { f(a - 1) + f(a - 2) }",
        .c = "  samara_write_integer(out, fib(samara_read_integer(in)));\n",
        .c_before = R"(
static int64_t fib(int64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
)",
    },
};

}  // namespace

std::span<const ConformanceFunction> conformance_functions() { return k_functions; }

const ConformanceFunction& conformance_function(std::string_view name) {
  const auto* found = std::ranges::find_if(
      k_functions, [&](const ConformanceFunction& function) { return function.name == name; });
  if (found == std::end(k_functions)) std::abort();
  return *found;
}

ConformanceFunction echo_of(const char* type) {
  return {.name = type, .input = type, .output = type, .east = "a", .c = k_echo_c};
}

std::string east_source(const ConformanceFunction& function) {
  return std::string("fn f(a: ") + function.input + ") -> " + function.output + " {\n  " +
         function.east + "\n}\n";
}

// The type that is said here is overruled by whoever imports it.
std::string wasm_source(const ConformanceFunction& function) {
  return std::string(R"(#include <samara/guest/wasm.h>
#define FAIL(text) SAMARA_FAIL(text)
#define LOG(level, text) samara_log(level, text, sizeof(text) - 1)
#define ALLOC(size) samara_alloc(size)
)") + function.c_before +
         "SAMARA_FUNCTION(f, \".Function (inputs=[], output=.Null)\") {\n  (void)out;\n" +
         function.c + "}\n";
}

std::string native_source(const ConformanceFunction& function) {
  return std::string(R"(#include <samara/guest/task.h>
static const samara_host* node;
#define FAIL(text) node->fail(1, text, sizeof(text) - 1)
#define LOG(level, text) node->log(level, text, sizeof(text) - 1)
#define ALLOC(size) node->alloc(size, 16)
)") + function.c_before +
         "static void body(samara_reader* in, samara_writer* out) {\n  (void)out;\n" + function.c +
         R"(}
int32_t samara_task(const samara_host* host, samara_call* call) {
  node = host;
  samara_reader in = samara_arguments(call);
  samara_writer out = samara_result(call);
  body(&in, &out);
  if (!samara_read_all(&in)) return SAMARA_BAD_INPUT;
  return samara_finish(&out);
}
)";
}

}  // namespace samara::runtime
