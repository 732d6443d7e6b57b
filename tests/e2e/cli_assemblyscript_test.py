"""The example in AssemblyScript, built with the compiler that its lock file names, and run."""
import os
import pathlib
import shutil
import subprocess
import unittest

import cli

SOURCE = cli.SOURCE / "examples" / "wasm" / "assemblyscript"
# Of npm, when there is no way to the registry.
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH")


def module():
    """Path of the module, built in the build folder."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise unittest.SkipTest("no npm: apt-get install nodejs npm")
    build = cli.BIN.parent.parent / "assemblyscript"
    build.mkdir(exist_ok=True)
    lock = (SOURCE / "package-lock.json").read_bytes()
    installed = build / "installed"
    for path in SOURCE.iterdir():
        if path.is_file():
            shutil.copy(path, build)
    environment = dict(os.environ, npm_config_update_notifier="false", npm_config_cache=str(build / "cache"))
    if not installed.exists() or installed.read_bytes() != lock:
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=build,
                              env=environment, capture_output=True, text=True, check=False, timeout=240)
        if done.returncode != 0 and any(word in done.stderr for word in NO_NETWORK):
            raise unittest.SkipTest("the npm registry cannot be reached")
        assert done.returncode == 0, done.stderr
        installed.write_bytes(lock)
    done = subprocess.run(["npm", "run", "--silent", "build"], cwd=build, env=environment,
                          capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return build / "statistics.wasm"


class AssemblyScript(cli.Cli):
    @classmethod
    def setUpClass(cls):
        cls.module = module()

    def setUp(self):
        super().setUp()
        shutil.copy(self.module, self.dir)
        added = self.samara("fn", "add", "statistics.wasm:gcd")
        if "no WebAssembly engine" in added.err:
            self.skipTest(added.err.strip())
        self.assertEqual(added.code, cli.DONE, added)

    def add(self, name, signature):
        self.ok("fn", "add", f"statistics.wasm:{name}", "--type", signature, "--name", name)

    def test_numbers_pass_as_they_are(self):
        self.assertEqual(self.line("run", "statistics.wasm:gcd", "12", "18"), "6")
        self.assertEqual(self.line("run", "statistics.wasm:gcd", "--", "-9223372036854775807", "21"), "7")

    def test_values_pass_as_bytes(self):
        self.add("mean", "(Array<Float>) -> Float")
        self.assertEqual(self.line("run", "mean", "[1.0, 2.0, 6.0]"), "3.0")
        self.add("words", "(String) -> Dict<String, Integer>")
        self.assertEqual(self.line("run", "words", '"to be or  not to größer be"'),
                         '{"be":2,"größer":1,"not":1,"or":1,"to":2}')

    def test_errors_have_their_message(self):
        self.add("mean", "(Array<Float>) -> Float")
        self.fails(cli.GUEST_FAILED, "run", "mean", "[]", says="no samples")
        self.add("words", "(Integer) -> Dict<String, Integer>")
        self.fails(cli.GUEST_FAILED, "run", "words", "100", says="reads other arguments than its type says")

    def test_large_arguments_pass(self):
        self.add("mean", "(Array<Float>) -> Float")
        self.write("many.east", "[" + "0.5, " * 200_000 + "2.0]")
        self.assertTrue(self.line("run", "mean", "@many.east").startswith("0.5000074"))


if __name__ == "__main__":
    unittest.main()
