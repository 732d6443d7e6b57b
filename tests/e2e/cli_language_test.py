"""East source on the command line: run, fn add and show, fmt, check, repl."""
import os
import pty
import select
import time
import unittest

import cli

REVENUE = """\
/// Revenue of each product.
fn revenue(
  sales: Array<(product: String, quantity: Integer, price: Float)>,
) -> Dict<String, Float> {
  let total = {:}
  for sale in sales {
    total.merge(sale.product, sale.quantity.to_float() * sale.price, (old, new) -> old + new)
  }
  total
}
"""
SALES = "product,quantity,price\nbolt,3,0.5\nnut,2,0.25\nbolt,1,0.5\n"


class Language(cli.Cli):
    def test_a_source_file_runs_and_is_remembered(self):
        self.write("revenue.east", REVENUE)
        self.write("sales.csv", SALES)
        first = self.ok("run", "revenue.east", "@sales.csv", "--why", "--to", "east")
        self.assertEqual(first.out.strip(), '{"bolt":2.0,"nut":0.5}')
        self.assertIn("not answered from memory", first.err)
        # Comments, names and lines are no part of the function.
        self.write("revenue.east", "// a comment\n\n" + REVENUE.replace("total", "sum"))
        second = self.ok("run", "revenue.east", "@sales.csv", "--why", "--to", "east")
        self.assertEqual(second.out, first.out)
        self.assertIn("answered from memory", second.err)

    def test_one_function_of_several_is_named(self):
        self.write("two.east", "fn one() -> Integer { 1 }\nfn two() -> Integer { one() + one() }\n")
        self.fails(cli.FAILED, "run", "two.east", says="several functions", hint="two.east:one")
        self.assertEqual(self.line("run", "two.east:two"), "2")
        self.fails(cli.FAILED, "run", "two.east:tow", says="no function 'tow'", hint="'two'")
        self.write("main.east", "private fn help() -> Integer { 20 }\n"
                   "fn main() -> Integer { help() + 1 }\n")
        self.assertEqual(self.line("run", "main.east"), "21")

    def test_fn_add_adds_what_is_not_private_with_its_doc(self):
        self.write("lib.east", "/// Adds one.\nfn next(x: Integer) -> Integer { x + step() }\n"
                   "private fn step() -> Integer { 1 }\n"
                   "fn far(x: Integer) -> Integer { next(next(x)) }\n")
        self.assertEqual(len(self.ok("fn", "add", "lib.east").out.splitlines()), 2)
        self.assertEqual(self.line("run", "far", "40"), "42")
        shown = self.ok("fn", "show", "next")
        self.assertIn("/// Adds one.", shown.out)
        self.assertIn("// signature  (Integer) -> Integer", shown.out)
        facts = self.ok("fn", "show", "next", "--json").json()[0]
        self.assertEqual(facts["doc"], "Adds one.")
        self.assertTrue(facts["exact"])
        # The doc is for people: without it the function is the same.
        self.write("plain.east", "fn next(x: Integer) -> Integer { x + step() }\n"
                   "private fn step() -> Integer { 1 }\n")
        self.assertEqual(self.line("fn", "add", "plain.east"), facts["id"])

    def test_what_is_shown_compiles_to_the_same_function(self):
        for name in ("revenue", "mean", "count_lines", "sum_to", "hello"):
            added = self.line("fn", "add", cli.EXAMPLES / f"{name}.json")
            shown = self.ok("fn", "show", name, "--plain").out
            self.write("again.east", shown)
            self.assertEqual(self.line("fn", "add", "again.east", "--name", "again"), added, shown)
            self.assertEqual(self.samara("fmt", "--check", "again.east").code, cli.DONE, shown)

    def test_imports_of_files_and_functions(self):
        self.write("geo.east", "type Point = (x: Float, y: Float)\n"
                   "fn norm(p: Point) -> Float { (p.x * p.x + p.y * p.y).sqrt() }\n")
        self.write("use.east", "import norm, Point from \"geo.east\"\n"
                   "fn main(p: Point) -> Float { norm(p) + 1.0 }\n")
        self.assertEqual(self.line("run", "use.east", "(x=3.0, y=4.0)"), "6.0")
        before = self.line("fn", "add", "use.east")
        self.ok("fn", "add", "geo.east")
        self.write("byref.east", "import norm from \"ref:norm\"\n"
                   "fn main(p: (x: Float, y: Float)) -> Float { norm(p) + 1.0 }\n")
        self.assertEqual(self.line("run", "byref.east", "(x=3.0, y=4.0)"), "6.0")
        # A function covers what it uses.
        self.write("geo.east", "type Point = (x: Float, y: Float)\n"
                   "fn norm(p: Point) -> Float { p.x.abs() + p.y.abs() }\n")
        self.assertNotEqual(self.line("fn", "add", "use.east"), before)
        self.assertEqual(self.line("run", "use.east", "(x=3.0, y=4.0)"), "8.0")
        self.write("a.east", "import g from \"b.east\"\nfn f() -> Integer { g() }\n")
        self.write("b.east", "import f from \"a.east\"\nfn g() -> Integer { f() }\n")
        self.fails(cli.FAILED, "run", "a.east", says="a.east")
        self.write("gone.east", "import g from \"no/such.east\"\nfn f() -> Integer { g() }\n")
        self.fails(cli.FAILED, "run", "gone.east", says="no/such.east")

    def test_errors_show_the_place_all_at_once(self):
        self.write("bad.east", "fn f(x: Integer) -> Float {\n  let y = x + 1.5\n  yy\n}\n")
        result = self.fails(cli.FAILED, "run", "bad.east", "1", says="'bad.east' has 2 errors")
        self.assertIn("bad.east:2:", result.err)
        self.assertIn("bad.east:3:3", result.err)
        self.assertIn("^^", result.err)
        lines = self.samara("check", "bad.east", "--json").json()
        self.assertEqual([(d["line"], d["severity"]) for d in lines if d["type"] == "diagnostic"],
                         [(2, "error"), (3, "error")])
        self.assertEqual(lines[-1]["errors"], 2)
        self.assertEqual(self.samara("check", "bad.east").code, cli.FAILED)
        self.write("good.east", REVENUE)
        self.assertEqual(self.samara("check", "good.east").code, cli.DONE)

    def test_fmt_writes_the_standard_form_and_keeps_what_it_cannot_read(self):
        self.write("x.east", "fn f( a:Integer )->Integer{a+1} // why\n")
        self.assertEqual(self.samara("fmt", "--check", "x.east").out, "x.east\n")
        self.ok("fmt", "x.east")
        text = (self.dir / "x.east").read_text()
        self.assertIn("fn f(a: Integer) -> Integer {", text)
        self.assertIn("// why", text)
        self.ok("fmt", "--check", "x.east")
        self.assertEqual(self.ok("fmt", "-", stdin="fn g()->Integer{1}").out.splitlines()[0],
                         "fn g() -> Integer {")
        self.write("broken.east", "fn f( {")
        self.fails(cli.FAILED, "fmt", "broken.east", says="it stays as it is")
        self.assertEqual((self.dir / "broken.east").read_text(), "fn f( {")

    def test_builtins_are_listed(self):
        lines = self.ok("check", "--builtins").out.splitlines()
        self.assertGreaterEqual(len(lines), 235)
        self.assertTrue(any("array.flatten_to_set(" in line for line in lines))


