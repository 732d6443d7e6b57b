#!/usr/bin/env bash
# Shows the main job on a real table: put it, add a function, run it, run it again from memory, ask why.
# Then a call through four languages: tools/demo-pipeline.sh.
# usage: tools/demo.sh [BUILD]; BUILD holds bin/samara. Works in a fresh folder build/demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
build=${1:-build/release}
samara=$(cd "$build/bin" && pwd)/samara
work=$root/build/demo
examples=$root/examples/east

rm -rf "$work"
mkdir -p "$work"
cd "$work"
unset SAMARA_REPO
# What commands say on standard error stands where they said it.
exec 2>&1

say() { printf '\n# %s\n' "$*"; }
# Shows a command as one would type it.
show() {
  printf '$ samara'
  local word
  for word; do
    case $word in
      "$examples"/*) printf ' %s' "examples/east/${word##*/}" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
}
run() {
  show "$@"
  "$samara" "$@"
}
seconds() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", (b - a) / 1e9 }'; }

say "A table of 200,000 sales, the same on every machine"
awk -v rows=200000 -f "$examples/sales.awk" >sales.csv
head -n 4 sales.csv
echo "… $(($(wc -l <sales.csv) - 1)) rows, $(wc -c <sales.csv) bytes"

say "A repository; the table becomes a value, named by the hash of its content"
run init
run put sales.csv --name sales
run type sales --short

say "A function: groups by region and product, sums orders, units and revenue"
run fn add "$examples/sales_summary.east"
run fn show summary --plain

say "The first run computes"
show run summary sales --table --why
started=$(date +%s%N)
"$samara" run summary sales --table --why
first=$(seconds "$started" "$(date +%s%N)")

say "The second run answers from memory, and says so"
show run summary sales -o again.json --why
started=$(date +%s%N)
"$samara" run summary sales -o again.json --why
second=$(seconds "$started" "$(date +%s%N)")
printf 'again.json: '
head -c 100 again.json
echo "…"
echo "first run $first s, second run $second s"

say "Why? The attempt that computed, and what every run gets from now on"
run why summary sales

say "The same table straight from the file is the same value, so this is known, too"
run run summary @sales.csv --why -o again.beast2

"$root/tools/demo-pipeline.sh" "$(dirname "$samara")/.." "$work/pipeline"

say "All of it is in build/demo. Next: cd build/demo; PATH=$(dirname "$samara"):\$PATH; samara -h"
