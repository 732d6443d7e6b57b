"""Methods of Python's own types that have a counterpart in East."""

import ast

from ._east_base import E
from ._east_types import (BLOB, BOOLEAN, FLOAT, INTEGER, NULL, STRING, array, fields, has_float,
                          option)


class Methods:
    """Mixed into the translator of functions."""

    def method(self, node, want):
        e = self.expr(node.func.value)
        self.no_option(node.func.value, e)
        name, kind = node.func.attr, e.type.kind
        if kind == "Struct":
            if name in fields(e.type):
                return self.call_value(node, self.expr(node.func))
            self.fail(node, f"methods of {e.type} are not in the subset: make it a function with "
                            "@samara.east")
        work = getattr(self, f"{kind.lower()}_{name}", None)
        if work is None:
            self.fail(node, f"the method .{name}() of {e.type} has no counterpart in East")
        return work(node, e)

    def string_upper(self, node, e):
        self.arguments(node, 0)
        return E(f"{e.operand}.upper_case()", STRING, atom=True)

    def string_lower(self, node, e):
        self.arguments(node, 0)
        return E(f"{e.operand}.lower_case()", STRING, atom=True)

    def string_strip(self, node, e, method="trim"):
        self.arguments(node, 0)
        return E(f"{e.operand}.{method}()", STRING, atom=True)

    def string_lstrip(self, node, e):
        return self.string_strip(node, e, "trim_start")

    def string_rstrip(self, node, e):
        return self.string_strip(node, e, "trim_end")

    def string_split(self, node, e):
        self.arguments(node, 0, 1)
        if not node.args:
            lets, words = "", self.unit.fresh("t")
            return E(f"do {{ let {words} = {e.operand}.regex_replace(\"\\\\s+\", \" \").trim(); if {words} == \"\" {{ "
                     f"([]: Array<String>) }} else {{ {words}.split(\" \") }} }}", array(STRING), atom=True)
        by = self.typed(node.args[0], STRING, "the separator")
        if by.constant == "":
            self.fail(node.args[0], "the separator is never empty")
        return E(f"{e.operand}.split({by.text})", array(STRING), atom=True)

    def string_join(self, node, e):
        self.arguments(node, 1)
        xs, _ = self.collect(node.args[0])
        if xs.type != array(STRING):
            self.fail(node.args[0], f"join takes strings, not {xs.type}: write str(…) for each")
        return E(f"{xs.operand}.string_join({e.text})", STRING, atom=True)

    def two(self, node, e, method, kind, natural=False):
        self.arguments(node, 1)
        other = self.typed(node.args[0], STRING, "the argument")
        return E(f"{e.operand}.{method}({other.text})", kind, atom=True, natural=natural)

    def string_startswith(self, node, e):
        return self.two(node, e, "starts_with", BOOLEAN)

    def string_endswith(self, node, e):
        return self.two(node, e, "ends_with", BOOLEAN)

    def string_find(self, node, e):
        return self.two(node, e, "index_of", INTEGER)

    def string_count(self, node, e):
        other = self.typed(node.args[0], STRING, "the argument")
        return E(f"{e.operand}.split({other.text}).size() - 1", INTEGER, natural=True)

    def string_replace(self, node, e):
        self.arguments(node, 2)
        one, other = (self.typed(each, STRING, "the argument") for each in node.args)
        return E(f"{e.operand}.replace({one.text}, {other.text})", STRING, atom=True)

    def string_removeprefix(self, node, e):
        other = self.typed(node.args[0], STRING, "the argument")
        lets, (s, p) = self.bind(e, other)
        return self.after(lets, f"if {s}.starts_with({p}) {{ {s}.substring({p}.length(), {s}.length()) }} else "
                                f"{{ {s} }}", STRING)

    def string_encode(self, node, e):
        self.arguments(node, 0)
        return E(f"{e.operand}.encode_utf8()", BLOB, atom=True)

    def blob_decode(self, node, e):
        self.arguments(node, 0)
        return E(f"{e.operand}.decode_utf8()", STRING, atom=True)

    def datetime_timestamp(self, node, e):
        self.arguments(node, 0)
        return E(f"{e.operand}.to_epoch_milliseconds().to_float() / 1000.0", FLOAT)

    def datetime_isoweekday(self, node, e):
        self.arguments(node, 0)
        return E(f"{e.operand}.get_day_of_week()", INTEGER, atom=True, natural=True)

    def datetime_weekday(self, node, e):
        self.arguments(node, 0)
        return E(f"{e.operand}.get_day_of_week() - 1", INTEGER, natural=True)

    def array_append(self, node, e):
        self.arguments(node, 1)
        value = self.typed(node.args[0], e.type.parts[0], "the element")
        return E(f"{e.operand}.push_last({value.text})", NULL, atom=True)

    def array_extend(self, node, e):
        self.arguments(node, 1)
        xs, _ = self.collect(node.args[0], e.type)
        if xs.type != e.type:
            self.fail(node.args[0], f"this is {xs.type}, where {e.type} is expected")
        return E(f"{e.operand}.append({xs.text})", NULL, atom=True)

    def array_pop(self, node, e):
        self.arguments(node, 0, 1)
        if node.args:
            i = self.expr(node.args[0])
            if i.constant != 0 and i.constant != -1:
                self.fail(node.args[0], "East takes away the first or the last element: pop(0) or pop()")
            if i.constant == 0:
                return E(f"{e.operand}.pop_first()", e.type.parts[0], atom=True)
        return E(f"{e.operand}.pop_last()", e.type.parts[0], atom=True)

    def array_insert(self, node, e):
        self.arguments(node, 2)
        i = self.expr(node.args[0])
        if i.constant != 0:
            self.fail(node.args[0], "East puts in before the first or after the last element: "
                                    "insert(0, x) or append(x)")
        value = self.typed(node.args[1], e.type.parts[0], "the element")
        return E(f"{e.operand}.push_first({value.text})", NULL, atom=True)

    def array_clear(self, node, e):
        self.arguments(node, 0)
        return E(f"{e.operand}.clear()", NULL, atom=True)

    set_clear = dict_clear = array_clear

    def array_copy(self, node, e):
        self.arguments(node, 0)
        return E(f"{e.operand}.copy()", e.type, atom=True)

    set_copy = dict_copy = array_copy

    def array_reverse(self, node, e):
        self.arguments(node, 0)
        return E(f"{e.operand}.reverse_in_place()", NULL, atom=True)

    def array_sort(self, node, e):
        more = self.arguments(node, 0, 0, ("key", "reverse"))
        key, reverse = self.ordered(node, e, e.type.parts[0], more)
        if reverse:
            lets, (xs,) = self.bind(e)
            return E(f"do {{ {lets}{xs}.reverse_in_place(); {xs}.sort_in_place({key}); {xs}.reverse_in_place() }}",
                     NULL, atom=True)
        return E(f"{e.operand}.sort_in_place({key})", NULL, atom=True)

    def array_index(self, node, e):
        self.arguments(node, 1)
        value = self.typed(node.args[0], e.type.parts[0], "the argument")
        if has_float(value.type):
            self.fail(node, "equality of floats is not the same in East: write a loop")
        return E(f"(match {e.operand}.find_first({value.text}) {{ .some i -> i; .none -> throw \"ValueError: not in "
                 "list\" })", INTEGER, atom=True, natural=True)

    def array_count(self, node, e):
        self.arguments(node, 1)
        value = self.typed(node.args[0], e.type.parts[0], "the argument")
        if has_float(value.type):
            self.fail(node, "equality of floats is not the same in East: write a loop")
        lets, (wanted,) = self.bind(value)
        x = self.unit.fresh("x")
        return self.after(lets, f"{e.operand}.filter({x} -> {x} == {wanted}).size()", INTEGER, natural=True)

    def set_add(self, node, e):
        self.arguments(node, 1)
        value = self.typed(node.args[0], e.type.parts[0], "the element")
        # Its Boolean is not Python's None.
        return E(f"{e.operand}.try_insert({value.text})", BOOLEAN, atom=True)

    def set_discard(self, node, e):
        self.arguments(node, 1)
        value = self.typed(node.args[0], e.type.parts[0], "the element")
        return E(f"{e.operand}.try_delete({value.text})", BOOLEAN, atom=True)

    def set_remove(self, node, e):
        self.arguments(node, 1)
        value = self.typed(node.args[0], e.type.parts[0], "the element")
        return E(f"{e.operand}.delete({value.text})", NULL, atom=True)

    def set_pair(self, node, e, method, kind=None):
        self.arguments(node, 1)
        other = self.typed(node.args[0], e.type, "the argument")
        return E(f"{e.operand}.{method}({other.text})", kind or e.type, atom=True)

    def set_union(self, node, e):
        return self.set_pair(node, e, "union")

    def set_intersection(self, node, e):
        return self.set_pair(node, e, "intersect")

    def set_difference(self, node, e):
        return self.set_pair(node, e, "diff")

    def set_symmetric_difference(self, node, e):
        return self.set_pair(node, e, "sym_diff")

    def set_issubset(self, node, e):
        return self.set_pair(node, e, "is_subset", BOOLEAN)

    def set_isdisjoint(self, node, e):
        return self.set_pair(node, e, "is_disjoint", BOOLEAN)

    def set_update(self, node, e):
        return self.set_pair(node, e, "union_in_place", NULL)

    def dict_get(self, node, e):
        self.arguments(node, 1, 2)
        key = self.typed(node.args[0], e.type.parts[0], "the key")
        if len(node.args) == 1:
            if e.type.parts[1].kind == "Option":
                self.fail(node, "get() of a dict whose values may be None: ask 'in' before")
            return E(f"{e.operand}.try_get({key.text})", option(e.type.parts[1]), atom=True)
        if isinstance(node.args[1], ast.Constant) and node.args[1].value is None and \
                e.type.parts[1].kind != "Option":
            return E(f"{e.operand}.try_get({key.text})", option(e.type.parts[1]), atom=True)
        other = self.typed(node.args[1], e.type.parts[1], "the default")
        if self.pure(node.args[1]) or isinstance(node.args[1], (ast.List, ast.Dict, ast.Set)):
            return E(f"{e.operand}.get_or_default({key.text}, {self.unit.fresh('k')} -> {other.operand})",
                     e.type.parts[1], atom=True)
        lets, (d, k, v) = self.bind(e, key, other)
        return E(f"do {{ {lets}{d}.get_or_default({k}, {self.unit.fresh('k')} -> {v}) }}", e.type.parts[1],
                 atom=True)

    def dict_setdefault(self, node, e):
        self.arguments(node, 2)
        key = self.typed(node.args[0], e.type.parts[0], "the key")
        other = self.typed(node.args[1], e.type.parts[1], "the default")
        lets, (d, k, v) = self.bind(e, key, other)
        return E(f"do {{ {lets}{d}.get_or_insert({k}, {self.unit.fresh('k')} -> {v}) }}", e.type.parts[1],
                 atom=True)

    def dict_pop(self, node, e):
        self.arguments(node, 1, 2)
        key = self.typed(node.args[0], e.type.parts[0], "the key")
        if len(node.args) == 1:
            return E(f"{e.operand}.pop({key.text})", e.type.parts[1], atom=True)
        other = self.typed(node.args[1], e.type.parts[1], "the default")
        lets, (d, k, v) = self.bind(e, key, other)
        return E(f"do {{ {lets}if {d}.has({k}) {{ {d}.pop({k}) }} else {{ {v} }} }}", e.type.parts[1], atom=True)

    def dict_update(self, node, e):
        self.arguments(node, 1)
        other = self.typed(node.args[0], e.type, "the argument")
        return E(f"{e.operand}.union_in_place({other.text}, (_old, new) -> new)", NULL, atom=True)

    def dict_keys(self, node, e):
        self.fail(node, "keys() stands in loops, list(…), sorted(…) and set(…)")

    def dict_items(self, node, e):
        self.fail(node, "items() stands in loops: East has no tuples")

    def dict_values(self, node, e):
        self.fail(node, "values() stands in loops, list(…), sum(…) and the like")
