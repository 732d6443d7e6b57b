"""samara worker: processes that serve a repository, and what becomes of calls when they misbehave."""
import os
import pathlib
import signal
import subprocess
import threading
import time
import unittest

import cli

FUNCTIONS = cli.BIN.parent / "worker_functions.so"
NAMES = ("echo", "refuse", "die", "never_end", "be_slow", "give_nonsense")
SOURCE = "\n".join(f"platform pure fn {name}(x: String) -> String\n"
                   f"fn do_{name}(x: String) -> String {{ {name}(x) }}" for name in NAMES) + """
platform fn die_once_told(x: String) -> String
fn do_die_once_told(x: String) -> String { die_once_told(x) }
"""


class Workers(cli.Cli):
    def setUp(self):
        super().setUp()
        self.started = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def start(self, *words):
        """A running samara worker that has said that all is ready."""
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith("SAMARA_") or k == "SAMARA_BUDGET"}
        process = subprocess.Popen([str(cli.BIN), "worker", *words], cwd=self.dir,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=environment)
        self.started.append(process)
        line = process.stderr.readline()
        self.assertIn("ready", line)
        process.worker_pid = int(line.split("process ")[1].split(",")[0])
        return process

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, err)
        return out, err

    def add(self):
        self.write("do.east", SOURCE)
        self.ok("fn", "add", "do.east", "--quiet")

    def peers(self):
        return sorted(str(path.relative_to(self.dir / ".samara/queue/peers"))
                      for path in (self.dir / ".samara/queue/peers").glob("*/*"))

    def test_what_a_worker_offers_is_called_remembered_and_gone_with_it(self):
        self.add()
        worker = self.start("-p", str(FUNCTIONS), "-j", "2")
        self.assertEqual(self.line("run", "do_echo", '"hello"'), '"hello"')
        why = self.ok("run", "do_echo", '"hello"', "--why")
        self.assertIn("answered from memory", why.err)
        self.end(worker)
        self.assertEqual(self.peers(), [])
        self.fails(cli.FAILED, "run", "do_echo", '"hello"',
                   says=["unknown platform function 'echo'"])

    def test_a_worker_that_is_killed_is_started_anew_and_its_request_runs_again(self):
        self.add()
        worker = self.start("-p", str(FUNCTIONS), "-j", "1")
        results = []
        asking = threading.Thread(
            target=lambda: results.append(self.samara("run", "do_be_slow", '"x"', "--why")))
        asking.start()
        # It is killed while it sleeps in the function; a claim in its folder says that it does.
        claims = self.dir / ".samara/queue/peers/claims"
        until = time.monotonic() + 30
        while not list(claims.glob("*/*-1")) and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(worker.worker_pid, signal.SIGKILL)
        asking.join(60)
        self.assertEqual(results[0].code, cli.DONE, results[0])
        self.assertEqual(results[0].out.strip(), '"x"')
        self.end(worker)

    def test_a_request_that_kills_workers_ends_as_a_crash(self):
        self.add()
        worker = self.start("-p", str(FUNCTIONS), "-j", "2")
        self.fails(cli.GUEST_FAILED, "run", "do_die", '"x"', says=["crash"])
        # One that may not be repeated is not.
        self.fails(cli.GUEST_FAILED, "run", "do_die_once_told", '"x"', says=["crash"])
        self.assertEqual(self.line("run", "do_echo", '"after"'), '"after"')
        self.end(worker)

    def test_a_deadline_passes_also_where_nobody_listens(self):
        self.add()
        worker = self.start("-p", str(FUNCTIONS), "-j", "1")
        self.fails(cli.GUEST_TIMED_OUT, "run", "do_never_end", '"x"', "--timeout", "300ms",
                   says=["deadline"])
        # The only slot is free again once the worker has been ended for it.
        self.assertEqual(self.line("run", "do_echo", '"after"'), '"after"')
        self.end(worker)

    def test_errors_and_nonsense_are_told(self):
        self.add()
        worker = self.start("-p", str(FUNCTIONS))
        self.fails(cli.GUEST_FAILED, "run", "do_refuse", '"not today"',
                   says=["not today", "do.east:"])
        self.fails(cli.GUEST_FAILED, "run", "do_give_nonsense", '"x"',
                   says=["gave no value of its output type"])
        self.end(worker)

    def test_functions_that_could_run_here_run_in_a_worker_on_demand(self):
        self.write("f.east", "fn inc(x: Integer) -> Integer { x + 1 }\n")
        self.ok("fn", "add", "f.east", "--quiet")
        self.fails(cli.FAILED, "run", "inc", "1", "--on", "cpp", says=["no worker serves"])
        worker = self.start("-r", "cpp")
        ran = self.ok("run", "inc", "1", "--on", "cpp", "--why")
        self.assertEqual(ran.out.strip(), "2")
        self.assertIn("run by a worker process", ran.err)
        self.assertEqual(self.line("run", "inc", "1"), "2")
        self.end(worker)

    def test_many_callers_at_once_each_get_their_answer(self):
        self.add()
        worker = self.start("-p", str(FUNCTIONS), "-j", "2")
        answers = {}

        def ask(number):
            answers[number] = self.samara("run", "do_echo", f'"{number}"').out.strip()

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, {number: f'"{number}"' for number in range(12)})
        self.end(worker)

    def test_mistakes_in_the_command_line_are_told(self):
        self.fails(cli.FAILED, "worker", "-r", "cobol", says=["there is no runtime 'cobol'"])
        self.fails(cli.USAGE, "worker", "-j", "none", says=["--jobs"])
        self.fails(cli.USAGE, "worker", "-p", "functions.txt", says=["no file of platform functions"])
        self.fails(cli.FAILED, "worker", "-p", "missing.so", says=["cannot read 'missing.so'"])
        self.write("empty.so", "")
        self.fails(cli.GUEST_FAILED, "worker", "-p", "empty.so", says=["before it was ready"])

    def test_events_as_json(self):
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith("SAMARA_") or k == "SAMARA_BUDGET"}
        process = subprocess.Popen([str(cli.BIN), "worker", "-r", "cpp", "--json"], cwd=self.dir,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=environment)
        self.started.append(process)
        line = process.stdout.readline()
        self.assertIn('"event":"ready"', line.replace(" ", ""))
        self.end(process)


if __name__ == "__main__":
    unittest.main()
