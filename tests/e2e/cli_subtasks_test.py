"""Functions that call other functions of the repository by name, on the command line."""
import shutil
import subprocess
import threading
import unittest

import cli

CALLS_FIT = """
platform pure fn fit(xs: Array<Float>) -> Float

fn main(xs: Array<Float>) -> Float {
  fit(xs) * 2.0
}
"""
SUM = "fn fit(xs: Array<Float>) -> Float { xs.fold(0.0, (sum, x) -> sum + x) }\n"
COUNT = "fn fit(xs: Array<Float>) -> Float { xs.size().to_float() }\n"


class Subtasks(cli.Cli):
    def add(self, source, *words, name="f.east"):
        self.write(name, source)
        return self.ok("fn", "add", name, *words)

    def why(self, *words):
        return self.ok("why", *words).out

    def test_a_platform_function_that_nobody_offers_is_a_function_of_the_repository(self):
        self.add(SUM)
        self.add(CALLS_FIT)
        self.assertEqual(self.line("run", "main", "[1.0, 2.0]"), "6.0")
        self.assertIn("called 'fit'", self.why("main", "[1.0, 2.0]"))
        self.assertEqual(self.line("run", "fit", "[1.0, 2.0]"), "3.0")
        self.assertIn("answered from memory", self.ok("run", "fit", "[1.0, 2.0]", "--why").err)
        self.assertIn("answered from memory", self.ok("run", "main", "[1.0, 2.0]", "--why").err)

    def test_another_function_of_the_name_is_another_call(self):
        self.add(SUM)
        self.add(CALLS_FIT)
        self.assertEqual(self.line("run", "main", "[1.0, 2.0]"), "6.0")
        self.add(COUNT)
        again = self.ok("run", "main", "[1.0, 2.0]", "--why")
        self.assertEqual(again.out.strip(), "4.0")
        self.assertIn("binding of 'fit' changed", again.err)

    def test_what_a_called_function_calls_is_part_of_the_call(self):
        self.add("platform pure fn inner(x: Integer) -> Integer\n"
                 "fn middle(x: Integer) -> Integer { inner(x) + 1 }\n")
        self.add("platform pure fn middle(x: Integer) -> Integer\n"
                 "fn outer(x: Integer) -> Integer { middle(x) * 10 }\n")
        self.add("fn inner(x: Integer) -> Integer { x }\n")
        self.assertEqual(self.line("run", "outer", "1"), "20")
        self.add("fn inner(x: Integer) -> Integer { x + 1 }\n")
        again = self.ok("run", "outer", "1", "--why")
        self.assertEqual(again.out.strip(), "30")
        self.assertIn("binding of 'inner' in the called function", again.err)
        self.assertIn("answered from memory", self.ok("run", "outer", "1", "--why").err)

    def test_a_function_that_reaches_effects_is_not_remembered(self):
        self.add("fn told(x: Integer) -> Integer { console_log(\"told\")\n x }\n")
        self.add("platform effectful fn told(x: Integer) -> Integer\n"
                 "fn teller(x: Integer) -> Integer { told(x) }\n")
        for _ in range(2):
            ran = self.ok("run", "teller", "1", "--why")
            self.assertIn("told", ran.err)
            self.assertIn("'told', which it calls: it reaches 'console_log' (effectful)", ran.err)

    def test_missing_functions_are_named(self):
        self.add(CALLS_FIT)
        self.fails(cli.FAILED, "run", "main", "[1.0]",
                   says=["unknown platform function 'fit'", "samara fn add"])
        self.add("platform optional fn maybe(x: Integer) -> Integer\n"
                 "fn main(x: Integer) -> Integer { if x > 0 { maybe(x) } else { 7 } }\n")
        self.assertEqual(self.line("run", "main", "0"), "7")
        self.fails(cli.GUEST_FAILED, "run", "main", "1", says="'maybe' is not available")

    def test_a_caller_that_cannot_go_on_does_not_stay_running(self):
        self.add("platform pure fn gone(x: Integer) -> Integer\n"
                 "fn middle(x: Integer) -> Integer { gone(x) }\n")
        self.add("platform pure fn middle(x: Integer) -> Integer\n"
                 "fn outer(x: Integer) -> Integer { middle(x) }\n")
        self.fails(cli.FAILED, "run", "outer", "1", says="unknown platform function 'gone'")
        calls = self.ok("call", "ls", "--json").json()
        self.assertEqual([call["outcome"] for call in calls], ["trap"])

    def test_types_are_compared_before_anything_runs(self):
        self.add(CALLS_FIT)
        self.add("fn fit(xs: Array<Integer>) -> Float { 1.0 }\n")
        self.fails(cli.FAILED, "run", "main", "[1.0]",
                   says=["calls 'fit' as (Array<Float>) -> Float", "(Array<Integer>) -> Float"])

    def test_errors_have_the_locations_of_every_hop(self):
        self.add("fn fit(xs: Array<Float>) -> Float { throw \"nothing to fit\" }\n", name="fit.east")
        self.add(CALLS_FIT, name="main.east")
        failed = self.fails(cli.GUEST_FAILED, "run", "main", "[]", says="nothing to fit")
        self.assertIn("fit.east:1:", failed.err)
        self.assertIn("main.east:5:", failed.err)
        self.add("platform pure fn fit(xs: Array<Float>) -> Float\n"
                 "fn safe(xs: Array<Float>) -> String {\n"
                 "  try { \"\\(fit(xs))\" } catch message { message }\n}\n")
        self.assertEqual(self.line("run", "safe", "[]"), '"nothing to fit"')

    def test_limits_cannot_be_caught(self):
        self.add("fn spin(x: Integer) -> Integer { while true {}\n x }\n")
        self.add("platform pure fn spin(x: Integer) -> Integer\n"
                 "fn main(x: Integer) -> Integer {\n"
                 "  try { spin(x) } catch message { 0 }\n}\n")
        self.fails(cli.GUEST_TIMED_OUT, "run", "main", "1", "--timeout", "300ms", says="'spin'")

    def test_calls_that_wait_for_themselves_are_found(self):
        self.add("platform pure fn b(x: Integer) -> Integer\n"
                 "fn a(x: Integer) -> Integer { b(x) }\n")
        self.add("platform pure fn a(x: Integer) -> Integer\n"
                 "fn b(x: Integer) -> Integer { a(x) }\n")
        self.fails(cli.GUEST_FAILED, "run", "a", "1",
                   says=["waits for itself", "'a' > 'b' > 'a'"], timeout=20)

    def test_calls_of_two_processes_that_wait_for_each_other_are_found(self):
        for one, other in ("ab", "ba"):
            self.add(f"platform effectful fn {other}(x: Integer) -> Integer\n"
                     f"fn {one}(x: Integer) -> Integer {{\n"
                     "  var i = 0\n  while i < 3000000 { i = i + 1 }\n"
                     f"  {other}(x)\n}}\n")
        ran = {}

        def run(name):
            ran[name] = self.samara("run", name, "1", timeout=60)

        threads = [threading.Thread(target=run, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name in "ab":
            self.assertEqual(ran[name].code, cli.GUEST_FAILED, ran[name])
            self.assertIn("waits for itself", ran[name].err)

    def test_chains_of_a_thousand_calls_end(self):
        self.add("platform pure fn next = \"down\"(n: Integer) -> Integer\n"
                 "fn down(n: Integer) -> Integer { if n == 0 { 0 } else { 1 + next(n - 1) } }\n")
        self.assertEqual(self.line("run", "down", "1000"), "1000")

    def test_many_calls_of_one_function(self):
        self.add("fn square(x: Integer) -> Integer { x * x }\n")
        self.add("platform pure fn square(x: Integer) -> Integer\n"
                 "fn sum(n: Integer) -> Integer {\n"
                 "  var total = 0\n  var i = 0\n"
                 "  while i < n {\n    total = total + square(i)\n    i = i + 1\n  }\n  total\n}\n")
        self.assertEqual(self.line("run", "sum", "500"), "41541750")


MODULE = """
#include <samara/guest/wasm.h>
SAMARA_CALLEE(square, ".Function (inputs=[.Integer], output=.Integer)");
SAMARA_FUNCTION(squares, ".Function (inputs=[.Integer], output=.Integer)") {
  int64_t n = samara_read_integer(in);
  int64_t sum = 0;
  for (int64_t i = 1; i <= n; i++) {
    samara_writer arguments = {0};
    samara_write_integer(&arguments, i);
    samara_reader square = SAMARA_CALL(square, &arguments);
    sum += samara_read_integer(&square);
    samara_progress((uint32_t)(1000 * i / n));
  }
  samara_metric("sum", 3, (double)sum);
  samara_write_integer(out, sum);
}
"""


class Modules(cli.Cli):
    """A module calls East code, and East code calls the module."""

    def setUp(self):
        super().setUp()
        clang = shutil.which("clang-19") or shutil.which("clang")
        if clang is None or (shutil.which("wasm-ld-19") or shutil.which("wasm-ld")) is None:
            self.skipTest("no compiler for WebAssembly: apt-get install clang-19 lld-19")
        source = self.write("squares.c", MODULE)
        subprocess.run([clang, "--target=wasm32", "-nostdlib", "-Wl,--no-entry", "-O2", "-Wall",
                        "-Wextra", "-Werror", "-I", str(cli.SOURCE / "include"), "-o",
                        str(self.dir / "squares.wasm"), str(source)], check=True)
        added = self.samara("fn", "add", "squares.wasm")
        if "no WebAssembly engine" in added.err:
            self.skipTest(added.err.strip())
        self.assertEqual(added.code, cli.DONE, added)

    def square(self, body):
        self.write("square.east", "fn square(x: Integer) -> Integer { " + body + " }\n")
        self.ok("fn", "add", "square.east")

    def test_a_module_calls_a_function_by_name(self):
        self.fails(cli.FAILED, "run", "squares", "3", says="'square'")
        self.square("x * x")
        self.assertEqual(self.line("run", "squares", "3"), "14")
        self.assertIn("answered from memory", self.ok("run", "squares", "3", "--why").err)
        self.square("x + x")
        again = self.ok("run", "squares", "3", "--why")
        self.assertEqual(again.out.strip(), "12")
        self.assertIn("binding of 'square' changed", again.err)

    def test_a_run_can_be_watched(self):
        self.square("x * x")
        watched = self.ok("run", "squares", "2", "--live")
        for line in ["progress: 50 %", "progress: 100 %", "metric: sum = 5"]:
            self.assertIn(line, watched.err.splitlines())
        lines = self.ok("run", "squares", "2", "--live", "--no-memo", "--json").json()
        self.assertIn({"type": "metric", "key": "sum", "value": 5}, lines)
        self.assertIn({"type": "progress", "percent": 50}, lines)

    def test_what_the_called_function_does_comes_back(self):
        self.square("throw \"not \\(x)\"")
        self.fails(cli.GUEST_FAILED, "run", "squares", "3", says=["not 1", "square.east:1:"])
        self.square("while true {}\n x")
        self.fails(cli.GUEST_TIMED_OUT, "run", "squares", "3", "--timeout", "300ms", says="'square'")
        self.write("square.east", "fn square(x: Float) -> Integer { 1 }\n")
        self.ok("fn", "add", "square.east")
        self.fails(cli.FAILED, "run", "squares", "3",
                   says=["calls 'square' as (Integer) -> Integer", "(Float) -> Integer"])

    def test_languages_call_each_other_in_turn(self):
        self.square("x * x")
        self.write("report.east", "platform pure fn squares(n: Integer) -> Integer\n"
                                  "fn report(n: Integer) -> String { \"sum \\(squares(n))\" }\n")
        self.ok("fn", "add", "report.east")
        self.assertEqual(self.line("run", "report", "3"), '"sum 14"')


if __name__ == "__main__":
    cli.main()
