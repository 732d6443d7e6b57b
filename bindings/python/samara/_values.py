"""Classes for East values that Python has no word for."""

import collections.abc

from . import _samara


class Struct(_samara.Record):
    """A struct: fields as attributes and as items, in the order of its type. Cannot be changed;
    `replace` makes another. Fields called keys, values, items, get or replace are items only."""

    __slots__ = ()

    def __getitem__(self, name):
        index = self._index(name)
        if index is None:
            raise KeyError(name)
        return self._values[index]

    def _index(self, name):
        names = self._type.names
        return names.index(name) if name in names else None

    def __iter__(self):
        return iter(self._type.names)

    def __len__(self):
        return len(self._values)

    def __contains__(self, name):
        return name in self._type.names

    def keys(self):
        return self._type.names

    def values(self):
        return self._values

    def items(self):
        return tuple(zip(self._type.names, self._values))

    def get(self, name, default=None):
        index = self._index(name)
        return default if index is None else self._values[index]

    def replace(self, **changes):
        for name in changes:
            if name not in self:
                raise TypeError(f"no field {name!r}")
        return type(self)(self._type, tuple(changes.get(n, v) for n, v in self.items()))

    def __eq__(self, other):
        if isinstance(other, Struct):
            return self._type.names == other._type.names and self._values == other._values
        if isinstance(other, collections.abc.Mapping):
            return dict(self.items()) == other
        return NotImplemented

    def __hash__(self):
        return hash(self._values)

    def __repr__(self):
        return "Struct(" + ", ".join(f"{n}={v!r}" for n, v in self.items()) + ")"

    def __dir__(self):
        return [*super().__dir__(), *self._type.names]

    def __reduce__(self):
        return type(self), (self._type, self._values)

    def __copy__(self):
        return self


collections.abc.Mapping.register(Struct)


class Variant:
    """One case of a variant with its payload: `match v: case Variant("circle", radius): …`."""

    __slots__ = ("case", "value")
    __match_args__ = ("case", "value")

    def __init__(self, case, value=None):
        object.__setattr__(self, "case", case)
        object.__setattr__(self, "value", value)

    def __setattr__(self, name, value):
        raise AttributeError("a variant cannot be changed")

    def __eq__(self, other):
        if not isinstance(other, Variant):
            return NotImplemented
        return self.case == other.case and self.value == other.value

    def __hash__(self):
        return hash((self.case, self.value))

    def __repr__(self):
        return f"Variant({self.case!r})" if self.value is None else \
            f"Variant({self.case!r}, {self.value!r})"

    def __reduce__(self):
        return Variant, (self.case, self.value)


class Some:
    """`some` of an option whose payload can itself look like None in Python: Option<Option<T>>,
    Option<Null>. May be given for any option."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value):
        object.__setattr__(self, "value", value)

    def __setattr__(self, name, value):
        raise AttributeError("an option cannot be changed")

    def __eq__(self, other):
        return self.value == other.value if isinstance(other, Some) else NotImplemented

    def __hash__(self):
        return hash((Some, self.value))

    def __repr__(self):
        return f"Some({self.value!r})"

    def __reduce__(self):
        return Some, (self.value,)


class Ref:
    """A mutable cell; the same object in two places is the same cell in East."""

    __slots__ = ("value", "__weakref__")
    __match_args__ = ("value",)

    def __init__(self, value=None):
        self.value = value

    def __repr__(self):
        return f"Ref({self.value!r})"


class Instant(int):
    """Milliseconds since 1970-01-01T00:00:00Z: a DateTime outside the years of `datetime`."""

    __slots__ = ()

    def __repr__(self):
        return f"Instant({int(self)})"


class KeyList(list):
    """The keys of a set, or the (key, value) pairs of a dictionary, where two keys are equal in
    Python but not in East: -0.0 and 0.0."""

    __slots__ = ()

    def __repr__(self):
        return f"KeyList({super().__repr__()})"


class Id(str):
    """The id of a stored object. Given as an argument of a call it stands for the object."""

    __slots__ = ()


def struct(**fields):
    """A struct of fields in this order, whose types follow from the values."""
    from ._types import StructType, type_of
    kind = StructType(**{name: type_of(value, _path=f".{name}") for name, value in fields.items()})
    return Struct(kind, tuple(fields.values()))
