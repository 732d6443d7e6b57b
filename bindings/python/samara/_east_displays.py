"""Lists, sets, dicts, structs, variants and comprehensions of Python as East."""

import ast
import dataclasses

from ._east_base import E, NOTHING
from ._east_types import (FLOAT, INTEGER, NULL, T, array, field_name, fields, from_annotation,
                          has_float, is_key, option, quoted_name)


class Displays:
    """Mixed into the translator of functions."""

    def e_List(self, node, want):
        element = want.parts[0] if want is not None and want.kind == "Array" else None
        if any(isinstance(each, ast.Starred) for each in node.elts):
            self.fail(node, "* in a list is not in the subset: add lists")
        if not node.elts and element is None:
            self.fail(node, "the type of an empty list is not seen: write name: list[int] = []")
        values, kind = self.alike(node.elts, element, "list")
        inner = ", ".join(e.text for e in values)
        return E(f"[{inner}]" if values else f"([]: {self.unit.type_text(array(kind))})", array(kind),
                 atom=True)

    def alike(self, nodes, kind, word):
        """Values of one type, which the first one sets."""
        values = [self.expr(each, kind) for each in nodes]
        if kind is None:
            kinds = [e.type for e in values]
            kind = next((k for k in kinds if k != NULL), NULL)
            if NULL in kinds and kind != NULL and kind.kind != "Option":
                kind = option(kind)
            if kind == INTEGER and FLOAT in kinds:
                kind = FLOAT
        return [self.fit(n, e, kind, f"this part of the {word}")
                for n, e in zip(nodes, values)], kind

    def e_Set(self, node, want):
        key = want.parts[0] if want is not None and want.kind == "Set" else None
        values, kind = self.alike(node.elts, key, "set")
        self.check_key(node, kind)
        return E("({" + ", ".join(e.text for e in values) + "})", T("Set", (kind,)), atom=True)

    def check_key(self, node, kind):
        if has_float(kind):
            self.fail(node, "keys made of floats are not the same in East, where 0.0 and -0.0 are two")
        if not is_key(kind):
            self.fail(node, f"{kind} cannot be a key: it can change")

    def e_Dict(self, node, want):
        key, value = want.parts if want is not None and want.kind == "Dict" else (None, None)
        if None in node.keys:
            self.fail(node, "** in a dict is not in the subset: write a | b")
        if not node.keys:
            if key is None:
                self.fail(node, "the type of an empty dict is not seen: write "
                                "name: dict[str, int] = {}")
            return E(f"({{:}}: {self.unit.type_text(want)})", want, atom=True)
        keys, key = self.alike(node.keys, key, "dict")
        values, value = self.alike(node.values, value, "dict")
        self.check_key(node, key)
        kind = T("Dict", (key, value))
        known = [e.constant for e in keys]
        if all(each is not NOTHING for each in known) and len(set(known)) == len(known):
            return E("({" + ", ".join(f"{k.text}: {v.text}" for k, v in zip(keys, values)) + "})", kind,
                     atom=True)
        name = self.unit.fresh("t")
        body = "; ".join(f"{name}.merge({k.text}, {v.text}, (_old, new) -> new)"
                         for k, v in zip(keys, values))
        return E(f"do {{ let {name}: {self.unit.type_text(kind)} = {{:}}; {body}; {name} }}", kind,
                 atom=True)

    def e_Tuple(self, node, want):
        self.fail(node, "East has no tuples: take a dataclass, whose parts have names")

    def e_Lambda(self, node, want):
        if want is None or want.kind != "Function":
            self.fail(node, "the types of this lambda are not seen: write name: Callable[[int], int] = "
                            "lambda …")
        names = [a.arg for a in node.args.args]
        if len(names) != len(want.parts) - 1 or node.args.vararg or node.args.kwarg or \
                node.args.defaults or node.args.kwonlyargs:
            self.fail(node, f"a lambda of {len(want.parts) - 1} plain parameters is expected")
        inner = self.function_scope({name: kind for name, kind in zip(names, want.parts)}, node)
        result = want.parts[-1] if want.parts[-1].kind != "Any" else None
        body = inner.typed(node.body, result, "the result of the lambda") if result is not None else \
            inner.expr(node.body)
        shown = ", ".join(f"{inner.scope[name].east}: {self.unit.type_text(kind)}"
                          for name, kind in zip(names, want.parts))
        return E(f"(({shown}) -> {body.operand})", T("Function", [*want.parts[:-1], body.type]), atom=True)

    # --- structs and variants

    def construct(self, node, cls):
        """A dataclass or named tuple."""
        kind = self.guard(node, lambda: from_annotation(cls))
        known = self.guard(node, lambda: fields(kind))
        given = {}
        if len(node.args) > len(known):
            self.fail(node, f"{cls.__name__} has {len(known)} fields, not {len(node.args)}")
        for name, each in zip(known, node.args):
            given[name] = each
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg not in known:
                self.fail(keyword.value, f"{cls.__name__} has no field '{keyword.arg}'; it has "
                                         f"{', '.join(known)}")
            if keyword.arg in given:
                self.fail(keyword.value, f"the field '{keyword.arg}' is given twice")
            given[keyword.arg] = keyword.value
        parts = []
        for name, part in known.items():
            if name in given:
                e = self.typed(given[name], part, f"the field '{name}'")
            else:
                value = self.default_of(cls, name)
                if value is NOTHING:
                    self.fail(node, f"{cls.__name__} needs the field '{name}'")
                e = self.fit(node, self.value_of_default(node, value, part), part,
                             f"the default of '{name}'")
            parts.append(f"{quoted_name(name)} = {e.text}")
        return E(f"({', '.join(parts)})", kind, atom=True)

    @staticmethod
    def default_of(cls, name):
        if not dataclasses.is_dataclass(cls):
            return cls._field_defaults.get(name, NOTHING)
        field = next(each for each in dataclasses.fields(cls) if each.name == name)
        if field.default is not dataclasses.MISSING:
            return field.default
        if field.default_factory in (list, dict, set):
            return field.default_factory()
        return NOTHING

    def value_of_default(self, node, value, kind):
        if isinstance(value, (list, dict, set)) and not value:
            empty = {"Array": "[]", "Set": "{}", "Dict": "{:}"}.get(kind.kind)
            if empty:
                return E(f"({empty}: {self.unit.type_text(kind)})", kind, atom=True)
        return self.constant(node, value)

    def make_variant(self, node, want):
        """samara.Variant("case", value)"""
        if not node.args or not isinstance(node.args[0], ast.Constant) or \
                not isinstance(node.args[0].value, str) or len(node.args) > 2 or node.keywords:
            self.fail(node, "a variant is written Variant(\"case\", value), with the case as it is")
        if want is None or want.kind != "Variant":
            self.fail(node, "the type of this variant is not seen: give the variable it goes to one, or "
                            "return it")
        case = node.args[0].value
        if case not in want.names:
            self.fail(node.args[0], f"{want} has no case '{case}'; it has {', '.join(want.names)}")
        part = want.parts[want.names.index(case)]
        if len(node.args) == 1:
            if part != NULL:
                self.fail(node, f"the case '{case}' needs a value of type {part}")
            return E(f".{field_name(case)}", want, atom=True)
        e = self.typed(node.args[1], part, f"the value of '{case}'")
        return E(f".{field_name(case)} ({e.text})" if not e.atom else f".{field_name(case)} {e.text}",
                 want)

    # --- comprehensions

    def e_ListComp(self, node, want):
        element = want.parts[0] if want is not None and want.kind == "Array" else None
        return self.comprehension(node, node.elt, element)

    def e_GeneratorExp(self, node, want):
        element = want.parts[0] if want is not None and want.kind == "Array" else None
        return self.comprehension(node, node.elt, element)

    def e_SetComp(self, node, want):
        key = want.parts[0] if want is not None and want.kind == "Set" else None
        e = self.comprehension(node, node.elt, key)
        self.check_key(node.elt, e.type.parts[0])
        return E(f"{e.operand}.to_set()", T("Set", e.type.parts), atom=True)

    def e_DictComp(self, node, want):
        key, value = want.parts if want is not None and want.kind == "Dict" else (None, None)
        kinds = {}

        def pair(inner):
            k = inner.expr(node.key, key)
            k = inner.fit(node.key, k, key) if key is not None else k
            v = inner.expr(node.value, value)
            v = inner.fit(node.value, v, value) if value is not None else v
            inner.check_key(node.key, k.type)
            kinds["key"], kinds["value"] = k.type, v.type
            return E(f"(key = {k.text}, value = {v.text})", T("Struct", (k.type, v.type), ("key", "value")),
                     atom=True)
        e = self.comprehension(node, pair, None)
        return E(f"{e.operand}.to_dict(p -> p.key, p -> p.value, (_old, new) -> new)",
                 T("Dict", (kinds["key"], kinds["value"])), atom=True)

    def comprehension(self, node, element, want, depth=0):
        """An Array of the elements; `element`: a node, or what makes it."""
        generator = node.generators[depth]
        if generator.is_async:
            self.fail(node, "async is not in the subset")
        source, names, kinds, natural = self.walk(generator.iter, generator.target)
        inner = self.function_scope(dict(zip(names, kinds)), node)
        for name, each in zip(names, natural):
            inner.scope[name].natural = each
        last = depth + 1 == len(node.generators)
        tests = []
        for test in generator.ifs:
            e = inner.condition(test)
            inner.learn(e.yes)
            tests.append(e.operand)
        if not last:
            e = inner.comprehension(node, element, want, depth + 1)
        elif callable(element):
            e = element(inner)
        else:
            e = inner.expr(element, want)
            if want is not None:
                e = inner.fit(element, e, want, "the element")
        parameters = source.parameters([quoted for quoted in
                                        (inner.scope[name].east if name != "_" else "_" for name in names)])
        condition = " && ".join(tests)
        if not last:
            body = e.operand if not tests else \
                f"(if {condition} {{ {e.text} }} else {{ ([]: {self.unit.type_text(e.type)}) }})"
            return E(f"{source.flat}({parameters} -> {body})", e.type, atom=True)
        if not tests:
            if e.key is not None and source.kind == "Array" and len(names) == 1 and \
                    e.text == inner.scope[names[0]].east:
                return E(f"{source.text}.copy()" if source.borrowed else source.text, array(e.type),
                         atom=True)
            return E(f"{source.each}({parameters} -> {e.operand})", array(e.type), atom=True)
        # One after the other is as good as by turns, where at most one of them can fail.
        if len(names) == 1 and (all(map(self.pure, generator.ifs)) or
                                not callable(element) and self.pure(element)):
            kept = f"{source.text}.filter({parameters} -> ({condition}))"
            if source.kind == "Array" and e.text == inner.scope[names[0]].east:
                return E(kept, array(e.type), atom=True)
            return E(f"{kept}.{source.each.rsplit('.', 1)[1]}({parameters} -> {e.operand})", array(e.type),
                     atom=True)
        if source.kind == "Array":
            return E(f"{source.text}.filter_map({parameters} -> (if {condition} {{ .some {e.operand} }} else "
                     "{ .none }))", array(e.type), atom=True)
        return E(f"{source.flat}({parameters} -> (if {condition} {{ [{e.text}] }} else {{ [] }}))",
                 array(e.type), atom=True)
