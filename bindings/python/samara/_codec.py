"""Values to bytes and back, without a repository."""

from . import _samara
from ._platform import FORMS
from ._types import to_type, type_of

BEAST2, TEXT, JSON = 1, 2, 3


def arrays_code(arrays):
    """Which form numbers side by side take; None: numpy where it is installed."""
    if arrays is None:
        import sys
        if "numpy" in sys.modules:
            return 0
        import importlib.util
        return 0 if importlib.util.find_spec("numpy") else 1
    try:
        return FORMS[arrays]
    except KeyError:
        raise ValueError(f"arrays is 'numpy', 'memoryview' or 'list', not {arrays!r}") from None


def encode(value, type=None, format="beast2"):
    """The bytes of a value: beast2, or text or JSON as str."""
    of = type_of(value) if type is None else to_type(type)
    if format == "beast2":
        return _samara.encode(value, of, BEAST2)
    return _samara.encode(value, of, {"text": TEXT, "json": JSON}[format]).decode()


def decode(data, type=None, *, arrays=None):
    """The value of beast2 bytes; `type`: what it must be."""
    return _samara.decode(data, arrays_code(arrays), None if type is None else to_type(type))
