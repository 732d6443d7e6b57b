#!/usr/bin/env bash
# A worker in Python: start until the first answer, memory of an idle one, calls of 256 bytes alone
# and 32 at a time, 100 MB of floats there and their sum back.
# usage: bench/macro/python_worker.sh [BUILD]; needs samara, the package and call_runner, best of
# the preset release. BENCH_FOLDER: where the repository is made (default: for temporary files).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${1:-$root/build/release}
[ -d "$build/python/samara" ] || { echo "no Python package in '$build': build the target samara_python" >&2; exit 1; }
[ -x "$build/bin/call_runner" ] || { echo "no call_runner in '$build': build that target" >&2; exit 1; }
python=${PYTHON:-python3}
"$python" -c 'import numpy' 2> /dev/null || [ ! -x /usr/bin/python3 ] || python=/usr/bin/python3
PYTHONPATH=$build/python exec "$python" "$root/bench/macro/python_worker.py" "$build"
