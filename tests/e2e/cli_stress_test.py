"""Eight people use one repository at once: they put, show, name, run and collect through the real
program. No command fails, what is named is never lost, a remembered call gives the same answer.

SAMARA_STRESS_SECONDS sets how long (3):
  SAMARA_STRESS_SECONDS=60 ctest -R cli_stress
"""
import os
import random
import threading
import time
import unittest

import cli


class Stress(cli.Cli):
    PEOPLE = 8

    def setUp(self):
        super().setUp()
        self.samara("fn", "add", cli.EXAMPLES / "revenue.json", "--name", "revenue")
        self.end = time.monotonic() + float(os.environ.get("SAMARA_STRESS_SECONDS", "3"))
        self.troubles = []
        self.counts = {}
        self.lock = threading.Lock()

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def table(self, seed):
        rows = [f"{i},2025-01-{i + 1:02d},r{i % 3},p{(seed * 7 + i) % 5},{i},{i * 0.5}"
                for i in range(seed + 1)]
        return "order,date,region,product,quantity,price\n" + "\n".join(rows) + "\n"

    def person(self, number):
        rng = random.Random(number)
        mine = {}
        answers = {}
        try:
            while time.monotonic() < self.end and not self.troubles:
                what = rng.choice(["put", "put", "show", "run", "run", "run", "gc", "fsck"])
                self.count(what)
                if what == "put":
                    name, value = f"n{number}/{rng.randrange(6)}", rng.randrange(10**9)
                    path = self.dir / f"v{number}.east"
                    path.write_text(str(value))
                    self.ok("put", path, "--name", name, "--type", ".Integer")
                    mine[name] = value
                elif what == "show" and mine:
                    name = rng.choice(sorted(mine))
                    self.assertEqual(self.line("show", name), str(mine[name]))
                elif what == "run":
                    seed = rng.randrange(12)
                    path = self.dir / f"t{number}-{seed}.csv"
                    path.write_text(self.table(seed))
                    answer = self.line("run", "revenue", f"@{path}", "--to", "east")
                    self.assertEqual(answers.setdefault(seed, answer), answer)
                elif what == "gc":
                    # Somebody else may be collecting: that is an answer, not a failure.
                    result = self.samara("gc", "--grace", "0s")
                    self.assertIn(result.code, (cli.DONE, cli.LOCKED), repr(result))
                elif what == "fsck" and rng.random() < 0.2:
                    result = self.samara("fsck")
                    self.assertIn(result.code, (cli.DONE, cli.LOCKED), repr(result))
        except BaseException as trouble:  # threads swallow what they raise
            with self.lock:
                self.troubles.append(repr(trouble))

    def test_eight_use_one_repository_without_error_or_loss(self):
        people = [threading.Thread(target=self.person, args=(n,)) for n in range(self.PEOPLE)]
        for one in people:
            one.start()
        for one in people:
            one.join()
        self.assertEqual(self.troubles, [])
        self.ok("fsck")
        print(f"\n{sum(self.counts.values())} commands: {self.counts}")


if __name__ == "__main__":
    unittest.main()
