"""Functions and statements of Python as East, each in the line of the Python one."""

import ast

from . import _east_text as text
from ._east_assign import Assignments
from ._east_base import NOTHING, Var
from ._east_branches import Branches
from ._east_calls import Calls
from ._east_compare import Comparisons
from ._east_displays import Displays
from ._east_expr import Expressions
from ._east_flow import Variables, free_names
from ._east_functions import Functions
from ._east_loops import Loops
from ._east_methods import Methods
from ._east_operators import Operators
from ._east_try import Errors
from ._east_types import NULL, T, NoType, default, from_annotation


_WORDS = {"With": "with", "AsyncFor": "async for", "AsyncWith": "async with", "ClassDef": "class",
          "Import": "import", "ImportFrom": "import", "Global": "global", "AsyncFunctionDef": "async def",
          "TryStar": "except*", "TypeAlias": "type"}


class Translator(Assignments, Branches, Calls, Comparisons, Displays, Errors, Expressions,
                 Functions, Loops, Methods, Operators):
    """Of one function. `scope`: its variables by name; assigned: those that have a value here;
    narrow: what is not None here, and the name of its value where it has one."""

    def __init__(self, unit, parent=None):
        self.unit, self.parent = unit, parent
        self.scope = {}
        self.assigned = set(parent.assigned) if parent else set()
        self.narrow = dict(parent.narrow) if parent else {}
        self.variables = None
        self.out = parent.out if parent else None
        self.result = None
        self.loops = []
        self.handlers = list(parent.handlers) if parent else []
        self.node = None

    # --- names

    def lookup(self, name):
        scope = self
        while scope is not None:
            if name in scope.scope:
                return scope.scope[name]
            if scope.variables is not None and name in scope.variables.locals:
                return Var(name, name, NULL, owner=scope)  # no value yet
            scope = scope.parent
        return None

    def function_scope(self, parameters, node):
        """A lambda or comprehension in this function."""
        inner = Translator(self.unit, self)
        inner.node = node
        inner.loops = []
        for name, kind in parameters.items():
            var = Var(name, self.unit.local(name), kind, owner=inner)
            inner.scope[name] = var
            inner.assigned.add(var)
        return inner

    def check_capture(self, node, var):
        """A function that is kept sees later values in Python, and so it does in East, unless the
        variable is a new one each time round a loop."""
        scope = self
        while scope is not None and scope is not var.owner:
            if isinstance(scope.node, (ast.FunctionDef, ast.Lambda)) and var.loops and \
                    not getattr(scope.node, "immediate", False):
                self.fail(node, f"this function keeps '{var.name}', which changes in the loop around it: "
                                "in Python it would see the last value; make the function outside")
            scope = scope.parent

    def learn(self, keys):
        for key in keys:
            if not self.changes_elsewhere(key[0]):
                self.narrow[key] = None

    @staticmethod
    def changes_elsewhere(var):
        scope = var.owner
        return scope is not None and scope.variables is not None and \
            var.name in scope.variables.captured and var.mutable

    def forget(self, var):
        for key in [key for key in self.narrow if key[0] is var]:
            del self.narrow[key]

    def annotation(self, node):
        try:
            value = self.unit.evaluate(node, self)
            alias = node.id if isinstance(node, ast.Name) else \
                node.attr if isinstance(node, ast.Attribute) else None
            return from_annotation(value, alias)
        except NoType as error:
            self.fail(node, str(error))
        except NameError as error:
            self.fail(node, f"{error}: what this type is must be known when the function is made")
        except Exception as error:  # noqa: BLE001 - whatever an annotation does
            self.fail(node, f"this is no type: {error}")

    # --- functions

    def signature(self, node):
        """Parameters and result of a def: {name: (type, default)}, type."""
        arguments = node.args
        if arguments.vararg or arguments.kwarg:
            self.fail(arguments.vararg or arguments.kwarg, "East functions have a fixed number of "
                                                           "parameters: take a list")
        names = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(names) - len(arguments.defaults)) + list(arguments.defaults)
        names += arguments.kwonlyargs
        defaults += arguments.kw_defaults
        parameters = {}
        for each, given in zip(names, defaults):
            if each.annotation is None:
                self.fail(each, f"the parameter '{each.arg}' has no type: write {each.arg}: int, or what "
                                "it is")
            parameters[each.arg] = (self.annotation(each.annotation), given)
        if node.returns is None:
            self.fail(node, f"the result of '{node.name}' has no type: write -> int, or what it is; "
                            "-> None where there is none")
        return parameters, self.annotation(node.returns)

    def function(self, node, parameters, result, head):
        """The text of a function after its name; head: how it begins."""
        self.node, self.result = node, result
        self.variables = Variables(node)
        shown, copies = [], []
        for name, kind in parameters.items():
            var = Var(name, self.unit.local(name), kind, owner=self)
            if self.variables.stored.get(name) and name not in self.variables.outer:
                entry = self.unit.fresh(name)
                copies.append(f"var {var.east} = {entry}")
                var.mutable = True
            else:
                entry = var.east
            self.scope[name] = var
            self.assigned.add(var)
            shown.append(f"{entry}: {self.unit.type_text(kind)}")
        arrow = "" if result == NULL else f" -> {self.unit.type_text(result)}"
        self.out.pieces.append(f"{head}({', '.join(shown)}){arrow} {{")
        self.out.fresh = True
        self.out.pieces.append(" ")
        for each in copies:
            self.out.statement(self.out.line, 0, each)
        body = node.body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and \
                isinstance(body[0].value.value, str):
            self.skipped = body[0]
        ended = self.block(body, tail=True)
        if not ended and result != NULL:
            self.fail(node, f"'{node.name}' may end without a value: its last line needs return")
        self.out.close()

    # --- blocks

    def block(self, body, tail=False, value_matters=False):
        """Statements; says whether they never come to their end. tail: the value of the last one is
        that of the function."""
        key = id(body)
        for index, node in enumerate(body):
            last = index == len(body) - 1
            hoisted = [name for name, home in self.variables.home.items()
                       if home == (key, index) and name not in self.variables.direct and
                       name not in self.variables.loop_variable] if self.variables else []
            for name in hoisted:
                self.hoist(name, node)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and \
                    (isinstance(node.value.value, str) or node.value.value is Ellipsis):
                if node.value.value is Ellipsis:
                    self.fail(node, "... is no statement of East: write pass")
                continue
            if isinstance(node, (ast.Pass, ast.Nonlocal)):
                continue
            ended = self.statement(node, tail and last, value_matters or tail, last)
            if ended:
                return True
        return False

    def hoist(self, name, node):
        self.out.go(node.lineno, node.col_offset)
        if not self.out.fresh:
            self.out.pieces.append("; ")
            self.out.fresh = True
        var = Var(name, self.unit.local(name), None, mutable=True, owner=self)
        var.cell = self.out.cell()
        self.scope[name] = var
        annotated = next((use.node for use in self.variables.stored[name]
                          if isinstance(use.node, ast.AnnAssign)), None)
        if annotated is not None:
            self.settle(annotated, var, self.annotation(annotated.annotation))

    def settle(self, node, var, kind):
        """The type of a variable that was declared before its first value."""
        value = default(kind)
        if value is None:
            self.fail(node, f"'{var.name}' gets its value in a branch, and {kind} has no value to begin "
                            "with: assign it before")
        var.type = kind
        if var.cell is not None:
            var.cell[0] = f"var {var.east}: {self.unit.type_text(kind)} = {value}; "
            var.cell = None

    def statement(self, node, tail, value_matters, last):
        method = getattr(self, "s_" + type(node).__name__, None)
        if method is None:
            word = _WORDS.get(type(node).__name__, type(node).__name__)
            self.fail(node, f"'{word}' is not in the subset of Python that becomes East")
        if method.__func__ in (Translator.s_If, Translator.s_Match, Translator.s_Try, Translator.s_Return,
                               Translator.s_Expr):
            return method(node, tail, value_matters and last)
        return method(node)

    def emit(self, node, shown):
        self.out.statement(node.lineno, node.col_offset, shown)

    def s_Return(self, node, tail, value_matters):
        if self.result is None:
            self.fail(node, "return stands in functions only")
        if node.value is None or (self.result == NULL and isinstance(node.value, ast.Constant) and
                                  node.value.value is None):
            if self.result != NULL and self.result.kind != "Option":
                self.fail(node, f"this returns nothing, where {self.result} is expected")
            value = "null" if self.result == NULL else ".none"
        else:
            value = self.typed(node.value, self.result, "the result").text
        if tail:
            self.emit(node, value if not value.startswith("-") else f"({value})")
        else:
            self.emit(node, "return" if value == "null" else f"return {value}")
        return True

    def s_Raise(self, node):
        if node.cause is not None:
            self.fail(node.cause, "'from' has no counterpart in East: put it into the message")
        if node.exc is None:
            if not self.handlers:
                self.fail(node, "raise without an exception stands in except only")
            self.emit(node, f"throw {self.handlers[-1][1]}")
            return True
        if isinstance(node.exc, ast.Name) and self.handlers and node.exc.id == self.handlers[-1][0]:
            self.emit(node, f"throw {self.handlers[-1][1]}")
            return True
        call = node.exc if isinstance(node.exc, ast.Call) else None
        name = call.func if call else node.exc
        cls = self.exception_class(name)
        if call and (len(call.args) > 1 or call.keywords):
            self.fail(call, "an exception has one argument here: its message")
        word = "" if cls is Exception else cls.__name__
        if call and call.args:
            e = self.expr(call.args[0])
            if cls is KeyError and e.constant is not NOTHING:
                e = self.constant(call, repr(e.constant))
            message = self.shown(call.args[0], e)
            if e.constant is not NOTHING and isinstance(e.constant, str):
                shown = text.string(f"{word}: {e.constant}" if word else e.constant)
            elif not word:
                shown = message.text
            elif isinstance(call.args[0], ast.JoinedStr):
                shown = f'"{word}: {message.text[1:]}'
            else:
                shown = f'"{word}: " + {message.operand}'
        else:
            shown = text.string(f"{word}: " if word else "")
        self.emit(node, f"throw {shown}")
        return True

    def exception_class(self, node):
        cls = self.unit.value_of(node.id, self) if isinstance(node, ast.Name) else NOTHING
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            self.fail(node, "this is no class of exceptions")
        return cls

    def s_Assert(self, node):
        e = self.condition(node.test)
        message = '"AssertionError: "'
        if node.msg is not None:
            shown = self.shown(node.msg, self.expr(node.msg))
            message = '"AssertionError: ' + shown.text[1:] \
                if isinstance(node.msg, ast.JoinedStr) or \
                isinstance(getattr(node.msg, "value", None), str) else \
                f'"AssertionError: " + {shown.operand}'
        self.emit(node, f"if !{e.operand} {{ throw {message} }}")
        self.learn(e.yes)

    def s_Expr(self, node, tail, value_matters):
        e = self.expr(node.value)
        self.emit(node, e.text)
        if value_matters and e.type != NULL:
            self.out.statement(self.out.line, 0, "null")
        return e.type.kind == "Never"

    def s_Delete(self, node):
        for target in node.targets:
            if not isinstance(target, ast.Subscript):
                self.fail(target, "del takes away entries of dicts only")
            e = self.expr(target.value)
            if e.type.kind != "Dict":
                self.fail(target, f"del takes away entries of dicts only, not of {e.type}")
            key = self.typed(target.slice, e.type.parts[0], "the key")
            self.emit(node, f"{e.operand}.delete({key.text})")

    # --- functions inside

    def s_FunctionDef(self, node):
        if node.decorator_list:
            self.fail(node.decorator_list[0], "functions inside have no decorators")
        inner = Translator(self.unit, self)
        inner.node = node
        parameters, result = inner.signature(node)
        for name, (_, given) in parameters.items():
            if given is not None:
                self.fail(given, "functions inside have no defaults")
        if node.name in free_names(node) or any(
                node.name in free_names(each) for each in node.body):
            self.fail(node, f"'{node.name}' calls itself: make it a function of the module with "
                            "@samara.east")
        kinds = {name: kind for name, (kind, _) in parameters.items()}
        if node.name not in self.variables.direct:
            self.fail(node, f"'{node.name}' is made in a branch or more than once: make it before")
        east = self.unit.local(node.name)
        self.out.statement(node.lineno, node.col_offset, "")
        inner.loops = []
        for var in {v for s in self.chain() for v in s.scope.values()}:
            if var.loops and var.name in free_names(node):
                self.fail(node, f"this function keeps '{var.name}', which changes in the loop around it: "
                                "in Python it would see the last value; make the function outside")
        inner.function(node, kinds, result, f"let {east} = fn")
        self.out.fresh = False
        var = Var(node.name, east, T("Function", [*kinds.values(), result]), owner=self)
        self.scope[node.name] = var
        self.assigned.add(var)

    def chain(self):
        scope = self
        while scope is not None:
            yield scope
            scope = scope.parent
