#!/usr/bin/env bash
# Calls of workers through all of Samara: 256 bytes there and back, argument and result stored, each
# call recorded and remembered. Latency of one caller, calls a second of 32. C++, Python and Node.js,
# each with one slot; C++ also with a repository on disk and with files alone, without rings. At last
# a thousand idle workers.
# usage: bench/macro/calls.sh BUILD OUT.jsonl; BENCH_CHRT=1 runs it before everything else (root).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(realpath "${1:-build/release}")
out=${2:-/dev/stdout}
cmake --build "$build" --target samara samara-worker call_runner idle_workers echo_platform >/dev/null
first=()
[ -z "${BENCH_CHRT:-}" ] || first=(chrt -f 1)
functions=$(mktemp -d)
trap 'rm -rf "$functions"' EXIT
cat >"$functions/echo_functions.py" <<'PYTHON'
import samara

@samara.platform("echo", [str], str, effect="pure", version="1")
def echo(text):
    return text
PYTHON
mkdir "$functions/node_modules"
ln -s "$build/node/samara" "$functions/node_modules/samara"
cat >"$functions/echo_functions.mjs" <<'NODE'
import * as samara from 'samara';

samara.platform('echo', ['String'], 'String', {effect: 'pure', version: '1'}, (text) => text);
NODE

one() { # PLACE FOLDER LANGUAGE FILE
  local folder
  folder=$(mktemp -d "$2/samara-calls-XXXXXX")
  "$build/bin/samara" init "$folder" >/dev/null
  "${first[@]}" "$build/bin/samara" worker --repo "$folder" -r "$3" -p "$4" -j 1 2>"$folder/worker.log" &
  local worker=$!
  until grep -q ': ready, ' "$folder/worker.log"; do
    kill -0 "$worker" 2>/dev/null || { cat "$folder/worker.log" >&2; exit 1; }
    sleep 0.05
  done
  "${first[@]}" "$build/bin/call_runner" "$folder/.samara" 32 "${BENCH_SECONDS:-3}" |
    sed "s/{/{\"place\": \"$1\", \"language\": \"$3\", /"
  kill "$worker"
  wait "$worker" || true
  rm -rf "$folder"
}

{
  memory=$build
  [ ! -w /dev/shm ] || memory=/dev/shm
  one memory "$memory" cpp "$build/bin/echo_platform.so"
  one disk "$build" cpp "$build/bin/echo_platform.so"
  SAMARA_QUEUE_RINGS=0 one "memory, files alone" "$memory" cpp "$build/bin/echo_platform.so"
  if [ -d "$build/python/samara" ]; then
    one memory "$memory" python "$functions/echo_functions.py"
    SAMARA_QUEUE_RINGS=0 one "memory, files alone" "$memory" python "$functions/echo_functions.py"
  fi
  if [ -d "$build/node" ]; then
    one memory "$memory" node "$functions/echo_functions.mjs"
    SAMARA_QUEUE_RINGS=0 one "memory, files alone" "$memory" node "$functions/echo_functions.mjs"
  fi
  idle=$(mktemp -d "$memory/samara-idle-XXXXXX")
  "$build/bin/samara" init "$idle" >/dev/null
  # In two processes, since each worker has some twenty files open.
  ulimit -n "$(ulimit -Hn)"
  "$build/bin/idle_workers" "$idle/.samara" 500 10 &
  "$build/bin/idle_workers" "$idle/.samara" 500 10
  wait
  rm -rf "$idle"
} >"$out"
