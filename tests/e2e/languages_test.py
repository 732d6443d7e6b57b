"""The same function gives the same result in every language: the conformance suites, the functions of
the conformance suite of Runtime and random programs are called in C++, Python, Node and Julia, in
fresh repositories and without memo, and through workers.

Each language has a program languages/calls.* that takes a repository and a list of cases, lines of
`NAME PROGRAM ARGUMENT…` (paths, of beast2), and prints for each one
  NAME value ID AGAIN          the id of the result, and that of the result turned into a value of
                               the language and put once more
  NAME error MESSAGE PLACES    in hexadecimal
  NAME refused MESSAGE         it cannot be added or called
  NAME outcome N MESSAGE       another end of the call
with tabs between."""
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path(os.environ["SAMARA_BIN"])
SOURCE = pathlib.Path(os.environ["SAMARA_SOURCE"])
SHARED = pathlib.Path(os.environ.get("SAMARA_SHARED", SOURCE.parent / "shared"))
LANGUAGES = SOURCE / "tests" / "e2e" / "languages"
PYTHON = BIN.parent / "python"
NODE = BIN.parent / "node" / "samara"
JULIA = BIN.parent / "julia"
# Of the random programs every eighth is called in all languages, or as many as this says.
EVERY = int(os.environ.get("SAMARA_EVERY", "8"))
SEED = int(os.environ.get("SAMARA_SEED", "1"))

# What the functions of conformance_functions.cpp are called with, in East text.
ARGUMENTS = {
    "sum": ["[]", "[0.1, 0.2, 1e16, -1e16]"], "length": ['"größer 水 😀"'],
    "total": ['{"a":1,"b":-7,"水":100}'], "turn": ['(name="größer", count=41)'],
    "next": [".none", ".some 63"], "fail": ["0", "1"], "sink": ["100"], "many": ["5", "100000"],
    "fib": ["20"],
}
TYPES = {  # where the text does not tell
    "sum": ".Array .Float",
    "next": '.Variant [(name="none", type=.Null), (name="some", type=.Integer)]',
}


