"""Assignments of Python as East."""

import ast

from ._east_base import E, NOTHING, Var
from ._east_types import ERROR, FLOAT, INTEGER, NULL


class Assignments:
    """Mixed into the translator of functions."""

    def s_Assign(self, node):
        if len(node.targets) > 1:
            self.fail(node.targets[1], "one variable at a time")
        target = node.targets[0]
        if isinstance(target, ast.Tuple):
            return self.unpack(node, target)
        if isinstance(target, ast.Subscript):
            return self.store_item(node, target, lambda kind: self.typed(node.value, kind, "the value"))
        self.store_name(node, target, node.value, None)

    def s_AnnAssign(self, node):
        if not isinstance(node.target, ast.Name):
            self.fail(node.target, "only variables have types here")
        kind = self.annotation(node.annotation)
        if node.value is None:
            var = self.scope.get(node.target.id)
            if var is None:
                self.fail(node, "a type without a value: write it where the value is")
            return
        self.store_name(node, node.target, node.value, kind)

    def unpack(self, node, target):
        if not isinstance(node.value, ast.Tuple) or len(node.value.elts) != len(target.elts):
            self.fail(node, "several variables at once need as many values on the right: a, b = b, a")
        names = []
        for each, value in zip(target.elts, node.value.elts):
            var = self.lookup(each.id) if isinstance(each, ast.Name) else None
            want = var.type if var is not None and var in self.assigned else None
            e = self.expr(value, want)
            name = self.unit.fresh("t")
            self.emit(node, f"let {name} = {e.text}")
            names.append(E(name, e.type, atom=True, natural=False, simple=True))
        for each, e in zip(target.elts, names):
            if isinstance(each, ast.Subscript):
                self.store_item(node, each, lambda kind, e=e: self.fit(node.value, e, kind, "the value"))
            else:
                self.store_value(node, each, e, None)

    def store_name(self, node, target, value, kind):
        if isinstance(target, ast.Attribute):
            self.fail(target, "fields cannot be changed in East: write x = dataclasses.replace(x, "
                              f"{target.attr}=…)")
        if not isinstance(target, ast.Name):
            self.fail(target, "this cannot be assigned in East")
        known = self.scope.get(target.id)
        if self.variables and target.id in self.variables.outer:
            known = self.lookup(target.id)
        want = kind or (known.type if known is not None else None)
        if isinstance(value, ast.Lambda) and want is None:
            self.fail(value, f"the types of this lambda are not seen: write {target.id}: Callable[[int], "
                             "int] = lambda …, or a def")
        e = self.expr(value, want)
        self.store_value(node, target, e, kind)

    def store_value(self, node, target, e, kind):
        if not isinstance(target, ast.Name):
            self.store_name(node, target, None, None)
        name = target.id
        variables = self.variables
        if name in variables.outer:
            var = self.lookup(name)
            if var is None:
                self.fail(node, f"there is no '{name}' around this function")
            e = self.fit(node, e, var.type, f"'{name}'")
            self.emit(node, f"{var.east} = {e.text}")
            return
        var = self.scope.get(name)
        direct = name in variables.direct and (var is None or var not in self.assigned) and \
            variables.uses[name][0].node is node
        if var is not None and var.type is not None and kind is not None and kind != var.type:
            self.fail(node, f"'{name}' is {var.type} already")
        if e.type == ERROR:
            self.fail(node, "an exception is no value of East: write str(…)")
        if direct:
            if kind is None:
                if e.type == NULL:
                    self.fail(node, f"what '{name}' is beside None is not seen: write {name}: int | None = "
                                    "None, or what it is")
                kind = e.type
            e = self.fit(node.value, e, kind, f"'{name}'")
            mutable = name in variables.mutable
            var = Var(name, self.unit.local(name), kind, mutable=mutable, owner=self,
                      natural=e.natural and not mutable)
            var.loops = tuple(each for each in self.loops if each == "loop")
            self.scope[name] = var
            shown = f": {self.unit.type_text(kind)}" if e.text.startswith(("([]: ", "({}: ", "({:}: ")) or \
                e.text in (".none",) or e.text.startswith(".") or mutable and kind.kind == "Option" else ""
            value = e.text
            if value.startswith(("([]: ", "({}: ", "({:}: ")):
                value = value[1:value.index(":", 3 if value.startswith("({:") else 0)]
                value = "{:}" if kind.kind == "Dict" else "[]" if kind.kind == "Array" else "{}"
            self.emit(node, f"{'var' if mutable else 'let'} {var.east}{shown} = {value}")
        else:
            if var is None:
                self.fail(node, f"'{name}' cannot be declared here")
            if var.type is None:
                if kind is None and e.type == NULL:
                    self.fail(node, f"what '{name}' is beside None is not seen: write {name}: int | None = "
                                    "None, or what it is")
                self.settle(node, var, kind or e.type)
            if e.type == INTEGER and var.type == FLOAT and e.constant is not NOTHING:
                self.fail(node, f"'{name}' is float: write {e.constant}.0")
            if e.type == FLOAT and var.type == INTEGER:
                self.fail(node, f"'{name}' is int from its first value on, and this is float: begin with 0.0")
            e = self.fit(node.value, e, var.type, f"'{name}'")
            self.emit(node, f"{var.east} = {e.text}")
        self.assigned.add(var)
        self.forget(var)
        if var.type.kind == "Option" and e.text.startswith(".some ") and \
                not self.changes_elsewhere(var):
            self.narrow[(var, "")] = None

    def store_item(self, node, target, value):
        e = self.expr(target.value)
        self.no_option(target.value, e)
        if isinstance(target.slice, ast.Slice):
            self.fail(target, "slices cannot be assigned in East")
        if e.type.kind == "Dict":
            key = self.typed(target.slice, e.type.parts[0], "the key")
            v = value(e.type.parts[1])
            self.emit(node, f"{e.operand}.merge({key.text}, {v.text}, (_old, new) -> new)")
        elif e.type.kind == "Array":
            lets, xs, i = self.index(target.slice, e)
            v = value(e.type.parts[0])
            shown = f"{xs}[{i}] = {v.text}"
            self.emit(node, f"do {{ {lets}{shown} }}" if lets else shown)
        else:
            self.fail(target, f"items of {e.type} cannot be assigned")

    def s_AugAssign(self, node):
        target = node.target
        if isinstance(target, ast.Name):
            e = self.expr(ast.copy_location(ast.Name(target.id, ast.Load()), target))
            if e.type.kind == "Array" and isinstance(node.op, ast.Add):
                xs, _ = self.collect(node.value, e.type)
                if xs.type != e.type:
                    self.fail(node.value, f"this is {xs.type}, where {e.type} is expected")
                self.emit(node, f"{e.operand}.append({xs.text})")
                return
            if e.type.kind == "Set" and isinstance(node.op, ast.BitOr):
                other = self.typed(node.value, e.type)
                self.emit(node, f"{e.operand}.union_in_place({other.text})")
                return
            if e.type.kind in ("Set", "Dict"):
                self.fail(node, f"this changes the {e.type} in place: write x = x … or a method")
            b = self.expr(node.value)
            made = self.binary(node, node.op, e, b)
            if made.type == FLOAT and e.type == INTEGER:
                self.fail(node, f"'{target.id}' is int and becomes float here: begin with 0.0")
            self.store_value(node, target, made, None)
            return
        if isinstance(target, ast.Attribute):
            self.store_name(node, target, None, None)
        e = self.expr(target.value)
        self.no_option(target.value, e)
        if e.type.kind == "Dict":
            key = self.typed(target.slice, e.type.parts[0], "the key")
            lets, (d, at) = self.bind(e, key)
            kind = e.type.parts[1]
        elif e.type.kind == "Array":
            i = self.typed(target.slice, INTEGER, "the index")
            lets, (d, at) = self.bind(e, i)
            at = self.from_end(i, at, f"{d}.size()")
            kind = e.type.parts[0]
        else:
            self.fail(target, f"items of {e.type} cannot be assigned")
        item = E(f"{d}[{at}]", kind, atom=True)
        if kind.kind == "Array" and isinstance(node.op, ast.Add):
            xs, _ = self.collect(node.value, kind)
            self.emit(node, f"do {{ {lets}{item.text}.append({xs.text}) }}" if lets else
                      f"{item.text}.append({xs.text})")
            return
        made = self.fit(node, self.binary(node, node.op, item, self.expr(node.value)), kind, "the value")
        shown = f"{d}[{at}] = {made.text}"
        self.emit(node, f"do {{ {lets}{shown} }}" if lets else shown)
