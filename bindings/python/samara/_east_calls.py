"""Calls in Python code, and what can be gone through, as East."""

import ast
import dataclasses
import inspect

from . import _east_text as text
from ._east_base import E, NOTHING, Mistake, Unknown
from ._east_flow import target_names
from ._east_functions import BUILTINS
from ._east_types import INTEGER, NULL, STRING, array, option
from ._values import Some, Variant


class Source:
    """What is gone through: how to write it as a loop, and as calls with a lambda."""

    def __init__(self, kind, text, each, flat, order=None, borrowed=True, loop=None):
        self.kind, self.text, self.borrowed = kind, text, borrowed
        self.bounds = None  # of a range with step 1
        self.each, self.flat = f"{text}.{each}", f"{text}.{flat}"
        self._order = order or (lambda names: names)
        self.loop = loop or (lambda names: f"for {names[0]} in {text}")

    def parameters(self, names):
        names = self._order(names)
        return names[0] if len(names) == 1 else f"({', '.join(names)})"


class Calls:
    """Mixed into the translator of functions."""

    # --- what can be gone through

    def walk(self, node, target):
        """(source, names of the target, their types, which are never below 0)"""
        call = node if isinstance(node, ast.Call) else None
        name = call.func.id if call and isinstance(call.func, ast.Name) and \
            self.lookup(call.func.id) is None else None
        method = call.func.attr if call and isinstance(call.func, ast.Attribute) else None
        names = target_names(target)
        if not isinstance(target, (ast.Name, ast.Tuple)) or \
                (isinstance(target, ast.Tuple) and
                 not all(isinstance(each, ast.Name) for each in target.elts)):
            self.fail(target, "the variable of a loop is a name, or two with enumerate() and .items()")
        if name == "range":
            shown, natural, bounds = self.range(call)
            source = Source("Array", shown, "map", "flatten_to_array", borrowed=False)
            source.bounds = bounds
            return self.checked(target, source, names, (INTEGER,), (natural,))
        if name == "enumerate":
            if len(call.args) != 1 or call.keywords:
                self.fail(call, "enumerate has no start in East: add it where the index is used")
            e = self.expr(call.args[0])
            if e.type == STRING:
                e = E(f"{e.operand}.split(\"\")", array(STRING), atom=True)
            if e.type.kind != "Array":
                self.fail(call.args[0], f"enumerate goes over lists, not {e.type}: write list(…)")
            source = Source("Array", e.operand, "map", "flatten_to_array",
                            lambda n: [n[1], n[0]], loop=lambda n: f"for {n[0]}, {n[1]} in {e.operand}")
            return self.checked(target, source, names, (INTEGER, e.type.parts[0]), (True, False))
        if name == "zip":
            self.fail(call, "zip is not in the subset: East has no tuples; go over range(len(…))")
        if method in ("items", "keys", "values") and not call.args:
            e = self.expr(call.func.value)
            if e.type.kind == "Dict":
                key, value = e.type.parts
                d = e.operand
                if method == "items":
                    source = Source("Dict", d, "to_array", "flatten_to_array", lambda n: [n[1], n[0]],
                                    loop=lambda n: f"for {n[0]}, {n[1]} in {d}")
                    return self.checked(target, source, names, (key, value), (False, False))
                if method == "keys":
                    return self.checked(target, self.keys_source(d), names, (key,), (False,))
                source = Source("Dict", d, "to_array", "flatten_to_array",
                                loop=lambda n: f"for {self.unit.fresh('k')}, {n[0]} in {d}")
                return self.checked(target, source, names, (value,), (False,))
        e = self.expr(node)
        self.no_option(node, e)
        kind = e.type.kind
        if kind == "Array":
            source = Source("Array", e.operand, "map", "flatten_to_array",
                            borrowed=isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)))
            return self.checked(target, source, names, e.type.parts, (False,))
        if kind == "Set":
            source = Source("Set", e.operand, "to_array", "flatten_to_array")
            return self.checked(target, source, names, e.type.parts, (False,))
        if kind == "Dict":
            return self.checked(target, self.keys_source(e.operand), names, e.type.parts[:1], (False,))
        if kind == "String":
            source = Source("Array", f"{e.operand}.split(\"\")", "map", "flatten_to_array", borrowed=False)
            return self.checked(target, source, names, (STRING,), (False,))
        self.fail(node, f"a loop goes over range(), lists, sets, dicts and strings, not {e.type}")

    def keys_source(self, d):
        return Source("Dict", d, "to_array", "flatten_to_array",
                      lambda n: [self.unit.fresh("v"), n[0]])

    def checked(self, target, source, names, kinds, natural):
        if len(names) != len(kinds) or isinstance(target, ast.Tuple) != (len(kinds) > 1):
            if len(names) > 1:
                self.fail(target, "two variables need enumerate() or .items()")
            self.fail(target, "this gives two values each time: write two variables")
        return source, names, kinds, natural

    def range(self, call):
        """(Array.range(…), whether its numbers are never below 0, start and end where it has no step)"""
        if call.keywords or not 1 <= len(call.args) <= 3:
            self.fail(call, "range takes one to three ints")
        values = [self.typed(each, INTEGER, "a bound of range") for each in call.args]
        start = values[0] if len(values) > 1 else E("0", INTEGER, atom=True, natural=True, constant=0)
        end = values[1] if len(values) > 1 else values[0]
        if len(values) < 3:
            return f"Array.range({start.text}, {end.text})", start.natural, (start.text, end.text)
        step = values[2]
        if step.constant is NOTHING:
            self.fail(call.args[2], "the step of range is a number as it is: East must see its sign")
        if step.constant == 0:
            self.fail(call.args[2], "the step of range is never 0")
        natural = start.natural if step.constant > 0 else end.natural or end.constant == -1
        return f"Array.range({start.text}, {end.text}, {step.text})", natural, None

    def collect(self, node, want=None):
        """Anything that can be gone through, as an Array; and whether it is a new one."""
        if isinstance(node, ast.GeneratorExp):
            return self.expr(node, want), True
        source, names, kinds, natural = self.walk(node, ast.Name(id=self.unit.fresh("x")))
        if source.kind == "Array":
            return E(source.text, array(kinds[0]), atom=True), not source.borrowed
        name = self.unit.fresh("x")
        return E(f"{source.each}({source.parameters([name])} -> {name})", array(kinds[0]), atom=True), True

    # --- calls

    def e_Call(self, node, want):
        if any(isinstance(each, ast.Starred) for each in node.args) or \
                any(each.arg is None for each in node.keywords):
            self.fail(node, "* and ** in calls are not in the subset")
        if isinstance(node.func, ast.Name):
            var = self.lookup(node.func.id)
            if var is not None:
                return self.call_value(node, self.expr(node.func))
            value = self.unit.value_of(node.func.id, self)
            return self.call_known(node, node.func.id, value, want)
        if isinstance(node.func, ast.Attribute):
            value = self.unit.static(node.func, self)
            if value is not NOTHING:
                return self.call_known(node, ast.unparse(node.func), value, want)
            return self.method(node, want)
        return self.call_value(node, self.expr(node.func))

    def call_value(self, node, e):
        if e.type.kind != "Function":
            self.fail(node, f"this is {e.type}, not a function")
        inputs = e.type.parts[:-1]
        if node.keywords:
            self.fail(node.keywords[0].value, "arguments by name are for functions of the module and "
                                              "dataclasses")
        if len(node.args) != len(inputs):
            self.fail(node, f"this function takes {len(inputs)} arguments, not {len(node.args)}")
        given = [self.typed(each, kind, f"argument {i}").text
                 for i, (each, kind) in enumerate(zip(node.args, inputs), 1)]
        return E(f"{e.operand}({', '.join(given)})", e.type.parts[-1], atom=True)

    def call_known(self, node, name, value, want):
        if value is Variant:
            return self.make_variant(node, want)
        if value is Some:
            self.arguments(node, 1)
            inner = want.parts[0] if want is not None and want.kind == "Option" else None
            e = self.typed(node.args[0], inner) if inner is not None and inner != NULL else \
                self.expr(node.args[0])
            return E(f".some {e.operand}", option(e.type))
        builtin = BUILTINS.get(value) if _hashable(value) else None
        if builtin is not None:
            return getattr(self, builtin)(node, want)
        if isinstance(value, type):
            if dataclasses.is_dataclass(value) or hasattr(value, "_fields"):
                return self.construct(node, value)
            if issubclass(value, BaseException):
                self.fail(node, "exceptions stand after raise only")
        if value is NOTHING:
            raise Unknown(node.func, f"there is no '{name}' here")
        if value is dataclasses.replace:
            return self.replace(node)
        called = self.unit.function_of(node, value, self)
        if called is None:
            hint = {"print": "a platform function that logs", "input": "an argument",
                    "open": "a platform function", "zip": "range(len(…))", "isinstance": "match",
                    "round": ""}.get(name, "")
            message = f"'{name}' has no counterpart in East" + (
                f": take {hint}" if hint else "; decorate it with @samara.east or @samara.platform")
            # A repository may offer it, which is seen when the function is added.
            raise (Unknown if inspect.isfunction(value) else Mistake)(node, message)
        east, kind, signature = called
        inputs = kind.parts[:-1]
        texts = [None] * len(inputs)
        positions = list(signature)
        if len(node.args) > len(inputs):
            self.fail(node, f"'{name}' takes {len(inputs)} arguments, not {len(node.args)}")
        given = dict(zip(positions, node.args))
        for keyword in node.keywords:
            if keyword.arg not in positions or keyword.arg in given:
                self.fail(keyword.value, f"'{name}' has no other parameter '{keyword.arg}'")
            given[keyword.arg] = keyword.value
        for i, (each, part) in enumerate(zip(positions, inputs)):
            if each in given:
                texts[i] = self.typed(given[each], part, f"argument '{each}' of {name}").text
            elif signature[each] is not NOTHING:
                texts[i] = self.fit(node, self.value_of_default(node, signature[each], part), part).text
            else:
                self.fail(node, f"'{name}' needs the argument '{each}'")
        return E(f"{east}({', '.join(texts)})", kind.parts[-1], atom=True)

    def arguments(self, node, least, most=None, keywords=()):
        most = least if most is None else most
        for keyword in node.keywords:
            if keyword.arg not in keywords:
                self.fail(keyword.value, f"'{keyword.arg}=' has no counterpart in East here")
        if not least <= len(node.args) <= most:
            word = f"{least}" if least == most else f"{least} to {most}"
            self.fail(node, f"{ast.unparse(node.func)} takes {word} arguments in East, not "
                            f"{len(node.args)}")
        return {keyword.arg: keyword.value for keyword in node.keywords}


def _hashable(value):
    try:
        hash(value)
        return True
    except TypeError:
        return False
