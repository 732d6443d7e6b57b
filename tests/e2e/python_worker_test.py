"""Workers in Python: real processes that serve what East programs and other callers ask for."""
import asyncio
import base64
import datetime
import hashlib
import http.server
import json
import math
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
import zipfile
from unittest import mock

BIN = pathlib.Path(os.environ["SAMARA_BIN"])
PACKAGE = BIN.parent / "python"

if not list((PACKAGE / "samara").glob("_samara*.so")):
    print("the Python package is not built (Python's headers: python3-dev): skipped")
    sys.exit(77)
if sys.version_info < (3, 11):
    print("needs Python 3.11 or newer: skipped")
    sys.exit(77)
try:
    import numpy
except ImportError:
    numpy = None
    system = "/usr/bin/python3"  # where the package python3-numpy puts it
    if os.environ.get("SAMARA_TEST_PYTHON") is None and os.access(system, os.X_OK) and \
            subprocess.run([system, "-c", "import numpy, sys; sys.exit(sys.version_info < (3, 11))"],
                           capture_output=True, check=False).returncode == 0:
        os.environ["SAMARA_TEST_PYTHON"] = system
        os.execv(system, [system, __file__, *sys.argv[1:]])

sys.path.insert(0, str(PACKAGE))
import samara  # noqa: E402
from samara import Instant, Ref, Variant  # noqa: E402

UTC = datetime.timezone.utc
F = samara.Function


