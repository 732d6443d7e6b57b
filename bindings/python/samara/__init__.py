"""Samara: typed functions that run once and whose results are found again.

>>> import samara
>>> with samara.Repository() as repo:
...     repo.add("mean.east")
...     repo.run("mean", [1.0, 2.0, 6.0])
3.0
"""

from . import _setup
from ._errors import (Cancelled, Crash, EastError, Error, LimitReached, Location, Lost,
                      MemoryExceeded, NoRepository, NotFound, PermissionDenied, Timeout, Trap,
                      TypeMismatch)
from ._platform import platform
from ._values import Id, Instant, KeyList, Ref, Some, Struct, Variant, struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._codec import decode, encode
    from ._current import call, current, run
    from ._east import EastSyntaxError, east
    from ._repository import Function as FunctionHandle
    from ._repository import Repository, Result, init
    from ._types import (Array, Blob, Boolean, DateTime, Dict, Float, Function, Integer, Matrix,
                         Null, Option, Recursive, RefType, Set, String, StructType, Type,
                         VariantType, Vector, parse_type, type_of)

# Loaded when first used: a worker starts within milliseconds if it needs none of it.
_LATER = {"FunctionHandle": ("_repository", "Function")}
for _module, _names in {
        "_codec": "decode encode", "_east": "EastSyntaxError east", "_current": "call current run",
        "_repository": "Repository Result init",
        "_types": "Array Blob Boolean DateTime Dict Float Function Integer Matrix Null Option "
                  "Recursive RefType Set String StructType Type VariantType Vector parse_type "
                  "type_of"}.items():
    _LATER.update((_name, (_module, _name)) for _name in _names.split())

__version__ = _setup.version()
__all__ = ["Cancelled", "Crash", "EastError", "Error", "Id", "Instant", "KeyList", "LimitReached",
           "Location", "Lost", "MemoryExceeded", "NoRepository", "NotFound", "PermissionDenied",
           "Ref", "Some", "Struct", "Timeout", "Trap", "TypeMismatch", "Variant", "platform",
           "struct", *_LATER]


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(f"module 'samara' has no attribute {name!r}")
    module, inner = _LATER[name]
    found = getattr(__import__(f"samara.{module}", fromlist=[inner]), inner)
    globals()[name] = found
    return found


def __dir__():
    return sorted({*globals(), *_LATER})
