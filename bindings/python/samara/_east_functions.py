"""Functions of Python, and those of its module math, that have a counterpart in East."""

import ast
import math

from ._east_base import E, NOTHING
from ._east_types import (BOOLEAN, FLOAT, INTEGER, STRING, T, field_name, fields, has_float,
                          quoted_name)


class Functions:
    """Mixed into the translator of functions."""

    def f_len(self, node, want):
        self.arguments(node, 1)
        e = self.expr(node.args[0])
        self.no_option(node.args[0], e)
        kind = e.type.kind
        if kind == "String":
            return E(f"{e.operand}.length()", INTEGER, atom=True, natural=True)
        if kind in ("Array", "Set", "Dict", "Blob"):
            return E(f"{e.operand}.size()", INTEGER, atom=True, natural=True)
        self.fail(node, f"{e.type} has no len()")

    def f_abs(self, node, want):
        self.arguments(node, 1)
        e = self.number(node.args[0])
        if e.type == FLOAT:
            return E(f"({e.operand}.abs() + 0.0)", FLOAT, atom=True)  # East keeps -0.0
        return E(f"{e.operand}.abs()", INTEGER, atom=True)

    def number(self, node):
        e = self.expr(node)
        self.no_option(node, e)
        if e.type not in (INTEGER, FLOAT):
            self.fail(node, f"this is {e.type}, where a number is expected")
        return e

    def f_int(self, node, want):
        self.arguments(node, 1)
        e = self.expr(node.args[0])
        if e.type == INTEGER:
            return e
        if e.type == BOOLEAN:
            return E(f"(if {self.condition_text(e)} {{ 1 }} else {{ 0 }})", INTEGER, atom=True, natural=True)
        if e.type == FLOAT:
            lets, (x,) = self.bind(e)
            return E(f"do {{ {lets}({x} - {x} % 1.0).to_integer() }}", INTEGER, atom=True)
        if e.type == STRING:
            lets, (s,) = self.bind(e)
            n = self.unit.fresh("n")
            return E(f"do {{ {lets}let {n} = {s}.trim().regex_replace(\"^[+]\", \"\"); if "
                     f"!{n}.regex_contains(\"^-?[0-9]+(_[0-9]+)*$\") {{ throw \"ValueError: invalid literal "
                     f"for int() with base 10: '\\({s})'\" }}; parse<Integer>({n}.replace(\"_\", \"\")"
                     f".regex_replace(\"^(-?)0+([0-9])\", \"$1$2\")) }}", INTEGER, atom=True)
        self.fail(node, f"int() of {e.type} has no counterpart in East")

    def f_float(self, node, want):
        self.arguments(node, 1)
        e = self.expr(node.args[0])
        if e.constant is not NOTHING and isinstance(e.constant, str):
            try:
                return self.constant(node, float(e.constant))
            except ValueError:
                self.fail(node, f"'{e.constant}' is no number")
        if e.type in (INTEGER, FLOAT):
            return self.as_float(e)
        if e.type == BOOLEAN:
            return E(f"(if {self.condition_text(e)} {{ 1.0 }} else {{ 0.0 }})", FLOAT, atom=True)
        self.fail(node, f"float() of {e.type} has no counterpart in East")

    def f_str(self, node, want):
        self.arguments(node, 1)
        return self.shown(node.args[0], self.expr(node.args[0]))

    def f_bool(self, node, want):
        self.arguments(node, 1)
        return self.condition(node.args[0])

    def f_sum(self, node, want):
        self.arguments(node, 1)
        xs, _ = self.collect(node.args[0])
        kind = xs.type.parts[0]
        if kind == BOOLEAN:
            return E(f"{xs.operand}.fold(0, (sum, x) -> (if x {{ sum + 1 }} else {{ sum }}))", INTEGER,
                     atom=True, natural=True)
        if kind not in (INTEGER, FLOAT):
            self.fail(node, f"sum() of {kind} has no counterpart in East")
        zero = "0" if kind == INTEGER else "0.0"
        return E(f"{xs.operand}.fold({zero}, (sum, x) -> sum + x)", kind, atom=True)

    def f_min(self, node, want):
        return self.extreme(node, "min", "<")

    def f_max(self, node, want):
        return self.extreme(node, "max", ">")

    def extreme(self, node, word, symbol):
        more = self.arguments(node, 1, 100, ("key", "default"))
        op = ast.Lt() if symbol == "<" else ast.Gt()
        if len(node.args) > 1:
            if more:
                self.fail(node, f"{word} of values has no key or default here: put them in a list")
            values, kind = self.alike(node.args, None, word)
            lets, result = "", None
            for each, e in zip(node.args, values):
                prefix, (name,) = self.bind(e)
                lets += prefix
                e = E(name, kind, atom=True, natural=e.natural, constant=e.constant, simple=True)
                if result is None:
                    result = e
                    continue
                test = self.compare_values(each, op, e, result).text
                name = self.unit.fresh("t")
                lets += f"let {name} = if {test} {{ {e.text} }} else {{ {result.text} }}; "
                result = E(name, kind, atom=True, simple=True)
            return E(f"do {{ {lets}{result.text} }}", kind, atom=True)
        xs, _ = self.collect(node.args[0])
        kind = xs.type.parts[0]
        list_name = self.unit.fresh("t")
        best = E(self.unit.fresh("best"), kind, atom=True, simple=True)
        each = E(self.unit.fresh("x"), kind, atom=True, simple=True)
        lets = f"let {list_name} = {xs.text}; "
        if "default" in more:
            empty = self.typed(more["default"], kind, "the default").text
        else:
            empty = f"throw \"ValueError: {word}() arg is an empty sequence\""
        if "key" in more:
            key = self.key_function(more["key"], kind)
            wrapped = [E(f"{key[0]}({e.text})", key[1], atom=True) for e in (each, best)]
            test = self.compare_values(node, op, *wrapped).text
        else:
            test = self.compare_values(node, op, each, best).text
        fold = (f"{list_name}.fold({list_name}[0], ({best.text}, {each.text}) -> (if {test} {{ {each.text} }} "
                f"else {{ {best.text} }}))")
        return E(f"do {{ {lets}if {list_name}.size() == 0 {{ {empty} }} else {{ {fold} }} }}", kind, atom=True)

    def key_function(self, node, kind):
        """(East text of a function, its result) of key=…"""
        if isinstance(node, ast.Lambda):
            e = self.expr(node, T("Function", (kind, T("Any"))))
        elif isinstance(node, ast.Name) and node.id == "len" and self.lookup("len") is None:
            size = "length" if kind == STRING else "size"
            if kind.kind not in ("String", "Array", "Set", "Dict"):
                self.fail(node, f"{kind} has no len()")
            return f"((x: {self.unit.type_text(kind)}) -> x.{size}())", INTEGER
        else:
            e = self.expr(node)
            if e.type.kind != "Function" or e.type.parts[:-1] != (kind,):
                self.fail(node, f"the key is a function of {kind}")
        return e.operand, e.type.parts[-1]

    def ordered(self, node, xs, kind, more):
        """The arguments of sort."""
        if kind.kind == "Option" or kind.kind not in ("Integer", "Float", "String", "Boolean", "DateTime",
                                                      "Blob", "Array") and "key" not in more:
            self.fail(node, f"values of type {kind} have no order in Python: give a key")
        if "key" in more:
            key, by = self.key_function(more["key"], kind)
        else:
            key, by = "", kind
        if by == FLOAT:  # 0.0 and -0.0 are equal to Python
            x = self.unit.fresh("x")
            key = f"{x} -> {f'{key}({x})' if key else x} + 0.0"
        elif has_float(by):
            self.fail(node, f"the order of {by} is not the same in East")
        elif by.kind not in ("Integer", "String", "Boolean", "DateTime", "Blob", "Array"):
            self.fail(node, f"values of type {by} have no order in Python")
        reverse = False
        if "reverse" in more:
            flag = self.expr(more["reverse"])
            if not isinstance(flag.constant, bool):
                self.fail(more["reverse"], "reverse is True or False as it is")
            reverse = flag.constant
        return key, reverse

    def f_sorted(self, node, want):
        more = self.arguments(node, 1, 1, ("key", "reverse"))
        xs, _ = self.collect(node.args[0], want)
        key, reverse = self.ordered(node, xs, xs.type.parts[0], more)
        if reverse:  # equal ones keep their order
            return E(f"{xs.operand}.reverse().sort({key}).reverse()", xs.type, atom=True)
        return E(f"{xs.operand}.sort({key})", xs.type, atom=True)

    def f_reversed(self, node, want):
        self.arguments(node, 1)
        xs, _ = self.collect(node.args[0])
        return E(f"{xs.operand}.reverse()", xs.type, atom=True)

    def f_list(self, node, want):
        self.arguments(node, 0, 1)
        if not node.args:
            return self.e_List(ast.copy_location(ast.List(elts=[], ctx=ast.Load()), node), want)
        xs, new = self.collect(node.args[0])
        return xs if new else E(f"{xs.operand}.copy()", xs.type, atom=True)

    def f_set(self, node, want):
        self.arguments(node, 0, 1)
        if not node.args:
            if want is None or want.kind != "Set":
                self.fail(node, "the type of an empty set is not seen: write name: set[int] = set()")
            return E(f"({{}}: {self.unit.type_text(want)})", want, atom=True)
        if not isinstance(node.args[0], ast.GeneratorExp):
            e = self.expr(node.args[0]) if not isinstance(node.args[0], ast.Call) else None
            if e is not None and e.type.kind == "Set":
                return E(f"{e.operand}.copy()", e.type, atom=True)
        xs, _ = self.collect(node.args[0])
        self.check_key(node, xs.type.parts[0])
        return E(f"{xs.operand}.to_set()", T("Set", xs.type.parts), atom=True)

    def f_dict(self, node, want):
        if not node.args and not node.keywords and want is not None and want.kind == "Dict":
            return E(f"({{:}}: {self.unit.type_text(want)})", want, atom=True)
        self.arguments(node, 1)
        e = self.expr(node.args[0])
        if e.type.kind != "Dict":
            self.fail(node, "dict() copies dicts only: write a comprehension")
        return E(f"{e.operand}.copy()", e.type, atom=True)

    def f_any(self, node, want):
        return self.quantor(node, False)

    def f_all(self, node, want):
        return self.quantor(node, True)

    def quantor(self, node, every):
        self.arguments(node, 1)
        argument = node.args[0]
        if isinstance(argument, ast.GeneratorExp) and len(argument.generators) == 1:
            generator = argument.generators[0]
            source, names, kinds, natural = self.walk(generator.iter, generator.target)
            inner = self.function_scope(dict(zip(names, kinds)), node)
            for name, each in zip(names, natural):
                inner.scope[name].natural = each
            tests = []
            for test in generator.ifs:
                e = inner.condition(test)
                inner.learn(e.yes)
                tests.append(e.operand)
            e = inner.condition(argument.elt)
            tests.append(f"!{e.operand}" if every else e.operand)
            shown = source.parameters([inner.scope[name].east for name in names])
            condition = " && ".join(tests)
            found, other = ("false", "true") if every else ("true", "false")
            return E(f"(match {source.text}.first_map({shown} -> (if {condition} {{ .some null }} else "
                     f"{{ .none }})) {{ .some _ -> {found}; .none -> {other} }})", BOOLEAN, atom=True)
        xs, _ = self.collect(argument)
        if xs.type.parts[0] != BOOLEAN:
            self.fail(node, f"{ast.unparse(node.func)}() of {xs.type}: write a comparison for each")
        value = "false" if every else "true"
        found = "!" if every else ""
        return E(f"{found}(match {xs.operand}.find_first({value}) {{ .some _ -> true; .none -> false }})",
                 BOOLEAN, atom=not every)

    def f_round(self, node, want):
        self.arguments(node, 1)
        e = self.number(node.args[0])
        if e.type == INTEGER:
            return e
        lets, (x,) = self.bind(e)
        r, w = self.unit.fresh("t"), self.unit.fresh("t")
        up = f"if {x} < 0.0 {{ {w} - 1.0 }} else {{ {w} + 1.0 }}"
        return E(f"do {{ {lets}let {r} = ({x} % 1.0).abs(); let {w} = {x} - {x} % 1.0; (if {r} > 0.5 || ({r} == 0.5 "
                 f"&& {w} % 2.0 + 0.0 != 0.0) {{ {up} }} else {{ {w} }}).to_integer() }}", INTEGER, atom=True)

    def f_divmod(self, node, want):
        self.fail(node, "divmod gives a tuple, which East has not: write // and %")

    def f_pow(self, node, want):
        self.arguments(node, 2)
        return self.e_BinOp(ast.copy_location(ast.BinOp(node.args[0], ast.Pow(), node.args[1]), node), want)

    # --- math

    def m_sqrt(self, node, want):
        return self.real(node, "sqrt", "{x} < 0.0 && {x} + 0.0 != 0.0")

    def m_log(self, node, want):
        return self.real(node, "log", "{x} <= 0.0")

    def m_exp(self, node, want):
        x = self.real_argument(node)
        lets, (name,) = self.bind(x)
        t = self.unit.fresh("t")
        return E(f"do {{ {lets}let {t} = {name}.exp(); if {t} == Infinity && {name} < Infinity {{ throw "
                 f"\"OverflowError: math range error\" }}; {t} }}", FLOAT, atom=True)

    def m_sin(self, node, want):
        return self.real(node, "sin", "{x}.abs() == Infinity")

    def m_cos(self, node, want):
        return self.real(node, "cos", "{x}.abs() == Infinity")

    def m_tan(self, node, want):
        return self.real(node, "tan", "{x}.abs() == Infinity")

    def real_argument(self, node):
        self.arguments(node, 1)
        return self.as_float(self.number(node.args[0]))

    def real(self, node, method, bad):
        e = self.real_argument(node)
        lets, (x,) = self.bind(e)
        return E(f"do {{ {lets}if {bad.format(x=x)} {{ throw \"ValueError: math domain error\" }}; "
                 f"{x}.{method}() }}", FLOAT, atom=True)

    def m_floor(self, node, want):
        return self.whole(node, "if {t} > {x} {{ {t} - 1.0 }} else {{ {t} }}")

    def m_ceil(self, node, want):
        return self.whole(node, "if {t} < {x} {{ {t} + 1.0 }} else {{ {t} }}")

    def m_trunc(self, node, want):
        return self.whole(node, "{t}")

    def whole(self, node, body):
        self.arguments(node, 1)
        e = self.number(node.args[0])
        if e.type == INTEGER:
            return e
        lets, (x,) = self.bind(e)
        t = self.unit.fresh("t")
        shown = body.format(t=t, x=x)
        return E(f"do {{ {lets}let {t} = {x} - {x} % 1.0; ({shown}).to_integer() }}", INTEGER, atom=True)

    def m_isnan(self, node, want):
        e = self.real_argument(node)
        return E(f"{e.operand} > Infinity", BOOLEAN)

    def m_isinf(self, node, want):
        e = self.real_argument(node)
        return E(f"{e.operand}.abs() == Infinity", BOOLEAN)

    def m_isfinite(self, node, want):
        e = self.real_argument(node)
        return E(f"{e.operand}.abs() < Infinity", BOOLEAN)

    def m_fabs(self, node, want):
        e = self.real_argument(node)
        return E(f"({e.operand}.abs() + 0.0)", FLOAT, atom=True)

    def replace(self, node):
        """dataclasses.replace(value, field=…)"""
        if len(node.args) != 1:
            self.fail(node, "replace takes a value and fields by name")
        e = self.expr(node.args[0])
        self.no_option(node.args[0], e)
        if e.type.kind != "Struct":
            self.fail(node, f"replace works on dataclasses, not {e.type}")
        known = fields(e.type)
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        for name, value in given.items():
            if name not in known:
                self.fail(value, f"{e.type} has no field '{name}'; it has {', '.join(known)}")
        lets, (x,) = self.bind(e)
        parts = [f"{quoted_name(name)} = " +
                 (self.typed(given[name], part, f"the field '{name}'").text if name in given
                  else f"{x}.{field_name(name)}") for name, part in known.items()]
        return self.after(lets, f"({', '.join(parts)})", e.type)


BUILTINS = {len: "f_len", abs: "f_abs", int: "f_int", float: "f_float", str: "f_str", bool: "f_bool",
             sum: "f_sum", min: "f_min", max: "f_max", sorted: "f_sorted", reversed: "f_reversed",
             list: "f_list", set: "f_set", dict: "f_dict", any: "f_any", all: "f_all", round: "f_round",
             divmod: "f_divmod", pow: "f_pow", math.sqrt: "m_sqrt", math.log: "m_log", math.exp: "m_exp",
             math.sin: "m_sin", math.cos: "m_cos", math.tan: "m_tan", math.floor: "m_floor",
             math.ceil: "m_ceil", math.trunc: "m_trunc", math.isnan: "m_isnan", math.isinf: "m_isinf",
             math.isfinite: "m_isfinite", math.fabs: "m_fabs"}
