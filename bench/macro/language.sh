#!/usr/bin/env bash
# usage: bench/macro/language.sh BUILD OUT
# The source language as people meet it: a file of 50 lines whose answer is remembered, as a whole
# process (goal 8 ms); diagnostics of a file of 2,000 lines after a keystroke, from the message to
# the answer of the language server (goal 30 ms); the six benchmark programs written in the language
# beside the reference's IR of the same programs (goal: within 5 %; skipped without ../shared).
set -euo pipefail
build=$1
out=$2
python3 - "$build/bin" "$out" "$(cd "$(dirname "$0")/../.." && pwd)" <<'PY'
import gzip, json, os, pathlib, statistics, subprocess, sys, tempfile, time
bin_, out, source = os.path.abspath(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
samara = f"{bin_}/samara"
shared = pathlib.Path(os.environ.get("SAMARA_SHARED", source / ".." / "shared"))
env = {k: v for k, v in os.environ.items() if k != "SAMARA_REPO"}
lines = []

def note(name, **figures):
    line = dict(type="benchmark", name=name, **figures)
    print(json.dumps(line))
    lines.append(line)

def summary(times):
    return {"median_ms": round(statistics.median(times), 3), "min_ms": round(min(times), 3)}

FUNCTION = """
/// Adds up what is worth more than the limit.
fn worth_{n}(sales: Array<(product: String, price: Float)>, limit: Float) -> Float {{
  var total = 0.0
  for i, sale in sales {{
    if sale.price > limit && i != 3 {{
      total += sale.price
    }} else if sale.product == "gift \\(i)" {{
      total += 1.0
    }}
  }}
  let dear = sales.filter(sale -> sale.price > 100.0).map(sale -> sale.price)
  for price in dear {{ total += price }}
  total
}}
"""

def file_of(count):
    text, n = "", 0
    while text.count("\n") < count:
        text += FUNCTION.format(n=n)
        n += 1
    return text + "fn main(x: Integer) -> Float { worth_0([(product = \"a\", price = 2.5)], x.to_float()) }\n"

def memo(work):
    (work / "fifty.east").write_text(file_of(48))
    def run(*args):
        subprocess.run([samara, *args], env=env, cwd=work, stdout=subprocess.DEVNULL, check=True)
    run("init", "-q")
    for floor, argv in (("process_floor_true", ["/bin/true"]),
                        ("run_source_of_50_lines_from_memo", [samara, "run", "fifty.east", "1"])):
        times = []
        for _ in range(200):
            start = time.perf_counter()
            subprocess.run(argv, env=env, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            times.append((time.perf_counter() - start) * 1e3)
        note(floor, **summary(times))

def editor(work):
    text = file_of(1990)
    server = subprocess.Popen([samara, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=work)
    def send(message):
        content = json.dumps(dict(jsonrpc="2.0", **message)).encode()
        server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        server.stdin.flush()
    def receive():
        length = 0
        while True:
            line = server.stdout.readline().strip()
            if not line:
                break
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(server.stdout.read(length))
    send({"id": 1, "method": "initialize", "params": {}})
    receive()
    uri = f"file://{work}/big.east"
    send({"method": "textDocument/didOpen", "params": {"textDocument": {
        "uri": uri, "languageId": "east", "version": 1, "text": text}}})
    assert receive()["params"]["diagnostics"] == []
    times, row = [], text.count("\n") // 2
    row = next(i for i in range(row, row + 30) if text.split("\n")[i] == "  total")
    for key in range(60):
        where = {"line": row, "character": 7 + key % 2}
        piece = {"range": {"start": {"line": row, "character": 7}, "end": where}, "text": "l" * ((key + 1) % 2)}
        start = time.perf_counter()
        send({"method": "textDocument/didChange", "params": {
            "textDocument": {"uri": uri, "version": key + 2}, "contentChanges": [piece]}})
        answer = receive()
        times.append((time.perf_counter() - start) * 1e3)
        assert len(answer["params"]["diagnostics"]) == (key + 1) % 2, answer
    note("editor_diagnostics_after_a_key_2000_lines", **summary(times))
    send({"id": 2, "method": "shutdown"})
    receive()
    send({"method": "exit"})
    server.wait()

def programs(work):
    folder = shared / "east-bench"
    if not folder.exists():
        print("the six programs: skipped, there is no " + str(folder), file=sys.stderr)
        return
    own = work / "own"
    for one in sorted(folder.iterdir()):
        twin = source / "examples" / "east" / "bench" / f"{one.name}.east"
        if not one.is_dir() or not twin.exists():
            continue
        # The same folder with our program in the place of the reference's.
        (own / one.name).mkdir(parents=True)
        for file in one.iterdir():
            (own / one.name / file.name).symlink_to(file.resolve())
        ir = own / one.name / "ir.b.beast2"
        ir.unlink()
        subprocess.run([samara, "check", "--emit", str(ir), str(twin)], env=env, cwd=work, check=True)
    manifest = folder / "manifest.json"
    if manifest.exists():
        (own / "manifest.json").symlink_to(manifest.resolve())
    def measure(path):
        done = subprocess.run([f"{bin_}/samara-east-bench", str(path), "--dialect", "b", "--json"],
                              capture_output=True, text=True, env=env)
        found = {}
        for line in done.stdout.splitlines():
            line = json.loads(line)
            if line.get("type") == "benchmark":
                assert line.get("matches", True), line
                found[line["name"]] = line["median_ms"]
        return found
    best = [{}, {}]
    for _ in range(5):
        for which, path in enumerate((folder, own)):
            for name, ms in measure(path).items():
                best[which][name] = min(ms, best[which].get(name, ms))
    for name in sorted(best[1]):
        note("program_" + name, reference_ir_ms=best[0][name], source_ms=best[1][name],
             ratio=round(best[1][name] / best[0][name], 3))

with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    memo(work)
    editor(work)
    programs(work)
with open(out, "w") as f:
    for line in lines:
        f.write(json.dumps(line) + "\n")
PY
