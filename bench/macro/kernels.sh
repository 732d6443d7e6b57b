#!/usr/bin/env bash
# usage: bench/macro/kernels.sh BUILD OUT
# The kernels of bench/kernels by every engine that this machine has: gcc -O2 in a plain process, a
# native task, our WebAssembly as machine code and interpreted, V8, wasm2c with gcc -O2. The same C
# source for all; the results must be equal. Times are processor time of the thread that computes,
# medians of nine, so that a busy machine disturbs them little; rounds are chosen so that a time is
# some 100 ms. SAMARA_KERNELS and SAMARA_ENGINES choose some of them.
set -euo pipefail
python3 - "$1" "$2" "$(cd "$(dirname "$0")/../.." && pwd)" <<'PY'
import json, math, os, pathlib, shutil, statistics, subprocess, sys, tempfile

build, out, source = (os.path.abspath(word) for word in sys.argv[1:4])
kernels = f"{source}/bench/kernels"
# Rounds for gcc, of some 100 ms, and for the interpreter, which takes up to fifty times as long.
ROUNDS = dict(fib=(32, 1), sha256=(27, 1), matrix=(7, 1), crc32=(41, 2), mix=(23, 1))
REPEATS = 9
GCC_FLAGS = ["-O2"]
WASM_FLAGS = ["--target=wasm32", "-O2", "-nostdlib", "-Wl,--no-entry"]


def tool(*names):
    return next(filter(None, map(shutil.which, names)), None)


def run(*words, cwd=None):
    done = subprocess.run(list(map(str, words)), cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}:\n{done.stderr}")
    return done.stdout


def version(*words):
    return run(*words).strip().splitlines()[0]


def engines(work):
    """name, what it is, command before KERNEL ROUNDS REPEATS, whether it interprets."""
    runner = f"{build}/bin/kernel_runner"
    run("gcc", *GCC_FLAGS, "-o", f"{work}/gcc", f"{kernels}/kernels.c", f"{kernels}/plain.c")
    yield "gcc", version("gcc", "--version") + " " + " ".join(GCC_FLAGS), [f"{work}/gcc"], False
    yield "native task", "samara build", [runner, "native", f"{kernels}/task.c"], False
    clang = tool("clang-19", "clang")
    if clang is None or tool("wasm-ld-19", "wasm-ld") is None:
        print("no WebAssembly: apt-get install clang-19 lld-19", file=sys.stderr)
        return
    module = f"{work}/kernels.wasm"
    run(clang, *WASM_FLAGS, "-o", module, f"{kernels}/kernels.c")
    yield ("wasm machine code", version(f"{build}/bin/samara-wasm-aot", "--version"),
           [runner, "wasm_machine_code", module], False)
    yield "wasm interpreted", "wamr", [runner, "wasm_interpreted", module], True
    if node := tool("node", "nodejs"):
        yield "v8", version(node, "-p", "'v8 '+process.versions.v8"), [node, f"{kernels}/v8.mjs", module], False
    else:
        print("no V8: apt-get install nodejs", file=sys.stderr)
    if wasm2c := tool("wasm2c"):
        for at in ("/usr/share/wabt/wasm2c", "/usr/local/share/wabt/wasm2c"):
            if not os.path.exists(f"{at}/wasm-rt-impl.c"):
                continue
            run(wasm2c, "-n", "kernels", "-o", f"{work}/kernels_wasm2c.c", module)
            run("gcc", *GCC_FLAGS, "-w", "-DSAMARA_WASM2C", f"-I{at}", f"-I{work}", "-o", f"{work}/wasm2c",
                f"{work}/kernels_wasm2c.c", f"{at}/wasm-rt-impl.c", f"{kernels}/plain.c", "-lm")
            yield "wasm2c", version(wasm2c, "--version") + ", gcc -O2", [f"{work}/wasm2c"], False
    else:
        print("no wasm2c: apt-get install wabt", file=sys.stderr)


chosen = os.environ.get("SAMARA_KERNELS", " ".join(ROUNDS)).split()
wanted = os.environ.get("SAMARA_ENGINES", "").split(",")
table, lines, wrong = {}, [], 0
with tempfile.TemporaryDirectory() as work:
    for engine, what, command, slow in engines(work):
        if wanted != [""] and engine not in wanted and engine != "gcc":
            continue
        for kernel in chosen:
            rounds = ROUNDS[kernel][1 if slow else 0]
            told = json.loads(run(*command, kernel, rounds, REPEATS))
            times = [time / rounds for time in told["cpu_ns"]]
            median = statistics.median(times)
            table.setdefault(kernel, {})[engine] = median
            right = told["result"] == lines[chosen.index(kernel)]["result"] if engine != "gcc" else True
            wrong += not right
            lines.append(dict(type="benchmark", name=f"kernels/{kernel}/{engine.replace(' ', '_')}", engine=what,
                              median_ns=round(median), min_ns=round(min(times)), max_ns=round(max(times)),
                              repeats=REPEATS, rounds=rounds, time="thread processor time",
                              ratio_to_gcc=round(median / table[kernel]["gcc"], 3), result=told["result"],
                              result_is_that_of_gcc=right))
            print(f"  {engine}, {kernel}: {median / 1e6:.3f} ms", file=sys.stderr)

names = list(next(iter(table.values())))
means = {name: math.exp(statistics.fmean(math.log(row[name] / row["gcc"]) for row in table.values())) for name in names}
for name in names:
    lines.append(dict(type="benchmark", name=f"kernels/geomean/{name.replace(' ', '_')}", ratio_to_gcc=round(means[name], 3)))
with open(out, "w") as file:
    for line in lines:
        file.write(json.dumps(line) + "\n")

widths = [max(len(name), 9) for name in names]
print("ms, and times as long as gcc".ljust(10))
print(" " * 9 + "  ".join(name.rjust(width + 8) for name, width in zip(names, widths)))
for kernel, row in table.items():
    cells = [f"{row[name] / 1e6:{width}.3f} {row[name] / row['gcc']:6.2f}x" for name, width in zip(names, widths)]
    print(kernel.ljust(9) + "  ".join(cells))
cells = [f"{means[name]:{width + 7}.3f}x" for name, width in zip(names, widths)]
print("geomean".ljust(9) + "  ".join(cells))
if wrong:
    sys.exit(f"{wrong} results differ from those of gcc")
PY
