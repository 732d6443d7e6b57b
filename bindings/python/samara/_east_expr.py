"""Values, names, texts and parts of values of Python as East."""

import ast
import datetime
import enum
import re

from . import _east_text as text
from ._east_base import E, INT_MAX, INT_MIN, NOTHING, Mistake, Unknown
from ._east_types import (BLOB, BOOLEAN, DATETIME, FLOAT, INTEGER, NULL, STRING, NoType,
                          field_name, fields)


class Expressions:
    """Mixed into the translator of functions."""

    def fail(self, node, message):
        raise Mistake(node, message)

    # --- the whole

    def expr(self, node, want=None):
        """The expression; `want`: the type that is expected, where that helps to see its own."""
        method = getattr(self, "e_" + type(node).__name__, None)
        if method is None:
            word = {"Await": "await", "Yield": "yield", "YieldFrom": "yield", "NamedExpr": ":=",
                    "Starred": "*", "Set": "set"}.get(type(node).__name__, type(node).__name__)
            self.fail(node, f"{word} is not in the subset of Python that becomes East")
        return method(node, want)

    def typed(self, node, want, what="this"):
        """The expression as a value of type `want`."""
        return self.fit(node, self.expr(node, want), want, what)

    def fit(self, node, e, want, what="this"):
        if e.type == want:
            return e
        if want.kind == "Option" and e.type.kind != "Option":
            if e.type == NULL:
                return E(".none", want, atom=True, constant=None)
            if e.type == want.parts[0]:
                return E(f".some {e.operand}", want)
            if e.type.kind != want.parts[0].kind:
                self.fail(node, f"{what} is {e.type}, where {want} is expected")
            return self.fit(node, e, want.parts[0], what)
        if e.type.kind == "Never":
            return e
        if want == FLOAT and e.type == INTEGER:
            hint = f"write {e.constant}.0" if e.constant is not NOTHING else "write float(…)"
            self.fail(node, f"{what} is int, where float is expected: {hint}")
        if e.type.kind == "Option" and e.type.parts[0] == want:
            self.fail(node, f"{what} may be None, where {want} is expected: ask for 'is None' before")
        if want == BOOLEAN and what == "the condition":
            return self.truth(node, e)
        self.fail(node, f"{what} is {e.type}, where {want} is expected")

    def bind(self, *values):
        """Values that can be written more than once: ("let …; ", texts)."""
        lets, texts = [], []
        for e in values:
            if e.simple:
                texts.append(e.operand)
            else:
                name = self.unit.fresh("t")
                lets.append(f"let {name} = {e.text}; ")
                texts.append(name)
        return "".join(lets), texts

    def after(self, lets, body, kind, **more):
        """`body`, after lets."""
        if lets:
            return E(f"do {{ {lets}{body} }}", kind, atom=True, **more)
        return E(body, kind, **more)

    # --- literals and names

    def e_Constant(self, node, want):
        return self.constant(node, node.value)

    def constant(self, node, value):
        if value is None:
            return E("null", NULL, atom=True, constant=None)
        if isinstance(value, bool):
            return E("true" if value else "false", BOOLEAN, atom=True, constant=value)
        if isinstance(value, enum.Enum):
            self.fail(node, "enums are not in the subset: take a samara.VariantType")
        if isinstance(value, int):
            if not INT_MIN <= value <= INT_MAX:
                self.fail(node, f"{value} does not fit into 64 bits, which an int has in East")
            shown = str(int(value))
            return E(shown, INTEGER, atom=value >= 0, natural=value >= 0, constant=value)
        if isinstance(value, float):
            shown = text.float_text(value)
            return E(shown, FLOAT, atom=not shown.startswith("-"), constant=value)
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                self.fail(node, "a string with half a surrogate pair has no bytes in UTF-8")
            return E(text.string(value), STRING, atom=True, constant=value)
        if isinstance(value, bytes):
            return E("0x" + value.hex(), BLOB, atom=True, constant=value)
        if isinstance(value, datetime.datetime):
            shown = text.datetime_text(value)
            if shown is None:
                self.fail(node, "a datetime without time zone: East's are in UTC")
            return E(shown, DATETIME, atom=True, constant=value)
        if value is Ellipsis:
            self.fail(node, "... is no value")
        self.fail(node, f"a {type(value).__name__} is not in the subset of Python that becomes East")

    def e_Name(self, node, want):
        var = self.lookup(node.id)
        if var is None:
            return self.outside(node, node.id)
        if var not in self.assigned:
            self.fail(node, f"'{node.id}' may have no value here: not every way to this line "
                            "assigns it")
        self.check_capture(node, var)
        e = E(var.east, var.type, atom=True, natural=var.natural, key=(var, ""),
              simple=True)
        return self.narrowed(e, want)

    def narrowed(self, e, want):
        if e.type.kind == "Option" and e.key in self.narrow and \
                not (want is not None and want.kind == "Option"):
            known = self.narrow[e.key]
            inner = e.type.parts[0]
            if known is not None:
                return E(known, inner, atom=True, simple=True)
            return E(f"(match {e.text} {{ .some v -> v; .none -> throw \"{e.key[0].name} is None\" }})",
                     inner, atom=True)
        return e

    def outside(self, node, name):
        """A name of the module: constants become literals."""
        value = self.unit.value_of(name, self)
        if value is NOTHING:
            raise Unknown(node, f"there is no '{name}' here")
        if isinstance(value, (int, float, str, bytes, datetime.datetime, type(None))):
            return self.constant(node, value)
        called = self.unit.function_of(node, value, self)
        if called is not None:
            east, kind, _ = called
            return E(east, kind, atom=True, simple=True)
        if callable(value):
            self.fail(node, f"'{name}' is a function of Python that East does not know: decorate it "
                            "with @samara.east or @samara.platform")
        word = type(value).__name__
        self.fail(node, f"'{name}' is a {word} outside of the function: only numbers, strings, bytes "
                        "and datetimes may be; give it as an argument")

    def e_JoinedStr(self, node, want):
        parts = []
        for each in node.values:
            if isinstance(each, ast.Constant):
                parts.append(text.string_inner(each.value))
                continue
            if each.conversion not in (-1, 115):
                self.fail(each, "!r and !a have no counterpart in East")
            value = self.expr(each.value)
            spec = ""
            if each.format_spec is not None:
                if not all(isinstance(part, ast.Constant) for part in each.format_spec.values):
                    self.fail(each, "a format that is computed has no counterpart in East")
                spec = "".join(part.value for part in each.format_spec.values)
            shown = self.formatted(each.value, value, spec) if spec else self.shown(each.value, value)
            if value.type == INTEGER and not spec:
                shown = value  # East puts in the digits by itself
            parts.append(f"\\({shown.text})")
        return E('"' + "".join(parts) + '"', STRING, atom=True)

    def shown(self, node, e):
        """str(e)"""
        if e.type == STRING:
            return e
        if e.type == INTEGER:
            return E(f"print({e.text})", STRING, atom=True)
        if e.type == BOOLEAN:
            return E(f"(if {self.condition_text(e)} {{ \"True\" }} else {{ \"False\" }})", STRING,
                     atom=True)
        if e.type == NULL:
            return E('"None"', STRING, atom=True)
        if e.type == FLOAT:
            return E(f"{self.unit.helper('float_text')}({e.text})", STRING, atom=True)
        if e.type.kind == "Error":
            return E(e.text, STRING, atom=True, simple=True)
        if e.type.kind == "Option" and e.type.parts[0].kind != "Option":
            name = self.unit.fresh("v")
            inner = self.shown(node, E(name, e.type.parts[0], atom=True, simple=True))
            return E(f"(match {e.text} {{ .some {name} -> {inner.operand}; .none -> \"None\" }})", STRING,
                     atom=True)
        self.fail(node, f"the text of a {e.type} is not the same in East: make it of its parts")

    def formatted(self, node, e, spec):
        match = re.fullmatch(r"(?:(?P<fill>.)?(?P<align>[<>^]))?(?P<zero>0)?(?P<width>\d+)?"
                             r"(?:\.(?P<digits>\d+))?(?P<kind>[dfs%]?)", spec)
        if match is None:
            self.fail(node, f"the format ':{spec}' has no counterpart in East; there are fill, "
                            "alignment, width, d, s and .2f")
        kind, digits = match["kind"], match["digits"]
        if kind == "f" or (kind == "%"):
            if kind == "%" or e.type != FLOAT:
                self.fail(node, f"the format ':{spec}' has no counterpart in East for {e.type}"
                          + ("; write float(…)" if e.type == INTEGER else ""))
            count = 6 if digits is None else int(digits)
            if count > 15:
                self.fail(node, "more than 15 digits after the point are not in the subset")
            lets, (value,) = self.bind(e)
            limit = text.float_text(float(2**53 // 10**count))
            shown = E(f"do {{ {lets}if {value}.abs() >= {limit} && {value}.abs() < Infinity "
                      f"{{ throw \"OverflowError: too large for the format .{count}f\" }}; "
                      f"{self.unit.helper('float_fixed')}({value}, {count}) }}", STRING, atom=True)
        elif digits is not None or (kind == "d" and e.type != INTEGER) or \
                (kind == "s" and e.type != STRING) or e.type not in (INTEGER, STRING, FLOAT):
            self.fail(node, f"the format ':{spec}' has no counterpart in East for {e.type}")
        else:
            shown = self.shown(node, e)
        if match["width"] is None:
            return shown
        width = int(match["width"])
        number = e.type != STRING
        align = match["align"] or (">" if number else "<")
        fill = match["fill"] or ("0" if match["zero"] else " ")
        lets, (value,) = self.bind(shown)
        room = f"{text.string(fill)}.repeat({width} - {value}.length())"
        if match["zero"] and number and not match["align"]:
            body = (f"if {value}.starts_with(\"-\") {{ \"-\" + {room} + {value}.substring(1, "
                    f"{value}.length()) }} else {{ {room} + {value} }}")
        elif align == ">":
            body = f"{room} + {value}"
        elif align == "<":
            body = f"{value} + {room}"
        else:
            space = self.unit.fresh("t")
            body = (f"let {space} = {width} - {value}.length(); {text.string(fill)}.repeat({space} / 2) + "
                    f"{value} + {text.string(fill)}.repeat({space} - {space} / 2)")
            return E(f"do {{ {lets}{body} }}", STRING, atom=True)
        return self.after(lets, body, STRING)

    # --- parts

    def e_Attribute(self, node, want):
        special = self.unit.module_value(node, self)
        if special is not NOTHING:
            return self.constant(node, special)
        e = self.expr(node.value)
        self.no_option(node.value, e)
        if e.type == DATETIME:
            if node.attr == "microsecond":
                return E(f"{e.operand}.get_millisecond() * 1000", INTEGER, natural=True)
            names = {"year": "get_year", "month": "get_month", "day": "get_day_of_month",
                     "hour": "get_hour", "minute": "get_minute", "second": "get_second"}
            if node.attr in names:
                return E(f"{e.operand}.{names[node.attr]}()", INTEGER, atom=True,
                         natural=node.attr != "year")
            self.fail(node, f"a datetime has no '{node.attr}' in East")
        if e.type.kind != "Struct":
            self.fail(node, f"{e.type} has no field '{node.attr}'")
        known = self.guard(node, lambda: fields(e.type))
        if node.attr not in known:
            self.fail(node, f"{e.type} has no field '{node.attr}'; it has {', '.join(known)}")
        key = (e.key[0], f"{e.key[1]}.{node.attr}") if e.key else None
        return self.narrowed(E(f"{e.operand}.{field_name(node.attr)}", known[node.attr], atom=True,
                               key=key, simple=e.simple), want)

    def guard(self, node, work):
        try:
            return work()
        except NoType as error:
            self.fail(node, str(error))

    def e_Subscript(self, node, want):
        e = self.expr(node.value)
        self.no_option(node.value, e)
        if isinstance(node.slice, ast.Slice):
            return self.sliced(node, e)
        if e.type.kind == "Dict":
            key = self.typed(node.slice, e.type.parts[0], "the key")
            return E(f"{e.operand}[{key.text}]", e.type.parts[1], atom=True)
        if e.type.kind == "Array":
            e2 = self.index(node.slice, e)
            return self.after(e2[0], f"{e2[1]}[{e2[2]}]", e.type.parts[0]) if e2[0] else \
                E(f"{e2[1]}[{e2[2]}]", e.type.parts[0], atom=True)
        if e.type == STRING:
            i = self.typed(node.slice, INTEGER, "the index")
            lets, (s, at) = self.bind(e, i)
            name = self.unit.fresh("t")
            start = self.from_end(i, at, f"{s}.length()")
            return E(f"do {{ {lets}let {name} = {start}; if {name} < 0 || {name} >= {s}.length() {{ throw "
                     f"\"IndexError: string index out of range\" }}; {s}.substring({name}, {name} + 1) }}",
                     STRING, atom=True)
        if e.type == BLOB:
            lets, xs, i = self.index(node.slice, e, "size")
            return self.after(lets, f"{xs}.get_uint8({i})", INTEGER, natural=True)
        self.fail(node, f"{e.type} has no items")

    @staticmethod
    def from_end(i, at, size):
        if i.natural:
            return at
        if i.constant is not NOTHING:
            return f"{size} - {-i.constant}"
        return f"(if {at} < 0 {{ {at} + {size} }} else {{ {at} }})"

    def index(self, node, e, size="size"):
        """(lets, list, index): negative indices count from the end."""
        i = self.typed(node, INTEGER, "the index")
        if i.natural:
            return "", e.operand, i.text
        lets, (xs, at) = self.bind(e, i)
        return lets, xs, self.from_end(i, at, f"{xs}.{size}()")

    def sliced(self, node, e):
        part = node.slice
        if part.step is not None:
            step = self.expr(part.step)
            if e.type.kind == "Array" and step.constant == -1 and part.lower is None and \
                    part.upper is None:
                return E(f"{e.operand}.reverse()", e.type, atom=True)
            if step.constant != 1:
                self.fail(part.step, "slices with a step have no counterpart in East")
        low = self.typed(part.lower, INTEGER, "the start") if part.lower else None
        high = self.typed(part.upper, INTEGER, "the end") if part.upper else None
        if e.type.kind == "Array":
            lets, (xs, *_) = self.bind(e) if high is None else ("", (e.operand,))
            start = low.text if low else "0"
            end = high.text if high else f"{xs}.size()"
            return self.after(lets, f"{xs}.slice({start}, {end})", e.type, )
        if e.type == STRING:
            lets, (s, *_) = self.bind(e)
            ends = []
            for i, other in ((low, "0"), (high, f"{s}.length()")):
                if i is None:
                    ends.append(other)
                    continue
                more, (at,) = self.bind(i)
                lets += more
                ends.append(self.from_end(i, at, f"{s}.length()"))
            return self.after(lets, f"{s}.substring({ends[0]}, {ends[1]})", STRING)
        self.fail(node, f"slices of {e.type} have no counterpart in East")
