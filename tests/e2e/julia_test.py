"""The Julia module samara and its worker against the real engine. Julia starts slowly: one process
runs all checks of the module, and one those of workers, which it starts itself."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path(os.environ["SAMARA_BIN"])
SOURCE = pathlib.Path(os.environ["SAMARA_SOURCE"])
PACKAGE = BIN.parent / "julia"

if not (BIN.parent / "lib" / "libsamara_julia.so").exists():
    print("the Julia module is not built: skipped")
    sys.exit(77)
found = subprocess.run([SOURCE / "tools" / "julia-prefix", "--print"], capture_output=True,
                       text=True, check=False)
if found.returncode != 0:
    print("no julia of at least 1.5 on PATH, and none that tools/julia-prefix has installed: "
          "skipped (docs/guide/julia.md says how it gets one)")
    sys.exit(77)
JULIA = found.stdout.strip()


class Julia(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="samara-jl-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def julia(self, program, threads):
        environment = {**os.environ, "SAMARA_JULIA": JULIA, "SAMARA_JULIA_PACKAGE": str(PACKAGE),
                       "SAMARA_TEST_FOLDER": self.folder, "JULIA_NUM_THREADS": str(threads)}
        for name in ("SAMARA_REPO", "JULIA_PROJECT", "JULIA_LOAD_PATH"):
            environment.pop(name, None)
        done = subprocess.run([JULIA, "--startup-file=no", SOURCE / "tests" / "e2e" / "julia" / program],
                              env=environment, stdin=subprocess.DEVNULL, timeout=280, check=False)
        self.assertEqual(done.returncode, 0)

    def test_module(self):
        self.julia("module.jl", 3)

    def test_worker(self):
        self.julia("workers.jl", 1)


if __name__ == "__main__":
    unittest.main()
