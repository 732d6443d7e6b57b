"""East types: written as East text, built here, or taken from annotations and values."""

import collections.abc
import datetime
import sys

from . import _samara
from ._errors import TypeMismatch
from ._values import Instant, KeyList, Ref, Some, Struct, Variant

Type = _samara.Type


class _Open:
    """A type with a reference to one around it; closed by what encloses it."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"samara.Type({self.text!r})"


def parse_type(text):
    """A type from East text: `parse_type(".Array .Float")`."""
    return _samara.parse_type(text)


def _has_open(parts):
    return any(isinstance(part, _Open) for part in parts)


def _built(text, parts):
    if _has_open(parts):
        try:
            return _samara.parse_type(text)  # the reference may be to this very type
        except Exception:  # noqa: BLE001 - then to one further out
            return _Open(text)
    return _samara.parse_type(text)


def to_type(given):
    """The type that `given` stands for: a type, East text, an annotation, a dataclass."""
    if type(given) is Type:
        return given
    if isinstance(given, str):
        return _samara.parse_type(given if given.startswith(".") else _from_name(given))
    out = _part(given)
    if isinstance(out, _Open):
        raise TypeMismatch(f"the type {out.text} refers out of itself")
    return out


def _from_name(text):
    return "." + text if text.isidentifier() else text


def _quoted(name):
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


Null = parse_type(".Null")
Boolean = parse_type(".Boolean")
Integer = parse_type(".Integer")
Float = parse_type(".Float")
String = parse_type(".String")
DateTime = parse_type(".DateTime")
Blob = parse_type(".Blob")

_PLAIN = {type(None): Null, None: Null, bool: Boolean, int: Integer, float: Float, str: String,
          bytes: Blob, bytearray: Blob, memoryview: Blob, datetime.datetime: DateTime}


def _taken_apart(given):
    """Origin and arguments of an annotation; without typing where nobody has imported it."""
    if isinstance(given, type(int | None)):
        return "Union", given.__args__
    typing = sys.modules.get("typing")
    if typing is None:
        return getattr(given, "__origin__", None), getattr(given, "__args__", ())
    origin, arguments = typing.get_origin(given), typing.get_args(given)
    if origin is typing.Annotated:
        return "Annotated", arguments
    return "Union" if origin is typing.Union else origin, arguments


def _part(given):
    if type(given) is Type or isinstance(given, _Open):
        return given
    if isinstance(given, str):
        return to_type(given)
    try:
        if given in _PLAIN:
            return _PLAIN[given]
    except TypeError:
        pass
    origin, arguments = _taken_apart(given)
    if origin in (list, collections.abc.Sequence, collections.abc.Iterable) and arguments:
        return Array(arguments[0])
    if origin in (set, frozenset, collections.abc.Set) and arguments:
        return Set(arguments[0])
    if origin in (dict, collections.abc.Mapping) and arguments:
        return Dict(*arguments)
    if origin == "Annotated":
        return _part(arguments[1] if isinstance(arguments[1], (Type, str)) else arguments[0])
    if origin == "Union":
        others = [a for a in arguments if a is not type(None)]
        if len(others) == 1 and len(arguments) == 2:
            return Option(others[0])
        raise TypeMismatch(f"{given} is no East type: only unions with None are")
    if isinstance(given, type) and (hasattr(given, "__dataclass_fields__") or
                                      hasattr(given, "_fields")):
        return _of_class(given)
    raise TypeMismatch(f"{given!r} is no East type")


def _of_class(cls):
    import dataclasses
    import typing
    hints = typing.get_type_hints(cls, include_extras=True)
    if dataclasses.is_dataclass(cls):
        names = [field.name for field in dataclasses.fields(cls)]
    else:
        names = cls._fields
    try:
        return StructType(**{name: hints[name] for name in names})
    except KeyError as missing:
        raise TypeMismatch(f"field {missing} of {cls.__name__} has no annotation") from None
    except RecursionError:
        raise TypeMismatch(f"{cls.__name__} contains itself: give its East type, with "
                           "samara.Recursive") from None


def _unary(kind, element):
    part = _part(element)
    return _built(f".{kind} {part.text}", [part])


def Array(element):
    return _unary("Array", element)


def Set(key):
    return _unary("Set", key)


def Vector(element):
    return _unary("Vector", element)


def Matrix(element):
    return _unary("Matrix", element)


def RefType(value):
    return _unary("Ref", value)


def Dict(key, value):
    parts = [_part(key), _part(value)]
    return _built(f".Dict (key={parts[0].text}, value={parts[1].text})", parts)


def _named(kind, fields):
    parts = {name: _part(given) for name, given in fields.items()}
    inner = ", ".join(f"(name={_quoted(n)}, type={p.text})" for n, p in parts.items())
    return _built(f".{kind} [{inner}]", list(parts.values()))


def StructType(fields=None, /, **more):
    """A struct of these fields, in order: `StructType(name=str, speed=list[float])`."""
    return _named("Struct", {**(fields or {}), **more})


def VariantType(cases=None, /, **more):
    """A variant of these cases: `VariantType(circle=float, none=None)`."""
    return _named("Variant", {**(cases or {}), **more})


def Option(value):
    """None, or a value."""
    return VariantType(none=Null, some=value)


def Recursive(distance):
    """The type `distance` constructors further out: 1 is the one right around it.

    A list: `VariantType(nil=None, cons=StructType(head=int, tail=Recursive(2)))`."""
    return _Open(f".Recursive {int(distance)}")


def Function(inputs, output):
    parts = [_part(each) for each in inputs]
    result = _part(output)
    texts = ", ".join(part.text for part in parts)
    return _built(f".Function (inputs=[{texts}], output={result.text})", [*parts, result])


# --- types that follow from values: ("kind", parts…), where "?" is not known yet

class _Conflict(Exception):
    pass


def _join(a, b, path):
    """The least type for values of both."""
    if a == b or b[0] == "?":
        return a
    if a[0] == "?":
        return b
    if a[0] == "Null":
        return b if b[0] == "Option" else ("Option", b)
    if b[0] == "Null":
        return a if a[0] == "Option" else ("Option", a)
    if "Option" in (a[0], b[0]):
        inner = [t[1] if t[0] == "Option" else t for t in (a, b)]
        return ("Option", _join(*inner, path))
    if {a[0], b[0]} == {"Integer", "Float"}:
        return ("Float",)
    if a[0] != b[0]:
        raise TypeMismatch(f"{path}: {_word(b)} beside {_word(a)}; give a type")
    if a[0] in ("Array", "Set", "Ref"):
        return (a[0], _join(a[1], b[1], path))
    if a[0] == "Dict":
        return ("Dict", _join(a[1], b[1], path), _join(a[2], b[2], path))
    if a[0] == "Struct" and [n for n, _ in a[1]] == [n for n, _ in b[1]]:
        return ("Struct", tuple((n, _join(x, y, f"{path}.{n}"))
                                for (n, x), (_, y) in zip(a[1], b[1])))
    if a[0] == "Variant":
        cases = dict(a[1])
        for name, inner in b[1]:
            cases[name] = _join(cases[name], inner, path) if name in cases else inner
        return ("Variant", tuple(sorted(cases.items())))
    raise TypeMismatch(f"{path}: {_word(b)} beside {_word(a)}; give a type")


def _word(node):
    return node[1].text if node[0] == "fixed" else node[0]


def _numpy_type(value):
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if isinstance(value, numpy.ndarray):
        kind = {"f": "Float", "i": "Integer", "b": "Boolean"}.get(value.dtype.kind)
        if kind is None or value.ndim not in (1, 2) or (kind != "Boolean" and
                                                        value.dtype.itemsize != 8):
            return None
        if value.ndim == 2:
            return ("fixed", Matrix(kind))
        return ("Array", (kind,))
    if isinstance(value, numpy.bool_):
        return ("Boolean",)
    if isinstance(value, numpy.integer):
        return ("Integer",)
    if isinstance(value, numpy.floating):
        return ("Float",)
    return None


def _joined(values, path, seen, label):
    out = ("?",)
    for index, each in enumerate(values):
        at = f"{path}[{index}]" if label is None else f"{path}{label(each)}"
        out = _join(out, _infer(each, at, seen), at)
    return out


def _infer(value, path, seen):
    if value is None:
        return ("Null",)
    if isinstance(value, bool):
        return ("Boolean",)
    if isinstance(value, (Instant, datetime.datetime)):
        return ("DateTime",)
    if isinstance(value, int):
        return ("Integer",)
    if isinstance(value, float):
        return ("Float",)
    if isinstance(value, str):
        return ("String",)
    if isinstance(value, (bytes, bytearray)):
        return ("Blob",)
    found = _numpy_type(value)
    if found is not None:
        return found
    if isinstance(value, memoryview):
        kind = {"d": "Float", "q": "Integer", "l": "Integer", "?": "Boolean",
                "B": None}.get(value.format)
        if kind is None:
            return ("Blob",)
        return ("fixed", Matrix(kind)) if value.ndim == 2 else ("Array", (kind,))
    if id(value) in seen:
        raise TypeMismatch(f"{path or 'the value'} contains itself; give a type")
    seen.add(id(value))
    try:
        return _infer_inner(value, path, seen)
    finally:
        seen.discard(id(value))


def _infer_inner(value, path, seen):
    if isinstance(value, Struct):
        # Its own type, which says more than its contents.
        return _from_type(value._type)
    if isinstance(value, KeyList):
        raise TypeMismatch(f"{path or 'a KeyList'}: give a type")
    if isinstance(value, list):
        return ("Array", _joined(value, path, seen, None))
    if isinstance(value, (set, frozenset)):
        return ("Set", _joined(value, path, seen, lambda key: f"[{key!r} (key)]"))
    if isinstance(value, collections.abc.Mapping):
        keys = _joined(value, path, seen, lambda key: f"[{key!r} (key)]")
        out = ("?",)
        for key, each in value.items():
            at = f"{path}[{key!r}]"
            out = _join(out, _infer(each, at, seen), at)
        return ("Dict", keys, out)
    if isinstance(value, Variant):
        return ("Variant", ((value.case, _infer(value.value, f"{path}.{value.case}", seen)),))
    if isinstance(value, Some):
        return ("Option", _infer(value.value, path, seen))
    if isinstance(value, Ref):
        return ("Ref", _infer(value.value, f"{path}.value", seen))
    if hasattr(value, "__dataclass_fields__") or hasattr(value, "_fields"):
        return _from_type(to_type(type(value)))
    raise TypeMismatch(f"{path + ': ' if path else ''}no East type follows from a value of class "
                       f"{type(value).__name__}; give a type")


def _from_type(kind):
    """A known type as a node, so that it can be joined with others."""
    name = kind.kind
    if name == "Struct" and ".Recursive" not in kind.text:
        return ("Struct", tuple((n, _from_type(p)) for n, p in zip(kind.names, kind.parts)))
    if not kind.parts and name != "Never":
        return (name,)
    if name in ("Array", "Set") and ".Recursive" not in kind.text:
        return (name, _from_type(kind.parts[0]))
    return ("fixed", kind)


def _finish(node, path):
    kind = node[0]
    if kind == "?":
        raise TypeMismatch(f"{path or 'the value'} is empty: no type follows; give a type")
    if kind == "fixed":
        return node[1]
    if kind in ("Array", "Set", "Ref"):
        return _unary(kind, _finish(node[1], path))
    if kind == "Dict":
        return Dict(_finish(node[1], path), _finish(node[2], path))
    if kind == "Struct":
        return StructType({n: _finish(t, f"{path}.{n}") for n, t in node[1]})
    if kind == "Variant":
        return VariantType({n: _finish(t, f"{path}.{n}") for n, t in node[1]})
    if kind == "Option":
        return Option(_finish(node[1], path))
    return _samara.parse_type("." + kind)


def type_of(value, *, _path=""):
    """The type that follows from a value. Raises TypeMismatch where it is not clear: an empty
    list, a tuple, elements of several types."""
    return _finish(_infer(value, _path, set()), _path)
