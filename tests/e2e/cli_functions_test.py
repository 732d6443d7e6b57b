"""fn, run, call, why, log: functions and what has been computed."""
import os
import signal
import subprocess
import time

import cli


class Functions(cli.Cli):
    def test_add_list_show_remove(self):
        path = cli.EXAMPLES / "mean.json"
        name = self.line("fn", "add", path)
        self.assertRegex(name, cli.HASH)
        self.assertEqual(self.line("fn", "add", path, "--name", "stats/mean"), name)
        listed = self.ok("fn", "ls").out
        self.assertIn("mean", listed)
        self.assertIn("(Array<Float>) -> Float", listed)
        self.assertEqual([f["name"] for f in self.ok("fn", "ls", "--json").json()],
                         ["mean", "stats/mean"])
        shown = self.ok("fn", "show", name[:10]).out
        self.assertIn(name, shown)
        self.assertIn("pure", shown)
        self.ok("fn", "rm", "stats/mean")
        self.fails(cli.FAILED, "fn", "rm", "meen", says="'meen'", hint="did you mean 'mean'?")

    def test_effects_are_shown(self):
        self.add("count_lines")
        shown = self.ok("fn", "show", "count_lines").out
        self.assertIn("fs_read_file", shown)
        self.assertIn("needs --allow fs", shown)

    def test_one_function_whatever_the_file(self):
        json = (cli.EXAMPLES / "mean.json").read_text()
        name = self.line("fn", "add", cli.EXAMPLES / "mean.json")
        self.write("moved.json", json.replace('"line":"2"', '"line":"77"'))
        self.assertEqual(self.line("fn", "add", "moved.json", "--no-name"), name)
        self.assertEqual(self.line("fn", "add", "-", stdin=json), name)

    def test_programs_that_break_the_rules_are_refused(self):
        self.fails(cli.FAILED, "fn", "add", cli.PROGRAMS / "ill_typed.json",
                   says=["cannot add", "ill_typed.east 1:1"])
        added = self.ok("fn", "add", cli.PROGRAMS / "unknown_platform.json")
        self.assertIn("samara: warning: 'frobnicate_all', which it calls, is offered by nobody",
                      added.err)
        self.fails(cli.FAILED, "run", "unknown_platform", says="frobnicate_all")
        self.write("x.json", "[1, 2]")
        self.fails(cli.FAILED, "fn", "add", "x.json", says="cannot add 'x.json'")


