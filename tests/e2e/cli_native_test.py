"""Native images on the command line: build, fn add, run; every end is an outcome."""
import shutil
import unittest

import cli

NATIVE = cli.SOURCE / "examples" / "native"

HEAD = """\
// (Integer) -> Integer: %s
#include <samara/guest/task.h>
int32_t samara_task(const samara_host* host, samara_call* call) {
  (void)host;
  samara_reader in = samara_arguments(call);
  int64_t n = samara_read_integer(&in);
  (void)n;
"""


@unittest.skipUnless(shutil.which("gcc"), "no compiler")
class Native(cli.Cli):
    def build(self, name, body):
        self.write(name + ".c", HEAD % name + body + "  return 0;\n}\n")
        self.ok("build", name + ".c")
        self.ok("fn", "add", name + ".snt")

    def test_the_examples_build_and_run_and_pure_ones_are_remembered(self):
        shutil.copy(NATIVE / "fib.c", self.dir)
        shutil.copy(NATIVE / "statistics.cpp", self.dir)
        self.ok("build", "fib.c", "--pure")
        self.ok("fn", "add", "fib.snt")
        first = self.ok("run", "fib", "20", "--why")
        self.assertEqual(first.out.strip(), "6765")
        self.assertIn("behind system call filter", first.err)
        second = self.ok("run", "fib", "20", "--why")
        self.assertEqual(second.out, first.out)
        self.assertIn("answered from memory", second.err)
        self.ok("build", "statistics.cpp", "--pure", "-o", "quartiles.snt")
        self.ok("fn", "add", "quartiles.snt")
        self.assertEqual(self.line("run", "quartiles", "[1.0, 5.0, 2.0]"), "[1.0, 1.0, 2.0, 2.0, 5.0]")
        self.fails(cli.GUEST_FAILED, "run", "quartiles", "[]", says="no samples")

    def test_an_image_is_the_same_wherever_it_is_built(self):
        shutil.copy(NATIVE / "fib.c", self.dir)
        self.ok("build", "fib.c", "-o", "one.snt")
        (self.dir / "elsewhere").mkdir()
        shutil.copy(NATIVE / "fib.c", self.dir / "elsewhere")
        self.ok("build", "fib.c", "-o", "../two.snt", "--repo", self.dir / ".samara",
                cwd=self.dir / "elsewhere")
        ids = {self.line("fn", "add", name, "--no-name") for name in ("one.snt", "two.snt")}
        self.assertEqual(len(ids), 1)

    def test_a_crash_names_address_and_function(self):
        self.build("wild", "  *(volatile int*)8 = 1;\n")
        run = self.fails(cli.GUEST_FAILED, "run", "wild", "1", says="SIGSEGV")
        self.assertIn("0x8", run.err)
        self.assertIn("samara_task+0x", run.err)
        self.assertIn(" at wild.c:", run.err)
        self.assertIn("  memory: code ", run.err)
        # The same for whoever asks later.
        call = self.ok("call", "ls", "--json").json()[0]["id"]
        self.assertIn(" at wild.c:", self.ok("call", "show", call).out)
        self.assertIn("ended with crash: SIGSEGV", self.ok("log", call).err)
        self.assertIn(" at wild.c:", self.ok("log", call, "--json").json()[-1]["message"])

    @unittest.skipUnless(shutil.which("aarch64-linux-gnu-gcc") and shutil.which("arm-none-eabi-gcc"),
                         "no cross compilers")
    def test_one_source_is_built_for_several_machines(self):
        shutil.copy(NATIVE / "fib.c", self.dir)
        targets = ["x86_64-linux-samara", "aarch64-linux-samara", "thumbv7m-none-samara"]
        self.ok("build", "fib.c", *[word for each in targets for word in ("--target", each)])
        ids = {self.line("fn", "add", "fib." + each + ".snt", "--no-name") for each in targets}
        self.assertEqual(len(ids), 3)
        self.fails(cli.USAGE, "build", "fib.c", "--target", targets[0], "--target", targets[1],
                   "-o", "one.snt", says="several targets")
        self.fails(cli.FAILED, "build", "fib.c", "--target", "pdp11", says="pdp11")

    def test_what_was_built_before_is_not_compiled_again(self):
        def cached(*words):
            return self.ok("build", "task.c", "--json", *words).json()[0]["cached"]
        self.write("part.h", "#define STEP 1\n")
        source = (HEAD % "step").replace("task.h>", 'task.h>\n#include "part.h"') + (
            "  samara_writer out = samara_result(call);\n"
            "  samara_write_integer(&out, n + STEP);\n  return samara_finish(&out);\n}\n")
        self.write("task.c", source)
        self.assertFalse(cached())
        first = (self.dir / "task.snt").read_bytes()
        self.assertTrue(cached())
        self.assertEqual((self.dir / "task.snt").read_bytes(), first)
        # All that it depends on counts.
        self.assertFalse(cached("--pure"))
        self.assertFalse(cached("--heap", "1M"))
        self.write("part.h", "#define STEP 2\n")
        self.assertFalse(cached())
        self.assertTrue(cached())
        self.ok("fn", "add", "task.snt")
        self.assertEqual(self.line("run", "task", "5"), "7")
        # A warning is seen each time.
        self.write("task.c", source.replace("return samara_finish", "int x = n / 0; (void)x; return samara_finish"))
        self.assertFalse(cached())
        self.assertFalse(cached())

    def test_capabilities_are_named_at_the_build(self):
        self.write("node.c", HEAD % "uptime" + """\
  double value = 0;
  if (host->telemetry((uint32_t)n, &value) != 0) return SAMARA_PERMISSION;
  samara_writer out = samara_result(call);
  samara_write_integer(&out, (int64_t)value);
  return samara_finish(&out);
}
""")
        self.ok("build", "node.c")
        self.ok("fn", "add", "node.snt")
        self.fails(cli.GUEST_FAILED, "run", "node", "1", says="lacks the capability 'telemetry'")
        self.ok("build", "node.c", "--needs", "log,telemetry")
        self.ok("fn", "add", "node.snt")
        self.assertGreater(int(self.line("run", "node", "1")), 1 << 20)
        self.fails(cli.FAILED, "build", "node.c", "--needs", "telepathy", says="telepathy")

    def test_what_wants_out_is_stopped(self):
        self.build("out", '  __asm__ volatile("syscall" : : "a"(41), "D"(1), "S"(1), "d"(0)\n'
                          '                   : "rcx", "r11", "memory");\n')
        self.fails(cli.GUEST_FAILED, "run", "out", "1", says="socket (41)")

    def test_the_deadline_holds(self):
        self.build("spin", "  for (;;) {}\n")
        self.fails(cli.GUEST_TIMED_OUT, "run", "spin", "1", "--timeout", "200ms",
                   says="did not end in time")

    def test_the_doctor_names_the_walls(self):
        findings = {one["what"]: one["here"] for one in self.ok("doctor", "--json").json()}
        self.assertTrue(findings["native functions"])
        self.assertTrue(any("wall: " in what and here for what, here in findings.items()))
        self.assertIn("native functions", self.ok("doctor").out)

    def test_bad_source_and_bad_images_are_refused(self):
        self.write("bad.c", "// (Integer) -> Integer\nint x\n")
        self.fails(cli.FAILED, "build", "bad.c", says="bad.c:")
        self.write("untyped.c", "int x;\n")
        self.fails(cli.FAILED, "build", "untyped.c", says="does not say the type", hint="--type")
        self.fails(cli.FAILED, "build", "missing.c", says="missing.c")
        shutil.copy(NATIVE / "fib.c", self.dir)
        self.fails(cli.FAILED, "build", "fib.c", "--target", "z80", says="x86_64-linux-samara")
        self.ok("build", "fib.c")
        whole = (self.dir / "fib.snt").read_bytes()
        self.write("cut.snt", whole[:200])
        self.fails(cli.FAILED, "fn", "add", "cut.snt", says="C0")
        bent = bytearray(whole)
        bent[int.from_bytes(whole[20:24], "little") + 100] ^= 255  # in the image
        self.write("bent.snt", bytes(bent))
        self.assertNotEqual(self.samara("fn", "add", "bent.snt").code, 0)
        self.fails(cli.FAILED, "fn", "add", "fib.snt", "--type", "(Float) -> Float", says="other types")


if __name__ == "__main__":
    unittest.main()
