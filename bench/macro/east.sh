#!/usr/bin/env bash
# usage: bench/macro/east.sh BUILD OUT
# The East evaluator: the benchmark folder (five calls each, results compared byte for byte), all
# conformance suites as 16 processes, and the random programs in one process.
# Held against: the reference runtimes of design section 10 (their figures come from another machine:
# scale by the calibration line, see bench/README.md).
set -euo pipefail
build=$1
out=$2
here=$(cd "$(dirname "$0")/../.." && pwd)
shared=${SAMARA_SHARED:-$here/../shared}
if [ ! -f "$shared/east-bench/manifest.json" ]; then
  echo "skipped: the East benchmarks are not beside the project" >&2
  exit 0
fi
: >"$out"
for dialect in a b; do
  "$build/bin/samara-east-bench" "$shared/east-bench" --json --dialect $dialect | tee -a "$out"
done
python3 - "$build/bin/samara-east-suite" "$shared" "$out" <<'PY'
import json, os, statistics, subprocess, sys, tarfile, tempfile, time
suite, shared, out = sys.argv[1:4]
names = [s["suite"] for s in json.load(open(f"{shared}/east-conformance/manifest.json"))["suites"]]
def once():
    start = time.perf_counter()
    running = [subprocess.Popen([suite, f"{shared}/east-conformance", "--only", n, "--quiet"],
                                stdout=subprocess.DEVNULL) for n in names]
    assert all(p.wait() == 0 for p in running)
    return (time.perf_counter() - start) * 1e3
once()
times = [once() for _ in range(9)]
lines = [{"type": "benchmark", "name": "conformance_16_processes", "median_ms": statistics.median(times),
          "min_ms": min(times), "max_ms": max(times)}]
with tempfile.TemporaryDirectory() as work:
    subprocess.run(f"zstd --long=27 -qdc {shared}/east-random/random-programs.tar.zst | tar -x -C {work}",
                   shell=True, check=True)
    for dialect in "ab":
        runs = []
        for _ in range(9):
            start = time.perf_counter()
            done = subprocess.run([suite, f"{work}/random-programs", "--programs", "--quiet", "--timings",
                                   "--dialect", dialect], capture_output=True, text=True)
            assert done.returncode == 0
            runs.append(((time.perf_counter() - start) * 1e3, done.stdout.splitlines()[0]))
        runs.sort()
        lines.append({"type": "benchmark", "name": f"random_programs_{dialect}", "median_ms": runs[4][0],
                      "min_ms": runs[0][0], "inside": runs[4][1]})
with open(out, "a") as f:
    for line in lines:
        print(json.dumps(line))
        f.write(json.dumps(line) + "\n")
PY
