"""Loops of Python as East."""

import ast

from ._east_base import Var
from ._east_flow import nonlocal_stores
from ._east_types import NULL


class Loops:
    """Mixed into the translator of functions."""

    def loop_body(self, node, body):
        """A body that may run any number of times."""
        stored = {use_name for statement in body for each in ast.walk(statement)
                  if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
                  for use_name in [each.id]} | {name for statement in body for name in
                                                nonlocal_stores(ast.Module([statement], []))}
        for name in stored:
            var = self.lookup(name)
            if var is not None:
                self.forget(var)

    def s_While(self, node):
        if node.orelse:
            self.fail(node.orelse[0], "'else' of a loop is not in the subset")
        self.loop_body(node, node.body)
        before = self.state()
        e = self.condition(node.test)
        forever = e.constant is True
        self.emit(node, f"while {self.condition_text(e)} {{")
        self.out.fresh = True
        self.out.pieces.append(" ")
        self.learn(e.yes)
        self.loops.append("loop")
        breaks = self.breaks(node.body)
        self.block(node.body)
        self.loops.pop()
        self.out.close()
        self.restore(before)
        if forever and not breaks:
            self.out.statement(self.out.line, 0, 'throw "never reached"')
            return True
        if not breaks:
            self.learn(e.no)
        return False

    @staticmethod
    def breaks(body):
        for node in body:
            if isinstance(node, ast.Break):
                return True
            if isinstance(node, (ast.While, ast.For, ast.FunctionDef)):
                continue
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                inner = getattr(node, name, [])
                inner = [inner] if not isinstance(inner, list) else inner
                if Loops.breaks(inner):
                    return True
        return False

    def s_For(self, node):
        if node.orelse:
            self.fail(node.orelse[0], "'else' of a loop is not in the subset")
        source, names, kinds, natural = self.walk(node.iter, node.target)
        self.loop_body(node, [node])
        before = self.state()
        shown, copies = [], []
        for name, kind, each in zip(names, kinds, natural):
            if name == "_" and "_" not in self.variables.mutable:
                shown.append(self.unit.fresh("_"))
                continue
            known = self.scope.get(name)
            own = name in self.variables.loop_variable and self.variables.home[name] == (id(node.body), 0)
            if own and name not in self.variables.mutable:
                var = Var(name, self.unit.local(name), kind, natural=each, owner=self)
                var.loops = ("loop",)
                shown.append(var.east)
            elif own:
                var = Var(name, self.unit.local(name), kind, mutable=True, owner=self)
                entry = self.unit.fresh(name)
                shown.append(entry)
                copies.append(f"var {var.east} = {entry}")
            else:
                var = known
                if var is None:
                    self.fail(node.target, f"'{name}' is used outside of this loop in a way that East cannot "
                                           "follow: give the variable of the loop another name")
                if var.type is None:
                    self.settle(node, var, kind)
                if var.type != kind:
                    self.fail(node.target, f"'{name}' is {var.type} elsewhere, and {kind} here")
                entry = self.unit.fresh(name)
                shown.append(entry)
                copies.append(f"{var.east} = {entry}")
            self.scope[name] = var
            self.assigned.add(var)
        loop = source.loop(shown)
        if source.bounds is not None and (self.breaks(node.body) or self.returns(node.body)):
            # One that is left early counts, and needs no array of all its numbers.
            count, end = self.unit.fresh("i"), self.unit.fresh("end")
            self.emit(node, f"var {count} = {source.bounds[0]}; let {end} = {source.bounds[1]}")
            loop = f"while {count} < {end}"
            copies[:0] = [f"let {shown[0]} = {count}", f"{count} = {count} + 1"]
        self.emit(node, f"{loop} {{")
        self.out.fresh = True
        self.out.pieces.append(" ")
        for each in copies:
            self.out.statement(self.out.line, 0, each)
        self.loops.append("loop")
        self.block(node.body)
        self.loops.pop()
        self.out.close()
        self.restore(before)
        return False

    @staticmethod
    def returns(body):
        return any(isinstance(each, ast.Return) for node in body for each in ast.walk(node))

    def s_Break(self, node):
        if "loop" not in self.loops:
            self.fail(node, "break stands in loops only")
        self.emit(node, "break")
        return True

    def s_Continue(self, node):
        if "loop" not in self.loops:
            self.fail(node, "continue stands in loops only")
        self.emit(node, "continue")
        return True
