"""@samara.east: typed functions of Python that become East functions."""

import ast
import builtins
import datetime
import functools
import inspect
import linecache
import os
import re

from . import _east_text as text
from . import _platform
from ._east_base import NOTHING, Mistake, Unknown
from ._east_stmt import Translator
from ._east_types import KEYWORDS, T, TAKEN, Aliases, NoType, _from_type, quoted_name
from ._errors import Error


class EastSyntaxError(Error, SyntaxError):
    """Python code that cannot become East: `filename`, `lineno`, `offset` and `text` say where."""

    __module__ = "samara"

    def __str__(self):
        shown = f"{self.filename}:{self.lineno}:{self.offset}: {self.msg}"
        if self.text:
            line = self.text.rstrip("\n")
            indent = len(line) - len(line.lstrip())
            mark = " " * max(0, self.offset - 1 - indent) + "^"
            shown += f"\n    {line.strip()}\n    {mark}"
        return shown


def _syntax_error(path, line, column, message):
    return EastSyntaxError(message, (path, line, column, linecache.getline(path, line)))


class Unit:
    """One East text: a function and those of the same file that it uses."""

    def __init__(self, function, table):
        self.main = function
        self.path = function.path
        self.table = table
        self.names = set(_EAST_TYPES)
        for name in _names_of(function.node):
            self.names.add(name)
        self.aliases = Aliases(self.fresh)
        self.parts = {}
        self.waiting = []
        self.platforms = {}
        self.imports = {}
        self.helpers = {}
        self.current = function

    # --- names

    def fresh(self, base):
        """A name that nothing else has."""
        name = base if base not in self.names and base not in KEYWORDS and base not in TAKEN else None
        count = 1
        while name is None:
            count += 1
            name = f"{base}_{count}" if f"{base}_{count}" not in self.names else None
        self.names.add(name)
        return name

    def local(self, name):
        if name in TAKEN:
            return name + "_"
        return quoted_name(name)

    def type_text(self, kind):
        return self.aliases.text(kind)

    def helper(self, name):
        if name not in self.helpers:
            self.helpers[name] = self.fresh(name)
        return self.helpers[name]

    # --- what names of Python mean

    def value_of(self, name, translator):
        function = self.current.function
        code = function.__code__
        if name in code.co_freevars:
            cell = function.__closure__[code.co_freevars.index(name)]
            try:
                return cell.cell_contents
            except ValueError:
                return NOTHING
        if name in function.__globals__:
            return function.__globals__[name]
        return getattr(builtins, name, NOTHING)

    def static(self, node, translator):
        """The value of module.name, or NOTHING."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or translator.lookup(node.id) is not None:
            return NOTHING
        value = self.value_of(node.id, translator)
        if not inspect.ismodule(value):
            return NOTHING
        for part in reversed(parts):
            value = getattr(value, part, NOTHING)
            if value is NOTHING or (not inspect.ismodule(value) and part is not parts[0]):
                return NOTHING
        return value

    def module_value(self, node, translator):
        value = self.static(node, translator)
        if isinstance(value, (int, float, str, bytes, datetime.datetime)):
            return value
        return NOTHING

    def evaluate(self, node, translator):
        """The value of an annotation."""
        function = self.current.function
        closure = inspect.getclosurevars(function).nonlocals if function.__closure__ else {}
        code = compile(ast.Expression(body=node), self.path, "eval")
        try:
            value = eval(code, function.__globals__, {**self.current.around, **closure})  # noqa: S307
        except NameError:
            given = self.current.given(node)
            if given is NOTHING:
                raise
            value = given
        if isinstance(value, str):
            value = eval(value, function.__globals__, {**self.current.around, **closure})  # noqa: S307
        return value

    def function_of(self, node, value, translator):
        """(East name, type, {parameter: default}) of a function that East can call."""
        if isinstance(value, East):
            if value is self.main or value.path == self.path:
                part = self.part(value)
            else:
                part = self.imported(value)
            return part
        made = self.offered(value)
        if made is not None:
            return self.platform(node, made, value)
        return None

    def offered(self, value):
        for table in (self.table, _platform.everywhere):
            for made in (table or {}).values():
                if made.function is value:
                    return made
        return None

    def platform(self, node, made, value):
        if made.name not in self.platforms:
            try:
                inputs = [_from_type(each) for each in made.inputs]
                output = _from_type(made.output)
            except NoType as error:
                raise Mistake(node, f"the platform function '{made.name}': {error}") from None
            east = self.fresh(re.sub(r"\W", "_", value.__name__))
            self.platforms[made.name] = (east, T("Function", [*inputs, output]), made, value)
        east, kind, _, _ = self.platforms[made.name]
        try:
            names = list(inspect.signature(value).parameters)[:len(kind.parts) - 1]
        except (TypeError, ValueError):
            names = []
        names += [f"argument {i}" for i in range(len(names), len(kind.parts) - 1)]
        return east, kind, dict.fromkeys(names, NOTHING)

    def part(self, function):
        known = self.parts.get(function)
        if known is None:
            self.names.update(_names_of(function.node))
            east = self.fresh(function.__name__)
            before, self.current = self.current, function
            try:
                translator = Translator(self)
                parameters, result = translator.signature(function.node)
            except Mistake as mistake:
                raise function.error(mistake) from None
            finally:
                self.current = before
            kinds = T("Function", [kind for kind, _ in parameters.values()] + [result])
            defaults = inspect.signature(function.function).parameters
            known = (quoted_name(east), kinds,
                     {name: NOTHING if defaults[name].default is inspect.Parameter.empty
                      else defaults[name].default for name in parameters})
            self.parts[function] = known
            self.waiting.append((function, parameters, result))
        return known

    def imported(self, function):
        known = self.imports.get(function)
        if known is None:
            unit = function.translate(self.table)
            _, kind, signature = unit.parts[function]
            known = (self.fresh(function.__name__), kind, signature)
            self.imports[function] = known
        return known

    # --- the text

    def translate(self):
        self.part(self.main)
        texts = {}
        while self.waiting:
            function, parameters, result = self.waiting.pop()
            self.current = function
            node = function.node
            translator = Translator(self)
            translator.out = text.Out(node.lineno)
            kinds = {name: kind for name, (kind, _) in parameters.items()}
            head = ("" if function is self.main else "private ") + f"fn {self.parts[function][0]}"
            try:
                translator.function(node, kinds, result, head)
            except Mistake as mistake:
                raise function.error(mistake) from None
            except NoType as error:
                raise function.error(Mistake(node, str(error))) from None
            except RecursionError:
                raise function.error(Mistake(node, "this is nested too deep")) from None
            texts[function] = translator.out.text()
        return texts

    def text(self, imports):
        """`imports`: what an imported function is called in `from`."""
        # The declarations stand in the line of the first decorator, functions in their own.
        functions = sorted(self.texts, key=lambda each: each.node.lineno)
        first = min(each.first for each in functions)
        before = []
        for function, (east, _, _) in self.imports.items():
            name = function.__name__
            renamed = "" if east == name else f" as {east}"
            before.append(f"import {quoted_name(name)}{renamed} from \"{imports(function)}\"")
        before += self.aliases.lines
        for name, (east, kind, made, _) in self.platforms.items():
            effect = {0: "pure", 1: "idempotent", 2: "effectful"}[made.effect]
            inputs = ", ".join(f"x{i}: {self.type_text(part)}" for i, part in enumerate(kind.parts[:-1]))
            output = "" if kind.parts[-1].kind == "Null" else f" -> {self.type_text(kind.parts[-1])}"
            given = "" if east == name else f" = {text.string(name)}"
            before.append(f"platform {effect} fn {east}{given}({inputs}){output}")
        before += [text.helper_text(name).replace(f"fn {name}(", f"fn {east}(", 1)
                   for name, east in self.helpers.items()]
        out = ["\n" * (first - 1) + "; ".join(before)]
        line = first
        started = bool(before)
        for function in functions:
            if function.node.lineno > line:
                out.append("\n" * (function.node.lineno - line))
                line = function.node.lineno
            elif started:
                out.append("; ")
            out.append(self.texts[function])
            line += self.texts[function].count("\n")
            started = True
        return re.sub(" +\n", "\n", "".join(out) + "\n")


def _names_of(function):
    """The names that a function and those in it give to something."""
    for each in ast.walk(function):
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id
        elif isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, (ast.MatchAs, ast.ExceptHandler, ast.FunctionDef)) and each.name and \
                each is not function:
            yield each.name


_EAST_TYPES = ("Never Null Boolean Integer Float String DateTime Blob Ref Array Set Dict Vector Matrix "
               "Option Variant Location Patch").split()


class East:
    """A Python function that is an East function too. Called, it is the Python function."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function
        self.path = function.__code__.co_filename
        self._units = {}
        self._added = {}
        try:
            lines, first = inspect.getsourcelines(function)
        except (OSError, TypeError):
            raise Error(f"there is no source of '{function.__name__}': @samara.east needs the file") \
                from None
        self.first = first
        source = "".join(lines)
        self._indent = len(lines[0]) - len(lines[0].lstrip())
        if self._indent:  # not taken away, so that columns and texts of several lines stay
            body = ast.parse("if 1:\n" + source).body[0].body
        else:
            body = ast.parse(source).body
        tree = ast.Module(body, [])
        for each in body:
            ast.increment_lineno(each, first - (2 if self._indent else 1))
        self.node = next((each for each in body
                          if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))), None)
        frame = inspect.currentframe().f_back
        while frame is not None and frame.f_globals.get("__name__", "").startswith("samara."):
            frame = frame.f_back
        # Annotations may name what is local where the function is made.
        used = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
        self.around = {} if frame is None or frame.f_locals is frame.f_globals else \
            {name: value for name, value in frame.f_locals.items() if name in used}
        if not isinstance(self.node, ast.FunctionDef):
            line = self.node.lineno if self.node is not None else first
            word = "async functions are not in the subset" if self.node is not None else \
                "@samara.east stands before a def"
            raise _syntax_error(self.path, line, self._indent + 1, word)
        try:
            self.translate(None)
        except EastSyntaxError as error:
            if not getattr(error, "later", False):
                raise error from None

    def given(self, node):
        """What Python made of an annotation."""
        for each in ast.walk(self.node):
            if isinstance(each, ast.arg) and each.annotation is node:
                return self.function.__annotations__.get(each.arg, NOTHING)
        if self.node.returns is node:
            return self.function.__annotations__.get("return", NOTHING)
        return NOTHING

    def error(self, mistake):
        node = mistake.node
        line = getattr(node, "lineno", self.node.lineno)
        column = getattr(node, "col_offset", 0) + 1
        made = _syntax_error(self.path, line, column, mistake.message)
        made.later = isinstance(mistake, Unknown)
        return made

    def translate(self, table):
        key = None if table is None else tuple(sorted(table))
        unit = self._units.get(key)
        if unit is None:
            unit = Unit(self, table)
            unit.texts = unit.translate()
            self._units[key] = unit
        return unit

    @property
    def source(self):
        """The East text, whose lines are those of the Python file."""
        return self.translate(None).text(lambda function: f"ref:{function.__name__}")

    def __call__(self, *arguments, **named):
        return self.function(*arguments, **named)

    def __repr__(self):
        return f"<samara.east {self.__name__}>"

    def __get__(self, instance, owner=None):
        return self

    def add(self, repository, name=None):
        """Adds the function, under its own name or this one; gives its id."""
        unit = self.translate(repository._platform)
        ids = {function: function.add(repository) for function in unit.imports}
        shown = unit.text(lambda function: f"hash:{ids[function]}")
        try:
            found = repository._add_source(shown, self.path, unit.parts[self][0].strip("`"),
                                           name or self.__name__)
        except Error as error:
            raise self._checked(error) from None
        made = next(iter(found.values()))
        self._added[os.path.realpath(repository.path)] = made
        return made

    def _checked(self, error):
        """What the checker of East says, at the line of Python."""
        match = re.search(r"(?:error: )?(?P<said>[^\n]*)\n\s*--> [^\n]*?:(?P<line>\d+):(?P<column>\d+)",
                          str(error))
        if match is None:
            return error
        hint = re.search(r"\n\s*help: ([^\n]*)", str(error))
        said = match["said"].removeprefix("error: ") + (f" ({hint[1]})" if hint else "")
        return _syntax_error(self.path, int(match["line"]), int(match["column"]),
                             f"East does not take this: {said}")

    def run(self, repository, *arguments, timeout=None, memory=None, allow=None, steps=None, memo=True,
            **named):
        """Runs the function in a repository, or finds its answer; adds it if need be."""
        bound = inspect.signature(self.function).bind(*arguments, **named)
        bound.apply_defaults()
        found = self._added.get(os.path.realpath(repository.path)) or self.add(repository)
        return repository.run(found, *bound.arguments.values(), timeout=timeout, memory=memory,
                              allow=allow, steps=steps, memo=memo)


def east(function):
    """Decorator: makes a typed Python function, of a subset, an East function. The object it gives
    is called as the Python function; `.source` is the East text, `.add(repository, name=None)` adds
    it, `.run(repository, *arguments)` runs it there. docs/guide/python-east.md"""
    if isinstance(function, (staticmethod, classmethod)) or not inspect.isfunction(function):
        raise TypeError("@samara.east stands before a function")
    return East(function)
