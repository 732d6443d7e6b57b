"""Python functions that East programs may call: their names, types and effects."""

from . import _samara
from ._errors import Error, TypeMismatch

EFFECTS = {"pure": 0, "idempotent": 1, "effectful": 2}
FORMS = {"numpy": 0, "memoryview": 1, "list": 2}
# By name: what every worker and every Repository of this process offers.
everywhere = {}


class PlatformFunction:
    """One of them. `forms`: for each input "list" where numbers are to come as lists, else None."""

    __slots__ = ("name", "inputs", "output", "effect", "_version", "function", "forms")

    def __init__(self, name, inputs, output, effect, version, function, forms):
        self.name, self.inputs, self.output, self.effect = name, inputs, output, effect
        self._version, self.function, self.forms = version, function, forms

    @property
    def version(self):
        """Changes with what the function does. Known when its module has been loaded."""
        if self._version is None:
            from ._digest import implementation
            self._version = implementation(self.function)
        return self._version


def is_coroutine(function):
    """Whether a call of it gives something to await."""
    code = getattr(function, "__code__", None) or getattr(
        getattr(function, "__call__", None), "__code__", None)
    return code is not None and code.co_flags & 0x80 != 0  # CO_COROUTINE


def _type(given):
    if type(given) is _samara.Type:
        return given
    if isinstance(given, str) and given.startswith("."):
        return _samara.parse_type(given)
    from ._types import to_type
    return to_type(given)


def _annotated(function):
    """Types and forms from the annotations of a function."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & 0x0C or code.co_kwonlyargcount:
        raise TypeMismatch(f"{getattr(function, '__qualname__', function)!s} has parameters "
                           "other than plain ones: give its types")
    hints = dict(getattr(function, "__annotations__", {}))
    inputs, forms = [], []
    for name in (*code.co_varnames[:code.co_argcount], "return"):
        if name not in hints:
            what = "the result" if name == "return" else f"parameter '{name}'"
            raise TypeMismatch(f"{what} of {function.__qualname__} has no annotation")
        hint = hints[name]
        if isinstance(hint, str) and not hint.startswith("."):
            try:
                hint = eval(hint, function.__globals__)  # noqa: S307 - as typing does
            except Exception as error:  # noqa: BLE001 - names that are not there, bad syntax
                raise TypeMismatch(f"annotation {hint!r} of {function.__qualname__}: "
                                   f"{error}") from None
        inputs.append(_type(hint))
        plain = getattr(hint, "__origin__", None) is list and not hasattr(hint, "__metadata__")
        forms.append("list" if plain else None)
    return tuple(inputs[:-1]), inputs[-1], tuple(forms[:-1])


def platform(name=None, inputs=None, output=None, *, effect="effectful", version=None,
             arrays=None, to=None):
    """Offers a function to East programs, under this name and with these types.

        @samara.platform("fit", [".Array .Float", int], ".Array .Float", effect="pure")
        def fit(xs, degree): ...

        @samara.platform(effect="pure")
        def norm(x: float, y: float) -> float: ...

    Without types they follow from the annotations, without a name it is the function's.
    `version` is part of the identity of calls; without it, the source of the function's module is,
    with the versions of what that imports. `arrays`: how numbers side by side appear, "numpy",
    "memoryview" or "list"; without it as everywhere, but as a list where the annotation is
    list[…]. `to`: where to note it (Repository.platform gives its own)."""
    if callable(name) and inputs is None:
        return platform(to=to)(name)
    if effect not in EFFECTS:
        raise ValueError(f"effect is 'pure', 'idempotent' or 'effectful', not {effect!r}")
    if arrays is not None and arrays not in FORMS:
        raise ValueError(f"arrays is 'numpy', 'memoryview' or 'list', not {arrays!r}")
    if inputs is None and output is not None:
        raise TypeError("a type of the output needs those of the inputs beside it")
    table = everywhere if to is None else to

    def register(function):
        called = function.__name__ if name is None else name
        if inputs is None:
            types, result, forms = _annotated(function)
        else:
            types, result = tuple(_type(each) for each in inputs), _type(output)
            forms = (None,) * len(types)
        if arrays is not None:
            forms = (arrays,) * len(types)
        if called in table:
            raise Error(f"platform function '{called}' is offered already")
        table[called] = PlatformFunction(called, types, result, EFFECTS[effect], version, function,
                                         forms)
        return function

    return register
