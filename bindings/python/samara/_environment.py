"""Environments of scripts: what a lock file names, installed into a folder of the repository's
cache, and a worker that runs there."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import threading

from ._errors import Error

_START_SECONDS = 60
_TEXT_MAX = 4000
_lock = threading.Lock()
_locks = {}
_workers = {}  # by environment: the program that runs

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


def start(repository, slots, request):
    """Makes the environment of a request ready and starts a worker in it; back when it serves."""
    _, _, _, _, lock_text, kind, found = request.script()
    if not found or len(found) != 64 or not set(found) <= set("0123456789abcdef"):
        raise Error("the request names no environment")
    with _lock:
        own = _locks.setdefault(found, threading.Lock())
    with own:
        running = _workers.get(found)
        if running is not None and running.poll() is None:
            return
        folder = materialise(repository, found, lock_text or b"", kind)
        _workers[found] = _start_worker(folder, repository, slots, found)


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


def _run(words, what):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        text = done.stdout[-_TEXT_MAX:].decode("utf-8", "replace").strip()
        raise Error(f"{what} failed: {text}")


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
