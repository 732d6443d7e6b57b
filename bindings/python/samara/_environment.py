"""Environments of scripts: what a lock file names, installed into a folder of the repository's
cache, and a worker that runs there."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from ._errors import Error

_START_SECONDS = 60
# Packages may take long to come and to be built. What installs them is ended when for so long it
# has not said a word or used the processor; it gives up by itself much sooner where nobody answers.
_STILL_SECONDS = 1800
_LOOK_SECONDS = 2.0
_ASK_SECONDS = 0.05
_TEXT_MAX = 4000
_lock = threading.Lock()
_made = {}  # by environment: how it is made ready
_installing = set()  # programs that are at it
_ending = False

# The samara of this process, whatever is installed in the environment.
_PROGRAM = """
import importlib.util, sys
folder = sys.argv.pop(1)
spec = importlib.util.spec_from_file_location(
    "samara", folder + "/__init__.py", submodule_search_locations=[folder])
module = sys.modules["samara"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from samara._worker import main
main(sys.argv[1:])
"""


class _Ready:
    """An environment on its way, made by a thread of its own: requests for it come and go."""

    def __init__(self, work):
        self.done = threading.Event()
        self.error = self.process = None
        threading.Thread(target=self._make, args=(work,), daemon=True).start()

    def _make(self, work):
        try:
            self.process = work()
        except BaseException as error:  # noqa: BLE001 - who waits is told
            self.error = error
        self.done.set()

    def over(self):
        """Whether it has to be made anew."""
        return self.done.is_set() and (self.error is not None or self.process.poll() is not None)


def start(repository, slots, request):
    """Makes the environment of a request ready and starts a worker in it; back when it serves. It
    is made all the same when the request has ended before."""
    _, _, _, _, lock_text, kind, found = request.script()
    if not found or len(found) != 64 or not set(found) <= set("0123456789abcdef"):
        raise Error("the request names no environment")

    def work():
        folder = materialise(repository, found, lock_text or b"", kind)
        return _start_worker(folder, repository, slots, found)

    with _lock:
        ready = _made.get(found)
        if ready is None or ready.over():
            ready = _made[found] = _Ready(work)
    while not ready.done.wait(_ASK_SECONDS):
        pass  # where a request that is over is stopped
    if ready.error is not None:
        raise ready.error


def stop():
    """The worker ends: what is half installed is made anew by another."""
    global _ending
    _ending = True
    for process in list(_installing):
        _kill(process)


def _start_worker(folder, repository, slots, found):
    errors = tempfile.TemporaryFile()
    process = subprocess.Popen(
        [os.path.join(folder, "bin", "python"), "-c", _PROGRAM,
         os.path.dirname(os.path.abspath(__file__)), "--repo", repository, "--slots", str(slots),
         "--environment", found],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, close_fds=True,
        env={name: value for name, value in os.environ.items()
             if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")})
    timer = threading.Timer(_START_SECONDS, process.kill)
    timer.start()
    line = process.stdout.readline()
    timer.cancel()
    if line.strip() == b"ready":
        return process
    process.kill()
    process.wait()
    raise Error("the worker of the environment did not start: " + _tail(errors))


def _tail(file):
    file.seek(0)
    return file.read()[-_TEXT_MAX:].decode("utf-8", "replace").strip()


def materialise(repository, found, lock_text, kind):
    """The folder of an environment, made where it is not there yet. It appears when it is whole."""
    cache = os.path.join(os.path.abspath(repository), "cache", "env")
    folder = os.path.join(cache, found)
    if os.path.isdir(folder):
        return folder
    os.makedirs(cache, exist_ok=True)
    with open(os.path.join(cache, f"{found}.lock"), "wb") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # another worker may be at it
        if os.path.isdir(folder):
            return folder
        for name in os.listdir(cache):  # of somebody who died over it
            if name.startswith(f"{found[:16]}-"):
                shutil.rmtree(os.path.join(cache, name), ignore_errors=True)
        temporary = tempfile.mkdtemp(prefix=f"{found[:16]}-", dir=cache)
        try:
            _install(temporary, lock_text, kind)
            _move_scripts(temporary, folder)
            os.rename(temporary, folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    return folder


def _kill(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass  # it has ended


def _ticks(session):
    """What the programs of a session have used of the processor."""
    out = 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[3]) == session:
            out += sum(map(int, fields[11:15]))
    return out


def _run(words, what):
    """Runs an installer to its end, as long as it goes on."""
    if _ending:
        raise Error(f"{what} failed: the worker ends")
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        _installing.add(process)
        try:
            _wait_while_it_goes_on(process, said)
        except TimeoutError:
            raise Error(f"{what} failed: it stood still for {_STILL_SECONDS} s: {_tail(said)}") \
                from None
        finally:
            _installing.discard(process)
        if process.returncode != 0:
            raise Error(f"{what} failed: {_tail(said)}")


def _wait_while_it_goes_on(process, said):
    seen, since = None, time.monotonic()
    while True:
        try:
            process.wait(_LOOK_SECONDS)
            return
        except subprocess.TimeoutExpired:
            pass
        now = (_ticks(process.pid), os.fstat(said.fileno()).st_size)
        if now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > _STILL_SECONDS:
            _kill(process)
            process.wait()
            raise TimeoutError


def _install(folder, lock_text, kind):
    text = lock_text.decode("utf-8")
    if kind == "uv.lock":
        requirements = requirements_of_uv(text)
    elif kind == "requirements.txt":
        requirements = text
    else:
        raise Error(f"an environment of Python is a uv.lock or requirements.txt, not '{kind}'")
    path = os.path.join(folder, "requirements.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write(requirements)
    uv = shutil.which("uv")
    base = os.path.realpath(sys.executable)
    python = os.path.join(folder, "bin", "python")
    if uv is not None:
        _run([uv, "venv", "--quiet", "--allow-existing", "--python", base, folder],
             "making the environment")
        _run([uv, "pip", "install", "--quiet", "--require-hashes", "--python", python, "-r", path],
             "installing the environment")
        return
    _run([base, "-m", "venv", "--without-pip", folder], "making the environment")
    if requirements.strip():
        pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
        _run([*pip, "install", "--quiet", "--require-hashes", "--no-warn-script-location", "-r",
              path], "installing the environment")


def _move_scripts(temporary, folder):
    """Programs of the environment name its Python by the place where it will be."""
    programs = os.path.join(temporary, "bin")
    for name in os.listdir(programs):
        path = os.path.join(programs, name)
        if os.path.islink(path):
            continue
        with open(path, "rb") as file:
            data = file.read()
        moved = data.replace(temporary.encode(), folder.encode())
        if moved != data:
            with open(path, "wb") as file:
                file.write(moved)


# --- uv.lock

def requirements_of_uv(text):
    """The packages of a uv.lock as requirements with hashes, for the installers that know only
    those. Packages that are wanted under conditions keep these."""
    import tomllib
    try:
        packages = tomllib.loads(text).get("package", [])
    except tomllib.TOMLDecodeError as error:
        raise Error(f"the uv.lock cannot be read: {error}") from None
    known = {}
    for package in packages:
        known.setdefault(package["name"], []).append(package)
    # What each package is wanted for: the conditions on all ways to it; None: without any.
    wanted = {}
    waiting = []
    for package in packages:
        if not _is_published(package):
            waiting += [(each, frozenset()) for each in package.get("dependencies", [])]
    if len(waiting) == 0 and packages and all(map(_is_published, packages)):
        waiting = [({"name": package["name"]}, frozenset()) for package in packages]
    while waiting:
        dependency, conditions = waiting.pop()
        if dependency.get("marker"):
            conditions = conditions | {dependency["marker"]}
        for package in known.get(dependency["name"], []):
            if dependency.get("version", package.get("version")) != package.get("version"):
                continue
            markers = conditions
            if package.get("resolution-markers"):
                markers = markers | {" or ".join(f"({m})" for m in package["resolution-markers"])}
            key = (package["name"], package.get("version"))
            ways = wanted.setdefault(key, set())
            if any(way <= markers for way in ways):
                continue  # wanted already under no more than these
            ways.add(markers)
            extras = [package.get("optional-dependencies", {}).get(name, [])
                      for name in dependency.get("extra", [])]
            for each in [*package.get("dependencies", []), *(e for group in extras for e in group)]:
                waiting.append((each, markers))
    lines = []
    for package in packages:
        key = (package["name"], package.get("version"))
        if key in wanted and _is_published(package):
            lines.append(_requirement(package, wanted[key]))
    return "\n".join(sorted(lines)) + "\n"


def _is_published(package):
    source = package.get("source", {})
    if "registry" in source or "url" in source:
        return True
    if "virtual" in source or "editable" in source or "directory" in source:
        return False
    raise Error(f"'{package['name']}' of the uv.lock comes from {sorted(source)}; only packages "
                "of a registry have hashes")


def _requirement(package, ways):
    hashes = [each["hash"] for each in package.get("wheels", []) if "hash" in each]
    if "hash" in package.get("sdist", {}):
        hashes.append(package["sdist"]["hash"])
    if not hashes:
        raise Error(f"'{package['name']}' of the uv.lock has no hashes")
    line = f"{package['name']}=={package['version']}"
    if frozenset() not in ways:
        either = " or ".join(sorted("(" + " and ".join(f"({m})" for m in sorted(way)) + ")"
                                    for way in ways))
        line += f" ; {either}"
    return line + "".join(f" --hash={each}" for each in sorted(hashes))
