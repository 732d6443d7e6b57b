#!/usr/bin/env bash
# usage: bench/macro/deadline.sh BUILD OUT
# How long after its deadline a run that never ends is over, as its record tells: a module that loops,
# and one that loops before it is called, interpreted and as machine code, in a worker process and in
# the caller's; a native task. 30 runs each with a deadline of 50 ms. The goal for modules is 5 ms.
set -euo pipefail
python3 - "$1" "$2" "$(cd "$(dirname "$0")/../.." && pwd)" <<'PY'
import json, os, pathlib, shutil, statistics, subprocess, sys, tempfile

build, out, source = (os.path.abspath(word) for word in sys.argv[1:4])
RUNS, DEADLINE_MS = 30, 50
LOOP = """#include <samara/guest/wasm.h>
static volatile int64_t n;
SAMARA_FUNCTION(loop, ".Function (inputs=[.Integer], output=.Integer)") {
  n = samara_read_integer(in);
  for (;;) n++;
}
"""
START = """#include <samara/guest/wasm.h>
static volatile int64_t n;
__attribute__((constructor)) static void begin(void) { for (;;) n++; }
SAMARA_FUNCTION(start, ".Function (inputs=[.Integer], output=.Integer)") {
  samara_write_integer(out, samara_read_integer(in));
}
"""
TASK = """// (Integer) -> Integer
#include <samara/guest/task.h>
static volatile int64_t n;
int32_t samara_task(const samara_host* host, samara_call* call) {
  (void)host; (void)call;
  for (;;) n++;
}
"""
lines = []
with tempfile.TemporaryDirectory() as work:
    bare = pathlib.Path(work, "bin")  # without the compiler to machine code
    bare.mkdir()
    for program in ("samara", "samara-wasm-worker"):
        shutil.copy(f"{build}/bin/{program}", bare)

    def samara(folder, *words):
        done = subprocess.run([f"{folder}/samara", *words], cwd=work, capture_output=True, text=True)
        return done.stdout if "run" in words else done.check_returncode() or done.stdout

    def measure(name, folder, *words):
        over = []
        for i in range(RUNS):
            told = samara(folder, "run", *words[:1], str(i), "--no-memo", "--json", "--timeout",
                          f"{DEADLINE_MS}ms", *words[1:])
            result = json.loads(told.splitlines()[-1])
            assert result["outcome"] == "timeout", result
            over.append(result["wall_ns"] / 1e6 - DEADLINE_MS)
        row = {"type": "benchmark", "name": f"deadline/{name}", "over_ms_median": round(statistics.median(over), 3),
               "over_ms_max": round(max(over), 3), "runs": RUNS}
        lines.append(row)
        print(f"{name:40} median {row['over_ms_median']:7.3f} ms   worst {row['over_ms_max']:7.3f} ms")

    programs = f"{build}/bin"
    clang = next(filter(None, map(shutil.which, ("clang-19", "clang"))), None)
    for folder, form in ((bare, "interpreted"), (programs, "machine code")):
        pathlib.Path(work, form).mkdir()
        samara(folder, "init", f"{work}/{form}")
        os.environ["SAMARA_REPO"] = f"{work}/{form}"
        for name, text in (("loop", LOOP), ("start", START)) if clang else ():
            pathlib.Path(work, f"{name}.c").write_text(text)
            subprocess.run([clang, "--target=wasm32", "-O2", "-nostdlib", "-Wl,--no-entry", "-I", f"{source}/include",
                            "-o", f"{work}/{name}.wasm", f"{work}/{name}.c"], check=True)
            samara(folder, "fn", "add", f"{name}.wasm")
            measure(f"{name}, {form}, worker", folder, name)
            measure(f"{name}, {form}, in process", folder, name, "--in-process")
    pathlib.Path(work, "task.c").write_text(TASK)
    samara(programs, "build", "task.c")
    samara(programs, "fn", "add", "task.snt")
    measure("loop, native task", programs, "task")
with open(out, "w") as file:
    file.writelines(json.dumps(line) + "\n" for line in lines)
PY
