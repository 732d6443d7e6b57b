#!/usr/bin/env bash
# usage: bench/macro/peers.sh BUILD OUT
# A call of a Python function through Samara's queue beside what others would use for it: Ray, Celery
# with Redis, Dask, ProcessPoolExecutor, ZeroMQ. One run: latency and throughput of a value of 256
# bytes, 100 MB of floats, cold start, idle memory. The peers come from PyPI into a folder that is
# kept, redis-server from Debian.
#   PEERS="ray dask"       only these (samara ray celery dask pool zmq)
#   BENCH_SCALE=0.1        a tenth of the calls
#   BENCH_CHRT=1           with real-time priority, where other work would disturb
#   BENCH_CACHE=FOLDER     where the peers are installed (~/.cache/samara/bench-peers)
#   BENCH_FOLDER=FOLDER    where the repository is made (the folder for temporary files)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "${1:-$root/build/release}" && pwd)
out=$(realpath -m "${2:-$build/bench-results/peers.jsonl}")
cache=${BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/samara/bench-peers}
peers=${PEERS:-samara pool zmq ray dask celery}
python=${PYTHON:-python3}
versions="ray==2.60.0 celery==5.7.0 redis==8.1.0 distributed==2026.8.0 pyzmq==27.3.0 numpy==2.4.6 psutil==7.2.2"

fail() { echo "peers: error: $1" >&2; exit 1; }
[ -d "$build/python/samara" ] || fail "no Python package in '$build': build the targets programs and samara_python"
mkdir -p "$cache" "$(dirname "$out")"

if [ "$(cat "$cache/versions" 2> /dev/null)" != "$versions" ]; then
  echo "installing the peers into $cache …" >&2
  rm -rf "$cache/venv"
  "$python" -m venv "$cache/venv" || fail "no venv: on Debian, apt install python3-venv"
  # shellcheck disable=SC2086
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check $versions
  echo "$versions" > "$cache/versions"
fi

# Unpacked beside them where it is not installed: nothing of the system changes.
redis=$(command -v redis-server || true)
if [ -z "$redis" ] && [[ " $peers " == *" celery "* ]]; then
  if [ ! -x "$cache/redis/usr/bin/redis-server" ] && command -v apt-get > /dev/null; then
    mkdir -p "$cache/packages" "$cache/redis"
    (
      cd "$cache/packages"
      names=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
        --no-enhances --no-pre-depends redis-server | grep -E '^(redis|lib(lua5.1-0|lzf1|jemalloc2|hiredis|atomic1)|lua-)' | sort -u)
      # shellcheck disable=SC2086
      apt-get -qq download redis-server redis-tools $names > /dev/null 2>&1
      for package in *.deb; do dpkg-deb -x "$package" "$cache/redis"; done
    ) || echo "peers: redis-server could not be fetched; Celery is left out" >&2
  fi
  if [ -x "$cache/redis/usr/bin/redis-server" ]; then
    redis=$cache/redis/usr/bin/redis-server
    PEERS_REDIS_LIBRARIES=$(find "$cache/redis" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
    export PEERS_REDIS_LIBRARIES
  fi
fi

client=$cache/peers_client
if [[ " $peers " == *" samara "* ]]; then
  "${CXX:-c++}" -std=c++20 -O2 -I"$root/include" "$root/bench/macro/peers_client.cpp" -L"$build/lib" \
    -Wl,-rpath,"$build/lib" -lsamara -pthread -o "$client"
fi

priority=()
if [ "${BENCH_CHRT:-0}" = 1 ]; then
  chrt -f 1 true || fail "no real-time priority: BENCH_CHRT=1 needs the right to it"
  priority=(chrt -f 1)
fi
export PEERS_REDIS_SERVER=$redis PEERS_CLIENT=$client PEERS_BUILD=$build PYTHONPATH=$root/bench/macro:$build/python
exec "${priority[@]}" "$cache/venv/bin/python" "$root/bench/macro/peers.py" run "$out" $peers
