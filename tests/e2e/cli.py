"""Runs the real program `samara` in a folder of its own. Shared by the cli_*_test.py scripts."""
import atexit
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BIN = pathlib.Path(os.environ["SAMARA_BIN"]) / "samara"
SOURCE = pathlib.Path(os.environ["SAMARA_SOURCE"])
EXAMPLES = SOURCE / "examples" / "east"
PROGRAMS = SOURCE / "tests" / "e2e" / "programs"

DONE, FAILED, USAGE, PARTLY = 0, 1, 2, 3
NO_REPOSITORY, LOCKED, NOT_TRUSTED = 10, 11, 12
GUEST_FAILED, GUEST_TIMED_OUT, INTERRUPTED = 20, 21, 130

# Tests that run at the same time must not wait for each other's workers.
if "SAMARA_BUDGET" not in os.environ:
    os.environ["SAMARA_BUDGET"] = os.path.join(tempfile.gettempdir(), f"samara-budget-{os.getpid()}")
    atexit.register(lambda: pathlib.Path(os.environ["SAMARA_BUDGET"]).unlink(missing_ok=True))


def clean_environment():
    return {k: v for k, v in os.environ.items()
            if not k.startswith("SAMARA_") or k == "SAMARA_BUDGET"}


HASH = re.compile(r"^[0-9a-f]{64}$")


class Result:
    def __init__(self, process):
        self.code = process.returncode
        self.raw = process.stdout
        self.out = process.stdout.decode(errors="replace")
        self.err = process.stderr.decode(errors="replace")

    def json(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out}\nstderr: {self.err}"


class Cli(unittest.TestCase):
    """A test in a fresh folder with a repository in it."""

    init = True

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="samara-e2e-"))
        self.addCleanup(self.clean)
        if self.init:
            self.ok("init")

    def clean(self):
        for path, folders, _ in os.walk(self.dir):
            for folder in folders:
                os.chmod(os.path.join(path, folder), 0o755)
        shutil.rmtree(self.dir)

    def samara(self, *words, stdin=b"", cwd=None, env=None, timeout=120, **options):
        environment = clean_environment()
        environment.update(env or {})
        if isinstance(stdin, str):
            stdin = stdin.encode()
        process = subprocess.run([str(BIN), *map(str, words)], input=stdin, cwd=cwd or self.dir,
                                 env=environment, timeout=timeout,
                                 stdout=options.get("stdout", subprocess.PIPE),
                                 stderr=subprocess.PIPE, check=False)
        if process.stdout is None:
            process.stdout = b""
        return Result(process)

    def ok(self, *words, **options):
        result = self.samara(*words, **options)
        self.assertEqual(result.code, DONE, f"samara {words}\n{result}")
        return result

    def line(self, *words, **options):
        """The only line that a command prints."""
        lines = self.ok(*words, **options).out.splitlines()
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def fails(self, code, *words, says=(), hint=None, **options):
        """The command ends with the code and an error of the right form that holds all of `says`."""
        result = self.samara(*words, **options)
        self.assertEqual(result.code, code, f"samara {words}\n{result}")
        self.assertRegex(result.err, r"(?m)^samara: error: [^A-Z\s]", result)
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, result.err, result)
        if hint is not None:
            self.assertRegex(result.err, r"(?m)^  hint: .*" + re.escape(hint), result)
        return result

    def write(self, name, contents):
        path = self.dir / name
        if isinstance(contents, str):
            contents = contents.encode()
        path.write_bytes(contents)
        return path

    def add(self, *names):
        for name in names:
            path = EXAMPLES / f"{name}.json"
            self.ok("fn", "add", path if path.exists() else PROGRAMS / f"{name}.json")

    def repository(self):
        return self.dir / ".samara"

    def object_path(self, object_id):
        return self.repository() / "objects" / object_id[:2] / object_id[2:]


def main():
    unittest.main(verbosity=1)
