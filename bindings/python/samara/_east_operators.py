"""Operators of Python, whose numbers and sequences have rules of their own, as East."""

import ast
import operator

from . import _east_text as text
from ._east_base import E, INT_MAX, INT_MIN, NOTHING
from ._east_types import BOOLEAN, DATETIME, FLOAT, INTEGER, STRING


_SYMBOL = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//",
           ast.Mod: "%", ast.Pow: "**", ast.BitOr: "|", ast.BitAnd: "&", ast.BitXor: "^",
           ast.LShift: "<<", ast.RShift: ">>", ast.MatMult: "@"}


class Operators:
    """Mixed into the translator of functions."""

    def e_UnaryOp(self, node, want):
        if isinstance(node.op, ast.Not):
            e = self.truth(node.operand, self.expr(node.operand))
            if e.constant is not NOTHING:
                return self.constant(node, not e.constant)
            return E(f"!{e.operand}", BOOLEAN, yes=e.no, no=e.yes)
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant) and \
                type(node.operand.value) in (int, float):
            return self.constant(node, -node.operand.value)
        e = self.expr(node.operand)
        self.no_option(node.operand, e)
        if e.type not in (INTEGER, FLOAT):
            self.fail(node, f"'{'-' if isinstance(node.op, ast.USub) else '+'}' does not work on "
                            f"{e.type}" + (": write int(…)" if e.type == BOOLEAN else ""))
        if isinstance(node.op, ast.UAdd):
            return e
        if isinstance(node.op, ast.USub):
            # A '-' directly before a digit would belong to the number.
            return E(f"-({e.text})" if e.operand[0].isdigit() else f"-{e.operand}", e.type)
        self.fail(node, "East has no operators on bits of an int")

    def no_option(self, node, e):
        if e.type.kind == "Option":
            self.fail(node, f"this may be None ({e.type}): ask for 'is None' before")

    def e_BinOp(self, node, want):
        if isinstance(node.op, ast.Mod) and isinstance(node.left, (ast.Constant, ast.JoinedStr)) and \
                isinstance(getattr(node.left, "value", ""), str):
            self.fail(node, "% formats are not in the subset: write an f-string")
        left = self.expr(node.left, want if want and want.kind in ("Array", "Set") else None)
        right = self.expr(node.right, left.type if left.type.kind in ("Array", "Set") else None)
        return self.binary(node, node.op, left, right)

    def binary(self, node, op, a, b):
        symbol = _SYMBOL[type(op)]
        for e in (a, b):
            self.no_option(node, e)
        kinds = {a.type.kind, b.type.kind}
        if a.constant is not NOTHING and b.constant is not NOTHING and kinds <= {"Integer", "Float"}:
            return self.folded(node, op, a, b)
        if kinds == {"Integer"}:
            return self.integers(node, symbol, a, b)
        if kinds == {"Float"} or kinds == {"Integer", "Float"}:
            return self.floats(node, symbol, self.as_float(a), self.as_float(b))
        if symbol == "+" and a.type == b.type and a.type == STRING:
            return E(f"{a.operand} + {b.operand}", STRING)
        if symbol == "+" and a.type == b.type and a.type.kind == "Array":
            return E(f"{a.operand}.concat({b.text})", a.type, atom=True)
        if symbol == "*" and kinds == {"String", "Integer"}:
            if a.type == INTEGER:
                a, b = b, a
            return E(f"{a.operand}.repeat({b.text})", STRING, atom=True)
        if symbol == "+" and "String" in kinds:
            self.fail(node, f"'+' of {a.type} and {b.type}: write an f-string or str(…)")
        sets = {"|": "union", "&": "intersect", "-": "diff", "^": "sym_diff"}
        if a.type == b.type and a.type.kind == "Set" and symbol in sets:
            return E(f"{a.operand}.{sets[symbol]}({b.text})", a.type, atom=True)
        if a.type == b.type and a.type.kind == "Dict" and symbol == "|":
            name = self.unit.fresh("t")
            return E(f"do {{ let {name} = {a.operand}.copy(); {name}.union_in_place({b.text}, "
                     f"(_old, new) -> new); {name} }}", a.type, atom=True)
        if BOOLEAN in (a.type, b.type):
            self.fail(node, f"'{symbol}' of {a.type} and {b.type}: a bool is no number in East; "
                            "write int(…)")
        if symbol == "*" and "Array" in kinds:
            self.fail(node, "a list times an int has no counterpart in East: write a comprehension")
        if DATETIME in (a.type, b.type):
            self.fail(node, "differences of times have no type in East: subtract their .timestamp()")
        self.fail(node, f"'{symbol}' of {a.type} and {b.type} has no counterpart in East")

    def folded(self, node, op, a, b):
        work = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
                ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
                ast.Pow: operator.pow, ast.BitOr: operator.or_, ast.BitAnd: operator.and_,
                ast.BitXor: operator.xor, ast.LShift: operator.lshift,
                ast.RShift: operator.rshift}.get(type(op))
        if type(op) is ast.Pow and (abs(b.constant) > 64 or isinstance(b.constant, float)):
            return self.floats(node, "**", self.as_float(a), self.as_float(b)) \
                if FLOAT in (a.type, b.type) else self.integers(node, "**", a, b)
        if type(op) is ast.LShift and b.constant > 64:
            self.fail(node, "this does not fit into 64 bits, which an int has in East")
        try:
            value = work(a.constant, b.constant)
        except (ArithmeticError, ValueError, TypeError) as error:
            self.fail(node, f"this is always {type(error).__name__}: {error}")
        if isinstance(value, int) and not INT_MIN <= value <= INT_MAX:
            self.fail(node, f"{value} does not fit into 64 bits, which an int has in East")
        return self.constant(node, value)

    def as_float(self, e):
        if e.type == FLOAT:
            return e
        if e.constant is not NOTHING:
            value = float(e.constant)
            return E(text.float_text(value), FLOAT, atom=value >= 0, constant=value)
        return E(f"{e.operand}.to_float()", FLOAT, atom=True)

    def integers(self, node, symbol, a, b):
        positive = b.constant is not NOTHING and b.constant > 0
        if b.constant is not NOTHING and b.constant == 0 and symbol in ("/", "//", "%"):
            self.fail(node, "this divides by 0")
        if symbol in ("+", "*", "-"):
            return E(f"{a.operand} {symbol} {b.operand}", INTEGER,
                     natural=symbol != "-" and a.natural and b.natural)
        if symbol == "/":
            return self.true_divide(a, b)
        if symbol in ("//", "%") and positive and a.natural:
            return E(f"{a.operand} {symbol[0]} {b.operand}", INTEGER, natural=True)
        if symbol == "//" and positive:
            lets, (x,) = self.bind(a)
            q = self.unit.fresh("q")
            return E(f"do {{ {lets}let {q} = {x} / {b.text}; if {x} % {b.text} < 0 {{ {q} - 1 }} else "
                     f"{{ {q} }} }}", INTEGER, atom=True)
        if symbol == "%" and positive:
            r = self.unit.fresh("r")
            return E(f"do {{ let {r} = {a.operand} % {b.text}; if {r} < 0 {{ {r} + {b.text} }} else "
                     f"{{ {r} }} }}", INTEGER, atom=True, natural=True)
        if symbol in ("//", "%"):
            lets, (x, y) = self.bind(a, b)
            check = "" if b.constant is not NOTHING else \
                f"if {y} == 0 {{ throw \"ZeroDivisionError: integer division or modulo by zero\" }}; "
            r, q = self.unit.fresh("r"), self.unit.fresh("q")
            differ = f"{r} != 0 && ({r} < 0) != ({y} < 0)"
            body = f"{check}let {r} = {x} % {y}; "
            if symbol == "//":
                body += f"let {q} = {x} / {y}; if {differ} {{ {q} - 1 }} else {{ {q} }}"
            else:
                body += f"if {differ} {{ {r} + {y} }} else {{ {r} }}"
            return E(f"do {{ {lets}{body} }}", INTEGER, atom=True)
        if symbol == "**":
            if b.constant is not NOTHING:
                if b.constant < 0:
                    self.fail(node, "an int to a negative power is a float: write float(…) ** …")
                return E(f"{a.operand} ** {b.operand}", INTEGER, natural=a.natural)
            lets, (x, y) = self.bind(a, b)
            if b.natural:
                return self.after(lets, f"{x} ** {y}", INTEGER, natural=a.natural)
            return E(f"do {{ {lets}if {y} < 0 {{ throw \"ValueError: an int to a negative power is a "
                     f"float in Python\" }}; {x} ** {y} }}", INTEGER, atom=True)
        if symbol == "<<" and b.constant is not NOTHING and 0 <= b.constant < 63:
            return E(f"{a.operand} * {1 << b.constant}", INTEGER, natural=a.natural)
        if symbol == ">>" and b.constant is not NOTHING and 0 <= b.constant < 63:
            return self.integers(node, "//", a, self.constant(node, 1 << b.constant))
        if symbol == "&" and b.constant is not NOTHING and b.constant > 0 and \
                (b.constant & (b.constant + 1)) == 0 and b.constant < INT_MAX:
            return self.integers(node, "%", a, self.constant(node, b.constant + 1))
        self.fail(node, f"East has no '{symbol}' of ints")

    def true_divide(self, a, b):
        """Exact where both are floats; what is not says so and does not round twice."""
        lets, (x, y) = self.bind(a, b)
        checks = ""
        if b.constant is NOTHING:
            checks += f"if {y} == 0 {{ throw \"ZeroDivisionError: division by zero\" }}; "
        tests = []
        for e, t in ((a, x), (b, y)):
            if e.constant is NOTHING:
                tests.append(f"{t} > 9007199254740992 || {t} < -9007199254740992")
            elif abs(e.constant) > 2**53:
                tests.append("true")
        if tests:
            checks += (f"if {' || '.join(tests)} {{ throw \"OverflowError: int / int beyond 2**53 would "
                       "round twice; divide floats\" }; ")
        sides = [text.float_text(float(e.constant)) if e.constant is not NOTHING
                 else f"{t}.to_float()" for e, t in ((a, x), (b, y))]
        sides = [f"({side})" if side.startswith("-") else side for side in sides]
        return E(f"do {{ {lets}{checks}{sides[0]} / {sides[1]} }}", FLOAT, atom=True)

    def floats(self, node, symbol, a, b):
        if symbol in ("+", "-", "*"):
            return E(f"{a.operand} {symbol} {b.operand}", FLOAT)
        zero = b.constant is not NOTHING and b.constant == 0
        if zero and symbol in ("/", "//", "%"):
            self.fail(node, "this divides by 0")
        lets, (x, y) = ("", (a.operand, b.operand)) if b.constant is not NOTHING else self.bind(a, b)
        check = ""
        if b.constant is NOTHING:
            word = {"/": "float division by zero", "//": "float floor division by zero",
                    "%": "float modulo", "**": ""}[symbol]
            check = f"if {y} + 0.0 == 0.0 {{ throw \"ZeroDivisionError: {word}\" }}; "
        if symbol == "/":
            return self.after(lets + check, f"{x} / {y}", FLOAT)
        if symbol in ("//", "%"):
            name = self.unit.helper("float_floor_divide" if symbol == "//" else "float_modulo")
            return self.after(lets + check, f"{name}({x}, {y})", FLOAT)
        if symbol == "**":
            return self.float_power(a, b)
        self.fail(node, f"East has no '{symbol}' of floats")

    def float_power(self, a, b):
        lets, (x, y) = self.bind(a, b)
        checks = ""
        exponent = b.constant
        known = exponent is not NOTHING
        if not known or exponent < 0:
            test = f"{x} + 0.0 == 0.0" + ("" if known else f" && {y} < 0.0")
            checks += (f"if {test} {{ throw \"ZeroDivisionError: 0.0 cannot be raised to a negative "
                       "power\" }; ")
        if not known or exponent != int(exponent):
            whole = "" if known else f" && {y}.abs() < Infinity && {y} % 1.0 + 0.0 != 0.0"
            checks += (f"if {x} < 0.0 && {x} > -Infinity{whole} {{ throw \"ValueError: a negative number to a "
                       "fractional power is complex\" }; ")
        if not known:
            checks += f"if {x} == 1.0 || {y} + 0.0 == 0.0 {{ 1.0 }} else if {x} == -1.0 && {y}.abs() == Infinity {{ 1.0 }} else {{ "
        name = self.unit.fresh("t")
        body = (f"let {name} = {x} ** {y}; if {name}.abs() == Infinity && {x}.abs() < Infinity"
                f"{'' if known else f' && {y}.abs() < Infinity'} {{ throw \"OverflowError: Numerical "
                f"result out of range\" }}; {name}")
        return E(f"do {{ {lets}{checks}{body}{'' if known else ' }'} }}", FLOAT, atom=True)
