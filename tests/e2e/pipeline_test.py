"""The pipeline of examples/pipeline, with the languages there are: what runs, what is remembered."""
import json
import os
import pathlib
import subprocess
import unittest
import xml.dom.minidom

import cli

FILES = cli.SOURCE / "examples" / "pipeline"
BUILD = cli.BIN.parent.parent
STATIONS = ('[(name="Harbour", seed=1, megawatts=40.0), (name="Works & sons", seed={}, '
            'megawatts=62.0)]')


def quiet(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


def python_with_numpy():
    for candidate in (os.environ.get("SAMARA_PYTHON"), "python3", "/usr/bin/python3"):
        try:
            if candidate and quiet(candidate, "-c", "import numpy, sys; "
                                   "sys.exit(sys.version_info < (3, 11))").returncode == 0:
                return candidate
        except OSError:
            pass
    return None


class Pipeline(cli.Cli):
    def serve(self, file, **environment):
        """Whether a worker offers what the file has."""
        kept = {k: v for k, v in os.environ.items()
                if not k.startswith("SAMARA_") or k == "SAMARA_BUDGET"}
        log = open(self.dir / (pathlib.Path(file).name + ".log"), "w", encoding="utf-8")
        process = subprocess.Popen([str(cli.BIN), "worker", "-p", str(file), "-j", "2"],
                                   cwd=self.dir, env={**kept, **environment}, text=True,
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.PIPE)
        self.addCleanup(log.close)
        self.addCleanup(process.communicate)
        self.addCleanup(process.terminate)
        while line := process.stderr.readline():
            if ": ready" in line:
                return True
        return False

    def provide(self):
        """Gives each part to its language, or to East."""
        there = {"fit": False, "report": False, "simulate": False, "smooth": False}
        python = python_with_numpy()
        if python and list((BUILD / "python" / "samara").glob("_samara*")):
            there["fit"] = self.serve(FILES / "fit.py", SAMARA_PYTHON=python)
        if (BUILD / "node" / "samara" / "samara.node").exists():
            (self.dir / "node_modules").mkdir()
            (self.dir / "node_modules" / "samara").symlink_to(BUILD / "node" / "samara")
            file = self.write("report.mjs", (FILES / "report.mjs").read_bytes())
            there["report"] = self.serve(file)
        prefix = cli.SOURCE / "tools" / "julia-prefix"
        julia = os.environ.get("SAMARA_JULIA")
        if julia is None and prefix.exists():
            julia = quiet(str(prefix), "--print").stdout.strip()
        if julia and (BUILD / "julia" / "worker.jl").exists():
            there["simulate"] = self.serve(FILES / "simulate.jl", SAMARA_JULIA=julia)
        built = self.samara("build", FILES / "smooth.c", "--pure")
        if built.code == cli.DONE:
            self.ok("fn", "add", "smooth.snt")
            there["smooth"] = self.samara("run", "smooth", "[1.0]", "1").code == cli.DONE
        for name, is_there in there.items():
            if not is_there:
                self.ok("fn", "add", FILES / "stand_in" / f"{name}.east")
        print("in their own languages:", [name for name, is_there in there.items() if is_there])
        return there

    def forecast(self, title, seed):
        """The page, whether it was remembered, and the calls of the last run."""
        page = self.ok("run", "forecast", json.dumps(title), STATIONS.format(seed), "30",
                       "--to", "json", "--why")
        call = self.ok("call", "ls", "forecast", "--limit", "1", "--json").json()[0]["id"]
        graph = self.ok("call", "graph", call, "--json").json()
        ran = [node["name"] for node in graph if node["depth"] == 1 and not node["from_memory"]]
        return json.loads(page.out), "  answered from memory" in page.err, ran, call, graph

    def test_only_what_a_change_affects_runs(self):
        there = self.provide()
        added = self.ok("fn", "add", FILES / "forecast.east")
        self.assertNotIn("offered by nobody", added.err)
        page, remembered, ran, call, graph = self.forecast("Load", 2)
        self.assertIn("Harbour", page)
        self.assertNotIn("NaN", page)
        self.assertFalse(remembered)
        self.assertEqual(ran, ["simulate", "smooth", "fit"] * 2 + ["report"])
        own = {"fit": "python", "report": "node", "simulate": "julia", "smooth": "native"}
        for node in graph[1:]:
            name = node["name"]
            self.assertEqual(node["where"], own[name] if there[name] else "east", node)
            self.assertEqual(node["parent"], 0)
        again, remembered, *_ = self.forecast("Load", 2)
        self.assertTrue(remembered)
        self.assertEqual(again, page)
        other, remembered, ran, *_ = self.forecast("Load", 3)
        self.assertFalse(remembered)
        self.assertNotEqual(other, page)
        self.assertEqual(ran, ["simulate", "smooth", "fit", "report"])
        self.assertEqual(self.forecast("Load of today", 3)[2], ["report"])
        self.drawings(call)

    def drawings(self, call):
        tree = self.ok("call", "graph", call).out.splitlines()
        self.assertEqual(len(tree), 8)
        self.assertTrue(tree[0].startswith("forecast"), tree)
        self.assertTrue(tree[1].startswith("├─ simulate"), tree)
        self.assertTrue(tree[-1].startswith("└─ report"), tree)
        self.ok("call", "graph", call, "-o", "graph.svg")
        drawing = xml.dom.minidom.parse(str(self.dir / "graph.svg"))
        words = [text.firstChild.data for text in drawing.getElementsByTagName("text")]
        self.assertEqual(words.count("simulate"), 2)
        self.fails(cli.USAGE, "call", "graph", call, "-o", "graph.png", says=".svg")

    def test_a_graph_follows_calls_of_calls_and_cuts_what_is_many(self):
        self.write("f.east", "fn square(x: Integer) -> Integer { x * x }\n")
        self.ok("fn", "add", "f.east")
        self.write("f.east", "platform pure fn square(x: Integer) -> Integer\n"
                             "fn sum(n: Integer) -> Integer {\n"
                             "  Array.range(0, n).map(i -> square(i)).fold(0, (sum, x) -> sum + x)\n}\n")
        self.ok("fn", "add", "f.east")
        self.write("f.east", "platform pure fn sum(n: Integer) -> Integer\n"
                             "fn all() -> Integer { sum(2) + sum(2) + sum(103) }\n")
        self.ok("fn", "add", "f.east")
        self.ok("run", "all")
        call = self.ok("call", "ls", "all", "--json").json()[0]["id"]
        graph = self.ok("call", "graph", call, "--json").json()
        self.assertEqual([node["depth"] for node in graph[:5]], [0, 1, 2, 2, 1])
        self.assertEqual([node.get("from_memory") for node in graph[:6]],
                         [False, False, False, False, True, False])
        self.assertEqual(graph[-1]["more"], "and 3 times more")
        self.assertEqual(len(graph), 1 + 1 + 2 + 1 + 1 + 101)
        self.assertIn("from memory, see above", self.ok("call", "graph", call).out)


if __name__ == "__main__":
    cli.main()
