"""Repositories: values and functions in a directory, and calls of them."""

import collections
import os
import pathlib
import re
import threading
import typing
import weakref

from . import _errors, _samara
from ._codec import arrays_code
from ._errors import Error, NoRepository
from ._platform import EFFECTS, FORMS, everywhere, is_coroutine, platform
from ._types import to_type, type_of
from ._values import Id

_ID = re.compile(r"[0-9a-f]{64}\Z")
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class Result(typing.NamedTuple):
    """All that is known of a call."""

    value: object
    id: str
    """of the value, a stored object"""
    call: str
    """of the call: for `Repository.why`"""
    from_memo: bool
    reason: str
    seconds: float
    """of the run that gave the value, which may be an earlier one"""
    steps: int
    peak_memory: int


class FunctionInfo(typing.NamedTuple):
    """A function of a repository."""

    name: str
    id: str
    kind: str
    type: object


def _find(path):
    """The repository directory that the command line would take."""
    if path is None:
        path = os.environ.get("SAMARA_REPO") or None
    if path is not None:
        path = pathlib.Path(path)
        inner = path / ".samara"
        return str(inner if inner.is_dir() and not (path / "samara.json").exists() else path)
    here = pathlib.Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ".samara").is_dir():
            return str(folder / ".samara")
    raise NoRepository(f"no repository in '{here}' or any folder above; 'samara init' makes one, "
                       "SAMARA_REPO names one elsewhere")


def _milliseconds(timeout):
    if timeout is None:
        return 0
    seconds = timeout.total_seconds() if hasattr(timeout, "total_seconds") else float(timeout)
    if not seconds > 0:
        raise ValueError("timeout must be more than 0")
    return max(1, round(min(seconds, 1e12) * 1000))


