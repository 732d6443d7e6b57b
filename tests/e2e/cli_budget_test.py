"""samara worker: cores and memory that all workers of a machine share."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import cli

FUNCTIONS = cli.BIN.parent / "budget_functions.so"
PYTHON = cli.BIN.parent.parent / "python"
NAMES = ("work", "hold", "hog_once", "hog", "wait", "small")
SOURCE = "\n".join(f"platform pure fn {name}(x: String) -> String\n"
                   f"fn do_{name}(x: String) -> String {{ {name}(x) }}" for name in NAMES)
PY_FUNCTIONS = """
import os, time
import samara

def note(what):
    with open(os.environ["BUDGET_NOTES"], "ab", buffering=0) as notes:
        notes.write(f"{what} py {os.getpid()}\\n".encode())

@samara.platform("py_work", [str], str, effect="pure", version="1")
def py_work(x):
    note("begin")
    time.sleep(0.2)
    note("end")
    return x

@samara.platform("py_chain", [int], int, effect="pure", version="1")
def py_chain(n):
    if n == 0:
        return 0
    return 1 + samara.run("do_chain", n - 1)
"""
PY_SOURCE = """
platform pure fn py_work(x: String) -> String
fn do_py_work(x: String) -> String { py_work(x) }
platform pure fn py_chain(n: Integer) -> Integer
fn do_chain(n: Integer) -> Integer { py_chain(n) }
"""


class Budget(cli.Cli):
    def setUp(self):
        handle, self.budget = tempfile.mkstemp(prefix="samara-budget-")
        os.close(handle)
        self.addCleanup(os.unlink, self.budget)
        super().setUp()
        self.notes = self.dir / "notes"
        self.write("do.east", SOURCE)
        self.ok("fn", "add", "do.east", "--quiet")

    def samara(self, *words, env=None, **options):
        return super().samara(*words, env={"SAMARA_BUDGET": self.budget, **(env or {})}, **options)

    def start(self, *words, ready=1, cwd=None):
        environment = cli.clean_environment()
        environment.update(BUDGET_NOTES=str(self.notes), SAMARA_BUDGET=self.budget)
        # A pipe nobody reads could fill.
        said = open(self.dir / f"said-{time.monotonic_ns()}", "w+", encoding="utf-8")
        self.addCleanup(said.close)
        process = subprocess.Popen([str(cli.BIN), "worker", *map(str, words)], cwd=cwd or self.dir,
                                   stdout=subprocess.DEVNULL, stderr=said, env=environment)
        process.said = lambda: pathlib.Path(said.name).read_text(encoding="utf-8")
        self.addCleanup(self.end, process)
        self.wait_until(lambda: process.said().count("ready") >= ready or process.poll() is not None)
        self.assertIsNone(process.poll(), process.said())
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=60)

    def wait_until(self, true, seconds=100):
        until = time.monotonic() + seconds
        while not true():
            self.assertLess(time.monotonic(), until, "waited in vain")
            time.sleep(0.01)

    def together(self, *calls):
        """Runs calls at once; all have to end well."""
        results = {}
        threads = [threading.Thread(target=lambda call=call: results.__setitem__(
            call, self.samara("run", *call))) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for call in calls:
            self.assertEqual(results[call].code, cli.DONE, f"{call}\n{results[call]}")

    def lines(self):
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def most_at_once(self, names=("work", "py", "hold")):
        """How many ran at once at most, and in how many processes."""
        running, most, processes = 0, 0, set()
        for line in self.lines():
            what, name, pid = line.split()
            if name not in names:
                continue
            running += 1 if what == "begin" else -1
            most = max(most, running)
            processes.add(pid)
        return most, len(processes)

    def python(self):
        if not list((PYTHON / "samara").glob("_samara*.so")):
            self.skipTest("the Python package is not built")
        self.write("work.py", PY_FUNCTIONS)
        self.write("do_py.east", PY_SOURCE)
        self.ok("fn", "add", "do_py.east", "--quiet")
        return self.dir / "work.py"

    def status(self):
        return next(line for line in self.ok("status", "--json").json() if line["type"] == "budget")

    def test_one_core_is_shared_by_two_runtimes(self):
        self.start("-p", FUNCTIONS, "-p", self.python(), "-j", "1", ready=2)
        self.together(*[(name, f'"{i}"') for i in range(3) for name in ("do_work", "do_py_work")])
        self.assertEqual(self.most_at_once(), (1, 2))

    def test_two_supervisors_share_the_cores_of_the_larger(self):
        other = self.dir / "other"
        other.mkdir()
        self.ok("init", cwd=other)
        self.ok("fn", "add", "../do.east", "--quiet", cwd=other)
        self.start("-p", FUNCTIONS, "-j", "2")
        self.start("-p", FUNCTIONS, "-j", "1", cwd=other)
        threads = [threading.Thread(target=lambda i=i: self.ok(
            "run", "do_work", f'"{i}"', cwd=other)) for i in range(3)]
        for thread in threads:
            thread.start()
        self.together(*[("do_work", f'"{i}"') for i in range(6)])
        for thread in threads:
            thread.join()
        # Two, and one for a supervisor that would otherwise run nothing.
        most, processes = self.most_at_once()
        self.assertLessEqual(most, 3)
        self.assertEqual(processes, 2)

    def test_a_function_in_a_worker_that_waits_for_the_same_worker_ends(self):
        self.start("-p", FUNCTIONS, "-r", "cpp", "-j", "1")
        ran = self.ok("run", "do_work", '"x"', "--on", "cpp", timeout=100)
        self.assertEqual(ran.out.strip(), '"x"')

    def test_a_function_in_a_worker_that_waits_for_another_worker_ends(self):
        self.start("-p", FUNCTIONS, "-r", "wasm", "-j", "1", ready=2)
        ran = self.ok("run", "do_work", '"x"', "--on", "wasm", timeout=100)
        self.assertEqual(ran.out.strip(), '"x"')

    def test_a_chain_in_python_ends_with_one_core(self):
        self.start("-p", self.python(), "-j", "1")
        ran = self.ok("run", "do_chain", "20", timeout=100)
        self.assertEqual(ran.out.strip(), "20")
        self.assertEqual(self.status()["cores_taken"], 0)

    def test_declared_memory_is_kept_to(self):
        worker = self.start("-p", FUNCTIONS, "-j", "4", "--memory", "700M")
        self.together(*[("do_hold", f'"{i}"', "--memory", "300M") for i in range(4)])
        self.assertLessEqual(self.most_at_once()[0], 2)
        self.assertNotIn("stopped", worker.said())

    def test_measured_memory_is_kept_to(self):
        self.start("-p", FUNCTIONS, "-j", "4", "--memory", "700M")
        self.together(("do_hold", '"first"'))
        # Known from here on, also to a worker that comes later.
        self.notes.unlink()
        self.together(*[("do_hold", f'"{i}"') for i in range(4)])
        self.assertLessEqual(self.most_at_once()[0], 2)

    def test_calls_of_which_nothing_is_known_are_stopped_and_end(self):
        self.start("-p", FUNCTIONS, "-j", "4", "--memory", "700M")
        self.together(*[("do_hold", f'"{i}"') for i in range(4)])

    def test_a_request_that_takes_too_much_is_stopped_and_runs_again(self):
        worker = self.start("-p", FUNCTIONS, "-j", "2", "--memory", "200M")
        ran = self.ok("run", "do_hog_once", '"x"', "--why")
        called = ran.err.split("called 'hog_once', call '")[1].split("…")[0]
        self.assertIn("stopped to save memory", self.ok("why", called).out)
        self.together(("do_work", '"small"'))
        hogs = [line for line in self.lines() if line.startswith("begin hog")]
        self.assertEqual(len(set(hogs)), 2, hogs)  # in two processes, one after the other
        self.assertIn("its calls run again", worker.said())
        self.assertEqual(list((self.dir / ".samara/queue/peers/stopped").iterdir()), [])

    def test_a_request_in_a_ring_is_stopped_and_runs_again(self):
        self.python()
        self.start("-p", FUNCTIONS, "-j", "1", "--memory", "200M")
        program = """
