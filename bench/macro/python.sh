#!/usr/bin/env bash
# The Python package: calls answered from the memo, 100 MB of floats in and out, cold start.
# usage: bench/macro/python.sh [BUILD]; needs a built package, best of the preset release.
# BENCH_FOLDER: where the repository is made (default: the folder for temporary files).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${1:-$root/build/release}
[ -d "$build/python/samara" ] || { echo "no Python package in '$build': build the target samara_python" >&2; exit 1; }
python=${PYTHON:-python3}
"$python" -c 'import numpy' 2> /dev/null || [ ! -x /usr/bin/python3 ] || python=/usr/bin/python3
PYTHONPATH=$build/python exec "$python" "$root/bench/macro/python.py"
