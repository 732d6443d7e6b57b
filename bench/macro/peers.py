"""Calls of Python functions through Samara and its peers: what bench/macro/peers.sh runs.

run OUT PEER…: measures and prints a table, each peer in a process of its own. one PEER: the figures
of one peer, as lines of JSON. cold PEER: everything up to the first result."""
import collections
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import peers_functions

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
FLIGHT = 32
BYTES = 256
MARK = "SAMARA_BENCH_MARK"
HERE = os.path.abspath(__file__)


def count(calls):
    return max(FLIGHT * 4, int(calls * SCALE))


def values():
    """Values which are all different."""
    base = os.urandom(BYTES - 8)
    number = 0
    while True:
        number += 1
        yield base + number.to_bytes(8, "little")


def numbers(seed):
    import numpy
    return numpy.random.default_rng(seed).random(max(1000, int(12_500_000 * min(1, SCALE * 10))))


class Peer:
    """A system that runs `echo` and `total` of peers_functions in one worker process."""

    rows = ()  # (name, calls of the latency, calls of the throughput)
    by_reference = fresh = True

    def start(self):
        pass

    def stop(self):
        pass

    def call(self, row, value):
        raise NotImplementedError

    def many(self, row, each):
        """All of them, with FLIGHT in flight."""
        waiting = collections.deque()
        for value in each:
            waiting.append(self.submit(row, value))
            if len(waiting) == FLIGHT:
                self.wait(waiting.popleft())
        while waiting:
            self.wait(waiting.popleft())

    def store(self, array):
        return array


class Pool(Peer):
    rows = (("ProcessPoolExecutor", 2000, 20000),)
    by_reference = False

    def start(self):
        self.pool = concurrent.futures.ProcessPoolExecutor(1)

    def stop(self):
        self.pool.shutdown()

    def submit(self, row, value):
        return self.pool.submit(peers_functions.echo, value)

    def wait(self, future):
        return future.result()

    def call(self, row, value):
        return self.submit(row, value).result()

    def total(self, array):
        return self.pool.submit(peers_functions.total, array).result()


class Ray(Peer):
    rows = (("Ray task", 500, 3000), ("Ray actor", 1000, 6000))

    def start(self):
        import ray
        self.ray = ray
        os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
                 configure_logging=False, object_store_memory=600_000_000)
        self.task = ray.remote(peers_functions.echo)
        self.sum = ray.remote(peers_functions.total)

        class Actor:
            def echo(self, data):
                return data
        self.actor, self.actor_class = None, ray.remote(Actor)

    def stop(self):
        self.ray.shutdown()

    def submit(self, row, value):
        if row == "Ray task":
            return self.task.remote(value)
        if self.actor is None:
            self.actor = self.actor_class.remote()
        return self.actor.echo.remote(value)

    def wait(self, future):
        return self.ray.get(future)

    def call(self, row, value):
        return self.ray.get(self.submit(row, value))

    def store(self, array):
        return self.ray.put(array)

    def total(self, array):
        return self.ray.get(self.sum.remote(array))


class Dask(Peer):
    rows = (("Dask", 200, 1000),)

    def start(self):
        import dask
        import distributed
        dask.config.set({"distributed.worker.memory.terminate": False})
        self.cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=True,
                                                dashboard_address=None, silence_logs=50)
        self.client = distributed.Client(self.cluster)

    def stop(self):
        self.client.close()
        self.cluster.close()

    def submit(self, row, value):
        return self.client.submit(peers_functions.echo, value, pure=False)

    def wait(self, future):
        return future.result()

    def call(self, row, value):
        return self.submit(row, value).result()

    def store(self, array):
        return self.client.scatter(array)

    def total(self, array):
        return self.client.submit(peers_functions.total, array, pure=False).result()


