"""Functions that are not East on the command line: WebAssembly modules."""
import unittest

import cli


def number(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def section(kind, body):
    return bytes([kind]) + number(len(body)) + body


def module(functions):
    """A module of (name, type, code) with types as in the binary format."""
    count = number(len(functions))
    types = b"".join(b"\x60" + kind for _, kind, _ in functions)
    exports = b"".join(number(len(name)) + name.encode() + b"\0" + number(i)
                       for i, (name, _, _) in enumerate(functions))
    bodies = b"".join(number(len(code) + 1) + b"\0" + code for _, _, code in functions)
    indices = b"".join(number(i) for i in range(len(functions)))
    return (b"\0asm\1\0\0\0" + section(1, count + types) + section(3, count + indices) +
            section(7, count + exports) + section(10, count + bodies))


INTEGER_TO_INTEGER = b"\x01\x7e\x01\x7e"
# n < 2 ? n : fib(n - 1) + fib(n - 2)
FIB = ("fib", INTEGER_TO_INTEGER,
       b"\x20\0\x42\x02\x53\x04\x7e\x20\0\x05\x20\0\x42\x01\x7d\x10\0"
       b"\x20\0\x42\x02\x7d\x10\0\x7c\x0b\x0b")
TRAP = ("trap", INTEGER_TO_INTEGER, b"\0\x0b")
SPIN = ("spin", INTEGER_TO_INTEGER, b"\x03\x40\x0c\0\x0b\x42\0\x0b")


class Wasm(cli.Cli):
    def setUp(self):
        super().setUp()
        self.write("fib.wasm", module([FIB]))
        if self.samara("fn", "add", "fib.wasm").code != 0:
            said = self.fails(cli.FAILED, "fn", "add", "fib.wasm", says="WebAssembly")
            self.skipTest(said.err.strip())

    def test_a_module_is_a_function_and_its_answers_are_remembered(self):
        first = self.ok("run", "fib", "20", "--why")
        self.assertEqual(first.out.strip(), "6765")
        self.assertIn("it is WebAssembly", first.err)
        second = self.ok("run", "fib", "20", "--why")
        self.assertEqual(second.out, first.out)
        self.assertIn("answered from memory", second.err)
        self.assertIn("// kind       wasm", self.ok("fn", "show", "fib").out)
        self.fails(cli.FAILED, "fn", "show", "--plain", "fib", says="has no East source")

    def test_compiling_leaves_nothing_in_the_folder(self):
        before = {path.name for path in self.dir.iterdir()}
        self.write("again.wasm", module([("again",) + FIB[1:]]))
        self.ok("fn", "add", "again.wasm")
        self.assertEqual({path.name for path in self.dir.iterdir()}, before | {"again.wasm"})

    def test_one_export_of_several_is_named(self):
        self.write("two.wasm", module([FIB, TRAP]))
        self.fails(cli.FAILED, "fn", "add", "two.wasm", says="'fib', 'trap'")
        self.assertEqual(self.line("run", "two.wasm:fib", "10"), "55")
        self.ok("fn", "add", "two.wasm:trap")
        self.assertIn("trap", self.ok("fn", "ls").out)

    def test_every_end_is_an_outcome_with_its_exit_code(self):
        self.write("all.wasm", module([FIB, TRAP, SPIN]))
        self.ok("fn", "add", "all.wasm:trap")
        self.ok("fn", "add", "all.wasm:spin")
        self.fails(cli.GUEST_FAILED, "run", "trap", "1", says="unreachable")
        self.fails(cli.GUEST_TIMED_OUT, "run", "spin", "1", "--timeout", "100ms",
                   says="did not end in time")

    def test_types_are_given_and_checked(self):
        self.ok("fn", "add", "fib.wasm", "--type", "(Integer) -> Integer")
        self.fails(cli.FAILED, "fn", "add", "fib.wasm", "--type", "(Float) -> Float",
                   says="does not fit (Float) -> Float")
        self.fails(cli.USAGE, "fn", "add", "fib.wasm", "--type", ".Integer",
                   says="no type of functions")
        self.write("one.east", "fn one() -> Integer { 1 }\n")
        self.fails(cli.USAGE, "fn", "add", "one.east", "--type", "() -> Integer",
                   says="stand in East source")

    def test_bad_files_are_refused_with_the_place(self):
        whole = module([FIB])
        self.write("cut.wasm", whole[:30])
        self.fails(cli.FAILED, "fn", "add", "cut.wasm", says="byte 30")
        self.write("code.aot", b"\0aot\1\0\0\0")
        self.fails(cli.FAILED, "fn", "add", "code.aot", says="native code")


if __name__ == "__main__":
    unittest.main()
