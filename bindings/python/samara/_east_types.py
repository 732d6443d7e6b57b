"""The types of Python code that is to become East: what annotations mean, and how East writes it."""

import collections.abc
import dataclasses
import datetime
import types
import typing

from . import _types

# Words of the language, and names which the translation itself uses.
KEYWORDS = frozenset("as async await break catch continue do else false finally fn for if import in "
                     "is let match null platform private rec return throw true try type var while "
                     "NaN Infinity vec mat".split())
TAKEN = frozenset(["print", "equal", "diff", "wrap", "unwrap"])


def quoted_name(name):
    """A name as East writes it."""
    plain = name.isascii() and name.isidentifier() and name not in KEYWORDS
    return name if plain else "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def field_name(name):
    """After a point, where a keyword is a name."""
    return name if name in KEYWORDS else quoted_name(name)


class T:
    """A type. Structs of a class are the class; others are what they are made of."""

    __slots__ = ("kind", "parts", "names", "cls", "alias")

    def __init__(self, kind, parts=(), names=(), cls=None, alias=None):
        self.kind, self.parts, self.names = kind, tuple(parts), tuple(names)
        self.cls, self.alias = cls, alias

    def __eq__(self, other):
        if self is other:
            return True
        if not isinstance(other, T) or self.kind != other.kind:
            return False
        if self.kind != "Struct":
            return self.parts == other.parts and self.names == other.names
        if self.cls is not None and self.cls is other.cls:
            return True
        pair = (id(self.cls or self), id(other.cls or other))
        if pair in _comparing:  # met again inside itself
            return True
        _comparing.add(pair)
        try:  # East knows structs by their fields alone
            return list(fields(self).items()) == list(fields(other).items())
        finally:
            _comparing.discard(pair)

    def __hash__(self):
        return hash((self.kind, tuple(fields(self)) if self.kind == "Struct" else self.parts, self.names
                     if self.kind == "Variant" else None))

    def __str__(self):
        """As Python writes it, for messages."""
        if self.kind in _WORDS:
            return _WORDS[self.kind]
        if self.cls is not None:
            return self.cls.__name__
        if self.alias:
            return self.alias
        if self.kind == "Array":
            return f"list[{self.parts[0]}]"
        if self.kind == "Set":
            return f"set[{self.parts[0]}]"
        if self.kind == "Dict":
            return f"dict[{self.parts[0]}, {self.parts[1]}]"
        if self.kind == "Option":
            return f"{self.parts[0]} | None"
        if self.kind == "Function":
            return f"Callable[[{', '.join(map(str, self.parts[:-1]))}], {self.parts[-1]}]"
        if self.kind == "Struct":
            return "a struct of " + ", ".join(self.names)
        return self.kind


_comparing = set()
_WORDS = {"Integer": "int", "Float": "float", "String": "str", "Boolean": "bool", "Null": "None",
          "DateTime": "datetime", "Blob": "bytes", "Error": "an exception", "Never": "Never"}
INTEGER, FLOAT, STRING, BOOLEAN = T("Integer"), T("Float"), T("String"), T("Boolean")
NULL, DATETIME, BLOB, NEVER = T("Null"), T("DateTime"), T("Blob"), T("Never")
ERROR = T("Error")
_PLAIN = {int: INTEGER, float: FLOAT, str: STRING, bool: BOOLEAN, type(None): NULL, None: NULL,
          bytes: BLOB, datetime.datetime: DATETIME}


def array(element):
    return T("Array", (element,))


def option(value):
    return T("Option", (value,))


class NoType(Exception):
    """An annotation that means no type."""


def from_annotation(given, alias=None):
    """The type of an annotation, which is a value by now."""
    try:
        if given in _PLAIN:
            return _PLAIN[given]
    except TypeError:
        pass
    if isinstance(given, _types.Type):
        return _from_type(given, alias)
    bare = {list: "list[int]", set: "set[str]", dict: "dict[str, int]"}.get(given) \
        if isinstance(given, type) else None
    if bare:
        raise NoType(f"{given.__name__} does not say of what: write for example {bare}")
    origin, arguments = typing.get_origin(given), typing.get_args(given)
    if origin is list:
        return array(from_annotation(arguments[0]))
    if origin is set:
        return T("Set", (_key(arguments[0]),))
    if origin is dict:
        return T("Dict", (_key(arguments[0]), from_annotation(arguments[1])))
    if origin in (typing.Union, types.UnionType):
        others = [each for each in arguments if each is not type(None)]
        if len(others) == 1 and len(arguments) == 2:
            return option(from_annotation(others[0]))
        raise NoType("only unions with None have a type in East: T | None; for others take a "
                     "samara.VariantType")
    if origin is collections.abc.Callable and len(arguments) == 2 and \
            isinstance(arguments[0], list):
        return T("Function", [*map(from_annotation, arguments[0]), from_annotation(arguments[1])])
    if given is tuple or origin is tuple:
        raise NoType("East has no tuples: take a dataclass, whose parts have names")
    if origin in (frozenset,) or given is frozenset:
        raise NoType("East has one kind of sets: write set[…]")
    if isinstance(given, type) and (dataclasses.is_dataclass(given) or hasattr(given, "_fields")):
        return T("Struct", cls=given)
    word = given.__name__ if isinstance(given, type) else repr(given)
    raise NoType(f"{word} is no type of East")


