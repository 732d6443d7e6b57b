"""Comparisons and conditions of Python as East."""

import ast

from ._east_base import E, NOTHING
from ._east_types import BOOLEAN, FLOAT, INTEGER, NULL, STRING, has_float, option


_COMPARE ={ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


class Comparisons:
    """Mixed into the translator of functions."""

    def e_Compare(self, node, want):
        parts = [node.left, *node.comparators]
        if len(node.ops) == 1:
            return self.compare(node, node.ops[0], node.left, node.comparators[0])
        values, lets = [], ""
        for each in parts:
            e = self.expr(each)
            if not e.simple:
                prefix, (name,) = self.bind(e)
                lets += prefix
                e = E(name, e.type, atom=True, natural=e.natural, simple=True)
            values.append(e)
        tests = [self.compare_values(node, op, a, b).operand
                 for op, a, b in zip(node.ops, values, values[1:])]
        if lets and len(parts) > 2 and not all(self.pure(part) for part in parts[2:]):
            self.fail(node, "a chain of comparisons whose later parts may fail: join two by 'and'")
        return self.after(lets, " && ".join(tests), BOOLEAN)

    @staticmethod
    def pure(node):
        """Evaluating it can neither fail nor do anything."""
        allowed = (ast.Name, ast.Constant, ast.Attribute, ast.UnaryOp, ast.BinOp, ast.Load, ast.USub,
                   ast.Add, ast.Sub, ast.Mult, ast.Not)
        return all(isinstance(each, allowed) or (isinstance(each, ast.Call) and
                                                 isinstance(each.func, ast.Name) and
                                                 each.func.id in ("len", "abs", "float"))
                   for each in ast.walk(node))

    def compare(self, node, op, left, right):
        if isinstance(op, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
            for one, other in ((left, right), (right, left)):
                if isinstance(other, ast.Constant) and other.value is None:
                    return self.is_none(one, isinstance(op, (ast.IsNot, ast.NotEq)))
        if isinstance(op, (ast.Is, ast.IsNot)):
            self.fail(node, "'is' compares with None only: write ==")
        a = self.expr(left)
        if isinstance(op, (ast.In, ast.NotIn)):
            e = self.contains(node, a, left, right)
            if isinstance(op, ast.NotIn):
                return E(f"!{e.operand}", BOOLEAN)
            return e
        b = self.expr(right, a.type)
        if a.type.kind in ("Array", "Set", "Dict", "Option", "Variant") and a.type != b.type:
            a = self.expr(left, b.type)
        return self.compare_values(node, op, a, b)

    def is_none(self, node, negate):
        e = self.expr(node, option(NULL))  # keeps options as they are
        if e.type == NULL:
            return self.constant(node, not negate)
        if e.type.kind != "Option":
            self.fail(node, f"this is {e.type} and never None")
        yes, no = (".some _ -> true; .none -> false" if negate else
                   ".some _ -> false; .none -> true"), (e.key,) if e.key else ()
        return E(f"(match {e.text} {{ {yes} }})", BOOLEAN, atom=True, yes=no if negate else (),
                 no=() if negate else no)

    def compare_values(self, node, op, a, b):
        symbol = _COMPARE.get(type(op))
        if symbol is None:
            self.fail(node, "'in' and 'is' cannot be in a chain of comparisons")
        if {a.type.kind, b.type.kind} == {"Integer", "Float"}:
            return self.compare_mixed(node, op, symbol, a, b)
        for one, other in ((a, b), (b, a)):
            if one.type.kind == "Option" and other.type == one.type.parts[0] and \
                    symbol in ("==", "!="):
                wrapped = E(f".some {other.operand}", one.type)
                a, b = (a, wrapped) if one is a else (wrapped, b)
        if a.type != b.type:
            self.fail(node, f"'{symbol}' of {a.type} and {b.type} has no meaning in East")
        if a.type == FLOAT:
            return self.compare_floats(symbol, a, b)
        if has_float(a.type):
            self.fail(node, f"'{symbol}' of {a.type} is not the same in East, where nan equals itself "
                            "and -0.0 is less than 0.0: compare the floats in it")
        kind = a.type.kind
        if kind == "Function":
            self.fail(node, "functions cannot be compared in East")
        if symbol not in ("==", "!=") and kind == "Set":
            work = {"<=": ("is_subset", False), ">=": ("is_subset", True)}.get(symbol)
            if work is None:
                self.fail(node, f"'{symbol}' of sets has no counterpart: write <= and !=")
            one, other = (b, a) if work[1] else (a, b)
            return E(f"{one.operand}.is_subset({other.text})", BOOLEAN, atom=True)
        if symbol not in ("==", "!=") and kind not in ("Integer", "String", "Boolean", "DateTime",
                                                      "Blob", "Array"):
            self.fail(node, f"'{symbol}' does not work on {a.type} in Python")
        return E(f"{a.operand} {symbol} {b.operand}", BOOLEAN)

    def compare_floats(self, symbol, a, b):
        """Python's: nan is not equal to itself and not less than anything; -0.0 is 0.0."""
        if symbol in (">", ">="):
            return self.compare_floats({">": "<", ">=": "<="}[symbol], b, a)
        if symbol == "!=":
            e = self.compare_floats("==", a, b)
            return E(f"{a.operand} != {b.operand}", BOOLEAN) if e.text == \
                f"{a.operand} == {b.operand}" else E(f"!{e.operand}", BOOLEAN)
        for e in (a, b):
            if e.constant is not NOTHING and e.constant != e.constant:
                return E("false", BOOLEAN, atom=True)
        plain_a = a.constant is not NOTHING and a.constant != 0
        plain_b = b.constant is not NOTHING and b.constant != 0
        if plain_a or plain_b:
            x, y = a.operand, b.operand
        else:
            x, y = (f"({e.operand} + 0.0)" if e.constant is NOTHING else "0.0" for e in (a, b))
        if symbol == "==" and (a.constant is not NOTHING or b.constant is not NOTHING):
            return E(f"{x} == {y}", BOOLEAN)
        if symbol != "==" and b.constant is not NOTHING:  # nan is above all, so never less
            return E(f"{x} {symbol} {y}", BOOLEAN)
        lets, (p, q) = self.bind(a, b)
        if not (plain_a or plain_b):
            x, y = (f"({t} + 0.0)" if e.constant is NOTHING else "0.0" for e, t in ((a, p), (b, q)))
        else:
            x, y = p, q
        return self.after(lets, f"{x} {symbol} {y} && {q} <= Infinity", BOOLEAN)

    def compare_mixed(self, node, op, symbol, a, b):
        for e in (a, b):
            if e.type == INTEGER and e.constant is not NOTHING and abs(e.constant) <= 2**53:
                return self.compare_floats(symbol, self.as_float(a), self.as_float(b))
        for one, other in ((a, b), (b, a)):  # a whole number on the other side
            if one.type == FLOAT and one.constant is not NOTHING and abs(one.constant) < 2**53:
                number = one.constant
                if number == int(number):
                    whole = self.constant(node, int(number))
                    return E(f"{whole.operand} {symbol} {other.operand}" if one is a else
                             f"{other.operand} {symbol} {whole.operand}", BOOLEAN)
                return self.compare_floats(symbol, self.as_float(a), self.as_float(b))
        self.fail(node, "an int beyond 2**53 has no float of its own, so int and float cannot be "
                        "compared exactly in East: write float(…) or int(…)")

    def contains(self, node, item, left, right):
        b = self.expr(right)
        self.no_option(right, b)
        kind = b.type.kind
        if kind == "String":
            if item.type != STRING:
                self.fail(left, f"'in' of a str asks for a str, not {item.type}")
            return E(f"{b.operand}.contains({item.text})", BOOLEAN, atom=True)
        if kind not in ("Set", "Dict", "Array"):
            self.fail(right, f"'in' does not work on {b.type}")
        item = self.fit(left, item, b.type.parts[0])
        if kind in ("Set", "Dict"):
            return E(f"{b.operand}.has({item.text})", BOOLEAN, atom=True)
        if has_float(item.type):
            if item.type != FLOAT:
                self.fail(node, f"'in' of {b.type} is not the same in East: compare the floats in it")
            name = self.unit.fresh("x")
            lets, (wanted,) = self.bind(item)
            same = self.compare_floats("==", E(name, FLOAT, atom=True, simple=True),
                                       E(wanted, FLOAT, atom=True, simple=True))
            body = (f"match {b.operand}.first_map({name} -> (if {same.text} {{ .some null }} else "
                    "{ .none })) { .some _ -> true; .none -> false }")
            return E(f"do {{ {lets}{body} }}", BOOLEAN, atom=True)
        return E(f"(match {b.operand}.find_first({item.text}) {{ .some _ -> true; .none -> false }})",
                 BOOLEAN, atom=True)

    def truth(self, node, e):
        """bool(e)"""
        kind = e.type.kind
        if kind == "Boolean":
            return e
        if kind == "Integer":
            return E(f"{e.operand} != 0", BOOLEAN)
        if kind == "Float":
            return E(f"({e.operand} + 0.0) != 0.0", BOOLEAN)
        if kind == "String":
            return E(f"{e.operand} != \"\"", BOOLEAN)
        if kind in ("Array", "Set", "Dict"):
            return E(f"{e.operand}.size() > 0", BOOLEAN)
        if kind == "Null":
            return E("false", BOOLEAN, atom=True, constant=False)
        if kind == "Option":
            name = self.unit.fresh("v")
            inner = e.type.parts[0]
            if inner.kind in ("Struct", "Variant", "DateTime", "Function"):
                yes, name = "true", "_"
            else:
                yes = self.truth(node, E(name, inner, atom=True, simple=True)).operand
            return E(f"(match {e.text} {{ .some {name} -> {yes}; .none -> false }})", BOOLEAN, atom=True,
                     yes=(e.key,) if e.key else ())
        self.fail(node, f"a {e.type} is no condition")

    def condition(self, node):
        """A condition: its text, and what is not None where it holds, and where it does not."""
        if isinstance(node, (ast.Name, ast.Attribute)):
            e = self.expr(node, option(NULL))
        else:
            e = self.expr(node, BOOLEAN)
        return self.truth(node, e)

    @staticmethod
    def condition_text(e):
        """Where a brace begins what follows."""
        return f"({e.text})" if "{" in e.text and not e.text.startswith("(") else e.text

    def e_BoolOp(self, node, want):
        is_and = isinstance(node.op, ast.And)
        before = dict(self.narrow)
        conditions, yes, no = [], (), ()
        values = []
        for each in node.values:
            e = self.condition_or_value(each, want)
            values.append(e)
            if e.type == BOOLEAN or e.yes or e.no:
                for key in (e.yes if is_and else e.no):
                    self.narrow.setdefault(key, None)
            conditions.append(e)
        self.narrow = before
        if all(e.type == BOOLEAN for e in conditions) or want == BOOLEAN:
            tests = [self.truth(n, e) for n, e in zip(node.values, conditions)]
            for e in tests:
                yes += tuple(e.yes)
                no += tuple(e.no)
            return E(f" {'&&' if is_and else '||'} ".join(e.operand for e in tests), BOOLEAN,
                     yes=yes if is_and else (), no=() if is_and else no)
        result = values[-1]
        for each, e in zip(reversed(node.values[:-1]), reversed(values[:-1])):
            kind = result.type
            if e.type.kind == "Option" and e.type != kind and not is_and and e.type.parts[0] == kind:
                name = self.unit.fresh("v")
                inner = E(name, kind, atom=True, simple=True)
                test = "true" if kind.kind in ("Struct", "Variant", "DateTime") else \
                    self.condition_text(self.truth(each, inner))
                result = E(f"(match {e.text} {{ .some {name} -> (if {test} {{ {name} }} else {{ {result.text} }}); "
                           f".none -> {result.operand} }})", kind, atom=True)
                continue
            if e.type != kind:
                self.fail(each, f"'{'and' if is_and else 'or'}' of {e.type} and {kind} has no type in "
                                "East: write a if c else b")
            lets, (t,) = self.bind(e)
            test = self.truth(each, E(t, kind, atom=True, simple=True)).text
            one, other = (result.text, t) if is_and else (t, result.text)
            result = E(f"do {{ {lets}if {test} {{ {one} }} else {{ {other} }} }}", kind, atom=True)
        return result

    def condition_or_value(self, node, want):
        if want == BOOLEAN:
            return self.condition(node)
        if isinstance(node, (ast.Name, ast.Attribute)):
            e = self.expr(node, option(NULL))
            if e.key not in self.narrow:
                return e
        return self.expr(node, want)

    def e_IfExp(self, node, want):
        test = self.condition(node.test)
        before = dict(self.narrow)
        self.learn(test.yes)
        yes = self.expr(node.body, want)
        self.narrow = dict(before)
        self.learn(test.no)
        no = self.expr(node.orelse, want if want is not None else yes.type)
        self.narrow = before
        kind = want if want is not None and want.kind != "Null" and want != option(NULL) else None
        if kind is None:
            kind = yes.type
            if {yes.type, no.type} - {NULL} != {yes.type, no.type} and yes.type != no.type:
                kind = option(no.type if yes.type == NULL else yes.type)
            elif no.type.kind == "Option":
                kind = no.type
        yes = self.fit(node.body, yes, kind, "this side")
        no = self.fit(node.orelse, no, kind, "the other side")
        return E(f"(if {self.condition_text(test)} {{ {yes.text} }} else {{ {no.text} }})", kind, atom=True,
                 natural=yes.natural and no.natural)