def run(words, **options):
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith("SAMARA_") or k == "SAMARA_BUDGET"}
    environment.update(SAMARA_PYTHON=str(PYTHON), SAMARA_NODE=str(NODE),
                       SAMARA_JULIA_PACKAGE=str(JULIA))
    done = subprocess.run([str(word) for word in words], capture_output=True, env=environment,
                          timeout=600, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{words[:3]} ended with {done.returncode}: "
                             f"{done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout.decode()


def missing(language):
    """Why there is nothing to run; None: there is."""
    if language == "python" and not list((PYTHON / "samara").glob("_samara*.so")):
        return "the Python package is not built (python3-dev)"
    if language == "node" and not (NODE / "samara.node").exists():
        return "the npm package is not built (nodejs, npm)"
    if language == "julia":
        if not (BIN.parent / "lib" / "libsamara_julia.so").exists():
            return "the Julia module is not built"
        if julia() is None:
            return "no julia of at least 1.5 on PATH, and none that tools/julia-prefix has installed"
    return None


def julia():
    tool = SOURCE / "tools" / "julia-prefix"
    if not tool.exists():
        return shutil.which("julia")
    found = subprocess.run([tool, "--print"], capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


def command(language):
    if language == "cpp":
        return [BIN / "language_calls"]
    if language == "python":
        return [sys.executable, LANGUAGES / "calls.py"]
    if language == "node":
        return ["node", LANGUAGES / "calls.mjs"]
    return [julia(), "--startup-file=no", LANGUAGES / "calls.jl"]


def readable(line):
    kind, *parts = line
    if kind == "value":
        return line
    return [kind, *(bytes.fromhex(part).decode() if len(part) % 2 == 0 else part for part in parts)]


class Case:
    def __init__(self, name, program, arguments=(), value=None, error=None):
        self.name, self.program, self.arguments = name, program, list(arguments)
        self.value, self.error = value, error  # what is known: the id of the result, the message


class Languages(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        # In memory where that is possible: nothing here is to survive.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="samara-languages-", dir=memory))
        cls.repositories = 0
        cls.suites = None
        cls.cases = []
        try:
            cls.make_cases()
            # What all others must give.
            cls.expected = cls.outcomes("cpp", cls.cases)
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, True)

    @classmethod
    def make_cases(cls):
        made = cls.folder / "programs"
        made.mkdir()
        suites = []
        manifest = SHARED / "east-conformance" / "manifest.json"
        if manifest.exists():
            cls.suites = json.loads(manifest.read_text())["suites"]
            for suite in cls.suites:
                for dialect in "ab":
                    path = cls.folder / f"{suite['suite']}.{dialect}.beast2"
                    packed = manifest.parent / suite[dialect]["file"]
                    path.write_bytes(gzip.decompress(packed.read_bytes()))
                    suites.append(path)
        run([BIN / "language_programs", made, *suites])
        cls.cases += [Case(f"suite-{path.stem}", made / path.name) for path in suites]
        for name, texts in ARGUMENTS.items():
            for number, text in enumerate(texts):
                given = cls.folder / f"{name}.{number}.beast2"
                of = ["--type", TYPES[name]] if name in TYPES else []
                run([BIN / "samara", "convert", "-", "--from", "east", *of, "-o", given], input=text.encode())
                cls.cases.append(Case(f"runtime-{name}-{number}", made / f"{name}.beast2", [given]))
        cls.random_programs()

    @classmethod
    def random_programs(cls):
        packed = SHARED / "east-random" / "random-programs.tar.zst"
        if not packed.exists():
            return
        plain = subprocess.run(["zstd", "--long=27", "-qdc", packed], check=True,
                               stdout=subprocess.PIPE).stdout
        subprocess.run(["tar", "-x", "-C", cls.folder], input=plain, check=True)
        folder = cls.folder / "random-programs"
        programs = json.loads((folder / "manifest.json").read_text())["programs"]
        for entry in programs[SEED % EVERY::EVERY]:
            files = folder / entry["name"]
            tagged = "reference_defect" in entry
            for dialect in entry["dialects"]:
                given = [files / f"arg{i}.{dialect}.beast2" for i in range(len(entry["inputs"]))]
                case = Case(f"random-{entry['name']}-{dialect}", files / f"ir.{dialect}.beast2", given)
                result = files / "expected.b.beast2"
                if not tagged and entry["expected"]["kind"] == "error":
                    case.error = entry["expected"]["message"]
                elif not tagged and result.exists():
                    case.value = hashlib.sha256(result.read_bytes()).hexdigest()
                cls.cases.append(case)

    @classmethod
    def repository(cls):
        cls.repositories += 1
        folder = cls.folder / f"repository-{cls.repositories}"
        folder.mkdir()
        run([BIN / "samara", "init"], cwd=folder)
        return folder / ".samara"

    @classmethod
    def outcomes(cls, language, cases, queue=None, repository=None):
        repository = repository or cls.repository()
        listed = cls.folder / f"{repository.parent.name}.cases"
        listed.write_text("".join(" ".join(map(str, (case.name, case.program, *case.arguments))) + "\n"
                                  for case in cases))
        out = run([*command(language), repository, listed, *([queue] if queue else [])])
        lines = [line.split("\t") for line in out.splitlines()]
        return {name: rest for name, *rest in lines}

    def check(self, cases, got, again=True):
        wrong = []
        for case in cases:
            said, want = got.get(case.name, ["nothing"]), self.expected[case.name]
            if said[:2] != want[:2] or (said[0] == "error" and said != want):
                wrong.append(f"{case.name}: {readable(said)}, in C++ {readable(want)}")
            elif again and said[0] == "value" and said[1] != said[2]:
                wrong.append(f"{case.name}: put once more: {said}")
        self.assertEqual(wrong[:10], [], f"{len(wrong)} of {len(cases)} cases")

    def test_all_suites_pass_as_functions_of_a_repository(self):
        if self.suites is None:
            self.skipTest("the conformance suites are not beside the project")
        repository = self.repository()
        for suite in self.suites:
            for dialect in "ab":
                name = f"suite-{suite['suite']}.{dialect}"
                case = next(each for each in self.cases if each.name == name)
                with self.subTest(name):
                    said = self.expected[name]
                    self.assertEqual(said[0], "value", readable(said))
                    self.judge(suite, dialect, self.log_of(repository, case))

    def log_of(self, repository, case):
        run([BIN / "samara", "fn", "add", case.program, "--name", "suite", "--quiet"],
            cwd=repository.parent)
        return json.loads(run([BIN / "samara", "run", "suite", "--to", "json"],
                              cwd=repository.parent))

    def judge(self, suite, dialect, log):
        tests = []
        for line in log:
            if line.startswith("test: "):
                tests.append([line[6:], 0, []])
            elif line == "passed":
                tests[-1][1] += 1
            else:
                tests[-1][2].append(line)
        self.assertEqual([test[0] for test in tests], [test["name"] for test in suite["tests"]])
        for (name, passed, wrong), test in zip(tests, suite["tests"]):
            if dialect == "b" and test.get("a_only"):
                continue
            self.assertEqual((name, wrong, passed), (name, [], test["assertions"]))

    def test_random_programs_do_what_is_recorded(self):
        known = [case for case in self.cases if case.value or case.error is not None]
        if not known:
            self.skipTest("the random programs are not beside the project")
        wrong = []
        for case in known:
            said = self.expected[case.name]
            want = (["value", case.value] if case.value
                    else ["error", case.error.encode().hex()])
            if said[:2] != want:
                wrong.append(f"{case.name}: {readable(said)}, recorded {readable(want)}")
        self.assertEqual(wrong[:10], [], f"{len(wrong)} of {len(known)}")

    def in_language(self, language):
        why = missing(language)
        if why:
            self.skipTest(why)
        self.check(self.cases, self.outcomes(language, self.cases))

    def test_cpp_gives_what_it_gave(self):
        self.in_language("cpp")

    def test_python(self):
        self.in_language("python")

    def test_node(self):
        self.in_language("node")

    def test_julia(self):
        self.in_language("julia")

    def in_worker(self, runtime):
        why = missing(runtime)
        if why:
            self.skipTest(why)
        repository = self.repository()
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith("SAMARA_") or
                       k in ("SAMARA_BUDGET", "SAMARA_JULIA_PREFIX")}
        worker = subprocess.Popen([BIN / "samara", "worker", "-r", runtime, "-j", "2"],
                                  cwd=repository.parent, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True, env=environment)
        try:
            line = worker.stderr.readline()
            self.assertIn("ready", line)
            # All suites of one dialect, all functions, some of the random programs.
            sample = [case for i, case in enumerate(self.cases)
                      if case.name.endswith(".b") or case.name.startswith("runtime") or i % 20 == 0]
            self.check(sample, self.outcomes("cpp", sample, runtime, repository))
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.communicate(timeout=60)

    def test_in_workers_of_cpp(self):
        self.in_worker("cpp")

    def test_in_workers_of_python(self):
        self.in_worker("python")

    def test_in_workers_of_node(self):
        self.in_worker("node")

    def test_in_workers_of_julia(self):
        self.in_worker("julia")


if __name__ == "__main__":
    unittest.main(verbosity=1)
