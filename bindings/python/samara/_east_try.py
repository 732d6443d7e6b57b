"""raise, assert and try of Python as East, whose errors are texts."""

import ast

from . import _east_text as text
from ._east_base import Var
from ._east_types import ERROR


class Errors:
    """Mixed into the translator of functions."""

    def s_Try(self, node, tail, value_matters):
        if node.orelse:
            self.fail(node.orelse[0], "'else' of try is not in the subset: put it into the try")
        for each in ast.walk(ast.Module(node.finalbody, [])):
            if isinstance(each, (ast.Return, ast.Break, ast.Continue)):
                self.fail(each, "finally cannot be left in the middle")
        self.emit(node, "try {")
        self.out.fresh = True
        self.out.pieces.append(" ")
        before = self.state()
        ended = self.block(node.body, tail=tail and bool(node.handlers) or tail and ends(node.body),
                           value_matters=True)
        states = [] if ended else [self.state()]
        self.out.close()
        self.restore(before)
        self.loop_body(node, node.body)  # it may have got anywhere
        if node.handlers:
            message = self.unit.fresh("message")
            self.out.go(node.handlers[0].lineno, node.handlers[0].col_offset)
            self.out.pieces.append(f" catch {message} {{ ")
            self.out.fresh = True
            covered = False
            inside = self.state()
            for i, handler in enumerate(node.handlers):
                self.restore(inside)
                if covered:
                    self.fail(handler, "nothing is left for this: what is above takes every exception")
                classes = self.handled(handler)
                everything = any(cls in (Exception, BaseException) for cls in classes)
                covered = everything
                test = "" if everything else " || ".join(self.is_class(message, classes))
                self.out.go(handler.lineno, handler.col_offset)
                begin = "" if i == 0 else " else "
                if everything:
                    self.out.pieces.append(begin + ("{ " if i else ""))
                else:
                    self.out.pieces.append(f"{begin}if {test} {{ ")
                self.out.fresh = True
                if handler.name is not None:
                    name = self.unit.local(handler.name)
                    var = Var(handler.name, name, ERROR, owner=self)
                    self.scope[handler.name] = var
                    self.assigned.add(var)
                    self.out.statement(self.out.line, 0, f"let {name} = {self.plain(message, classes)}")
                self.handlers.append((handler.name, message))
                ended = self.block(handler.body, tail=tail, value_matters=True)
                self.handlers.pop()
                if not ended:
                    states.append(self.state())
                if not everything or i:
                    self.out.close()
            if not covered:
                self.out.pieces.append(f" else {{ throw {message} }}")
                self.out.fresh = False
            self.out.close()
        if node.finalbody:
            self.restore(before)
            for body in (node.body, *(handler.body for handler in node.handlers)):
                self.loop_body(node, body)
            self.out.go(node.finalbody[0].lineno, max(0, node.finalbody[0].col_offset - 4))
            self.out.pieces.append(" finally { ")
            self.out.fresh = True
            self.block(node.finalbody)
            self.out.close()
        if not states:
            return True
        self.join(states)
        if node.finalbody:
            self.loop_body(node, node.finalbody)
        return False

    def handled(self, handler):
        if handler.type is None:
            return [Exception]
        nodes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        return [self.exception_class(each) for each in nodes]

    def is_class(self, message, classes):
        """Tests of the message for the classes and those below them."""
        tests = []
        names = {each.__name__ for cls in classes for each in self.below(cls)}
        tests += [f'{message}.starts_with("{name}: ")' for name in sorted(names)]
        for name, starts in _BUILTIN_ERRORS.items():
            if name in names:
                tests += [f"{message}.starts_with({text.string(each)})" for each in starts]
        return tests

    @staticmethod
    def below(cls):
        if cls in (LookupError, ArithmeticError, ValueError, RuntimeError) or cls.__module__ != "builtins":
            found = {cls}
            for each in cls.__subclasses__():
                if each.__module__ == "builtins" and each.__name__ in _KNOWN or \
                        each.__module__ not in ("builtins",) and cls.__module__ != "builtins":
                    found |= Errors.below(each)
            return found
        return {cls}

    def plain(self, message, classes):
        """str(e): the message without the class."""
        names = sorted({each.__name__ for cls in classes for each in self.below(cls)} - {"Exception",
                                                                                        "BaseException"})
        if any(cls in (Exception, BaseException) for cls in classes):
            pattern = "^[A-Za-z_]+(Error|Exception|Iteration|Interrupt|Exit|Warning): "
        else:
            pattern = f"^({'|'.join(names)}): "
        return f"{message}.regex_replace({text.string(pattern)}, \"\")"


def ends(body):
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Raise))


_KNOWN = {"KeyError", "IndexError", "ZeroDivisionError", "OverflowError", "FloatingPointError",
          "UnicodeError", "UnicodeDecodeError", "NotImplementedError", "RecursionError"}
# What East's own operations say, where Python raises these.
_BUILTIN_ERRORS = {
    "IndexError": ["Array index ", "Cannot pop from empty Array", "Blob index "],
    "KeyError": ["Dict does not contain key ", "Set does not contain key "],
    "ValueError": ["Failed to parse ", "Cannot convert NaN to integer"],
    "UnicodeDecodeError": ["Blob is not valid UTF-8"],
    "OverflowError": ["Float too high to convert", "Float too low to convert"],
}
