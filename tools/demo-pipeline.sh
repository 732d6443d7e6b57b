#!/usr/bin/env bash
# Shows a call through four languages: what runs, what is remembered, what one changed input costs.
# usage: tools/demo-pipeline.sh BUILD WORK; BUILD holds bin/samara, WORK is a folder for it.
# What is not there is replaced by an East function of the same name, and said. Never fails for that.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(cd "$1" && pwd)
samara=$build/bin/samara
files=$root/examples/pipeline
mkdir -p "$2"
cd "$2"
unset SAMARA_REPO
exec 2>&1

say() { printf '\n# %s\n' "$*"; }
show() {
  printf '$ samara'
  local word
  for word; do
    word=${word/#"$files"\//examples/pipeline/}
    case $word in *[\ \(\"]*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac
  done
  printf '\n'
}
run() {
  show "$@"
  "$samara" "$@"
}
# stand_in NAME WHY
stand_in() {
  echo "left out: $2; East stands in for $1"
  "$samara" fn add "$files/stand_in/$1.east" --quiet >/dev/null
}

workers=()
finish() {
  [ ${#workers[@]} -eq 0 ] || kill "${workers[@]}" 2>/dev/null || true
  wait
}
trap finish EXIT

# ---- which languages are there ----

python=
for candidate in "${SAMARA_PYTHON:-}" python3 /usr/bin/python3; do
  [ -n "$candidate" ] || continue
  if "$candidate" -c 'import sys, numpy; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
julia=${SAMARA_JULIA:-$("$root/tools/julia-prefix" --print 2>/dev/null || command -v julia || true)}
node=$(command -v "${SAMARA_NODE:-node}" || true)

say "A forecast of power load: Julia simulates, C cleans, Python fits, Node reports, East glues"
run init

# serve RUNTIME FUNCTION FILE REASON: a worker offers the function; a reason says why it cannot be.
serve() {
  local reason=$4 log=worker-$1.log left=600 file=$files/$3
  [ ! -e "$3" ] || file=$3
  if [ -z "$reason" ]; then
    "$samara" worker -p "$file" -j 2 >"$log" 2>&1 </dev/null &
    workers+=($!)
    while ((left-- > 0)) && kill -0 $! 2>/dev/null && ! grep -q ': ready' "$log"; do sleep 0.1; done
    if grep -q ': ready' "$log"; then
      show worker -p "$file" "&"
      grep -m 1 ': ready' "$log"
      return
    fi
    kill $! 2>/dev/null || true
    reason="its worker did not start: $(tail -n 1 "$log" | cut -c 1-120)"
  fi
  stand_in "$2" "${1^}, because $reason"
}
reason=
[ -n "$julia" ] || reason="no julia was found (tools/julia-prefix installs one)"
[ -n "$reason" ] || [ -e "$build/julia/worker.jl" ] || reason="the module for Julia was not built"
[ -z "$julia" ] || export SAMARA_JULIA=$julia
serve julia simulate simulate.jl "$reason"
reason=
[ -n "$python" ] || reason="there is no Python of at least 3.11 with numpy (apt: python3-numpy)"
[ -n "$reason" ] || compgen -G "$build/python/samara/_samara*" >/dev/null || reason="the package for Python was not built (apt: python3-dev)"
[ -z "$python" ] || export SAMARA_PYTHON=$python
serve python fit fit.py "$reason"
reason=
[ -n "$node" ] || reason="node was not found (apt: nodejs npm)"
[ -n "$reason" ] || [ -e "$build/node/samara/samara.node" ] || reason="the package for Node was not built"
# Where a project has its packages.
mkdir -p node_modules
ln -sfn "$build/node/samara" node_modules/samara
cp "$files/report.mjs" .
serve node report report.mjs "$reason"

if "$samara" build "$files/smooth.c" --pure -o smooth.snt >build.log 2>&1 &&
  "$samara" fn add smooth.snt --quiet >>build.log 2>&1 &&
  "$samara" run smooth '[1.0, 9.0, 2.0]' 1 >>build.log 2>&1; then
  show build "$files/smooth.c" --pure
  show fn add smooth.snt
else
  stand_in smooth "the native task, because $(grep -m 1 error build.log | sed 's/^samara: error: //' | cut -c 1-120)"
fi
run fn add "$files/forecast.east"

# ---- what is asked ----

stations() { # SEED of the last one
  echo "[(name=\"Harbour\", seed=1, megawatts=40.0), (name=\"Old town\", seed=2, megawatts=25.0), (name=\"Works\", seed=$1, megawatts=62.0)]"
}
days=${DAYS:-365}

# The call that was made last, and how much of it ran.
count() {
  local call nodes
  call=$("$samara" call ls forecast --limit 1 --json | sed 's/.*"id":"\([0-9a-f]*\)".*/\1/')
  nodes=$("$samara" call graph "$call" --json | grep '"depth":1' || true)
  printf '%s of %s parts ran, %s came from memory\n' "$(grep -c '"from_memory":false' <<<"$nodes")" \
    "$(grep -c . <<<"$nodes")" "$(grep -c '"from_memory":true' <<<"$nodes")"
  echo "$call" >last_call
}
forecast() { # TITLE SEED: shows time and why
  local started ended
  show run forecast "\"$1\"" "$(stations "$2")" "$days" -o page.json --why
  started=$(date +%s%N)
  "$samara" run forecast "\"$1\"" "$(stations "$2")" "$days" -o page.json --why >why.txt 2>&1 || {
    cat why.txt
    return 1
  }
  ended=$(date +%s%N)
  head -n 3 why.txt | cut -c 1-150
  awk -v a="$started" -v b="$ended" 'BEGIN { printf "%.3f s\n", (b - a) / 1e9 }'
}

say "A year of three stations, hour by hour"
forecast "Power load" 3
count
run call graph "$(cut -c 1-12 last_call)"

say "The same again: nothing runs"
forecast "Power load" 3

say "Another seed for one station: its own part runs, and the report"
forecast "Power load" 4
count
run call graph "$(cut -c 1-12 last_call)" -o graph.svg

say "Another title: only the report runs"
forecast "Load this winter" 4
count

# The page is a String: text in JSON, which both languages can read.
if [ -n "$python" ]; then
  "$python" -c 'import json; print(json.load(open("page.json")))' >report.html
elif [ -n "$node" ]; then
  "$node" -e 'console.log(JSON.parse(require("fs").readFileSync("page.json", "utf8")))' >report.html
fi
echo
[ ! -e report.html ] || echo "The page: ${PWD#"$root"/}/report.html"
echo "The drawing: ${PWD#"$root"/}/graph.svg"
