"""What can go wrong, as exceptions."""

import collections


class Error(Exception):
    """Anything Samara says no to. `call`: the id of the call it is about, or None."""

    call = None


class TypeMismatch(Error, TypeError):
    """A value does not have the type that is expected; the text names the place in it."""


class NoRepository(Error):
    """No repository was found."""


class NotFound(Error, LookupError):
    """There is no such object, function or name."""


class PermissionDenied(Error):
    """A capability that is not granted, or a file that may not be touched."""


class Location(collections.namedtuple("Location", ("file", "line", "column"))):
    """A place in the source of a program."""

    __slots__ = ()

    def __str__(self):
        return f"{self.file}:{self.line}:{self.column}"


class _Failed(Error):
    """A function came to another end than a value."""


class EastError(_Failed):
    """The program raised an error. `message`: what it said; `locations`: where, then the calls
    that led there, outward."""

    message = ""
    locations = ()


class Timeout(_Failed, TimeoutError):
    """The deadline passed."""


class Crash(_Failed):
    """The process that ran the function died."""


class Trap(_Failed):
    """The function did what it must not."""


class MemoryExceeded(_Failed):
    """The memory limit was reached."""


class Cancelled(_Failed):
    """The run was cancelled."""


class Lost(_Failed):
    """Whoever ran the function is gone."""


class LimitReached(_Failed):
    """Another limit was reached: steps, depth, output."""


# Codes of the C interface which somebody may want to tell apart.
BY_CODE = {4: TypeMismatch, 5: NotFound, 11: PermissionDenied, 13: Cancelled, 14: Timeout,
           15: NoRepository}
_BY_OUTCOME = {2: Trap, 3: Crash, 4: Timeout, 5: MemoryExceeded, 6: Cancelled, 7: Lost,
               8: LimitReached}


class Outcome(Exception):
    """Raised by the extension where a call has no value; becomes one of the above."""


_PLACE = r"(?P<file>[^\n]*):(?P<line>\d+):(?P<column>\d+)"


def _location(match):
    return Location(match["file"], int(match["line"]), int(match["column"]))


def split_message(text):
    """Message and locations of an East error, from its text (docs/formats/execution-record.md)."""
    import re
    first_place = re.compile(_PLACE.replace("[^\\n]*", "[^\\n]*?") + r": ", re.ASCII)
    caller = re.compile(r"\n  at " + _PLACE + r"$", re.ASCII)
    callers = []
    while True:
        match = caller.search(text)
        if match is None:
            break
        callers.append(_location(match))
        text = text[:match.start()]
    if callers:
        text = text.removesuffix("\nStack trace:")
    first = first_place.match(text)
    if first is None:
        return text, tuple(callers)
    return text[first.end():], (_location(first), *callers)


# Among the names of a frame that stands for East code.
EAST_FRAME = "__samara_east__"


def _east_traceback(locations, function):
    """Traceback entries that look as if the East code had raised, outermost first."""
    import types
    entry = None
    for depth, place in enumerate(locations):
        if place.line <= 0:
            continue
        code = compile("\n" * (min(place.line, 1_000_000) - 1) + "raise _error", place.file, "exec")
        name = function if depth == len(locations) - 1 and function else "<east>"
        code = code.replace(co_name=name, co_qualname=name)
        try:
            exec(code, {"_error": KeyError(), EAST_FRAME: True})  # noqa: S102 - a frame cannot be made otherwise
        except KeyError as error:
            inner = error.__traceback__.tb_next
            entry = types.TracebackType(entry, inner.tb_frame, inner.tb_lasti, inner.tb_lineno)
    return entry


def from_outcome(outcome, message, call, function):
    """The exception for an outcome of a call."""
    if outcome != 1:
        error = _BY_OUTCOME.get(outcome, _Failed)(message)
        error.call = call
        return error
    said, locations = split_message(message)
    error = EastError(said)
    error.message, error.locations, error.call = said, locations, call
    if locations:
        error.add_note("".join(f"\n  in East: {place}" for place in locations).lstrip("\n"))
    return error.with_traceback(_east_traceback(locations, function))
