#!/usr/bin/env bash
# The conformance suites and the random programs, both dialects, through the judging tools.
# Skipped where ../shared (or SAMARA_SHARED) is absent. Prints `N passed, N failed`.
set -euo pipefail
shared=${SAMARA_SHARED:-$SAMARA_SOURCE/../shared}
if [ ! -f "$shared/east-conformance/manifest.json" ]; then
  echo "skipped: the conformance corpus is not beside the project"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
expect() {  # TITLE EXPECTED COMMAND...
  local title=$1 expected=$2 last
  shift 2
  if "$@" >"$work/out" 2>"$work/err"; then :; fi
  last=$(tail -n 1 "$work/out")
  if [ "$last" = "$expected" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$title: expected '$expected', got '$last'"
    tail -n 5 "$work/out" "$work/err"
  fi
}
suite="$SAMARA_BIN/samara-east-suite"
expect "conformance, dialect a" "380 passed, 0 failed" "$suite" "$shared/east-conformance" --dialect a
expect "conformance, dialect b" "372 passed, 0 failed, 8 skipped" "$suite" "$shared/east-conformance" --dialect b
zstd --long=27 -qdc "$shared/east-random/random-programs.tar.zst" | tar -x -C "$work"
expect "random programs, dialect a" "982 passed, 0 failed" "$suite" "$work/random-programs" --programs
expect "random programs, dialect b" "856 passed, 0 failed" "$suite" "$work/random-programs" --programs --dialect b
# Every benchmark's result is compared byte for byte by the tool itself.
for dialect in a b; do
  if "$SAMARA_BIN/samara-east-bench" "$shared/east-bench" --calls 1 --dialect $dialect >"$work/out" 2>"$work/err"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "benchmarks, dialect $dialect:"
    cat "$work/err"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