class Celery(Peer):
    rows = (("Celery with Redis", 500, 2000),)
    by_reference = False

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.folder = tempfile.mkdtemp(prefix="samara-peers-")
        environment = dict(os.environ)
        libraries = os.environ.get("PEERS_REDIS_LIBRARIES")
        if libraries:
            environment["LD_LIBRARY_PATH"] = libraries
        self.redis = subprocess.Popen(
            [os.environ["PEERS_REDIS_SERVER"], "--port", str(port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", self.folder], env=environment, stdout=subprocess.DEVNULL)
        os.environ["PEERS_REDIS"] = f"redis://127.0.0.1:{port}/0"
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        self.worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "peers_celery", "worker", "-P", "prefork", "-c", "1",
             "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "ERROR"],
            env={**os.environ, "C_FORCE_ROOT": "1"}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        import peers_celery
        self.app = peers_celery

    def stop(self):
        for process in (self.worker, self.redis):
            process.terminate()
            process.wait(30)
        shutil.rmtree(self.folder, True)

    def submit(self, row, value):
        return self.app.echo.delay(value)

    def wait(self, result):
        return result.get(timeout=60)

    def call(self, row, value):
        return self.app.echo.delay(value).get(timeout=60)

    def total(self, array):
        return self.app.total.delay(array).get(timeout=120)


class Zmq(Peer):
    rows = (("ZeroMQ REQ/REP", 4000, 0), ("ZeroMQ ROUTER/DEALER", 4000, 100000),
            ("ZeroMQ through a proxy", 4000, 60000))
    by_reference = False

    def start(self):
        import zmq
        self.zmq = zmq
        self.folder = tempfile.mkdtemp(prefix="samara-peers-")
        self.processes, self.sockets = [], {}
        self.context = zmq.Context()

    def stop(self):
        self.context.destroy(linger=0)
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, True)

    def helper(self, *words):
        self.processes.append(subprocess.Popen([sys.executable, HERE, "zmq", *words]))

    def socket(self, row):
        found = self.sockets.get(row)
        if found is not None:
            return found
        at = f"ipc://{self.folder}/{len(self.sockets)}"
        if row == "ZeroMQ REQ/REP":
            self.helper("rep", at)
            kind = self.zmq.REQ
        elif row == "ZeroMQ ROUTER/DEALER":
            self.helper("router", at)
            kind = self.zmq.DEALER
        else:
            self.helper("proxy", at, at + "b")
            self.helper("dealer", at + "b")
            kind = self.zmq.DEALER
        found = self.context.socket(kind)
        found.set_hwm(0)
        found.connect(at)
        self.sockets[row] = found
        return found

    def call(self, row, value):
        connected = self.socket(row)
        connected.send(value)
        return connected.recv()

    def many(self, row, each):
        connected = self.socket(row)
        flying = 0
        for value in each:
            connected.send(value)
            flying += 1
            if flying == FLIGHT:
                connected.recv()
                flying -= 1
        while flying:
            connected.recv()
            flying -= 1

    def total(self, array):
        connected = self.socket("ZeroMQ REQ/REP")
        connected.send_multipart([b"sum", memoryview(array).cast("B")], copy=False)
        return float(connected.recv().decode())


def serve_zmq(kind, *at):
    import numpy
    import zmq
    context = zmq.Context()
    if kind == "proxy":
        front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
        for each, where in ((front, at[0]), (back, at[1])):
            each.set_hwm(0)
            each.bind(where)
        zmq.proxy(front, back)
    served = context.socket({"rep": zmq.REP, "router": zmq.ROUTER, "dealer": zmq.ROUTER}[kind])
    served.set_hwm(0)
    if kind == "dealer":
        served = context.socket(zmq.DEALER)
        served.set_hwm(0)
        served.connect(at[0])
    else:
        served.bind(at[0])
    while True:
        parts = served.recv_multipart(copy=kind != "rep")
        if kind != "rep":
            served.send_multipart([*parts[:-1], peers_functions.echo(parts[-1])])
        elif len(parts) == 2:
            numbers_ = numpy.frombuffer(parts[1].buffer)
            served.send(repr(peers_functions.total(numbers_)).encode())
        else:
            served.send(peers_functions.echo(parts[0].bytes))


class Samara(Peer):
    """Results are stored and remembered; each value is a new one."""

    rows = (("Samara, from Python", 2000, 10000), ("Samara, from C++", 2000, 20000))

    def start(self):
        import samara
        self.samara = samara
        self.folder = tempfile.mkdtemp(prefix="samara-peers-", dir=os.environ.get("BENCH_FOLDER"))
        self.repo = samara.init(os.path.join(self.folder, "repo"), workers=FLIGHT)
        source = pathlib.Path(peers_functions.__file__).read_text()
        self.echo = self.repo.add_script(source, "echo", samara.Function([bytes], bytes), effect="pure",
                                         name="echo")
        self.sum = self.repo.add_script(source, "total", samara.Function([list[float]], float),
                                        effect="pure", name="total")
        self.worker = subprocess.Popen(
            [sys.executable, "-m", "samara.worker", "--repo", self.repo.path, "--slots", "1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.worker.stdout.readline() != "ready\n":
            raise RuntimeError("the worker did not start")

    def stop(self):
        self.repo.close()
        self.worker.terminate()
        self.worker.wait(30)
        shutil.rmtree(self.folder, True)

    def call(self, row, value):
        return self.repo.run(self.echo, value)

    def many(self, row, each):
        left = iter(list(each))
        lock = threading.Lock()
        failed = []

        def work():
            try:
                while True:
                    with lock:
                        value = next(left, None)
                    if value is None:
                        return
                    self.repo.run(self.echo, value)
            except Exception as error:  # noqa: BLE001 - told by the main thread
                failed.append(error)
        threads = [threading.Thread(target=work) for _ in range(FLIGHT)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]

    def outside(self, row, latency, throughput):
        """From C++: p50, p99, calls per second."""
        if row != "Samara, from C++":
            return None
        self.repo.put(bytes(BYTES), bytes, name="pattern")
        done = subprocess.run([os.environ["PEERS_CLIENT"], self.repo.path, "echo", str(throughput),
                               str(FLIGHT)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return [float(each) for each in done.stdout.split()]

    def store(self, array):
        return self.repo.put(array, list[float])

    def total(self, array):
        return self.repo.run(self.sum, array, memo=False)


PEERS = {"samara": Samara, "pool": Pool, "zmq": Zmq, "ray": Ray, "dask": Dask, "celery": Celery}


def memory_of(mark):
    """Resident memory of the processes of one peer but this one: (RSS, PSS) in MB."""
    rss = pss = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            if f"{MARK}={mark}".encode() not in pathlib.Path("/proc", entry, "environ").read_bytes():
                continue
            for line in pathlib.Path("/proc", entry, "smaps_rollup").read_text().split("\n"):
                if line.startswith("Rss:"):
                    rss += int(line.split()[1])
                elif line.startswith("Pss:"):
                    pss += int(line.split()[1])
        except OSError:
            continue
    return rss / 1024, pss / 1024


def show(**line):
    print(json.dumps(line), flush=True)


def one(name):
    """All figures of a peer but its cold start."""
    peer = PEERS[name]()
    peer.start()
    made = values()
    first = peer.rows[0][0]
    try:
        for row, latency, throughput in peer.rows:
            outside = getattr(peer, "outside", lambda *_: None)(row, count(latency), count(throughput))
            if outside is not None:
                show(peer=row, p50_us=outside[0], p99_us=outside[1], calls_per_s=outside[2])
                continue
            for _ in range(FLIGHT * 3):
                assert len(bytes(peer.call(row, next(made)))) == BYTES
            times = []
            for _ in range(count(latency)):
                value = next(made)
                start = time.perf_counter()
                peer.call(row, value)
                times.append(time.perf_counter() - start)
            times.sort()
            line = {"peer": row, "p50_us": round(statistics.median(times) * 1e6, 1),
                    "p99_us": round(times[len(times) * 99 // 100] * 1e6, 1)}
            if throughput:
                each = [next(made) for _ in range(count(throughput))]
                start = time.perf_counter()
                peer.many(row, each)
                line["calls_per_s"] = round(len(each) / (time.perf_counter() - start))
            show(**line)
            if row == first:  # later rows start processes of their own
                time.sleep(1)
                rss, pss = memory_of(os.environ[MARK])
                show(peer=row, idle_rss_mb=round(rss, 1), idle_pss_mb=round(pss, 1))
        arrays(peer, first)
    finally:
        peer.stop()


def arrays(peer, row):
    array = numbers(1)
    expected = float(array.sum())

    def timed(value):
        start = time.perf_counter()
        result = peer.total(value)
        seconds = time.perf_counter() - start
        assert abs(result - expected) < 1e-6 * expected, (result, expected)
        return seconds * 1e3
    megabytes = round(array.nbytes / 1e6)
    if peer.by_reference:
        stored = peer.store(array)
        timed(stored)
        show(peer=row, array_mb=megabytes, stored_ms=round(min(timed(stored) for _ in range(5)), 2))
    if peer.fresh:
        times = []
        for seed in range(3):
            array = numbers(seed + 2)
            expected = float(array.sum())
            times.append(timed(array))
        show(peer=row, array_mb=megabytes, new_ms=round(min(times), 2), new_first_ms=round(times[0], 2))


def cold(name):
    """A program that starts the system and prints when it has a first result."""
    peer = PEERS[name]()
    peer.start()
    peer.call(peer.rows[0][0], b"x" * BYTES)
    print("first", flush=True)
    sys.stdin.readline()
    peer.stop()


def cold_start(name, repeat=3):
    best = None
    for _ in range(repeat):
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, HERE, "cold", name], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = process.stdout.readline()
        seconds = time.perf_counter() - start
        process.stdin.close()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        if line == "first\n":
            best = min(best or seconds, seconds)
    return best


def busy():
    return float(pathlib.Path("/proc/loadavg").read_text().split()[0])


def revision():
    done = subprocess.run(["git", "-C", os.path.dirname(HERE), "rev-parse", "--short", "HEAD"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip()


def run(out, names):
    load = busy()
    realtime = os.sched_getscheduler(0) == os.SCHED_FIFO
    notes = [f"load {load:.1f} at the start: busy machine" if load > 1 else "quiet machine"]
    if realtime:
        notes.append("real-time priority")
    if SCALE != 1:
        notes.append(f"scale {SCALE:g}")
    head = [{"type": "run", "date": time.strftime("%Y-%m-%d"), "revision": revision(),
             "command": "./dev bench peers", "note": ", ".join(notes)}]
    rows = collections.OrderedDict()
    for name in names:
        if name == "celery" and not os.environ.get("PEERS_REDIS_SERVER"):
            print("peers: no redis-server: Celery is left out", file=sys.stderr)
            continue
        mark = uuid.uuid4().hex
        environment = {**os.environ, MARK: mark, "RAY_DISABLE_IMPORT_WARNING": "1",
                       "RAY_USAGE_STATS_ENABLED": "0"}
        found = []
        process = subprocess.Popen([sys.executable, HERE, "one", name], env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            output, errors = process.communicate(timeout=1800)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
        for line in output.split("\n"):
            if line.startswith("{"):
                found.append(json.loads(line))
        if process.returncode != 0:
            print(f"peers: {name}: {errors.strip()[-2000:]}", file=sys.stderr)
            found.append({"peer": PEERS[name].rows[0][0], "failed": errors.strip().split("\n")[-1][:200]})
        else:
            seconds = cold_start(name)
            if seconds is not None:
                found.append({"peer": PEERS[name].rows[0][0], "cold_start_ms": round(seconds * 1e3, 1)})
        for line in found:
            row = rows.setdefault(line["peer"], {})
            row.update(line)
        with open(out, "w") as file:  # after each, for a run that is ended early
            for line in (*head, *({"type": "benchmark", "name": "python_call", **row}
                                  for row in rows.values())):
                file.write(json.dumps(line) + "\n")
    table(notes, rows.values())
    return 1 if any("failed" in row for row in rows.values()) else 0


def table(notes, rows):
    columns = [("p50_us", "p50 µs"), ("p99_us", "p99 µs"), ("calls_per_s", "calls/s"),
               ("stored_ms", "stored ms"), ("new_ms", "new ms"), ("cold_start_ms", "cold ms"),
               ("idle_rss_mb", "idle MB")]
    print(f"{'call of 256 bytes, array of 100 MB':34}" + "".join(f"{word:>11}" for _, word in columns))
    for row in rows:
        cells = "".join(f"{row[key]:>11,.0f}" if key in row and row[key] >= 100 else
                        f"{row[key]:>11.1f}" if key in row else f"{'–':>11}" for key, _ in columns)
        print(f"{row['peer']:34}{cells}" + (f"  failed: {row['failed']}" if "failed" in row else ""))
    print("; ".join(notes))


def main(words):
    if words[0] == "run":
        return run(words[1], words[2:])
    if words[0] == "one":
        one(words[1])
    elif words[0] == "cold":
        cold(words[1])
    elif words[0] == "zmq":
        serve_zmq(*words[1:])
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
