#!/usr/bin/env bash
# Calls of a C++ worker through all of Samara: 256 bytes there and back, argument and result stored, each
# call recorded and remembered. Latency of one caller, calls a second of 32; in memory and on disk.
# usage: bench/macro/calls.sh BUILD OUT.jsonl; BENCH_CHRT=1 runs it before everything else (root).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(realpath "${1:-build/release}")
out=${2:-/dev/stdout}
cmake --build "$build" --target samara samara-worker call_runner echo_platform >/dev/null
first=()
[ -z "${BENCH_CHRT:-}" ] || first=(chrt -f 1)

one() { # PLACE FOLDER SLOTS
  local folder
  folder=$(mktemp -d "$2/samara-calls-XXXXXX")
  "$build/bin/samara" init "$folder" >/dev/null
  "${first[@]}" "$build/bin/samara" worker --repo "$folder" -p "$build/bin/echo_platform.so" -j "$3" \
    2>"$folder/worker.log" &
  local worker=$!
  until grep -q ready "$folder/worker.log"; do sleep 0.05; done
  "${first[@]}" "$build/bin/call_runner" "$folder/.samara" 32 "${BENCH_SECONDS:-3}" |
    sed "s/{/{\"place\": \"$1\", \"slots\": $3, /"
  kill "$worker"
  wait "$worker" || true
  rm -rf "$folder"
}

{
  [ ! -w /dev/shm ] || one memory /dev/shm 1
  one disk "$build" 1
} >"$out"
