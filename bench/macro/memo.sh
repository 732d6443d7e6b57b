#!/usr/bin/env bash
# usage: bench/macro/memo.sh BUILD OUT
# `samara run` answered from the memo, as a whole process, beside the cheapest process there is. The
# argument is a stored value of 1,000 records, then the same records as a CSV file.
set -euo pipefail
build=$1
out=$2
python3 - "$build/bin/samara" "$out" "$(cd "$(dirname "$0")/../.." && pwd)" <<'PY'
import json, os, statistics, subprocess, sys, tempfile, time
samara, out, source = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
with tempfile.TemporaryDirectory() as work:
    env = {k: v for k, v in os.environ.items() if k != "SAMARA_REPO"}
    def run(*args):
        done = subprocess.run([samara, *args], env=env, cwd=work, capture_output=True, text=True)
        assert done.returncode == 0, (args, done.stderr)
        return done.stdout
    with open(f"{work}/sales.csv", "w") as f:
        subprocess.run(["awk", "-v", "rows=1000", "-f", f"{source}/examples/east/sales.awk"], stdout=f, check=True)
    run("init")
    run("fn", "add", f"{source}/examples/east/revenue.json")
    run("put", "sales.csv", "--name", "sales")
    run("run", "revenue", "@sales.csv")
    run("run", "revenue", "sales")
    def timed(argv):
        times = []
        for _ in range(200):
            start = time.perf_counter()
            subprocess.run(argv, env=env, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            times.append((time.perf_counter() - start) * 1e3)
        return {"median_ms": statistics.median(times), "min_ms": min(times)}
    lines = [dict(type="benchmark", name="process_floor_true", **timed(["/bin/true"])),
             dict(type="benchmark", name="samara_version", **timed([samara, "version"])),
             dict(type="benchmark", name="run_from_memo_stored", **timed([samara, "run", "revenue", "sales"])),
             dict(type="benchmark", name="run_from_memo_csv", **timed([samara, "run", "revenue", "@sales.csv"]))]
with open(out, "w") as f:
    for line in lines:
        print(json.dumps(line))
        f.write(json.dumps(line) + "\n")
PY