def _bytes(memory):
    if memory is None:
        return 0
    if isinstance(memory, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", memory.lower())
        if match is None:
            raise ValueError(f"memory is a number of bytes or text such as '64M', not {memory!r}")
        memory = float(match[1]) * _UNITS.get(match[2], 1)
    if not memory > 0:
        raise ValueError("memory must be more than 0")
    return int(memory)


def _capabilities(allow):
    names = (allow,) if isinstance(allow, str) else tuple(allow or ())
    return tuple(sorted({part for name in names for part in name.split(",") if part}))


def _awaited(function):
    """An asynchronous function as one that waits, on a loop of its own."""
    def run(*arguments):
        import asyncio
        import concurrent.futures
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(function(*arguments))
        with concurrent.futures.ThreadPoolExecutor(1) as other:  # this thread has a loop already
            return other.submit(asyncio.run, function(*arguments)).result()
    return run


# Open handles that nobody uses.
_FREE_MAX = 8


class _Pool:
    """Open handles of one repository with the same grants: one for each thread that works."""

    def __init__(self, path, arrays, capabilities, platform):
        self.path, self.arrays, self.capabilities = path, arrays, capabilities
        self.platform = platform
        self.free = collections.deque()
        self.all = set()
        self.closed = False

    def take(self):
        try:
            return self.free.pop()
        except IndexError:
            return self.open()

    def open(self):
        if self.closed:
            raise Error("the repository is closed")
        handle = _samara.Handle(self.path, False, self.arrays)
        for capability in self.capabilities:
            handle.grant(capability)
        for made in list(self.platform.values()):
            forms = tuple(self.arrays if form is None else FORMS[form] for form in made.forms)
            function = _awaited(made.function) if is_coroutine(made.function) else made.function
            handle.register(made.name, made.inputs, made.output, made.effect, made.version,
                            function, forms)
        self.all.add(handle)
        return handle

    def give(self, handle):
        if self.closed or len(self.free) >= _FREE_MAX:
            self.all.discard(handle)
            handle.close()
        else:
            self.free.append(handle)

    def close(self):
        self.closed = True
        while self.free:
            self.free.pop().close()

    def abandon(self):
        for handle in self.all:
            handle.abandon()
        self.free.clear()
        self.all.clear()


_repositories = weakref.WeakSet()


def _after_fork():
    # Threads and locks of the parent are not there: the child opens handles of its own.
    for repository in list(_repositories):
        repository._forked()


os.register_at_fork(after_in_child=_after_fork)

# Ids keep their meaning for ever, so what is known of one stays known; bounded all the same.
_SIGNATURES_MAX = 4096


class Repository:
    """A repository directory. May be used by several threads at once, and as a context manager.

    path: the directory, or one that has it as `.samara`; None: SAMARA_REPO, or the nearest
    `.samara` upwards. arrays: how numbers side by side appear, "numpy" (where it is installed),
    "memoryview" or "list". allow: capabilities of all runs, such as "fs,net". workers: calls of
    `call` that run at the same time."""

    _request = None  # the one for which calls are made, where a worker serves it
    _offered = everywhere

    def __init__(self, path=None, *, arrays=None, allow=(), workers=None):
        self.path = _find(path)
        self._arrays = arrays_code(arrays)
        self._allow = _capabilities(allow)
        self._platform = dict(self._offered)
        self._signatures = {}
        self._workers = workers or min(32, (os.cpu_count() or 1) + 4)
        self._executor = None
        self._lock = threading.Lock()
        self._pools = {}
        self._closed = False
        self._pool = self._pool_for(self._allow)
        self._pool.give(self._pool.take())  # says now what is wrong with the directory
        _repositories.add(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        return f"samara.Repository({self.path!r})"

    def close(self):
        """Waits for calls of `call`; runs of other threads end on their own."""
        self._closed = True
        if self._executor is not None:
            self._executor.shutdown()
        for pool in self._pools.values():
            pool.close()

    def _forked(self):
        for pool in self._pools.values():
            pool.abandon()
        self._executor = None
        self._lock = threading.Lock()

    def _pool_for(self, capabilities):
        pool = self._pools.get(capabilities)
        if pool is None:
            with self._lock:
                pool = self._pools.setdefault(
                    capabilities, _Pool(self.path, self._arrays, capabilities, self._platform))
                pool.closed = self._closed
        return pool

    def _with(self, work):
        pool = self._pool
        handle = pool.take()
        try:
            return work(handle)
        finally:
            pool.give(handle)

    # --- values

    def put(self, value, type=None, name=None):
        """Stores a value and returns its id, which depends on the value alone. `type` as for
        `to_type`: East text, samara types or annotations; None: what follows from the value.
        `name`: a ref that is set to it."""
        of = type_of(value) if type is None else to_type(type)

        def work(handle):
            found = handle.put(value, of)
            if name is not None:
                handle.set_ref(name, found)
            return found
        return self._with(work)

    def put_bytes(self, data, format="beast2", type=None, name=None):
        """Stores a value that is given as beast2, East text or JSON."""
        if isinstance(data, str):
            data = data.encode()
        code = {"beast2": 1, "text": 2, "json": 3}[format]
        text = None if type is None else to_type(type).text

        def work(handle):
            found = handle.put_bytes(code, data, text)
            if name is not None:
                handle.set_ref(name, found)
            return found
        return self._with(work)

    def get(self, id_or_ref, *, arrays=None):
        """The value of an id, the beginning of one, or a ref. A stored array of floats, vector or
        matrix is mapped from its file, read-only, without a copy."""
        code = self._arrays if arrays is None else arrays_code(arrays)
        return self._with(lambda handle: handle.get(self._object(handle, id_or_ref), code))

    def get_bytes(self, id_or_ref, format="beast2"):
        """The value as beast2 (bytes), East text or JSON (str)."""
        code = {"beast2": 1, "text": 2, "json": 3}[format]
        data = self._with(
            lambda handle: handle.get_bytes(self._object(handle, id_or_ref), code))
        return data if code == 1 else data.decode()

    def type_of(self, id_or_ref):
        """The type of a stored value."""
        text = self._with(lambda handle: handle.type_of(self._object(handle, id_or_ref)))
        return _samara.parse_type(text)

    def resolve(self, text):
        """The id that a ref, a function's name or the beginning of an id stands for."""
        return self._with(lambda handle: self._object(handle, text))

    def set_ref(self, name, target):
        """Sets a ref; None removes it."""
        self._with(lambda handle: handle.set_ref(
            name, None if target is None else self._object(handle, target)))

    @staticmethod
    def _object(handle, text):
        if type(text) is Id or _ID.match(text):
            return text
        return handle.resolve(text)

    # --- functions

    def add(self, source, name=None, *, function=None):
        """Adds the functions of a file: East source, beast2 or JSON IR, WebAssembly, a native
        image. Returns their ids by name; bytes are a program, other text than a path is source."""
        if isinstance(source, (bytes, bytearray, memoryview)):
            return {name: self._with(lambda handle: handle.add(source, name))}
        text = os.fspath(source)
        if "\n" in text or ("=" in text and not os.path.exists(text)):
            return self._add_source(text, None, function, name)
        path, _, part = text.rpartition(":")
        if path.endswith(".east") and not os.path.exists(text):
            text, function = path, part
        data = pathlib.Path(text).read_bytes()
        program = data[:8] == b"\x89East\r\n\x01" or data.lstrip()[:1] == b"{"
        if text.endswith(".east") and not program:
            return self._add_source(data.decode(), text, function, name)
        if name is None:
            name = os.path.basename(text).split(".")[0]
        try:
            return {name: self._with(lambda handle: handle.add(data, name))}
        except Error as error:
            raise type(error)(f"cannot add '{text}': {error}") from None

    def _add_source(self, text, path, function, name):
        added = self._with(lambda handle: handle.add_source(text, path, function, name))
        return {each.name: Id(each.id) for each in added}

    def add_script(self, source, entry, type, *, effect=None, environment=None, name=None):
        """Adds a function of a Python source, which workers run: its id.

        source: a path, or the text itself. entry: the function in it. type: a function type
        (`samara.Function([float], float)` or East text). effect: "pure", "idempotent" or
        "effectful"; None: unknown. environment: path of a lock file, "uv.lock" or requirements
        with hashes: what must be installed for it. name: None gives it no name."""
        path, text = None, os.fspath(source)
        if "\n" not in text:
            path = text
            text = pathlib.Path(text).read_text("utf-8")
        lock, kind = b"", None
        if environment is not None:
            lock = pathlib.Path(environment).read_bytes()
            kind = "uv.lock" if os.fspath(environment).endswith("uv.lock") else "requirements.txt"
        code = 3 if effect is None else EFFECTS[effect]
        return self._with(lambda handle: handle.add_script(
            "python", entry, text, to_type(type).text, lock, kind, code, path, name))

    def functions(self):
        """The functions that have a name, by it."""
        return {each.name: FunctionInfo(each.name, Id(each.id), each.kind,
                                        _samara.parse_type(each.type))
                for each in self._with(lambda handle: handle.functions())}

    def function(self, name):
        """A function to be called like one of Python: what the name stands for now."""
        found = self.resolve(name)
        self._with(lambda handle: self._signature(handle, found))
        return Function(self, found, name)

    def _signature(self, handle, found):
        known = self._signatures.get(found)
        if known is None:
            known = handle.signature(found)
            if len(self._signatures) >= _SIGNATURES_MAX:
                self._signatures.clear()
            self._signatures[found] = known
        return known

    def platform(self, name=None, inputs=None, output=None, *, effect="effectful", version=None,
                 arrays=None):
        """Decorator: offers a Python function to the programs that this object runs, as
        `samara.platform` does to all. Before the first function is added or run."""
        if callable(name) and inputs is None:
            return self.platform()(name)
        decorate = platform(name, inputs, output, effect=effect, version=version, arrays=arrays,
                            to=self._platform)

        def register(function):
            decorate(function)
            for pool in self._pools.values():  # handles that are open already do not know it
                while pool.free:
                    pool.free.pop().close()
            return function
        return register

    # --- calls

    def run(self, function, *arguments, timeout=None, memory=None, allow=None, steps=None,
            memo=True, place=None):
        """Runs a function, or finds its answer, and returns the value. `function`: a name, an id
        or a `Function`; arguments: values of its input types, or an `Id` for a stored one.
        timeout: seconds; memory: bytes or "64M"; memo=False runs in any case. place: workers of
        this queue run it, such as "cpp"; None: this process, if it can.
        Raises EastError, Timeout, Crash, … with the id of the call."""
        return self._run(function, arguments, timeout, memory, allow, steps, memo, 0, None, place)

    def result(self, function, *arguments, timeout=None, memory=None, allow=None, steps=None,
               memo=True, place=None):
        """As `run`, with what else is known of the call."""
        got = self._run(function, arguments, timeout, memory, allow, steps, memo, 1, None, place)
        outcome, value, value_id, call, message, reason, from_memo, wall_ns, used, peak = got
        if outcome != 0:
            raise _errors.from_outcome(outcome, message, call, str(function))
        return Result(value, value_id, call, bool(from_memo), reason, wall_ns / 1e9, used, peak)

    def _run(self, function, arguments, timeout, memory, allow, steps, memo, full, token,
             place):
        pool = self._pool if allow is None else self._pool_for(
            tuple(sorted({*self._allow, *_capabilities(allow)})))
        name = function
        handle = pool.take()
        try:
            if type(function) is Function:
                found, name = function.id, function.name
            elif type(function) is Id or _ID.match(function):
                found, name = function, function[:12]
            else:
                found = handle.resolve(function)
            signature = self._signatures.get(found)
            if signature is None:
                signature = self._signature(handle, found)
            if token is not None:
                token.start(handle)
            return handle.call(
                found, signature, arguments, name,
                0 if timeout is None else _milliseconds(timeout),
                0 if memory is None else _bytes(memory), steps or 0, not memo, self._arrays, full,
                self._request, place)
        except _errors.Outcome as outcome:
            kind, _, _, call, message = outcome.args[:5]
        finally:
            if token is not None:
                token.end()
            pool.give(handle)
        raise _errors.from_outcome(kind, message, call, name)

    async def call(self, function, *arguments, timeout=None, memory=None, allow=None, steps=None,
                   memo=True, place=None):
        """As `run`, for asyncio: other tasks go on, up to `workers` calls run at the same time,
        and a cancelled task cancels its run."""
        import asyncio
        token = _Token()
        future = self._submit(self._run, function, arguments, timeout, memory, allow, steps, memo,
                              0, token, place)
        waiter = asyncio.wrap_future(future)
        try:
            return await asyncio.shield(waiter)
        except asyncio.CancelledError:
            future.cancel()
            waiter.add_done_callback(lambda done: done.cancelled() or done.exception())
            while not future.done():  # again, should it only just begin
                token.cancel()
                await asyncio.sleep(0.005)
            raise

    def _submit(self, work, *arguments):
        if self._executor is None:
            import concurrent.futures
            with self._lock:
                if self._executor is None:
                    self._executor = concurrent.futures.ThreadPoolExecutor(
                        self._workers, thread_name_prefix="samara")
        return self._executor.submit(work, *arguments)

    def why(self, call):
        """Why a call ran or did not: the id of a call, a `Result` or an error of this package."""
        found = call if isinstance(call, str) else call.call
        return self._with(lambda handle: handle.why(found))


class _Token:
    """Lets another thread end a run."""

    def __init__(self):
        self.lock = threading.Lock()
        self.handle = None
        self.cancelled = False

    def start(self, handle):
        with self.lock:
            if self.cancelled:
                raise _errors.Cancelled("cancelled before it began")
            self.handle = handle

    def end(self):
        with self.lock:
            self.handle = None

    def cancel(self):
        with self.lock:
            self.cancelled = True
            if self.handle is not None:
                self.handle.cancel()


class Function:
    """A function of a repository. Calling it runs it; `.call` does so for asyncio."""

    __slots__ = ("repository", "id", "name")

    def __init__(self, repository, found, name):
        self.repository, self.id, self.name = repository, found, name

    @property
    def type(self):
        return self.repository._with(lambda h: self.repository._signature(h, self.id))

    def __call__(self, *arguments, **options):
        return self.repository.run(self, *arguments, **options)

    def call(self, *arguments, **options):
        return self.repository.call(self, *arguments, **options)

    def __repr__(self):
        return f"<samara function {self.name} {self.type.text}>"

    def __str__(self):
        return self.name


def init(path=".samara", **options):
    """Makes a repository in a directory that does not exist or is empty, and opens it."""
    _samara.Handle(os.fspath(path), True, 0).close()
    return Repository(path, **options)
