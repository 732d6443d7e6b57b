"""Speed of the Python package: what bench/macro/python.sh runs. One line of JSON for each figure."""
import hashlib
import json
import os
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


def show(name, value, unit, **more):
    print(json.dumps({"type": "figure", "name": name, "value": round(value, 3), "unit": unit, **more}),
          flush=True)


def timed(work, repeat):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def memo(repo):
    repo.add("fn total(xs: Array<Float>) -> Float {\n  xs.fold(0.0, (sum, x) -> sum + x)\n}\n")
    numbers = [1.0, 2.0, 3.0]
    total = repo.function("total")
    repo.run("total", numbers)
    for name, work in (("memo hit by name", lambda: repo.run("total", numbers)),
                       ("memo hit of a Function", lambda: total(numbers))):
        times = timed(work, 5000)
        show(name, statistics.median(times) * 1e6, "us",
             p99=round(sorted(times)[len(times) * 99 // 100] * 1e6, 3))


def large(repo, folder):
    count = 12_500_000  # 100 MB
    numbers = numpy.random.default_rng(7).random(count)

    def write_and_hash():
        path = os.path.join(folder, "plain")
        digest = hashlib.sha256()
        with open(path, "wb", buffering=0) as file:
            data = memoryview(numbers).cast("B")
            for at in range(0, len(data), 1 << 17):
                piece = data[at:at + (1 << 17)]
                digest.update(piece)
                file.write(piece)
            os.fsync(file.fileno())
        os.unlink(path)

    plain, put = [], []
    for i in range(4):  # in turn, so that both see the same machine
        plain += timed(write_and_hash, 1)
        numbers[0] = i
        put += timed(lambda: repo.put(numbers), 1)
    show("write and hash 100 MB", min(plain) * 1e3, "ms")
    show("put 100 MB of floats", min(put) * 1e3, "ms", ratio=round(min(put) / min(plain), 3))
    found = repo.put(numbers)
    show("get 100 MB, first: verified", timed(lambda: repo.get(found), 1)[0] * 1e3, "ms")
    kept = repo.get(found)
    show("sum of it, first", timed(kept.sum, 1)[0] * 1e3, "ms", aligned=bool(kept.flags.aligned))
    show("sum of the same numbers in memory", min(timed(numbers.sum, 5)) * 1e3, "ms")
    show("get 100 MB again", min(timed(lambda: repo.get(found), 20)) * 1e3, "ms")
    show("get 100 MB again and sum", min(timed(lambda: repo.get(found).sum(), 5)) * 1e3, "ms")
    rows = [{"name": f"n{i}", "price": float(i), "tags": {"a", "b"}} for i in range(100_000)]
    kind = samara.Array(samara.StructType(name=str, price=float, tags=set[str]))
    show("encode 100,000 structs", min(timed(lambda: samara.encode(rows, kind), 3)) * 1e3, "ms")
    data = samara.encode(rows, kind)
    show("decode 100,000 structs", min(timed(lambda: samara.decode(data), 3)) * 1e3, "ms")


def cold_start(path):
    program = "import samara; r = samara.Repository(%r); r.run('total', [1.0, 2.0, 3.0])" % path
    times = timed(lambda: subprocess.run([sys.executable, "-c", program], check=True), 7)
    bare = timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), 7)
    show("cold start to a first answer", min(times) * 1e3, "ms", interpreter=round(min(bare) * 1e3, 3))


with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
    repository = samara.init(os.path.join(folder, "repository"))
    memo(repository)
    cold_start(repository.path)
    if numpy is None:
        print("numpy is not installed: nothing more", file=sys.stderr)
    else:
        large(repository, folder)
    repository.close()
