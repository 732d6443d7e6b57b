"""Named runs: run --name, get, watch, and what the collector keeps of them."""
import ctypes
import errno
import os
import pathlib
import platform
import signal
import struct
import subprocess
import threading
import time
import unittest

import cli

TWO = """\
fn split(xs: Array<Integer>) -> (total: Integer, count: Integer) {
  (total = xs.fold(0, (sum, x) -> sum + x), count = xs.size())
}
fn double(x: Integer) -> Integer { x * 2 }
"""


class NamedRuns(cli.Cli):
    def setUp(self):
        super().setUp()
        self.write("two.east", TWO)
        self.ok("fn", "add", "two.east")

    def get(self, name):
        return self.line("get", name)

    def test_parts_of_a_run_have_names(self):
        self.write("xs.east", "[1, 2, 3]")
        self.ok("run", "--name", "sums", "split", "@xs.east")
        self.assertEqual(self.get("sums.outputs.total"), "6")
        self.assertEqual(self.get("sums.outputs.count"), "3")
        self.assertEqual(self.get("sums.outputs.result"), "(total=6, count=3)")
        self.assertEqual(self.get("sums.inputs.1"), "[1, 2, 3]")
        self.assertRegex(self.get("sums.function"), cli.HASH)
        self.assertEqual(self.ok("get", "sums.log").out, "")
        self.fails(cli.FAILED, "get", "sums.error", says="did not fail")
        self.fails(cli.FAILED, "get", "sums.outputs.none", says="no output 'none'",
                   hint="result, total, count")
        self.fails(cli.FAILED, "get", "sums.inputs.2", says="has no 'inputs.2'")
        self.fails(cli.FAILED, "get", "sms.outputs.total", says="there is no run 'sms'",
                   hint="'sums'")
        facts = self.ok("get", "sums", "--json").json()[0]
        self.assertEqual(facts["outcome"], "value")
        self.assertEqual(facts["inputs_from"], [f"@{self.dir.resolve()}/xs.east"])
        # Names may have dots and slashes; the result has its plain ref, too.
        self.ok("run", "--name", "a/b.c", "double", "4")
        self.assertEqual(self.get("a/b.c.outputs.result"), "8")
        self.assertEqual(self.line("show", "a/b.c"), "8")

    def test_an_output_is_the_input_of_another(self):
        self.ok("run", "--name", "sums", "split", "[1, 2]")
        self.assertEqual(self.line("run", "--name", "twice", "double", "sums.outputs.total"), "6")
        facts = self.ok("get", "twice", "--json").json()[0]
        self.assertEqual(facts["inputs_from"], ["sums.outputs.total"])
        self.assertEqual(self.get("twice.inputs.sums.outputs.total"), "3")
        self.assertEqual(self.line("show", "sums.outputs.total"), "3")

    def test_a_failed_run_keeps_its_error_and_its_log(self):
        self.write("bad.east", 'fn bad(x: Integer) -> Integer {\n  console_log("trying")\n'
                   '  if x > 1 { throw "too many" } else { x }\n}\n')
        self.ok("fn", "add", "bad.east")
        self.ok("run", "--name", "bad", "bad", "1")
        self.samara("run", "--name", "bad", "bad", "2")
        self.assertIn("too many", self.ok("get", "bad.error").out)
        self.assertEqual(self.ok("get", "bad.log").out, "trying\n")
        self.assertEqual(self.ok("log", "bad").out, "trying\n")
        self.fails(cli.FAILED, "get", "bad.outputs.result", says="has no outputs", hint="bad.error")
        # The plain ref stands for the last result there was.
        self.assertEqual(self.line("show", "bad"), "1")

    def test_the_collector_keeps_what_a_run_names(self):
        self.write("xs.east", "[4, 5]")
        self.ok("run", "--name", "sums", "split", "@xs.east")
        self.ok("run", "double", "77")
        self.ok("fn", "rm", "split")
        self.ok("ref", "rm", "sums")
        self.ok("gc", "--grace", "0s", "--keep-days", "0")
        self.assertEqual(self.get("sums.outputs.total"), "9")
        self.assertEqual(self.get("sums.inputs.1"), "[4, 5]")
        self.ok("fsck")
        self.ok("ref", "rm", "runs/sums")
        self.assertIn("removed", self.ok("gc", "--grace", "0s").out)

    def test_concurrent_runs_of_one_name_are_never_mixed(self):
        def many(start):
            for i in range(start, start + 6):
                self.ok("run", "-q", "--name", "race", "double", i)

        threads = [threading.Thread(target=many, args=(start,)) for start in (0, 100, 200)]
        for thread in threads:
            thread.start()
        looked = 0
        while any(thread.is_alive() for thread in threads):
            got = self.samara("get", "race", "--json")
            if got.code != cli.DONE:
                continue
            facts = got.json()[0]
            given = int(self.line("show", facts["inputs"][0]))
            self.assertEqual(int(self.line("show", facts["result"])), 2 * given)
            looked += 1
        for thread in threads:
            thread.join()
        self.assertGreater(looked, 0)

    def test_names_that_cannot_be_are_refused_before_anything_runs(self):
        self.fails(cli.FAILED, "run", "--name", "../x", "double", "1", says="name")
        self.assertEqual(self.ok("call", "ls", "-q").out, "")


