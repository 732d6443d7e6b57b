"""What the parts of the translation of Python to East share."""


INT_MIN, INT_MAX = -2**63, 2**63 - 1
NOTHING = object()


class Mistake(Exception):
    """What cannot be East, at a place."""

    def __init__(self, node, message):
        super().__init__(message)
        self.node, self.message = node, message


class Unknown(Mistake):
    """A name that may come to mean something later."""


class E:
    """East text of a value. atom: may stand as an operand; natural: an int that is never below 0;
    constant: its value; key: the variable or field that it is."""

    __slots__ = ("text", "type", "atom", "natural", "constant", "key", "yes", "no", "simple")

    def __init__(self, text, type, atom=False, natural=False, constant=NOTHING, key=None, yes=(),
                 no=(), simple=False):
        self.text, self.type, self.atom, self.natural = text, type, atom, natural
        self.constant, self.key, self.yes, self.no = constant, key, yes, no
        self.simple = simple or constant is not NOTHING

    @property
    def operand(self):
        return self.text if self.atom else f"({self.text})"


class Var:
    """A variable. `place`: of its declaration, where that waits for the type."""

    __slots__ = ("name", "east", "type", "mutable", "natural", "cell", "owner", "loops")

    def __init__(self, name, east, type, mutable=False, natural=False, owner=None):
        self.name, self.east, self.type, self.mutable = name, east, type, mutable
        self.natural, self.owner = natural, owner
        self.cell = None
        self.loops = ()
