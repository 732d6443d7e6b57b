"""if and match of Python as East."""

import ast

from ._east_base import E, Var
from ._east_types import NULL, T, field_name
from ._values import Variant


class Branches:
    """Mixed into the translator of functions."""

    def state(self):
        return set(self.assigned), dict(self.narrow)

    def restore(self, state):
        self.assigned, self.narrow = set(state[0]), dict(state[1])

    def join(self, states):
        """What holds after ways that come together."""
        if not states:
            return
        self.assigned = set.intersection(*(set(each[0]) for each in states))
        first = states[0][1]
        self.narrow = {key: None if any(each[1].get(key, 0) != known for each in states) else known
                       for key, known in first.items() if all(key in each[1] for each in states)}

    def s_If(self, node, tail, value_matters):
        return self.branch(node, tail, value_matters, False)

    def branch(self, node, tail, value_matters, is_elif):
        before_test = self.state()
        e = self.condition(node.test)
        shown = f"if {self.condition_text(e)} {{"
        if is_elif:
            self.out.go(node.lineno, node.col_offset)
            self.out.pieces.append(" else " + shown if not self.out.fresh else "else " + shown)
        else:
            self.emit(node, shown)
        self.out.fresh = True
        self.out.pieces.append(" ")
        before = self.state()
        self.learn(e.yes)
        matters = tail or value_matters or bool(node.orelse)
        ended = self.block(node.body, tail=tail and bool(node.orelse), value_matters=matters)
        states = [] if ended else [self.state()]
        self.out.close()
        self.restore(before)
        self.learn(e.no)
        other = False
        if node.orelse:
            nested = node.orelse[0] if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If) else None
            if nested is not None and nested.col_offset == node.col_offset:
                other = self.branch(nested, tail, value_matters, True)
            else:
                self.out.pieces.append(" else {")
                self.out.fresh = True
                self.out.pieces.append(" ")
                other = self.block(node.orelse, tail=tail, value_matters=True)
                self.out.close()
        if not other:
            states.append(self.state())
        if not states:
            return True
        self.join(states)
        return False

    def s_Match(self, node, tail, value_matters):
        e = self.expr(node.subject, T("Option", (NULL,))) if isinstance(node.subject, (ast.Name, ast.Attribute)) \
            else self.expr(node.subject)
        if e.type.kind == "Variant":
            return self.match_variant(node, e, tail)
        if e.type.kind in ("Option", "Integer", "String", "Boolean"):
            return self.match_values(node, e, tail, value_matters)
        self.fail(node.subject, f"match works on variants, numbers and strings here, not on {e.type}")

    def match_variant(self, node, e, tail):
        self.emit(node, f"match {self.condition_text(e)} {{")
        self.out.fresh = True
        self.out.pieces.append(" ")
        before, states, seen = self.state(), [], set()
        complete = False
        for case in node.cases:
            if case.guard is not None:
                self.fail(case.guard, "'if' after case has no counterpart in East: put it inside")
            self.restore(before)
            if complete:
                self.fail(case.pattern, "no case is left for this")
            kind = self.arm(case.pattern, e.type, seen)
            if kind == "_":
                complete = True
            ended = self.block(case.body, tail=tail, value_matters=True)
            if not ended:
                states.append(self.state())
            self.out.close()
        missing = [name for name in e.type.names if name not in seen]
        if missing and not complete:
            self.out.statement(self.out.line, 0, "_ -> { }")
            states.append(before)
        self.out.close()
        if not states:
            return True
        self.join(states)
        return False

    def arm(self, pattern, kind, seen):
        """Begins an arm; gives its case, or "_"."""
        if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
            if pattern.name is not None:
                self.fail(pattern, "the last case is 'case _'")
            left = [name for name in kind.names if name not in seen]
            if not left:
                self.fail(pattern, "no case is left for this")
            self.begin_arm(pattern, "_ ->")
            return "_"
        if not isinstance(pattern, ast.MatchClass) or self.unit.evaluate(pattern.cls, self) is not Variant or \
                not pattern.patterns or pattern.kwd_attrs:
            self.fail(pattern, "the cases of a variant are written case Variant(\"name\", x)")
        first = pattern.patterns[0]
        if not isinstance(first, ast.MatchValue) or not isinstance(first.value, ast.Constant) or \
                not isinstance(first.value.value, str):
            self.fail(first, "the case stands first, as a string")
        case = first.value.value
        if case not in kind.names:
            self.fail(first, f"{kind} has no case '{case}'; it has {', '.join(kind.names)}")
        if case in seen:
            self.fail(first, f"the case '{case}' stands there twice")
        seen.add(case)
        part = kind.parts[kind.names.index(case)]
        shown = f".{field_name(case)}"
        if len(pattern.patterns) == 2:
            inner = pattern.patterns[1]
            if not isinstance(inner, ast.MatchAs) or inner.pattern is not None:
                self.fail(inner, "the value of a case is taken as a name here: look into it inside")
            if inner.name is not None:
                shown += " " + self.bind_pattern(inner, inner.name, part).east
        self.begin_arm(pattern, shown + " ->")
        return case

    def begin_arm(self, pattern, shown):
        self.out.statement(pattern.lineno, pattern.col_offset, shown + " {")
        self.out.fresh = True
        self.out.pieces.append(" ")

    def bind_pattern(self, node, name, kind):
        if self.variables is not None and name in self.variables.locals:
            self.fail(node, f"'{name}' is a variable elsewhere: give this one another name")
        var = Var(name, self.unit.local(name), kind, owner=self)
        self.scope[name] = var
        self.assigned.add(var)
        return var

    def match_values(self, node, e, tail, value_matters):
        """Cases that are values: a chain of comparisons."""
        lets, (subject,) = self.bind(e)
        for each in [part for part in lets.split("; ") if part]:
            self.emit(node, each)
        value = E(subject, e.type, atom=True, simple=True, key=e.key)
        before, states, complete, begun = self.state(), [], False, False
        has_default = any(isinstance(c.pattern, ast.MatchAs) and c.pattern.pattern is None and
                          c.guard is None for c in node.cases)
        for case in node.cases:
            self.restore(before)
            if complete:
                self.fail(case.pattern, "no case is left for this")
            if isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None:
                if case.pattern.name is not None:
                    self.fail(case.pattern, "the last case is 'case _'")
                if case.guard is not None:
                    self.fail(case.guard, "'case _' has no 'if' here: write if inside")
                complete = True
                if not begun:
                    self.fail(case.pattern, "a match with nothing but 'case _'")
                self.out.go(case.pattern.lineno, case.pattern.col_offset)
                self.out.pieces.append(" else {")
                if value.type.kind == "Option" and e.key:
                    self.learn([e.key])
            else:
                tests = [self.value_test(p, value) for p in
                         (case.pattern.patterns if isinstance(case.pattern, ast.MatchOr) else [case.pattern])]
                test = " || ".join(tests)
                if case.guard is not None:
                    test = f"({test}) && {self.condition(case.guard).operand}"
                test = f"({test})" if "{" in test else test
                self.out.go(case.pattern.lineno, case.pattern.col_offset)
                if not begun and not self.out.fresh:
                    self.out.pieces.append("; ")
                self.out.pieces.append((" else " if begun else "") + f"if {test} {{")
                begun = True
            self.out.fresh = True
            self.out.pieces.append(" ")
            ended = self.block(case.body, tail=tail and has_default, value_matters=True)
            if not ended:
                states.append(self.state())
            self.out.close()
        if not complete:
            states.append(before)
        if not states:
            return True
        self.join(states)
        return False

    def value_test(self, pattern, value):
        if isinstance(pattern, ast.MatchSingleton):
            if pattern.value is None:
                if value.type.kind != "Option":
                    self.fail(pattern, f"this is {value.type} and never None")
                return f"(match {value.text} {{ .some _ -> false; .none -> true }})"
            e = self.constant(pattern, pattern.value)
        elif isinstance(pattern, ast.MatchValue):
            e = self.expr(pattern.value)
        else:
            self.fail(pattern, "a case is a value here, or several with |")
        return self.compare_values(pattern, ast.Eq(), value, e).operand
