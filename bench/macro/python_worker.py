"""Speed of the worker in Python: what bench/macro/python_worker.sh runs. One line of JSON for each
figure."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import samara

try:
    import numpy
except ImportError:
    numpy = None

BUILD = pathlib.Path(sys.argv[1])
SECONDS = os.environ.get("BENCH_SECONDS", "3")
ECHO = """
import samara

@samara.platform("echo", [str], str, effect="pure", version="1")
def echo(text):
    return text
"""
SUM = """
def total(xs):
    return float(xs.sum())
"""


def show(name, value, unit, **more):
    print(json.dumps({"type": "figure", "name": name, "value": round(value, 3), "unit": unit,
                      **more}), flush=True)


class Worker:
    def __init__(self, repo, *words, program=None):
        program = program or [sys.executable, "-m", "samara.worker", "--repo", repo]
        self.process = subprocess.Popen([*program, *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"

    def status(self, name):
        for line in open(f"/proc/{self.process.pid}/status", encoding="ascii"):
            if line.startswith(name + ":"):
                return int(line.split()[1])
        return 0

    def switches(self):
        total = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            for line in open(f"/proc/{self.process.pid}/task/{task}/status", encoding="ascii"):
                if "ctxt_switches" in line:
                    total += int(line.split()[1])
        return total

    def seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat", encoding="ascii").read().split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def cold_start(folder, repo):
    """From nothing to the first answer: the worker's start, and a call as soon as it is ready."""
    script = repo.add_script("def same(x):\n    return x\n", "same",
                             samara.Function([int], int), effect="effectful")
    ready, first = [], []
    for i in range(7):
        start = time.perf_counter()
        worker = Worker(repo.path)
        ready.append(time.perf_counter() - start)
        repo.run(script, i)
        first.append(time.perf_counter() - start)
        worker.stop()
    bare = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        bare.append(time.perf_counter() - start)
    show("cold start to first answer", min(first) * 1e3, "ms", median=round(
        statistics.median(first) * 1e3, 1), ready=round(min(ready) * 1e3, 1),
        interpreter=round(min(bare) * 1e3, 1))


def idle(repo, platform):
    worker = Worker(repo.path, "--platform", platform)
    time.sleep(4)
    before = worker.switches()
    time.sleep(5)
    show("idle worker", worker.status("VmRSS") / 1024, "MB",
         wakeups_per_second=(worker.switches() - before) / 5)
    worker.stop()


def calls(folder, platform, slots):
    path = os.path.join(folder, f"calls-{slots}")
    samara.init(path).close()
    worker = Worker(path, "--platform", platform, "--slots", str(slots))
    before = worker.seconds()
    start = time.perf_counter()
    done = subprocess.run([BUILD / "bin" / "call_runner", path, "32", SECONDS], check=True,
                          stdout=subprocess.PIPE)
    share = (worker.seconds() - before) / (time.perf_counter() - start)
    figures = json.loads(done.stdout)
    show(f"call of 256 bytes, {slots} slots", figures["p50_us"], "us", p99=figures["p99_us"])
    show(f"32 in flight, {slots} slots", figures["calls_per_s"], "calls/s",
         cores_of_worker=round(share, 2))
    worker.stop()


def large(repo):
    numbers = numpy.random.default_rng(7).random(12_500_000)  # 100 MB
    total = repo.add_script(SUM, "total", samara.Function([list[float]], float), effect="effectful")
    worker = Worker(repo.path)
    repo.run(total, numbers[:10])
    times = []
    stored = repo.put(numbers)
    for _ in range(9):
        start = time.perf_counter()
        repo.run(total, stored)
        times.append(time.perf_counter() - start)
    show("sum of 100 MB that are stored", statistics.median(times) * 1e3, "ms",
         first=round(times[0] * 1e3, 1))
    new = []
    for i in range(3):
        numbers[0] = i
        start = time.perf_counter()
        repo.run(total, numbers)
        new.append(time.perf_counter() - start)
    show("sum of 100 MB that are new", min(new) * 1e3, "ms")
    worker.stop()


with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as place:
    repository = samara.init(os.path.join(place, "repository"))
    file = os.path.join(place, "echo_functions.py")
    pathlib.Path(file).write_text(ECHO, encoding="utf-8")
    cold_start(place, repository)
    idle(repository, file)
    for count in (1, 2, 4):
        calls(place, file, count)
    if numpy is not None:
        large(repository)
    repository.close()