class Prompt(cli.Cli):
    init = False

    def repl(self, *lines, code=cli.DONE, words=()):
        result = self.samara("repl", *words, stdin="\n".join(lines) + "\n")
        self.assertEqual(result.code, code, result)
        return result

    def test_values_stay_from_one_input_to_the_next(self):
        out = self.repl("let xs = [1, 2]", "xs.push_last(3)", "xs", "var n = 1", "n += 4", "n",
                        "fn twice(x: Integer) -> Integer {", "  x * 2", "}", "twice(n)",
                        "fn twice(x: Integer) -> Integer { x * 3 }", "twice(n)",
                        ":type (x: Float) -> [x]", "let f = (x: Integer) -> x + n", "f(1)").out
        self.assertEqual(out.splitlines(), ["[1, 2, 3]", "5", "10", "15",
                                            "(Float) -> Array<Float>", "6"])

    def test_mistakes_are_told_and_nothing_is_lost(self):
        result = self.repl("let a = 1", "a + \"x\"", "b", "throw \"no\"", "a")
        self.assertEqual(result.out, "1\n")
        self.assertIn("<input>:1:", result.err)
        self.assertIn("no", result.err)
        self.repl("1", "nonsense(", ")", code=cli.FAILED)

    def test_constants_stay_constant(self):
        result = self.repl("let a = 1", "a = 2", "a", "let a = 3", "a")
        self.assertEqual(result.out.split(), ["1", "3"])
        self.assertIn("a", result.err)
        self.assertIn("error: ", result.err)

    def test_capabilities_are_denied_until_granted(self):
        text = "platform fn time_now() -> Integer\ntime_now() > 0"
        self.assertIn("capability 'time'", self.repl(text, code=cli.FAILED).err)
        self.assertEqual(self.repl(text, words=["--allow", "time"]).out, "true\n")

    def test_a_person_has_history_completion_and_several_lines(self):
        out = self.typed("let numbers = [1, 2]\n", "num\t.flatten_to_s\t(x -> ({x}))\n",
                         "fn f(x: Integer) -> Integer {\n", "x + 1\n", "}\n", "f(41)\n",
                         "\x1b[A\n", "\x04")
        self.assertIn("{1,2}", out)
        self.assertEqual(out.count("42"), 2, out)
        history = self.dir / ".local" / "state" / "samara" / "history"
        self.assertIn("numbers", history.read_text())

    def typed(self, *keys):
        """What a terminal shows when keys are pressed, with time to think in between."""
        child, terminal = pty.fork()
        if child == 0:
            environment = {k: v for k, v in os.environ.items() if k != "XDG_STATE_HOME"}
            environment.update(TERM="xterm", HOME=str(self.dir), NO_COLOR="1")
            os.chdir(self.dir)
            os.execve(cli.BIN, [str(cli.BIN), "repl"], environment)
        shown = b""
        ends = time.monotonic() + 60
        waiting = list(keys)
        while time.monotonic() < ends:
            ready, _, _ = select.select([terminal], [], [], 0.3)
            if not ready:
                if not waiting:
                    continue
                os.write(terminal, waiting.pop(0).encode())
                continue
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # how Linux tells that the other end has gone
                break
            if not piece:
                break
            shown += piece
        os.close(terminal)
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), cli.DONE)
        return shown.decode(errors="replace")

    def test_files_are_loaded(self):
        self.write("lib.east", "type P = (x: Integer)\nfn get(p: P) -> Integer { p.x }\n")
        self.assertEqual(self.repl(":load lib.east", "get((x = 4))").out, "4\n")
        self.repl(":load none.east", code=cli.FAILED)
        self.repl(":nothing", code=cli.FAILED)


if __name__ == "__main__":
    unittest.main()
