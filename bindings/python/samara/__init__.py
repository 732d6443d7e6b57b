"""Samara: typed functions that run once and whose results are found again.

>>> import samara
>>> with samara.Repository() as repo:
...     repo.add("mean.east")
...     repo.run("mean", [1.0, 2.0, 6.0])
3.0
"""

from ._errors import (Cancelled, Crash, EastError, Error, LimitReached, Location, Lost,
                      MemoryExceeded, NoRepository, NotFound, PermissionDenied, Timeout, Trap,
                      TypeMismatch)
from ._types import (Array, Blob, Boolean, DateTime, Dict, Float, Function, Integer, Matrix, Null,
                     Option, Recursive, Set, String, Type, Vector, parse_type, type_of)
from ._types import RefType, StructType, VariantType
from ._values import Id, Instant, KeyList, Ref, Some, Struct, Variant, struct
from . import _setup
from ._repository import Function as FunctionHandle
from ._repository import Repository, Result, init, platform

__version__ = _setup.version()
__all__ = [
    "Array", "Blob", "Boolean", "Cancelled", "Crash", "DateTime", "Dict", "EastError", "Error",
    "Float", "Function", "Id", "Instant", "Integer", "KeyList", "LimitReached", "Location", "Lost",
    "Matrix", "MemoryExceeded", "NoRepository", "NotFound", "Null", "Option", "PermissionDenied",
    "Recursive", "Ref", "RefType", "Repository", "Result", "Set", "Some", "String", "Struct",
    "StructType", "Timeout", "Trap", "Type", "TypeMismatch", "Variant", "VariantType", "Vector",
    "FunctionHandle", "decode", "encode", "init", "parse_type", "platform", "struct", "type_of",
]

from ._codec import decode, encode
from ._east import EastSyntaxError, east

__all__ += ["EastSyntaxError", "east"]
