"""The examples in C and C++, compiled for WebAssembly and run on the command line."""
import pathlib
import shutil
import subprocess
import unittest

import cli

SOURCES = cli.SOURCE / "examples" / "wasm"
BARE = ["--target=wasm32", "-nostdlib", "-Wl,--no-entry"]


def tool(*names):
    return next(filter(None, map(shutil.which, names)), None)


class Examples(cli.Cli):
    def setUp(self):
        super().setUp()
        if tool("wasm-ld-19", "wasm-ld") is None:
            self.skipTest("no linker for WebAssembly: apt-get install lld-19")

    def compile(self, source, *flags, compiler="clang"):
        program = tool(f"{compiler}-19", compiler)
        if program is None:
            self.skipTest(f"no {compiler}: apt-get install clang-19")
        out = self.dir / (pathlib.Path(source).stem + ".wasm")
        done = subprocess.run([program, *flags, "-O2", "-Wall", "-Wextra", "-Werror",
                               "-I", str(cli.SOURCE / "include"), "-o", str(out), str(source)],
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        if self.samara("fn", "add", out).code != 0:
            said = self.samara("fn", "add", out).err
            if "no WebAssembly engine" in said:
                self.skipTest(said.strip())
        return out.name

    def source(self, name, body):
        return self.write(name, "#include <samara/guest/wasm.h>\n" + body)

    def test_functions_in_c_take_and_give_values(self):
        module = self.compile(SOURCES / "statistics.c", *BARE)
        self.assertEqual(self.line("run", f"{module}:mean", "[1.0, 2.0, 6.0]"), "3.0")
        bins = '(from=0.0, to=1.0, bins=4)'
        self.assertEqual(self.line("run", f"{module}:histogram", "[0.1, 0.2, 0.6, 1.5]", bins),
                         "[2, 0, 1, 0]")
        self.fails(cli.GUEST_FAILED, "run", f"{module}:mean", "[]", says="no samples")
        self.fails(cli.GUEST_FAILED, "run", f"{module}:histogram", "[]",
                   "(from=1.0, to=0.0, bins=4)", says="there are no such bins")

    def test_large_arguments_pass(self):
        module = self.compile(SOURCES / "statistics.c", *BARE)
        self.write("many.east", "[" + "0.5, " * 200_000 + "2.0]")
        self.assertTrue(self.line("run", f"{module}:mean", "@many.east").startswith("0.5000074"))

    def test_templates_in_cpp_work(self):
        module = self.compile(SOURCES / "word_count.cpp", "-std=c++20", "-fno-exceptions", *BARE,
                              compiler="clang++")
        self.assertEqual(self.line("run", module, '"to be or  not to be"'),
                         '{"be":2,"not":1,"or":1,"to":2}')
        again = self.ok("run", module, '"to be or  not to be"', "--why")
        self.assertIn("answered from memory", again.err)

    def test_a_program_reads_words_and_standard_input(self):
        if not pathlib.Path("/usr/include/wasm32-wasi/stdio.h").exists():
            self.skipTest("no C library: apt-get install wasi-libc libclang-rt-19-dev-wasm32")
        module = self.compile(SOURCES / "upper.c", "--target=wasm32-wasi")
        self.ok("fn", "add", module, "--type", "(Array<String>, String) -> String")
        self.assertEqual(self.ok("run", "upper", '["one", "two"]', '"three"').out.strip(),
                         '"one\ntwo\nTHREE"')

    def test_capabilities_are_granted_by_the_caller(self):
        self.source("now.c", 'SAMARA_FUNCTION(now, ".Function (inputs=[], output=.Integer)") {\n'
                             "  (void)in;\n  samara_write_integer(out, samara_clock());\n}\n")
        module = self.compile(self.dir / "now.c", *BARE)
        self.fails(cli.FAILED, "run", module, says="capability 'time'")
        self.assertGreater(int(self.line("run", module, "--allow", "time")), 1_700_000_000_000_000)

    def test_logs_are_seen(self):
        self.source("say.c", 'SAMARA_FUNCTION(say, ".Function (inputs=[.String], output=.Null)") {\n'
                             "  size_t size = 0;\n"
                             "  const uint8_t* text = samara_read_bytes(in, &size);\n"
                             "  samara_log(0, (const char*)text, size);\n"
                             "  (void)out;\n"
                             "}\n")
        module = self.compile(self.dir / "say.c", *BARE)
        run = self.ok("run", module, '"hello"')
        self.assertIn("hello", run.err + run.out)

    def test_wrong_reading_is_an_error_of_the_function(self):
        self.source("bad.c", 'SAMARA_FUNCTION(bad, ".Function (inputs=[.String], output=.Integer)")'
                             " {\n  samara_write_integer(out, samara_read_integer(in));\n}\n"
                             'SAMARA_FUNCTION(less, ".Function (inputs=[], output=.String)") {\n'
                             "  (void)in;\n  samara_write_varint(out, 9);\n}\n")
        module = self.compile(self.dir / "bad.c", *BARE)
        self.fails(cli.GUEST_FAILED, "run", f"{module}:bad", '"long text"',
                   says="reads other arguments than its type says")
        self.fails(cli.GUEST_FAILED, "run", f"{module}:less", says="the result is no String")


if __name__ == "__main__":
    unittest.main()
