"""The worker program: what it serves, and how it starts and ends. Imports little, so that it
starts soon and an idle one is small."""

import _signal
import _thread
import io
import os
import sys
import time

from . import _request, _samara
from ._errors import EAST_FRAME, EastError, Error
from ._platform import FORMS, everywhere, is_coroutine

USAGE = """usage: python3 -m samara.worker --repo PATH [--slots N] [--platform FILE]...
                                [--environment HEX]"""
_FINISH_SECONDS = 5
_MESSAGE_MAX = 16 * 1024
_PLACES_MAX = 100
_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Stopped(BaseException):
    """Raised in a function whose deadline has passed, or whose answer nobody waits for."""

    def __str__(self):
        return "the request has ended"


# --- what an exception says

def _text(error):
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - its own text fails
        return "(an exception without a text)"
    if len(text) > _MESSAGE_MAX:
        text = f"{text[:_MESSAGE_MAX]}… ({len(text)} characters)"
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def _message(error):
    if isinstance(error, EastError):
        return error.message
    text, name = _text(error), type(error).__qualname__
    if isinstance(error, SystemExit):
        return f"SystemExit: the function called for the end of its process, with {error.code!r}"
    if isinstance(error, Error) or type(error) is Exception:
        return text or name
    notes = [each for each in getattr(error, "__notes__", ()) if isinstance(each, str)]
    out = "\n".join([f"{name}: {text}" if text else name, *notes])
    if error.__cause__ is not None:
        cause = error.__cause__
        out += f"\ncaused by {type(cause).__qualname__}: {_text(cause)}"
    return out[:2 * _MESSAGE_MAX]


def _column(entry):
    positions = entry.tb_frame.f_code.co_positions()
    for index, found in enumerate(positions):
        if index == entry.tb_lasti // 2:
            return 0 if found[2] is None else found[2] + 1
    return 0


def _places(error):
    """The Python stack, innermost first, without samara's own frames."""
    entries = []
    entry = error.__traceback__
    while entry is not None:
        frame = entry.tb_frame
        own = frame.f_code.co_filename.startswith((_OWN, "<frozen "))
        if not own and EAST_FRAME not in frame.f_globals:  # those are among its locations
            entries.append(entry)
        entry = entry.tb_next
    if len(entries) > _PLACES_MAX:
        half = _PLACES_MAX // 2
        entries = entries[:half] + entries[-half:]
    out = [(each.tb_frame.f_code.co_filename, each.tb_lineno or 0, _column(each))
           for each in reversed(entries)]
    if isinstance(error, SyntaxError) and error.filename:
        out.insert(0, (str(error.filename), error.lineno or 0, error.offset or 0))
    if isinstance(error, EastError):
        out = [tuple(place) for place in error.locations] + out
    return tuple((file.encode("utf-8", "replace").decode(), line, column)
                 for file, line, column in out)


def describe(error, stop):
    """How a request ends that came to an exception: outcome, message, places."""
    if stop == 1:
        return 4, "the deadline passed while the function ran", _places(error)
    if stop == 2:
        return 6, "the call was cancelled while the function ran", _places(error)
    if isinstance(error, MemoryError):
        return 5, f"MemoryError: {_text(error)}".rstrip(": "), _places(error)
    return 1, _message(error), _places(error)


# --- console output

class _Stream(io.TextIOBase):
    """Standard output or errors: of a request where one is served, else of the process."""

    encoding, errors = "utf-8", "backslashreplace"

    def __init__(self, number, under):
        self._number, self._under = number, under
        self.buffer = _Bytes(self)

    def write(self, text):
        request = _request.request()
        if request is None:
            return self._under.write(text)
        request.log(self._number, text)
        return len(text)

    def flush(self):
        if _request.request() is None:
            self._under.flush()

    def writable(self):
        return True

    def fileno(self):
        return self._under.fileno()

    def isatty(self):
        return False


class _Bytes(io.RawIOBase):
    def __init__(self, stream):
        self._stream = stream

    def write(self, data):
        self._stream.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(data)

    def writable(self):
        return True


# --- scripts

def _default_form():
    if "numpy" in sys.modules:
        return 0
    import importlib.util
    return 0 if importlib.util.find_spec("numpy") else 1


_scripts = {}
_script_locks = {}


def load(request):
    """The function of a script; its module is made once."""
    found = request.function
    lock = _script_locks.setdefault(found, _thread.allocate_lock())
    with lock:
        function = _scripts.get(found)
        if function is None:
            function = _scripts[found] = _load(request, found)
    return function, is_coroutine(function), _default_form()