class Worker:
    """A worker program."""

    def __init__(self, repo, *files, slots=1, options=(), env=None, cwd=None):
        self.errors = tempfile.TemporaryFile("w+")
        words = [sys.executable, "-m", "samara.worker", "--repo", repo, "--slots", str(slots)]
        for file in files:
            words += ["--platform", str(file)]
        self.process = subprocess.Popen(
            [*words, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            text=True, cwd=cwd, env={**os.environ, "PYTHONPATH": str(PACKAGE), **(env or {})})
        self.first_line = self.process.stdout.readline()

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(30)
        for file in (self.process.stdin, self.process.stdout, self.errors):
            file.close()
        return code


class WithRepository(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="samara-pw-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.repo = samara.init(os.path.join(self.folder, ".samara"))
        self.addCleanup(self.repo.close)

    def file(self, name, text):
        path = pathlib.Path(self.folder, name)
        path.write_text(textwrap.dedent(text))
        return path

    def worker(self, *files, **options):
        worker = Worker(self.repo.path, *files, **options)
        self.addCleanup(worker.stop)
        self.assertEqual(worker.first_line, "ready\n", worker.said())
        return worker

    def script(self, text, entry, kind, **options):
        return self.repo.add_script(textwrap.dedent(text) + "\n", entry, kind, **options)

    def cli(self, *words):
        done = subprocess.run([BIN / "samara", "--repo", self.repo.path, *words],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done


OFFERS = """
    import asyncio
    import samara

    @samara.platform("twice", [".Integer"], ".Integer", effect="pure")
    def doubled(x):
        return 2 * x

    @samara.platform(effect="pure")
    async def later(x: float) -> float:
        await asyncio.sleep(0.01)
        return x + 1.0

    @samara.platform
    def joined(parts: list[str], end: str) -> str:
        return "".join(parts) + end
"""
USES = """
platform pure fn twice(x: Integer) -> Integer
platform pure fn later(x: Float) -> Float
platform fn joined(parts: Array<String>, end: String) -> String
fn quad(x: Integer) -> Integer { twice(twice(x)) }
fn soon(x: Float) -> Float { later(later(x)) }
fn all(end: String) -> String { joined(["a", "b"], end) }
"""


class Offers(WithRepository):
    def test_functions_of_a_file_are_called_by_east(self):
        self.repo.add(USES)
        self.worker(self.file("models.py", OFFERS))
        self.assertEqual(self.repo.run("quad", 3), 12)
        self.assertEqual(self.repo.run("soon", 0.5), 2.5)
        self.assertEqual(self.repo.run("all", "!"), "ab!")
        self.assertTrue(self.repo.result("quad", 3).from_memo)
        self.assertFalse(self.repo.result("all", "!").from_memo)

    def test_a_changed_file_is_another_implementation(self):
        self.repo.add(USES)
        for factor in (2, 3):
            worker = self.worker(self.file("models.py", OFFERS.replace("2 * x", f"{factor} * x")))
            with samara.Repository(self.repo.path) as fresh:
                self.assertEqual(fresh.run("quad", 3), 3 * factor * factor)
            self.assertEqual(worker.stop(), 0)

    def test_files_import_their_neighbours_and_modules_go_by_name(self):
        self.file("near.py", "FACTOR = 5\n")
        self.file("far.py", """
            import samara
            from near import FACTOR
            @samara.platform("twice", [int], int, effect="pure", version="1")
            def twice(x):
                return FACTOR * x
        """)
        self.repo.add(USES)
        self.worker("far", env={"PYTHONPATH": f"{PACKAGE}:{self.folder}"})
        self.assertEqual(self.repo.run("quad", 1), 25)

    def test_what_does_not_load_is_said(self):
        for text, said in (("import no_such_thing\n", "No module named 'no_such_thing'"),
                           ("import samara\n@samara.platform\ndef f(x): pass\n",
                            "parameter 'x' of f has no annotation")):
            worker = Worker(self.repo.path, self.file("bad.py", text))
            self.assertEqual(worker.first_line, "")
            self.assertEqual(worker.process.wait(30), 1)
            self.assertIn(said, worker.said())
            worker.stop()
        worker = Worker(os.path.join(self.folder, "nowhere"))
        self.assertNotEqual(worker.process.wait(30), 0)
        self.assertIn("samara: error: ", worker.said())
        worker.stop()


LIST = samara.VariantType(nil=None, cons=samara.StructType(head=int, tail=samara.Recursive(2)))
SAMPLES = [
    (None, None), (bool, True), (int, -2**63), (int, 2**63 - 1), (float, -0.0), (float, math.inf),
    (str, "a\0ü\U0001f600"), (bytes, b"\x00\xff"),
    ("DateTime", datetime.datetime(2024, 2, 29, 12, 0, 0, 5000, UTC)),
    ("DateTime", Instant(-8640000000000000)),
    (list[float], [1.0, -0.0, 2.5]), (list[int], [1, 2, 3]), (list[bool], [True, False]),
    (list[str], ["a", ""]), (set[str], {"a", "b"}), (dict[str, int], {"a": 1, "b": 2}),
    (list[float], [float(i) for i in range(5000)]), (bytes, bytes(100_000)),
    (samara.Vector(float), [1.0, 2.0]), (samara.Matrix(float), [[1.0, 2.0], [3.0, 4.0]]),
    (samara.StructType(name=str, speed=float), {"name": "x", "speed": 1.5}),
    (samara.VariantType(circle=float, point=None), Variant("point")),
    (float | None, None), (float | None, 1.5), (samara.Option(samara.Option(int)), samara.Some(None)),
    (LIST, Variant("cons", {"head": 1, "tail": Variant("nil")})),
    (samara.RefType(int), Ref(4)),
]


class Scripts(WithRepository):
    def test_every_type_comes_back_as_it_went(self):
        self.worker()
        for kind, value in SAMPLES:
            kind = samara._types.to_type(kind)
            same = self.script("def same(x):\n    return x", "same", F([kind], kind))
            with self.subTest(kind=kind.text):
                self.assertEqual(self.repo.result(same, value).id, self.repo.put(value, kind))

    def test_a_script_is_loaded_once_and_remembered(self):
        self.worker()
        text = """
            calls = 0
            def count(x):
                global calls
                calls += 1
                return calls
        """
        count = self.script(text, "count", F([int], int), name="count", effect="effectful")
        self.assertEqual([self.repo.run("count", 0) for _ in range(3)], [1, 2, 3])
        pure = self.script(text, "count", F([int], int), effect="pure")
        self.assertNotEqual(pure, count)
        self.assertEqual([self.repo.run(pure, i) for i in (0, 0, 1, 1)], [1, 1, 2, 2])

    def test_scripts_may_be_asynchronous(self):
        self.worker(slots=4)
        text = """
            import asyncio
            async def slow(x):
                await asyncio.sleep(0.02)
                return x
        """
        slow = self.script(text, "slow", F([int], int))

        async def many():
            return await asyncio.gather(*(self.repo.call(slow, i) for i in range(20)))
        self.assertEqual(asyncio.run(many()), list(range(20)))

    @unittest.skipIf(numpy is None, "needs numpy")
    def test_large_numbers_are_mapped(self):
        self.worker()
        text = """
            def look(xs):
                return f"{type(xs).__name__} {xs.flags.writeable} {float(xs.sum())}"
            def double(xs):
                return xs * 2.0
        """
        numbers = numpy.arange(1_000_000, dtype=float)
        found = self.repo.put(numbers)
        look = self.script(text, "look", F([list[float]], str))
        self.assertEqual(self.repo.run(look, found), f"ndarray False {float(numbers.sum())}")
        double = self.script(text, "double", F([list[float]], list[float]))
        self.assertTrue((self.repo.run(double, found) == numbers * 2).all())

    def test_what_it_prints_is_kept(self):
        self.worker()
        text = """
            import sys
            print("loading")
            def talk(x):
                print("working on", x)
                print("careful", file=sys.stderr)
                sys.stdout.buffer.write(b"bytes")
                return x
        """
        talk = self.script(text, "talk", F([int], int))
        call = self.repo.result(talk, 7).call
        log = self.cli("log", call)
        self.assertEqual(log.stdout.strip(), "loading\nworking on 7\nbytes")
        self.assertEqual(log.stderr.strip(), "careful")


FAILS = """
    import sys
    class Own(Exception):
        pass
    class Silent(Exception):
        def __str__(self):
            raise ValueError("no text")
    def deep(n):
        return deep(n + 1) + 1
    def fail(kind):
        if kind == "plain":
            raise Exception("just so")
        if kind == "class":
            raise Own("mine")
        if kind == "exit":
            sys.exit(3)
        if kind == "deep":
            deep(0)
        if kind == "huge":
            raise ValueError("x" * 10_000_000)
        if kind == "silent":
            raise Silent()
        if kind == "zero":
            raise ValueError("a\\0b\\ud800")
        if kind == "memory":
            raise MemoryError("too much")
        if kind == "type":
            return "no number"
        if kind == "object":
            return object()
        if kind == "interrupt":
            raise KeyboardInterrupt
        if kind == "cause":
            try:
                {}["x"]
            except KeyError as error:
                raise RuntimeError("outer") from error
        return 1
"""


class Failures(WithRepository):
    def failure(self, function, *arguments, **options):
        with self.assertRaises(samara.Error) as caught:
            self.repo.run(function, *arguments, **options)
        return caught.exception

    def test_exceptions_become_errors_and_the_worker_lives_on(self):
        worker = self.worker()
        fail = self.repo.add_script(self.file("fails.py", FAILS), "fail", F([str], int))
        for kind, said in (("plain", "just so"), ("class", "Own: mine"), ("exit", "SystemExit"),
                           ("deep", "RecursionError: "), ("huge", "10000000 characters"),
                           ("silent", "without a text"), ("zero", "ValueError: a\\0b\\ud800"),
                           ("type", "expected Integer, got str"),
                           ("object", "expected Integer, got object"),
                           ("interrupt", "KeyboardInterrupt"),
                           ("cause", "caused by KeyError: 'x'")):
            with self.subTest(kind=kind):
                error = self.failure(fail, kind)
                self.assertIsInstance(error, samara.EastError)
                self.assertIn(said, error.message)
                self.assertLess(len(error.message), 40_000)
        self.assertIsInstance(self.failure(fail, "memory"), samara.MemoryExceeded)
        self.assertEqual(self.repo.run(fail, "none"), 1)
        self.assertIsNone(worker.process.poll())

    def test_the_python_stack_becomes_locations(self):
        self.worker()
        path = self.file("trace.py", """\
            def inner(x):
                raise ValueError("bad")

            def outer(x):
                return inner(x) + 1
        """)
        error = self.failure(self.repo.add_script(path, "outer", F([int], int)), 1)
        self.assertEqual(error.message, "ValueError: bad")
        self.assertEqual([(place.file, place.line) for place in error.locations[:2]],
                         [(str(path), 2), (str(path), 5)])

    def test_a_script_that_cannot_be_loaded_says_where(self):
        self.worker()
        error = self.failure(self.script("def f(:\n  pass\n", "f", F([int], int)), 1)
        self.assertIn("SyntaxError", error.message)
        self.assertEqual(error.locations[0].line, 1)
        error = self.failure(self.script("def g(x):\n    return x", "f", F([int], int)), 1)
        self.assertIn("has no function 'f'", error.message)

    def test_a_deadline_ends_the_function_and_not_the_worker(self):
        worker = self.worker()
        text = """
            import asyncio, time
            def spin(x):
                try:
                    while True:
                        time.sleep(0.001)
                except Exception:
                    return -1
            async def sleep(x):
                await asyncio.sleep(60)
                return x
            def same(x):
                return x
        """
        for entry in ("spin", "sleep"):
            function = self.script(text, entry, F([int], int))
            start = time.monotonic()
            self.assertIsInstance(self.failure(function, 1, timeout=0.3), samara.Timeout)
            self.assertLess(time.monotonic() - start, 20)
        self.assertEqual(self.repo.run(self.script(text, "same", F([int], int)), 5), 5)
        self.assertIsNone(worker.process.poll())

    def test_a_cancelled_call_ends_its_function(self):
        self.worker()
        mark = os.path.join(self.folder, "mark")
        text = f"""
            import time
            def spin(x):
                open({mark!r}, "w").write("started")
                try:
                    while True:
                        time.sleep(0.001)
                finally:
                    open({mark!r}, "w").write("ended")
        """
        spin = self.script(text, "spin", F([int], int))

        async def go():
            task = asyncio.create_task(self.repo.call(spin, 1))
            while not os.path.exists(mark):
                await asyncio.sleep(0.01)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
        asyncio.run(go())
        end = time.monotonic() + 20
        while pathlib.Path(mark).read_text() != "ended" and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(pathlib.Path(mark).read_text(), "ended")


CHAIN = """
    import asyncio
    import samara
    def down(n):
        return 0 if n == 0 else samara.run("down", n - 1) + 1
    async def adown(n):
        return 0 if n == 0 else await samara.call("adown", n - 1) + 1
    def leaf(n):
        return n
    async def wide(n):
        return sum(await asyncio.gather(*(samara.call("leaf", i) for i in range(n))))
    def circle(n):
        return samara.run("circle", n)
    def inner(n):
        raise ValueError("deep down")
    def outer(n):
        return samara.run("inner", n)
    async def mixed(n):
        return samara.run("leaf", n)
    def loose(n):
        import subprocess, sys
        return len(subprocess.run(["cat"], stdout=subprocess.PIPE, check=True).stdout)
    def leaves(n):
        samara.current().put(n, int, name="left")
        return samara.current().get("left")
"""


class Supervised(WithRepository):
    TEXT = """
        import os, time
        def process(x):
            return os.getpid()
        def poison(x):
            os.abort()
        def stuck(x):
            import ctypes
            ctypes.PyDLL(None).sleep(60)  # with the interpreter's lock
            return x
    """

    def setUp(self):
        super().setUp()
        self.errors = tempfile.TemporaryFile()
        self.addCleanup(self.errors.close)
        self.process = subprocess.Popen(
            [BIN / "samara", "--repo", self.repo.path, "worker", "--runtime", "python", "-j", "1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
            env={**os.environ, "SAMARA_PYTHON": sys.executable})
        self.addCleanup(self.process.wait, 30)
        self.addCleanup(self.process.terminate)

    def run_when_there(self, function, *arguments, **options):
        """A call, as soon as there is a worker again."""
        end = time.monotonic() + 60
        while True:
            try:
                return self.repo.run(function, *arguments, **options)
            except samara.NotFound:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def test_a_worker_that_died_is_started_again(self):
        process = self.script(self.TEXT, "process", F([int], int))
        first = self.run_when_there(process, 1)
        os.kill(first, signal.SIGKILL)
        end = time.monotonic() + 60
        second = first
        while second == first and time.monotonic() < end:
            try:
                second = self.run_when_there(process, 1)
            except (samara.Crash, samara.Lost):
                pass
        self.assertNotEqual(first, second)

    def test_what_kills_workers_is_a_crash_and_they_come_back(self):
        poison = self.script(self.TEXT, "poison", F([int], int))
        with self.assertRaises(samara.Crash):
            self.run_when_there(poison, 1)
        process = self.script(self.TEXT, "process", F([int], int))
        self.assertGreater(self.run_when_there(process, 1), 0)

    def test_one_that_does_not_listen_is_killed(self):
        stuck = self.script(self.TEXT, "stuck", F([int], int))
        with self.assertRaises(samara.Timeout):
            self.run_when_there(stuck, 1, timeout=0.5)
        process = self.script(self.TEXT, "process", F([int], int))
        end = time.monotonic() + 60
        while True:
            try:
                self.assertGreater(self.run_when_there(process, 1, timeout=30), 0)
                return
            except (samara.Crash, samara.Lost):
                self.assertLess(time.monotonic(), end)


class Subtasks(WithRepository):
    def setUp(self):
        super().setUp()
        path = self.file("chain.py", CHAIN)
        for entry in ("down", "adown", "leaf", "wide", "circle", "inner", "outer", "mixed",
                      "loose", "leaves"):
            self.repo.add_script(path, entry, F([int], int), effect="pure", name=entry)

    def test_a_chain_needs_one_slot(self):
        self.worker()
        depth = int(os.environ.get("SAMARA_TEST_DEPTH", "60"))
        self.assertEqual(self.repo.run("down", depth, timeout=250), depth)
        self.assertEqual(self.repo.run("adown", depth, timeout=250), depth)

    def test_a_fan_out_needs_one_slot(self):
        self.worker()
        width = int(os.environ.get("SAMARA_TEST_WIDTH", "300"))
        self.assertEqual(self.repo.run("wide", width, timeout=250), width * (width - 1) // 2)

    def test_east_in_a_worker_waits_without_a_slot(self):
        self.repo.add(USES)
        self.worker(self.file("models.py", OFFERS))
        self.assertEqual(self.repo.run("quad", 3, place="python", timeout=100), 12)

    def test_a_circle_is_found(self):
        self.worker()
        with self.assertRaises(samara.EastError) as caught:
            self.repo.run("circle", 1, timeout=100)
        self.assertIn("waits for itself", caught.exception.message)

    def test_an_error_keeps_the_places_of_every_hop(self):
        self.worker()
        with self.assertRaises(samara.EastError) as caught:
            self.repo.run("outer", 1)
        self.assertEqual(caught.exception.message, "ValueError: deep down")
        lines = [place.line for place in caught.exception.locations
                 if place.file.endswith("chain.py")]
        self.assertEqual(lines[:2], [15, 17])

    def test_its_record_names_what_it_called(self):
        self.worker()
        found = self.repo.result("down", 2, timeout=100)
        first = self.repo.why(found.call)
        self.assertEqual(first.count("called 'down', call '"), 1, first)
        graph = [json.loads(line) for line in self.cli("call", "graph", found.call,
                                                       "--json").stdout.splitlines()]
        self.assertEqual([each["name"] for each in graph if "name" in each], ["down"] * 3, graph)
        wide = self.repo.result("wide", 130, timeout=100)
        said = self.repo.why(wide.call)
        self.assertEqual(said.count("called 'leaf', call '"), 100)
        self.assertIn("called functions 30 times more", said)

    def test_a_caller_that_fails_names_what_it_called(self):
        self.worker()
        with self.assertRaises(samara.EastError) as caught:
            self.repo.run("outer", 5, timeout=100)
        said = self.repo.why(caught.exception.call)
        self.assertIn("called 'inner', call '", said)

    def test_an_asynchronous_function_must_not_stop_the_loop(self):
        self.worker()
        with self.assertRaises(samara.EastError) as caught:
            self.repo.run("mixed", 1, timeout=100)
        self.assertIn("await samara.call", caught.exception.message)

    def test_programs_of_a_function_read_nothing(self):
        self.worker()
        self.assertEqual(self.repo.run("loose", 1, timeout=100), 0)

    def test_a_request_sees_the_repository(self):
        self.worker()
        self.assertEqual(self.repo.run("leaves", 8), 8)
        with self.assertRaises(samara.Error):
            samara.current()


class Forks(WithRepository):
    # Its lock is what tells that a worker lives; a child that is forked shares open files.
    def test_a_forked_child_does_not_hide_the_death_of_its_worker(self):
        mark = os.path.join(self.folder, "child")
        self.addCleanup(self.end_child, mark)
        forks = self.script(f"""
            import multiprocessing, os, signal, time
            def forks(x):
                if os.path.exists({mark!r}):
                    return x + 1
                child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
                child.start()
                with open({mark!r} + ".new", "w") as file:
                    file.write(str(child.pid))
                os.rename({mark!r} + ".new", {mark!r})
                os.kill(os.getpid(), signal.SIGKILL)
        """, "forks", F([int], int), effect="pure")
        self.worker()
        self.worker()
        self.assertEqual(self.repo.run(forks, 1, timeout=100), 2)
        os.kill(int(pathlib.Path(mark).read_text()), 0)  # the child lives all the time

    @staticmethod
    def end_child(mark):
        try:
            os.kill(int(pathlib.Path(mark).read_text()), signal.SIGKILL)
        except OSError:
            pass


class Ends(WithRepository):
    def test_it_finishes_what_is_in_hand(self):
        worker = self.worker()
        mark = os.path.join(self.folder, "mark")
        slow = self.script(f"""
            import time
            def slow(x):
                open({mark!r}, "w").close()
                time.sleep(0.5)
                return x
        """, "slow", F([int], int))
        got = []
        thread = threading.Thread(target=lambda: got.append(self.repo.run(slow, 3)))
        thread.start()
        while not os.path.exists(mark):
            time.sleep(0.01)
        self.assertEqual(worker.stop(), 0)
        thread.join()
        self.assertEqual(got, [3])

    def test_it_ends_when_its_input_is_closed(self):
        worker = self.worker()
        worker.process.stdin.close()
        self.assertEqual(worker.process.wait(30), 0)

    def test_an_interrupt_ends_it(self):
        worker = self.worker(slots=3)
        worker.process.send_signal(signal.SIGINT)
        self.assertEqual(worker.process.wait(30), 0)

    def test_it_ends_with_its_parent(self):
        program = textwrap.dedent("""
            import subprocess, sys
            child = subprocess.Popen([sys.executable, "-m", "samara.worker", "--repo", sys.argv[1]],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            child.stdout.readline()
            print(child.pid, flush=True)
        """)
        done = subprocess.run([sys.executable, "-c", program, self.repo.path], text=True,
                              capture_output=True, check=True,
                              env={**os.environ, "PYTHONPATH": str(PACKAGE)})
        end = time.monotonic() + 30
        while os.path.exists(f"/proc/{int(done.stdout)}/cmdline") and time.monotonic() < end and \
                pathlib.Path(f"/proc/{int(done.stdout)}/cmdline").read_bytes():
            time.sleep(0.02)
        self.assertFalse(os.path.exists(f"/proc/{int(done.stdout)}/cmdline") and
                         pathlib.Path(f"/proc/{int(done.stdout)}/cmdline").read_bytes())


def make_wheel(folder, name, version, source):
    """A wheel of one module; its path and hash."""
    path = os.path.join(folder, f"{name}-{version}-py3-none-any.whl")
    info = f"{name}-{version}.dist-info"
    files = {f"{name}.py": source,
             f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
                              "Tag: py3-none-any\n"}
    record = ""
    with zipfile.ZipFile(path, "w") as file:
        for inner, text in files.items():
            file.writestr(inner, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
            record += f"{inner},sha256={digest.decode()},{len(text)}\n"
        file.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


HAS_PIP = subprocess.run([sys.executable, "-c", "import pip, venv"], capture_output=True,
                         check=False).returncode == 0


@unittest.skipUnless(HAS_PIP, "needs pip and venv")
class Environments(WithRepository):
    TEXT = """
        def version(x):
            import sys, samara_test_thing
            return f"{samara_test_thing.VALUE} {sys.prefix}"
    """

    def setUp(self):
        super().setUp()
        self.digest = make_wheel(self.folder, "samara_test_thing", "1.5", "VALUE = 'one and a half'\n")
        self.env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.folder, "UV_NO_INDEX": "1",
                    "UV_FIND_LINKS": self.folder}

    def test_a_lock_file_is_installed_once(self):
        self.worker(env=self.env)
        lock = self.file("requirements.txt",
                         f"samara_test_thing==1.5 --hash=sha256:{self.digest}\n")
        function = self.script(self.TEXT, "version", F([int], str), environment=lock)
        text = self.repo.run(function, 1, timeout=200)
        self.assertTrue(text.startswith("one and a half "))
        self.assertIn("/cache/env/", text)
        made = os.listdir(os.path.join(self.repo.path, "cache", "env"))
        self.assertEqual(len([name for name in made if len(name) == 64]), 1)
        self.assertEqual(self.repo.run(function, 2, timeout=200), text)

    def test_a_wrong_hash_is_refused(self):
        self.worker(env=self.env)
        lock = self.file("requirements.txt", f"samara_test_thing==1.5 --hash=sha256:{'0' * 64}\n")
        function = self.script(self.TEXT, "version", F([int], str), environment=lock)
        with self.assertRaises(samara.Error) as caught:
            self.repo.run(function, 1, timeout=200)
        self.assertIn("installing the environment failed", str(caught.exception))
        made = os.listdir(os.path.join(self.repo.path, "cache", "env"))
        self.assertEqual([name for name in made if not name.endswith(".lock")], [])


    # The index gives the wheel when it is told to. Meanwhile the deadline of a call passes, for
    # longer than a function of the worker would be left alone.
    def test_an_installation_may_outlast_the_call(self):
        asked, go = threading.Event(), threading.Event()
        folder = self.folder

        class Index(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rsplit("/", 1)[-1]
                if not name.endswith(".whl"):
                    wheel = "samara_test_thing-1.5-py3-none-any.whl"
                    self.answer("text/html", f"<a href='/{wheel}'>{wheel}</a>".encode())
                    return
                asked.set()
                go.wait(100)
                self.answer("application/zip", pathlib.Path(folder, name).read_bytes())

            def answer(self, kind, data):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(go.set)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/simple"
        worker = self.worker(slots=2, env={
            "PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url, "PIP_TIMEOUT": "100",
            "UV_HTTP_TIMEOUT": "100", "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1",
            "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"})
        lock = self.file("requirements.txt",
                         f"samara_test_thing==1.5 --hash=sha256:{self.digest}\n")
        function = self.script(self.TEXT, "version", F([int], str), environment=lock)
        process = self.script("import os\ndef process(x):\n    return os.getpid()", "process",
                              F([int], int))
        first = self.repo.run(process, 1, timeout=100)
        with self.assertRaises(samara.Timeout) as caught:
            self.repo.run(function, 1, timeout=0.5)
        self.assertIn("not installed yet", str(caught.exception))
        self.assertTrue(asked.wait(100))
        time.sleep(3)  # more than a request may go on after its deadline
        self.assertEqual(self.repo.run(process, 2, timeout=100), first)
        go.set()
        self.assertTrue(self.repo.run(function, 1, timeout=200).startswith("one and a half "))
        self.assertIsNone(worker.process.poll())

    def test_an_installation_that_stands_still_is_ended(self):
        from samara import _environment
        with mock.patch.multiple(_environment, _STILL_SECONDS=0.5, _LOOK_SECONDS=0.05):
            with self.assertRaises(samara.Error) as caught:
                _environment._run(["sh", "-c", "echo so far; sleep 1000"], "standing still")
            self.assertIn("stood still", str(caught.exception))
            self.assertIn("so far", str(caught.exception))
        # One that goes on is left alone, however long it takes.
        with mock.patch.multiple(_environment, _STILL_SECONDS=4, _LOOK_SECONDS=0.05):
            _environment._run(["sh", "-c", "for i in $(seq 50); do echo $i; sleep 0.1; done"], "it")


class Locks(unittest.TestCase):
    def test_a_uv_lock_is_read(self):
        from samara._environment import requirements_of_uv
        text = textwrap.dedent("""
            version = 1
            [[package]]
            name = "own"
            version = "0.1.0"
            source = { virtual = "." }
            dependencies = [{ name = "a" }, { name = "w", marker = "sys_platform == 'win32'" }]
            [[package]]
            name = "a"
            version = "1.0"
            source = { registry = "https://example.org/simple" }
            dependencies = [{ name = "b", marker = "python_version < '4'" }]
            sdist = { url = "https://example.org/a.tar.gz", hash = "sha256:aa" }
            [[package]]
            name = "b"
            version = "2.0"
            source = { registry = "https://example.org/simple" }
            wheels = [{ url = "https://example.org/b.whl", hash = "sha256:bb" }]
            [[package]]
            name = "w"
            version = "3"
            source = { registry = "https://example.org/simple" }
            dependencies = [{ name = "b" }]
            wheels = [{ url = "https://example.org/w.whl", hash = "sha256:cc" }]
            [[package]]
            name = "unused"
            version = "3"
            source = { registry = "https://example.org/simple" }
            wheels = [{ url = "https://example.org/u.whl", hash = "sha256:dd" }]
        """)
        self.assertEqual(requirements_of_uv(text).splitlines(), [
            "a==1.0 --hash=sha256:aa",
            "b==2.0 ; ((python_version < '4')) or ((sys_platform == 'win32')) --hash=sha256:bb",
            "w==3 ; ((sys_platform == 'win32')) --hash=sha256:cc"])


class Digests(unittest.TestCase):
    def implementation(self, files):
        """Of the function `f` of main.py, in a process of its own."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                pathlib.Path(folder, name).parent.mkdir(exist_ok=True)
                pathlib.Path(folder, name).write_text(text)
            program = "import sys; sys.path[:0] = sys.argv[1:]; import main; from samara " \
                      "import _digest; print(_digest.implementation(main.f))"
            done = subprocess.run([sys.executable, "-c", program, folder, str(PACKAGE)], text=True,
                                  capture_output=True, check=True)
            return done.stdout.strip()

    def test_it_is_of_the_source_and_what_that_imports(self):
        base = {"main.py": "import os, near\nfrom part import inner\ndef f(): pass\n",
                "near.py": "X = 1\n", "part/__init__.py": "", "part/inner.py": "Y = 1\n",
                "other.py": "Z = 1\n"}
        first = self.implementation(base)
        self.assertEqual(first, self.implementation(base))
        self.assertEqual(first, self.implementation({**base, "other.py": "Z = 2\n"}))
        for name, text in (("main.py", base["main.py"] + "# more\n"), ("near.py", "X = 2\n"),
                           ("part/inner.py", "Y = 2\n"),
                           ("near.py", "def g():\n    import other\n")):
            self.assertNotEqual(first, self.implementation({**base, name: text}), name)


if __name__ == "__main__":
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
