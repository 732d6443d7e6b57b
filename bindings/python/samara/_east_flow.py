"""What a Python function does to its variables: where they are declared, and whether they change."""

import ast


class Use:
    __slots__ = ("path", "store", "node", "loops")

    def __init__(self, path, store, node, loops):
        self.path, self.store, self.node, self.loops = path, store, node, loops


class Variables:
    """The local variables of a function. `home[name]`: (block, index) of the statement before or
    with which it is declared; `direct`: by the assignment itself, without a value before."""

    def __init__(self, function):
        self.uses = {}
        self.outer = set()
        self.captured = set()
        self._loops = ()
        body = function.body
        self._block(body, ())
        arguments = function.args
        self.parameters = {a.arg for a in [*arguments.posonlyargs, *arguments.args,
                                           *arguments.kwonlyargs]}
        self.locals = {name for name, uses in self.uses.items()
                       if any(use.store for use in uses)} - self.outer
        self.home, self.direct, self.mutable, self.loop_variable = {}, set(), set(), set()
        self.stored = {name: [use for use in uses if use.store]
                       for name, uses in self.uses.items()}
        for name in self.locals - self.parameters:
            self._place(name)

    def _place(self, name):
        uses = self.uses[name]
        paths = [use.path for use in uses]
        depth = 0
        while len({path[depth] for path in paths}) == 1 and \
                all(len(path) > depth + 1 for path in paths) and \
                len({path[depth + 1][0] for path in paths}) == 1:
            depth += 1
        block = paths[0][depth][0]
        index = min(path[depth][1] for path in paths)
        self.home[name] = (block, max(index, 0))
        first = uses[0]
        stores = self.stored[name]
        at_home = first.store and first.path[-1] == (block, index)
        if isinstance(first.node, ast.For):
            if at_home and first.path[-1][1] == -1:
                self.loop_variable.add(name)
                if len(stores) > 1:
                    self.mutable.add(name)
                return
            at_home = False
        if at_home and isinstance(first.node, (ast.Assign, ast.AnnAssign, ast.FunctionDef)) and \
                not any(not use.store and use.path[-1] == (block, index) and
                        use.node is first.node for use in uses):
            self.direct.add(name)
            if len(stores) > 1:
                self.mutable.add(name)
        else:
            self.mutable.add(name)

    def _note(self, name, path, store, node):
        self.uses.setdefault(name, []).append(Use(path, store, node, self._loops))

    def _block(self, body, path, key=None):
        key = id(body) if key is None else key
        for index, statement in enumerate(body):
            self._statement(statement, (*path, (key, index)))

    def _names(self, node, path, statement):
        """Names in an expression; those of comprehensions and lambdas are their own."""
        if node is None:
            return
        for name in free_names(node):
            self._note(name, path, False, statement)

    def _statement(self, node, path):
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            self._names(node.value, path, node)
            for target in targets:
                if isinstance(target, ast.Name):
                    if isinstance(node, ast.AugAssign):
                        self._note(target.id, path, False, node)
                    self._note(target.id, path, True, node)
                elif isinstance(target, ast.Tuple):
                    for each in target.elts:
                        if isinstance(each, ast.Name):
                            self._note(each.id, path, True, target)
                        else:
                            self._names(each, path, node)
                else:
                    self._names(target, path, node)
        elif isinstance(node, (ast.For, ast.While)):
            test = node.iter if isinstance(node, ast.For) else node.test
            before = self._loops
            self._loops = (*before, node)
            if isinstance(node, ast.While):
                self._names(test, path, node)
            else:
                self._loops = before
                self._names(test, path, node)
                self._loops = (*before, node)
                for name in target_names(node.target):
                    self._note(name, (*path, (id(node.body), -1)), True, node)
            self._block(node.body, path)
            self._loops = before
            self._block(node.orelse, path)
        elif isinstance(node, ast.If):
            self._names(node.test, path, node)
            self._block(node.body, path)
            self._block(node.orelse, path)
        elif isinstance(node, ast.Try):
            for body in (node.body, *(handler.body for handler in node.handlers), node.orelse,
                         node.finalbody):
                self._block(body, path)
        elif isinstance(node, ast.Match):
            self._names(node.subject, path, node)
            for case in node.cases:
                self._names(case.guard, path, node)
                self._block(case.body, path)
        elif isinstance(node, (ast.Nonlocal, ast.Global)):
            self.outer.update(node.names)
        elif isinstance(node, ast.FunctionDef):
            self._note(node.name, path, True, node)
            for name in free_names(node):
                self._note(name, path, False, None)
                self.captured.add(name)
            for name in nonlocal_stores(node):
                self._note(name, path, True, node.body)
        else:
            for child in ast.iter_child_nodes(node):
                self._names(child, path, node)


def target_names(target):
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]


def pattern_names(pattern):
    return {node.name for node in ast.walk(pattern)
            if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name}


def nonlocal_stores(function):
    outer = {name for node in ast.walk(function) if isinstance(node, ast.Nonlocal)
             for name in node.names}
    return [node.id for node in ast.walk(function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in outer]


def free_names(node):
    """The names that an expression or nested function reads from around it, with repetitions."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, (ast.Lambda, ast.FunctionDef)):
        arguments = node.args
        own = {a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
        body = node.body if isinstance(node.body, list) else [node.body]
        names = [name for each in body for name in free_names(each)]
        if isinstance(node, ast.FunctionDef):
            outer = {name for n in ast.walk(node) if isinstance(n, ast.Nonlocal) for name in n.names}
            own |= {n.id for n in ast.walk(node)
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} - outer
            for n in ast.walk(node):
                if isinstance(n, ast.Match):
                    for case in n.cases:
                        own |= pattern_names(case.pattern)
        return [name for name in names if name not in own]
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        own = {name for each in node.generators for name in target_names(each.target)}
        return [name for child in ast.iter_child_nodes(node) for name in free_names(child)
                if name not in own]
    return [name for child in ast.iter_child_nodes(node) for name in free_names(child)]