def _key(given):
    key = from_annotation(given)
    if has_float(key):
        raise NoType("keys made of floats are not the same in East, where 0.0 and -0.0 are two")
    if not is_key(key):
        raise NoType(f"{key} cannot be a key: it can change")
    return key


def _from_type(given, alias=None):
    if ".Recursive" in given.text:
        raise NoType("recursive types are written as dataclasses here")
    kind = given.kind
    parts = [_from_type(part) for part in given.parts]
    if kind == "Variant" and tuple(given.names) == ("none", "some") and parts[0] == NULL:
        return option(parts[1])
    return T(kind, parts, given.names if kind in ("Struct", "Variant") else (),
             alias=alias if kind in ("Struct", "Variant") else None)


def fields(kind):
    """Names and types of the fields of a struct."""
    if kind.cls is None:
        return dict(zip(kind.names, kind.parts))
    known = _fields.get(kind.cls)
    if known is None:
        hints = typing.get_type_hints(kind.cls, include_extras=True)
        names = [field.name for field in dataclasses.fields(kind.cls)] \
            if dataclasses.is_dataclass(kind.cls) else kind.cls._fields
        for name in names:
            if name not in hints:
                raise NoType(f"field {name} of {kind.cls.__name__} has no annotation")
        known = {name: from_annotation(hints[name]) for name in names}
        _fields[kind.cls] = known
    return known


_fields = {}


def _any(kind, test, seen):
    if kind in seen:
        return False
    seen.add(kind)
    parts = fields(kind).values() if kind.kind == "Struct" else kind.parts
    return test(kind) or any(_any(part, test, seen) for part in parts)


def has_float(kind):
    return _any(kind, lambda t: t.kind == "Float", set())


def is_key(kind):
    return not _any(kind, lambda t: t.kind in ("Array", "Set", "Dict", "Function", "Ref", "Vector",
                                               "Matrix"), set())


class Aliases:
    """Writes types as East text, and gives structs and variants names."""

    def __init__(self, fresh):
        self.fresh = fresh
        self.names = {}
        self.lines = []

    def text(self, kind):
        if kind.kind in ("Struct", "Variant"):
            name = self.names.get(kind)
            if name is None:
                name = self.fresh(kind.cls.__name__ if kind.cls else kind.alias or kind.kind)
                self.names[kind] = name
                self.lines.append(f"type {name} = {self._inner(kind)}")
            return name
        if kind.kind == "Function":
            inputs = ", ".join(self.text(part) for part in kind.parts[:-1])
            return f"(({inputs}) -> {self.text(kind.parts[-1])})"
        if not kind.parts:
            return kind.kind
        return f"{kind.kind}<{', '.join(self.text(part) for part in kind.parts)}>"

    def _inner(self, kind):
        if kind.kind == "Struct":
            each = ", ".join(f"{quoted_name(name)}: {self.text(part)}"
                             for name, part in fields(kind).items())
            return f"({each})"
        return " | ".join(f".{field_name(name)}" + ("" if part == NULL else " " + self.text(part))
                          for name, part in zip(kind.names, kind.parts)) or "Variant<>"


_DEFAULTS = {"Integer": "0", "Float": "0.0", "String": '""', "Boolean": "false", "Null": "null",
             "DateTime": "1970-01-01T00:00:00", "Blob": "0x", "Option": ".none",
             "Array": "[]", "Set": "{}", "Dict": "{:}"}


def default(kind, depth=0):
    """Any value of a type, or None: what a variable holds before it is assigned."""
    if kind.kind in _DEFAULTS:
        return _DEFAULTS[kind.kind]
    if depth > 8:
        return None
    if kind.kind == "Struct":
        inner = {name: default(part, depth + 1) for name, part in fields(kind).items()}
        if None in inner.values():
            return None
        return "(" + ", ".join(f"{quoted_name(n)} = {v}" for n, v in inner.items()) + ")"
    if kind.kind == "Variant" and kind.names:
        for name, part in sorted(zip(kind.names, kind.parts), key=lambda each: each[1] != NULL):
            inner = default(part, depth + 1)
            if inner is not None:
                return f".{field_name(name)}" + ("" if part == NULL else f" ({inner})")
    return None