class Run(cli.Cli):
    def test_arguments_in_every_form(self):
        self.add("mean", "sum_to")
        self.assertEqual(self.line("run", "sum_to", "10"), "55")
        self.assertEqual(self.line("run", "sum_to", "-5"), "0")
        self.assertEqual(self.line("run", "mean", "[1, 2.5, 4]"), "2.5")
        self.write("n.json", "[1, 2.5, 4]")
        self.write("n.east", "[1.0, 2.5, 4.0]")
        self.assertEqual(self.line("run", "mean", "@n.json"), "2.5")
        self.assertEqual(self.line("run", "mean", "@n.east"), "2.5")
        name = self.line("put", "n.json", "-t", ".Array .Float", "--name", "numbers")
        for argument in ("numbers", name, name[:8]):
            self.assertEqual(self.line("run", "mean", argument), "2.5")
        for dialect in "ab":
            self.ok("convert", "n.east", "-t", ".Array .Float", "-o", "n.beast2", "--dialect", dialect)
            self.assertEqual(self.line("run", "mean", "@n.beast2"), "2.5")
        self.assertEqual(len(self.ok("call", "ls", "mean", "--json").json()), 1)

    def test_tables_of_csv_files(self):
        self.add("revenue")
        self.write("sales.csv", "order,date,region,product,quantity,price\n"
                                "1,2025-01-02,north,bolt,4,2.25\n2,2025-01-03,north,bolt,1,2.25\n"
                                "3,2025-01-03,south,gear,2,10\n")
        self.assertEqual(self.ok("run", "revenue", "@sales.csv", "--table").out.splitlines(), [
            "region  product  orders  units  revenue",
            "------  -------  ------  -----  -------",
            "north   bolt          2      5    11.25",
            "south   gear          1      2    20.0",
        ])
        self.ok("run", "revenue", "@sales.csv", "-o", "out.json", "-n", "result")
        self.assertIn('"revenue":11.25', (self.dir / "out.json").read_text())
        self.assertIn("bolt", self.line("show", "result", "--to", "east"))

    def test_functions_from_files(self):
        self.assertEqual(self.line("run", cli.EXAMPLES / "sum_to.json", "4"), "10")
        self.assertEqual(self.line("run", f"@{cli.EXAMPLES / 'sum_to.json'}", "4"), "10")
        self.assertEqual(self.ok("fn", "ls").out, "")

    def test_the_second_run_is_answered_from_memory(self):
        self.add("sum_to")
        first = self.ok("run", "sum_to", "1000", "--json").json()[0]
        second = self.ok("run", "sum_to", "1000", "--json").json()[0]
        self.assertEqual((first["from_memory"], second["from_memory"]), (False, True))
        self.assertEqual(first["value"], "500500")
        self.assertEqual(first["call"], second["call"])
        third = self.ok("run", "sum_to", "1000", "--json", "--no-memo").json()[0]
        self.assertEqual(third["from_memory"], False)
        self.assertEqual(third["id"], first["id"])
        self.assertEqual(self.ok("call", "ls", "--json").json()[0]["attempts"], 2)

    def test_effectful_functions_run_each_time(self):
        self.add("now")
        first = self.samara("run", "now", "--allow", "time", "--json")
        second = self.samara("run", "now", "--allow", "time", "--json")
        self.assertEqual(first.code, cli.DONE, first)
        self.assertFalse(second.json()[0]["from_memory"])

    def test_capabilities_are_denied_by_default(self):
        self.add("count_lines")
        self.write("text.txt", "a\nb\nc\n")
        self.fails(cli.FAILED, "run", "count_lines", '"text.txt"', says=["fs_read_file", "fs"],
                   hint="--allow fs")
        self.assertEqual(self.line("run", "count_lines", '"text.txt"', "--allow", "fs"), "3")
        self.fails(cli.USAGE, "run", "count_lines", '"text.txt"', "--allow", "fss",
                   says="unknown capability 'fss', did you mean 'fs'?")

    def test_files_are_granted_by_folder(self):
        self.add("count_lines")
        (self.dir / "data").mkdir()
        self.write("data/in.txt", "a\nb\n")
        self.write("out.txt", "a\n")
        self.assertEqual(self.line("run", "count_lines", '"data/in.txt"', "--allow", "fs:data"), "2")
        for path in ("out.txt", "data/../out.txt", "/etc/hostname"):
            self.fails(cli.GUEST_FAILED, "run", "count_lines", f'"{path}"', "--allow", "fs:./data",
                       says="'count_lines' failed")

    def test_console_output(self):
        self.add("hello")
        result = self.ok("run", "hello", '"you"')
        self.assertEqual(result.out, '"hello, you"\n')
        self.assertIn("hello, you\n", result.err)
        self.assertNotIn("hello, you\n", self.ok("run", "-q", "hello", '"me"').err)
        call = self.ok("call", "ls", "hello", "--json").json()[-1]["id"]
        self.assertEqual(self.ok("log", call[:10]).out, "hello, you\n")
        self.assertEqual(self.ok("log", call, "--json").json(),
                         [{"type": "log", "stream": "out", "text": "hello, you\n"}])

    def test_why(self):
        self.add("sum_to")
        self.assertIn("call", self.ok("run", "sum_to", "7", "--why").err)
        call = self.ok("call", "ls", "--json").json()[0]["id"]
        by_id = self.ok("why", call[:12]).out
        by_words = self.ok("why", "sum_to", "7").out
        self.assertEqual(by_id, by_words)
        self.assertGreater(len(by_id.splitlines()), 1)
        self.assertIn("never been run", self.ok("why", "sum_to", "8").out)
        self.assertEqual(len(self.ok("call", "ls", "--json").json()), 1)
        self.assertEqual(self.ok("why", call, "--json").json()[0]["type"], "why")

    def test_call_show(self):
        self.add("sum_to")
        self.ok("run", "sum_to", "7")
        call = self.ok("call", "ls", "--json").json()[0]["id"]
        shown = self.ok("call", "show", call[:8]).out
        for text in (call, "sum_to", "Integer = 7", "Integer = 28", "attempt 1", "steps"):
            self.assertIn(text, shown)
        kinds = [line["type"] for line in self.ok("call", "show", call, "--json").json()]
        self.assertEqual(kinds, ["call", "attempt"])