import samara
with samara.Repository(".samara") as repo:
    for i in range(50):
        repo.run("do_hog_once", f"quick {i}")  # by ring after the first
    print(repo.run("do_hog_once", "x"))
"""
        ran = subprocess.run([sys.executable, "-c", program], cwd=self.dir, timeout=100, text=True,
                             env={**cli.clean_environment(), "PYTHONPATH": str(PYTHON)},
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(ran.stdout, "x\n", ran.stderr)
        hogs = [line for line in self.lines() if line.startswith("begin hog")]
        self.assertEqual(len(set(hogs)), 2, hogs)
        self.assertEqual(list((self.dir / ".samara/queue/peers/stopped").iterdir()), [])

    def test_a_request_that_always_takes_too_much_is_told_so(self):
        self.start("-p", FUNCTIONS, "-j", "2", "--memory", "200M")
        self.fails(cli.GUEST_FAILED, "run", "do_hog", '"x"',
                   says=["stopped 3 times to save memory", "200"])
        self.together(("do_work", '"after"'))

    def test_a_request_that_can_never_fit_is_refused_at_once(self):
        self.start("-p", FUNCTIONS, "-j", "2", "--memory", "200M")
        self.fails(cli.GUEST_FAILED, "run", "do_work", '"x"', "--memory", "300M",
                   says=["300", "200", "samara worker --memory"])
        self.assertEqual(self.lines(), [])

    def test_a_small_call_runs_beside_one_that_has_all_memory(self):
        self.start("-p", FUNCTIONS, "-j", "2", "--memory", "300M")
        self.together(("do_wait", '"x"', "--memory", "250M"), ("do_small", '"y"'))

    def test_a_small_call_passes_those_that_wait_for_memory(self):
        self.start("-p", FUNCTIONS, "-j", "2", "--memory", "300M")
        calls = [("do_wait", '"x"', "--memory", "250M"), ("do_work", '"y"', "--memory", "299M")]
        done = threading.Thread(target=lambda: self.together(*calls))
        done.start()
        self.wait_until(lambda: self.status()["waiting"] == 1)
        self.ok("run", "do_small", '"z"')
        done.join()

    def test_status_shows_the_budget(self):
        self.start("-p", FUNCTIONS, "-j", "3", "--memory", "300M")
        done = threading.Thread(target=lambda: self.ok("run", "do_wait", '"x"', "--memory", "250M"))
        done.start()
        self.wait_until(lambda: self.status()["cores_taken"] == 1)
        budget = self.status()
        self.assertEqual((budget["cores"], budget["memory_bytes"]), (3, 300 << 20))
        self.assertGreaterEqual(budget["memory_claimed_bytes"], 250 << 20)
        self.assertIn("budget of this machine", self.ok("status").out)
        self.ok("run", "do_small", '"z"')
        done.join()

    def test_a_supervisor_that_is_killed_leaves_nothing(self):
        worker = self.start("-p", FUNCTIONS, "-j", "1")
        calling = threading.Thread(target=lambda: self.samara("run", "do_wait", '"x"'))
        calling.start()
        self.wait_until(lambda: self.status()["cores_taken"] == 1)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        self.start("-p", FUNCTIONS, "-j", "1")
        self.ok("run", "do_small", '"z"')
        calling.join()
        self.wait_until(lambda: self.status()["cores_taken"] == 0)
        self.assertEqual(self.status()["supervisors"], 1)

    def test_a_size_is_told_as_people_write_it(self):
        self.fails(cli.USAGE, "worker", "--memory", "much", says=["--memory"])


if __name__ == "__main__":
    unittest.main()