def _load(request, found):
    _, entry, source, path, *_ = request.script()
    path = path or f"<script {found[:12]}>"
    name = f"samara_script_{found[:24]}"
    module = type(sys)(name)
    module.__file__ = path
    text = source.decode()
    linecache = sys.modules.get("linecache")
    if linecache is not None:
        linecache.cache[path] = (len(text), None, text.splitlines(True), path)
    sys.modules[name] = module
    try:
        exec(compile(text, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
        function = getattr(module, entry, None)
        if not callable(function):
            raise Error(f"'{path}' has no function '{entry}'")
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return function


def environment(request):
    from . import _environment
    _environment.start(_options.repo, _options.slots, request)


# --- asynchronous functions

_loop = None
_loop_lock = _thread.allocate_lock()


def _start_loop():
    """The event loop, in a thread of its own."""
    global _loop
    with _loop_lock:
        if _loop is None:
            import asyncio
            import contextvars
            _request.task_request = contextvars.ContextVar("samara_request", default=None)
            loop = asyncio.new_event_loop()
            _thread.start_new_thread(loop.run_forever, ())
            _loop = loop
    return _loop


async def _serve(function, arguments, request, done):
    try:
        result = await function(*arguments)
    except BaseException as error:  # noqa: BLE001 - it is the answer
        request.fail(error)
    else:
        request.finish(result)
    finally:
        request.task = None
        done.release()


def _begin(function, arguments, request, done):
    import contextvars
    context = contextvars.copy_context()
    context.run(_request.task_request.set, request)
    request.task = _loop.create_task(_serve(function, arguments, request, done), context=context)


def run_async(function, arguments, request):
    """Runs a coroutine on the loop; back when it has been answered."""
    loop = _loop or _start_loop()
    done = _thread.allocate_lock()
    done.acquire()
    loop.call_soon_threadsafe(_begin, function, arguments, request, done)
    done.acquire()


def stop_task(task):
    _loop.call_soon_threadsafe(task.cancel)


# --- threads

_worker = None


def _take():
    try:
        _worker.take()
    except BaseException as error:  # noqa: BLE001 - the worker cannot go on
        _say(f"the worker cannot go on: {error}")
        os._exit(1)


def spawn():
    _thread.start_new_thread(_take, ())


# --- the program

class _Options:
    repo, slots, environment = None, 1, None

    def __init__(self):
        self.platform = []


_options = _Options()


def _say(text):
    sys.__stderr__.write(f"samara: error: {text}\n")
    sys.__stderr__.flush()


def _end(code, text):
    _say(text)
    sys.exit(code)


def _parse(words):
    options = _Options()
    words = list(words)
    while words:
        name, equals, value = words.pop(0).partition("=")
        if name in ("-h", "--help"):
            print(USAGE)
            sys.exit(0)
        if name not in ("--repo", "--slots", "--platform", "--environment"):
            _end(2, f"unknown option '{name}'\n{USAGE}")
        if not equals:
            if not words:
                _end(2, f"option '{name}' expects a value\n{USAGE}")
            value = words.pop(0)
        if name == "--platform":
            options.platform.append(value)
        elif name == "--slots":
            if not value.isdigit() or not 1 <= int(value) <= 4096:
                _end(2, f"option '--slots' expects a number from 1 to 4096, got '{value}'")
            options.slots = int(value)
        else:
            setattr(options, name[2:], value)
    if options.repo is None:
        _end(2, f"option '--repo' is missing\n{USAGE}")
    return options


def _load_file(path):
    """A platform file as a module of its name; its folder is searched for what it imports."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_file_location
    path = os.path.abspath(path)
    name = os.path.splitext(os.path.basename(path))[0]
    if not name.isidentifier() or name in sys.modules or name in sys.stdlib_module_names:
        name = "samara_platform_" + "".join(c if c.isalnum() else "_" for c in name)
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = spec_from_file_location(name, path, loader=SourceFileLoader(name, path))
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def _offer(worker):
    form = None
    for each in everywhere.values():
        if form is None and None in each.forms:
            form = _default_form()
        forms = tuple(form if given is None else FORMS[given] for given in each.forms)
        is_async = is_coroutine(each.function)
        if is_async:
            _start_loop()
        worker.offer(each.name, each.inputs, forms, each.output, each.effect, each.version,
                     each.function, is_async)


def _quiet_output():
    """What is written to standard output from now on goes to the errors: the line `ready` is all
    that whoever started this expects there. Returns where to write that."""
    kept = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = _Stream(1, sys.stderr)
    sys.stderr = _Stream(2, sys.__stderr__)
    return kept


def _wait_for_end():
    """Until a signal comes, or standard input is closed where it is a pipe."""
    import select
    import stat
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    _signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    waiting = select.poll()
    waiting.register(reads, select.POLLIN)
    try:
        # Programs that a function starts must not read what is not for them.
        given = os.dup(0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        if stat.S_ISFIFO(os.fstat(given).st_mode) or stat.S_ISSOCK(os.fstat(given).st_mode):
            waiting.register(given, 0)  # hang-ups are told always
            if waiting.poll(0):
                waiting.unregister(given)  # there was nobody from the beginning
    except OSError:
        pass
    yield
    waiting.poll()


def main(words):
    global _worker, _options
    _options = options = _parse(words)
    if options.environment is None:
        _samara.end_with_parent()  # a worker of an environment watches its standard input
    _samara.more_files()
    for number in (_signal.SIGTERM, _signal.SIGINT):
        _signal.signal(number, lambda *_: None)
    ending = _wait_for_end()
    next(ending)
    ready = _quiet_output()
    _request.path = options.repo
    hooks = sys.modules[__name__]
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        _worker = _samara.Worker(options.repo, "python", options.environment, f"python {version}",
                                 options.slots, hooks)
        for path in options.platform:
            if path.endswith(".py") or os.path.exists(path):
                _load_file(path)
            else:
                __import__(path)
        _offer(_worker)
        _worker.start()
    except Error as error:
        _end(10 if type(error).__name__ == "NoRepository" else 1, str(error))
    except Exception as error:  # noqa: BLE001 - of a platform file
        import traceback
        sys.__stderr__.write("".join(traceback.format_exception(error)))
        _end(1, f"the worker did not start: {type(error).__name__}: {error}")
    os.write(ready, b"ready\n")
    next(ending, None)
    _finish()


def _finish():
    _worker.interrupt()
    environments = sys.modules.get(f"{__package__}._environment")
    if environments is not None:
        environments.stop()
    end = time.monotonic() + _FINISH_SECONDS
    pause = 0.001
    while (_worker.in_hand() or _worker.threads()) and time.monotonic() < end:
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    if not _worker.in_hand() and not _worker.threads():
        _worker.close()
    import atexit
    atexit._run_exitfuncs()
    sys.__stderr__.flush()
    os._exit(0)