class Failures(cli.Cli):
    def test_an_error_of_the_function_has_its_place(self):
        self.add("mean")
        self.fails(cli.GUEST_FAILED, "run", "mean", "[]",
                   says="'mean' failed: mean.east:2:23: the mean of no numbers",
                   hint="samara call show")
        line = self.samara("run", "mean", "[]", "--json").json()[0]
        self.assertEqual(line["outcome"], "error")
        self.assertEqual(line["locations"][0], "mean.east:2:23")

    def test_limits_end_a_run(self):
        self.add("spin", "deep", "grow")
        started = time.monotonic()
        self.fails(cli.GUEST_TIMED_OUT, "run", "spin", "--timeout", "200ms", says="did not end in time")
        self.assertLess(time.monotonic() - started, 20)
        self.fails(cli.GUEST_FAILED, "run", "spin", "--steps", "10k", says="reached a limit")
        self.assertEqual(self.line("run", "deep", "1000"), "1000")
        self.fails(cli.GUEST_FAILED, "run", "deep", "1000000", says="reached a limit")
        self.fails(cli.GUEST_FAILED, "run", "deep", "1001", "--depth", "100", says="reached a limit")
        self.fails(cli.GUEST_FAILED, "run", "grow", "1000000000000")
        self.fails(cli.GUEST_FAILED, "run", "grow", "100000000", "--memory", "16M",
                   says="reached a limit")
        self.fails(cli.USAGE, "run", "spin", "--timeout", "soon",
                   says="option '--timeout' expects a duration, got 'soon'")
        self.fails(cli.USAGE, "run", "spin", "--memory", "64q", says="expects a size, got '64q'")

    def test_interrupt_marks_the_record(self):
        self.add("spin")
        process = subprocess.Popen([cli.BIN, "run", "spin"], cwd=self.dir, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 30
        while not self.ok("call", "ls", "--json").out and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=30), cli.INTERRUPTED)
        self.assertIn(b"'spin' was cancelled", process.stderr.read())
        process.stderr.close()
        self.assertEqual(self.ok("call", "ls", "--json").json()[0]["outcome"], "cancelled")

    def test_a_killed_run_is_lost_and_can_run_again(self):
        self.add("spin")
        process = subprocess.Popen([cli.BIN, "run", "spin"], cwd=self.dir)
        deadline = time.monotonic() + 30
        while not self.ok("call", "ls", "--json").out and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.ok("call", "ls", "--json").json()[0]["outcome"], "running")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self.assertEqual(self.ok("call", "ls", "--json").json()[0]["outcome"], "lost")
        self.fails(cli.GUEST_TIMED_OUT, "run", "spin", "--timeout", "50ms")
        self.ok("fsck")


class BadArguments(cli.Cli):
    def test_numbers_and_types(self):
        self.add("mean")
        self.fails(cli.USAGE, "run", "mean", says="'mean' takes 1 argument, got 0",
                   hint="(Array<Float>) -> Float")
        self.fails(cli.FAILED, "run", "mean", '"x"',
                   says="argument 1 of 'mean' is String, expected Array<Float>")
        self.fails(cli.FAILED, "run", "mean", "[1, true]", says="argument 1 of 'mean'")
        self.write("x.east", '"text"')
        name = self.line("put", "x.east", "--name", "text")
        for argument in ("text", name):
            self.fails(cli.FAILED, "run", "mean", argument,
                       says="argument 1 of 'mean' is String, expected Array<Float>")
        self.ok("show", "text", "-o", "x.beast2")
        self.fails(cli.FAILED, "run", "mean", "@x.beast2",
                   says="argument 1 of 'mean' is String, expected Array<Float>")
        self.write("x.csv", "a\n1\n")
        self.fails(cli.FAILED, "run", "mean", "@x.csv", says="argument 1 of 'mean'")

    def test_words_that_name_nothing(self):
        self.add("mean", "hello")
        self.fails(cli.FAILED, "run", "meen", "[]", says="'meen'", hint="did you mean 'mean'?")
        self.fails(cli.FAILED, "run", "mean", "nothing",
                   says="argument 1 of 'mean' is neither Array<Float> nor the name of an object")
        self.fails(cli.FAILED, "run", "hello", "you", hint="a String has quotes")
        self.write("you", "1")
        self.fails(cli.FAILED, "run", "mean", "you", hint="a file is given as @you")
        self.fails(cli.FAILED, "run", "mean", "@nothing",
                   says="argument 1 of 'mean': cannot open 'nothing': no such file or directory")


if __name__ == "__main__":
    cli.main()