SYSTEM_CALLS = {"x86_64": {"inotify_init1": 294, "inotify_add_watch": 254},
                "aarch64": {"inotify_init1": 26, "inotify_add_watch": 27}}


def without(test, call, error):
    """For a new process: the kernel refuses a system call to it and its children."""
    number = SYSTEM_CALLS.get(platform.machine(), {}).get(call)
    if number is None:
        test.skipTest(f"the number of {call} is not known here")
    load, equal, give = 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 0), (equal, 0, 1, number), (give, 0, 0, 0x00050000 | error),
             (give, 0, 0, 0x7fff0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))

    class Program(ctypes.Structure):
        _fields_ = [("count", ctypes.c_ushort), ("steps", ctypes.c_void_p)]

    program = Program(len(steps), ctypes.addressof(code))
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def refuse(_kept=code):
        no_new_rights, filtered, by_program = 38, 22, 2
        if prctl(no_new_rights, 1, 0, 0, 0) != 0 or \
                prctl(filtered, by_program, ctypes.byref(program), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no filter of system calls")

    if not can(refuse):
        test.skipTest("no filters of system calls here")
    return refuse


def has_watches(process):
    for file in pathlib.Path(f"/proc/{process}/fdinfo").iterdir():
        try:
            if "inotify wd:" in file.read_text():
                return True
        except OSError:
            pass  # closed meanwhile
    return False


def can(prepare):
    try:
        subprocess.run(["true"], preexec_fn=prepare, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


class Watch(cli.Cli):
    def setUp(self):
        super().setUp()
        self.write("two.east", TWO)
        self.ok("fn", "add", "two.east")

    def once(self, *names, code=cli.DONE):
        result = self.samara("watch", "--once", "--json", *names)
        self.assertEqual(result.code, code, result)
        return [line["name"] for line in result.json() if line["type"] == "ran"]

    def test_only_what_changed_runs_again_and_those_behind_it(self):
        self.write("a.east", "[1, 2]")
        self.write("b.east", "[5]")
        self.ok("run", "--name", "z", "split", "@a.east")
        self.ok("run", "--name", "b", "split", "@b.east")
        self.ok("run", "--name", "after", "double", "z.outputs.total")
        self.assertEqual(self.once(), [])
        # The same value in other words is the same input.
        self.write("a.east", "[1,\n2]")
        self.assertEqual(self.once(), [])
        self.write("a.east", "[1, 2, 3]")
        self.assertEqual(self.once("b"), [])
        self.assertEqual(self.once(), ["z", "after"])
        self.assertEqual(self.line("get", "after.outputs.result"), "12")
        self.assertEqual(self.once(), [])

    def test_refs_and_functions_are_inputs_too(self):
        self.write("x.east", "20")
        self.ok("put", "x.east", "--name", "data/x")
        self.ok("run", "--name", "twice", "double", "data/x")
        self.write("x.east", "21")
        self.ok("put", "x.east", "--name", "data/x")
        self.assertEqual(self.once(), ["twice"])
        self.assertEqual(self.line("get", "twice.outputs.result"), "42")
        self.write("two.east", TWO.replace("x * 2", "x * 3"))
        self.ok("fn", "add", "two.east")
        self.assertEqual(self.once(), ["twice"])
        self.assertEqual(self.line("get", "twice.outputs.result"), "63")

    def test_a_failure_is_told_and_not_tried_again_and_again(self):
        self.write("a.east", "[1]")
        self.ok("run", "--name", "sums", "split", "@a.east")
        os.remove(self.dir / "a.east")
        result = self.samara("watch", "--once")
        self.assertEqual(result.code, cli.GUEST_FAILED)
        self.assertIn("run 'sums'", result.err)

    def test_there_must_be_a_run(self):
        self.fails(cli.FAILED, "watch", "--once", says="no named runs", hint="--name")
        self.fails(cli.FAILED, "watch", "--once", "none", says="there is no run 'none'")

    def sees_changes(self, **options):
        """Whether the system tells it of changes."""
        self.write("a.east", "[1, 2]")
        self.ok("run", "--name", "first", "split", "@a.east")
        self.ok("run", "--name", "second", "double", "first.outputs.total")
        watch = subprocess.Popen([str(cli.BIN), "watch"], cwd=self.dir, text=True,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
        said = []

        def next_done():
            for line in watch.stderr:
                said.append(line)
                if line.startswith("done "):
                    return line.split()[1]
            return None

        try:
            self.write("a.east", "[10, 20]")
            self.assertEqual([next_done(), next_done()], ["first", "second"])
            self.assertEqual(self.line("get", "second.outputs.result"), "60")
            # The function's own source, which nobody adds by hand.
            self.write("two.east", TWO.replace("x * 2", "x * 10"))
            self.assertEqual(next_done(), "second")
            self.assertEqual(self.line("get", "second.outputs.result"), "300")
            watches = has_watches(watch.pid)
        finally:
            watch.send_signal(signal.SIGINT)
            said += watch.communicate(timeout=60)[1]
        self.assertEqual(watch.returncode, cli.INTERRUPTED, said)
        return watches

    def test_it_sees_files_change_and_ends_in_order(self):
        self.assertTrue(self.sees_changes())

    # Where the system has no inotify, and where its watches are used up.
    def test_it_looks_by_itself_where_nothing_can_be_watched(self):
        refuse = without(self, "inotify_init1", errno.EMFILE)
        self.assertFalse(self.sees_changes(preexec_fn=refuse))

    def test_it_looks_by_itself_where_watches_are_used_up(self):
        refuse = without(self, "inotify_add_watch", errno.ENOSPC)
        self.assertFalse(self.sees_changes(preexec_fn=refuse))

    def test_what_ran_is_told_to_programs(self):
        self.write("a.east", "[1, 2]")
        self.ok("run", "--name", "first", "split", "@a.east")
        watch = subprocess.Popen([str(cli.BIN), "watch", "--json"], cwd=self.dir,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.write("a.east", "[10, 20]")
            self.assertIn('"first"', watch.stdout.readline().decode())
        finally:
            watch.send_signal(signal.SIGINT)
            out, err = watch.communicate(timeout=60)
        self.assertEqual(watch.returncode, cli.INTERRUPTED, (out, err))


class Follow(cli.Cli):
    def add_slow(self, name="slow", lines=3, rest="echo done"):
        self.ok("fn", "add", "--command",
                f"for i in $(seq {lines}); do echo line $i >&2; sleep 0.4; done; {rest}",
                "--type", "() -> String", "--name", name)

    def skip_without_boxes(self, result):
        if "cannot make the box" in result.err:
            self.skipTest("no namespaces here")

    def test_a_log_is_seen_while_it_grows(self):
        self.add_slow(lines=4)
        run = subprocess.Popen([str(cli.BIN), "run", "-q", "--name", "job", "slow"], cwd=self.dir,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        follow = None
        deadline = time.monotonic() + 60
        while run.poll() is None and time.monotonic() < deadline:
            if list((self.repository() / "tmp").glob("live/*.run")):
                break
            time.sleep(0.01)
        follow = subprocess.Popen([str(cli.BIN), "log", "-f", "job", "--json"], cwd=self.dir,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first = follow.stdout.readline().decode()
        still = run.poll() is None
        out, err = run.communicate(timeout=120)
        if run.returncode != 0:
            self.skip_without_boxes(cli.Result(subprocess.CompletedProcess([], 1, out, err)))
        rest = follow.communicate(timeout=60)[0].decode()
        self.assertIn("line 1", first)
        self.assertIn("line 4", first + rest)
        self.assertTrue(still, "the first line was seen after the end only")
        self.assertEqual(list((self.repository() / "tmp").glob("live/*")), [])
        # Later it is the log of the record.
        again = self.ok("log", "-f", "job")
        self.assertEqual(again.err, "line 1\nline 2\nline 3\nline 4\n")

    def test_status_tells_what_runs(self):
        self.add_slow(lines=8)
        self.assertIn("nothing runs", self.ok("status").out)
        run = subprocess.Popen([str(cli.BIN), "run", "-q", "--name", "job", "slow"], cwd=self.dir,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            running = []
            while run.poll() is None and not running:
                running = [line for line in self.ok("status", "--json").json()
                           if line["type"] == "running"]
            if run.poll() is not None and not running:
                out, err = run.communicate()
                self.skip_without_boxes(
                    cli.Result(subprocess.CompletedProcess([], 1, out, err)))
            self.assertEqual(running[0]["pid"], run.pid)
            self.assertEqual(running[0]["name"], "slow")
            self.assertEqual(running[0]["run"], "job")
        finally:
            run.communicate(timeout=120)
        after = self.ok("status").out
        self.assertIn("named runs", after)
        self.assertNotIn("running", after)

    def test_status_shows_failures_and_queues(self):
        self.write("bad.east", 'fn bad() -> Integer { throw "nothing left" }\n')
        self.fails(cli.GUEST_FAILED, "run", "bad.east")
        queue = self.repository() / "queue" / "python"
        queue.mkdir(parents=True)
        (queue / ("80-" + "018f" + "0" * 8 + "7" + "0" * 3 + "8" + "0" * 15 +
                  "-0123456789abcdef-1")).write_bytes(b"")
        alive = self.repository() / "queue" / "peers" / "alive"
        alive.mkdir(parents=True)
        (alive / "wfedcba9876543210").write_text('process 1 (test)\n{"serves":["python"]}\n')
        lines = self.ok("status", "--json").json()
        kinds = {line["type"]: line for line in lines}
        self.assertEqual(kinds["failure"]["message"], "nothing left")
        self.assertEqual((kinds["queue"]["name"], kinds["queue"]["waiting"]), ("python", 1))
        self.assertFalse(kinds["worker"]["alive"])
        self.assertEqual(kinds["worker"]["facts"], [{"serves": ["python"]}])
        text = self.ok("status").out
        for part in ("waiting", "python", "workers", "process 1 (test), dead", "nothing left"):
            self.assertIn(part, text)


class Cache(cli.Cli):
    def test_remembered_calls_are_forgotten_by_function(self):
        self.add("mean", "sum_to")
        self.ok("run", "mean", "[1.0, 2.0]")
        self.ok("run", "sum_to", "3")
        self.assertIn("memo of mean", self.ok("cache", "ls").out)
        self.ok("cache", "clear", "--memo", "mean")
        self.assertNotIn("memo of mean", self.ok("cache", "ls").out)
        self.assertIn("not answered from memory",
                      self.ok("run", "mean", "[1.0, 2.0]", "--why").err)
        self.assertIn("answered from memory", self.ok("run", "sum_to", "3", "--why").err)

    def test_compiled_code_and_environments_go_but_for_those_in_use(self):
        cache = self.repository() / "cache"
        environments = [cache / "env" / (digit * 64) for digit in "ab"]
        for environment in environments:
            environment.mkdir(parents=True)
            (environment / "file").write_text("x" * 100)
        (cache / ("c" * 64)).write_text("code")
        (cache / "other").write_text("not ours")
        rows = {line["what"]: line for line in self.ok("cache", "ls", "--json").json()}
        self.assertEqual(rows["environments"]["entries"], 2)
        self.assertEqual(rows["compiled"]["bytes"], 4)
        user = subprocess.Popen(["sleep", "60"], cwd=environments[0])
        user2 = subprocess.Popen(["sh", "-c", "sleep 60; :", "--environment", "b" * 64])
        try:
            kept = self.ok("cache", "clear", "--environments", "--compiled").out
            self.assertIn("kept", kept)
        finally:
            for process in (user, user2):
                process.kill()
                process.wait()
        self.assertTrue(environments[1].exists())
        self.assertFalse((cache / ("c" * 64)).exists())
        self.assertTrue((cache / "other").exists())
        self.ok("cache", "clear", "--environments")
        self.assertFalse(any(environment.exists() for environment in environments))
        self.fails(cli.USAGE, "cache", "clear", says="expects what to clear")


if __name__ == "__main__":
    cli.main()
