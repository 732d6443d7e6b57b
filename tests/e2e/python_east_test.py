"""@samara.east: Python functions as East functions, which must do the same."""
import dataclasses
import datetime
import importlib.util
import linecache
import math
import os
import pathlib
import random
import re
import shutil
import struct as packing
import sys
import tempfile
import traceback
import unittest
import warnings
from typing import Callable

BIN = pathlib.Path(os.environ["SAMARA_BIN"])
PACKAGE = BIN.parent / "python"
if not list((PACKAGE / "samara").glob("_samara*.so")):
    print("the Python package is not built (Python's headers: python3-dev): skipped")
    sys.exit(77)
if sys.version_info < (3, 11):
    print("needs Python 3.11 or newer: skipped")
    sys.exit(77)
sys.path.insert(0, str(PACKAGE))
import samara  # noqa: E402
from samara import Struct, Variant  # noqa: E402

UTC = datetime.timezone.utc
SEED = int(os.environ.get("SAMARA_SEED", "1"))
PROGRAMS = int(os.environ.get("SAMARA_PROGRAMS", "40"))


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


@dataclasses.dataclass
class Node:
    value: int
    next: "Node | None" = None


@dataclasses.dataclass
class Order:
    name: str
    prices: list[float]
    tags: set[str] = dataclasses.field(default_factory=set)


Shape = samara.VariantType(circle=float, square=Point, nothing=None)
LIMIT = 10
LOGGED = []


@samara.platform("test.log", [str], None, effect="effectful")
def log(text):
    LOGGED.append(text)


@samara.platform("test.twice", [int], int, effect="pure", version="1")
def twice(x):
    return 2 * x


# --- functions of many kinds

@samara.east
def price(quantity: int, each: float) -> float:
    """What a customer pays."""
    full = quantity * each
    if quantity >= LIMIT:
        return full * 0.9
    else:
        return full


@samara.east
def divide(a: int, b: int) -> float:
    return a / b


@samara.east
def outer(a: int,
          b: int) -> float:
    x = 1.0

    return x + divide(a, b=b)


@samara.east
def whole(a: int, b: int) -> list[int]:
    return [a // b, a % b, a // 3, a % 3, a // -3, a % -3, a >> 1, a << 2, a & 7, -a, abs(a),
            a ** 2]


@samara.east
def floats(a: float, b: float) -> list[float]:
    return [a // b, a % b, a / b, a - b, a + b, a * b, -a, abs(a), float(int(a)), float(round(a)),
            float(math.floor(b)), float(math.ceil(b))]


@samara.east
def compare(a: float, b: float) -> list[bool]:
    return [a < b, a <= b, a > b, a >= b, a == b, a != b, a < 0.0, 0.0 < a, a == 0.0, not a > 1.5,
            a >= -1.0, 1 < a, 0.0 <= a < b, a in [b + 0.0, 1.0], bool(a), math.isnan(a), math.isinf(b)]


@samara.east
def power(a: float, b: float) -> float:
    return a ** b


@samara.east
def area(shape: Shape) -> float:
    match shape:
        case Variant("circle", r):
            return 3.0 * r ** 2
        case Variant("square", p):
            return p.x * p.y
        case _:
            return 0.0


@samara.east
def shape_of(kind: str, a: float) -> Shape:
    if kind == "circle":
        return Variant("circle", a)
    elif kind == "square":
        return Variant("square", Point(a, y=2.0))
    return Variant("nothing")


@samara.east
def total(node: Node | None) -> int:
    sum = 0
    while node is not None:
        sum += node.value
        node = node.next
    return sum


@samara.east
def words(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return {k: v for k, v in counts.items() if v > 1}


@samara.east
def best_of(xs: list[int], limit: int | None = None) -> int | None:
    best: int | None = None
    for i, x in enumerate(xs):
        if limit is not None and x > limit or i == 100:
            continue
        if best is None or x > best:
            best = x
    if best is None:
        return None
    return best + 1


@samara.east
def default_for(x: int | None, y: int | None) -> int:
    if x is None:
        x = 7
    z = y if y is not None else 0
    return x * 10 + z + (y or 3)


@samara.east
def texts(a: float, b: int, c: bool, d: str | None) -> str:
    return f"{a} {b} {c} {d} {a:.2f} {a:8.1f} {b:05d} {b:>6} {d or 'none':^9}|{d or '':.<5}|" + str(a)


@samara.east
def errors(xs: list[int], d: dict[str, int], i: int) -> str:
    try:
        if i > 100:
            raise ValueError(f"too large: {i}")
        if i == 50:
            raise Exception("fifty")
        if i == 51:
            return str(d["a"] + d["b"])
        if i == 52:
            assert i < 10, "must be small"
        return f"{100 // xs[i]}"
    except (IndexError, KeyError):
        return "index"
    except ZeroDivisionError as e:
        return f"zero: {e}"
    except Exception as e:
        return str(e)


@samara.east
def cleaned(xs: list[int]) -> list[int]:
    log: list[int] = []
    try:
        for x in xs:
            log.append(10 // x)
    except ArithmeticError:
        log.append(-1)
    finally:
        log.append(-2)
    return log


@samara.east
def primes(n: int) -> list[int]:
    found: list[int] = []
    for i in range(2, n):
        prime = True
        for p in found:
            if i % p == 0:
                prime = False
                break
        if prime:
            found.append(i)
    return found


@samara.east
def branches(n: int) -> int:
    if n > 3:
        y = n * 2
    elif n > 1:
        y = 5
    else:
        y = -n
    n += 1
    for k in range(n):
        if k == 2:
            continue
        y += k
    while True:
        y -= 7
        if y < 0:
            break
    return y + n


@samara.east
def nested(xs: list[int], k: int) -> list[int]:
    count = 0

    def bump(x: int) -> int:
        nonlocal count
        count += 1
        return x + k
    ys = [bump(x) for x in xs]
    ys.append(count)
    f: Callable[[int], int] = lambda x: x * 2
    return sorted([f(y) for y in ys], key=lambda y: -y)


@samara.east
def extremes(xs: list[float]) -> list[float]:
    return [min(xs), max(xs), sum(xs), abs(xs[-1]), math.sqrt(xs[0] * xs[0]), float(len(xs)),
            max(xs[0], 1.5), min(2.0, xs[0], xs[-1])]


@samara.east
def lists(xs: list[int], n: int) -> list[int]:
    ys = xs.copy()
    ys.sort(reverse=True)
    ys.append(n)
    ys.extend(xs)
    ys += [1, 2]
    ys.insert(0, ys.pop())
    ys[0] = ys[-1] + ys[n % len(ys)]
    ys[-1] *= 2
    ys += xs[1:] + xs[:-1] + xs[-2:] + ys[::-1]
    if n in xs:
        ys.append(xs.index(n) + xs.count(n))
    ys.append(sum(x for x in xs if x > 0))
    ys.append(sum(x > 0 for x in xs))
    ys.append(max(xs, key=lambda x: x % 5, default=-1))
    return ys


@samara.east
def matrix(n: int, m: int) -> list[list[int]]:
    rows = [[i * j for j in range(m)] for i in range(n)]
    flat = [x for row in rows if len(row) > 1 for x in row if x != 2]
    rows.append(flat)
    rows.append([i + x for i, x in enumerate(flat) if i % 2 == 0])
    rows.append([x for x in range(n, 0, -1)])
    return rows


@samara.east
def sets(a: set[int], b: set[int]) -> list[bool]:
    c = a | b
    c.add(3)
    c.discard(100)
    return [3 in a, a <= b, a == b, len(c - a) > 1, len(a & b) == 0, c.issubset(a), not a,
            {x % 2 for x in c} == {0, 1}, any(x > 5 for x in a), all(x > 5 for x in b)]


@samara.east
def dicts(d: dict[str, int], key: str) -> int:
    n = 0
    for k in sorted(d):
        n = n * 10 + len(k)
    for v in d.values():
        n += v
    d[key] = 5
    d[key] += 1
    if "x" in d:
        del d["x"]
    e = d | {"q": 1, key: 2}
    n += sum(e.values()) + e.get("zz", 1000) + len(e)
    n += d.pop(key)
    found = d.get("a")
    if found is not None:
        n += found
    return n + max(list(e.values()))


@samara.east
def strings(s: str, n: int) -> list[str]:
    return [s.upper(), s.lower(), s.strip(), s[0], s[-1], s[1:], s[:-1], s[n:], s.replace("a", "bb"),
            "-".join(s.split("a")), ",".join([c for c in s]), s * n, s + "é", str(s.find("b")),
            str("a" in s), str(s.startswith("a")), str(len(s)), "x" if s < "b" else "y",
            " ".join(reversed(s.split())), str(s.encode().decode() == s), str(s.count("a"))]


@samara.east
def order_total(order: Order) -> Order:
    kept = [p for p in order.prices if p > 0.0]
    tags = order.tags | {"seen"}
    done = dataclasses.replace(order, prices=kept, name=order.name.upper())
    return Order(done.name + "!", prices=done.prices, tags=tags)


@samara.east
def when(t: datetime.datetime, u: datetime.datetime) -> list[int]:
    return [t.year, t.month, t.day, t.hour, t.minute, t.second, t.weekday(), t.isoweekday(), int(t < u),
            int(t == u), int(t.timestamp())]


@samara.east
def numbers(s: str) -> int:
    match s:
        case "one" | "eins":
            return 1
        case "two":
            return 2
        case _:
            return int(s)


@samara.east
def is_even(n: int) -> bool:
    return True if n == 0 else is_odd(n - 1)


@samara.east
def is_odd(n: int) -> bool:
    return False if n == 0 else is_even(n - 1)


@samara.east
def told(n: int) -> int:
    log(f"n is {n}")
    return twice(n) + 1


@samara.east
def nothing(n: int) -> None:
    if n > 3:
        log("more")
    else:
        return
    log("end")


@samara.east
def swap(a: int, b: int) -> list[int]:
    xs = [a, b]
    a, b = b, a
    xs[0], xs[1] = xs[1], xs[0]
    return [a, b] + xs


class WithRepository(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="samara-east-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.repo = samara.init(os.path.join(cls.folder, ".samara"), arrays="list")
        cls.addClassCleanup(cls.repo.close)
        cls.modules = 0

    def module(self, source):
        """A module of this source, from a file."""
        type(self).modules += 1
        path = os.path.join(self.folder, f"m{self.modules}.py")
        pathlib.Path(path).write_text(source)
        linecache.checkcache(path)
        spec = importlib.util.spec_from_file_location(f"m{self.modules}", path)
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    def both(self, function, *arguments):
        """Runs both forms on copies; they end the same way."""
        import copy
        try:
            expected = function(*copy.deepcopy(arguments))
        except Exception as error:  # noqa: BLE001
            expected = error
        try:
            got = function.run(self.repo, *copy.deepcopy(arguments))
        except samara.EastError as error:
            got = error
        if isinstance(expected, Exception) or isinstance(got, Exception):
            where = f"{function.__name__}{arguments!r}: {expected!r}, {got!r}\n{function.source.strip()}"
            self.assertIsInstance(expected, Exception, where)
            self.assertIsInstance(got, samara.EastError, where)
            name = type(expected).__name__
            known = {"IndexError": "Array index |Cannot pop from empty Array",
                     "KeyError": "(Dict|Set) does not contain key ", "Exception": ""}
            self.assertRegex(got.message, f"^({name}: |{known.get(name, 'never')})", where)
            return expected, got
        self.assertTrue(same(expected, got),
                        f"{function.__name__}{arguments!r}: {expected!r}, {got!r}\n{function.source.strip()}")
        return expected, got


def same(a, b):
    """The same value; dictionaries and sets in any order, structs of any class."""
    if dataclasses.is_dataclass(a):
        a = {field.name: getattr(a, field.name) for field in dataclasses.fields(a)}
    if isinstance(b, Struct):
        b = dict(b.items())
    if isinstance(a, Variant):
        return isinstance(b, Variant) and a.case == b.case and same(a.value, b.value)
    if isinstance(a, float) and isinstance(b, float):
        return math.isnan(a) and math.isnan(b) or packing.pack("d", a) == packing.pack("d", b)
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    return a == b


FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 3.7, -3.7, 1e16, 1e22, 1.5e-5, 1e-7, 5e-324,
          1.7976931348623157e308, math.inf, -math.inf, math.nan, 123456789012345680.0, 0.1, 2.675]


class SameAsPython(WithRepository):
    def test_integers(self):
        for a, b in [(7, 2), (-7, 2), (7, -2), (-7, -2), (6, 3), (-6, 3), (0, 5), (1, 0), (-9, 9)]:
            self.both(whole, a, b)
            self.both(divide, a, b)
        self.both(price, 12, 2.5)
        self.both(price, 1, 2.5)
        self.both(swap, 1, 2)

    def test_floats(self):
        for a in FLOATS:
            for b in FLOATS:
                self.both(compare, a, b)
                if math.isfinite(a) and math.isfinite(b) and abs(a) < 1e18 and abs(b) < 1e18:
                    self.both(floats, a, b)
        for a, b in [(2.0, 0.5), (0.0, -1.0), (-8.0, 0.5), (-2.0, 3.0), (1e200, 2.0), (1.0, math.nan),
                     (math.nan, 0.0), (-1.0, math.inf), (2.0, -1074.0), (0.0, 0.0)]:
            if a == -8.0:  # complex in Python
                with self.assertRaisesRegex(samara.EastError, "complex"):
                    power.run(self.repo, a, b)
                continue
            self.both(power, a, b)
        self.both(extremes, [-0.0, 0.0, 3.5, -2.0])
        self.both(extremes, [1.0])
        self.both(extremes, [])

    def test_texts(self):
        for a in FLOATS:
            if abs(a) < 1e13 or not math.isfinite(a):
                self.both(texts, a, -7, True, "x")
        self.both(texts, 1.005, 123456789, False, None)
        for s, n in [("abc", 2), ("a b  a", 1), ("É ab", 0), ("aaa", -1)]:
            self.both(strings, s, n)
        for s in ["one", "eins", "two", " 12 ", "-3", "+4", "007", "x", "", "1_000"]:
            self.both(numbers, s)
        self.both(words, "To be or not to be  ")
        self.both(words, "")

    def test_structs_and_variants(self):
        for shape in (Variant("circle", 2.0), Variant("nothing"), Variant("square", Point(2.0, 3.0))):
            self.both(area, shape)
        for kind in ("circle", "square", ""):
            self.both(shape_of, kind, 2.0)
        self.both(total, Node(1, Node(2, None)))
        self.both(total, None)
        self.both(order_total, Order("a", [1.0, -1.0], {"x"}))
        self.both(when, datetime.datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC),
                  datetime.datetime(1969, 12, 31, tzinfo=UTC))

    def test_options(self):
        self.both(best_of, [3, 5, 4], 4)
        self.both(best_of, [], None)
        self.assertEqual(best_of.run(self.repo, [3, 9]), 10)  # the default
        for x in (None, 0, 5):
            for y in (None, 0, 4):
                self.both(default_for, x, y)

    def test_errors(self):
        for i in [0, 1, -1, 2, 7, -9, 101, 50, 51, 52]:
            self.both(errors, [5, 0], {"a": 1}, i)
        self.both(cleaned, [1, 2])
        self.both(cleaned, [1, 0, 2])

    def test_control(self):
        self.both(primes, 60)
        for n in range(-2, 9):
            self.both(branches, n)
            self.both(is_even, abs(n))
            self.both(nothing, n)
        self.both(told, 4)

    def test_collections(self):
        self.both(nested, [3, 1, 2], 10)
        self.both(lists, [3, -1, 12, 3], 3)
        self.both(lists, [5], -8)
        self.both(matrix, 3, 4)
        self.both(matrix, 2, 1)
        for a, b in [({1, 2}, {1, 2, 3}), (set(), {9}), ({6, 7}, {6, 7})]:
            self.both(sets, a, b)
        self.both(dicts, {"a": 1, "bb": 2, "x": 9}, "k")
        self.both(dicts, {"bb": 2}, "bb")


class Identity(WithRepository):
    def check(self, function, source):
        found = self.repo.add(source)
        self.assertEqual(function.add(self.repo), next(iter(found.values())), function.source)

    def test_the_hash_is_that_of_the_same_program_in_east(self):
        self.check(price, """
            fn cost(n: Integer, p: Float) -> Float {
              let all = n.to_float() * p
              if n >= 10 { all * 0.9 } else { all }
            }""")
        self.check(area_plain, """
            type S = .circle Float | .nothing | .square (x: Float, y: Float)
            fn a(shape: S) -> Float {
              match shape {
                .circle r -> 3.0 * r
                .square p -> p.x * p.y
                _ -> 0.0
              }
            }""")
        self.check(loop_plain, """
            fn f(xs: Array<Integer>) -> Array<Integer> {
              let found: Array<Integer> = []
              var sum = 0
              for i, x in xs {
                if x > 3 {
                  found.push_last(x)
                  continue
                }
                sum += x * i
              }
              found.push_last(sum)
              found.filter(x -> x != 5).map(x -> x + 1)
            }""")

    def test_the_callable_stays_python(self):
        self.assertEqual(price(2, 1.5), 3.0)
        self.assertEqual(price.__name__, "price")
        self.assertEqual(price.__doc__, "What a customer pays.")
        self.assertIn("fn price(quantity: Integer, each: Float) -> Float", price.source)

    def test_a_name_can_be_given(self):
        found = price.add(self.repo, name="shop.price")
        self.assertEqual(self.repo.resolve("shop.price"), found)
        self.assertEqual(self.repo.run("shop.price", 10, 1.0), 9.0)

    def test_a_function_of_another_file_is_imported(self):
        other = self.module("import samara\n@samara.east\ndef half(x: int) -> int:\n    return x // 2\n")
        mine = self.module(f"import samara, sys\nhalf = sys.modules[{other.__name__!r}].half\n"
                           "@samara.east\ndef quarter(x: int) -> int:\n    return half(half(x))\n") \
            if sys.modules.setdefault(other.__name__, other) else None
        self.assertIn("import half from", mine.quarter.source)
        self.assertEqual(mine.quarter.run(self.repo, 21), 5)
        self.assertEqual(self.repo.resolve("half"), other.half.add(self.repo))

    def test_a_platform_function_of_one_repository(self):
        repo = samara.init(os.path.join(self.folder, "own"), arrays="list")

        @repo.platform("mine.plus", [int], int, effect="pure", version="1")
        def plus(x):
            return x + 1

        @samara.east
        def use(x: int) -> int:
            return plus(x) * 10
        self.assertEqual(use.run(repo, 4), 50)
        repo.close()


@samara.east
def area_plain(shape: Shape) -> float:
    match shape:
        case Variant("circle", r):
            return 3.0 * r
        case Variant("square", p):
            return p.x * p.y
        case _:
            return 0.0


@samara.east
def loop_plain(xs: list[int]) -> list[int]:
    found: list[int] = []
    sum = 0
    for i, x in enumerate(xs):
        if x > 3:
            found.append(x)
            continue
        sum += x * i
    found.append(sum)
    return [x + 1 for x in found if x != 5]


class Places(WithRepository):
    def test_errors_at_run_time_name_the_lines_of_python(self):
        try:
            outer.run(self.repo, 1, 0)
            self.fail("no error")
        except samara.EastError as error:
            caught, shown = error, "".join(traceback.format_exception(error))
        self.assertEqual(caught.message, "ZeroDivisionError: division by zero")
        lines = [place.line for place in caught.locations]
        first = divide.function.__code__.co_firstlineno
        called = outer.function.__code__.co_firstlineno
        self.assertEqual(lines, [first + 2, called + 5])
        self.assertEqual({place.file for place in caught.locations}, {__file__})
        self.assertIn("return x + divide(a, b=b)", shown)

    def test_every_statement_stands_in_its_line(self):
        for function in (branches, errors, lists, nested, cleaned):
            lines = function.source.split("\n")
            source = pathlib.Path(__file__).read_text().split("\n")
            first = function.function.__code__.co_firstlineno
            for number in range(first, len(lines)):
                python = source[number - 1].strip()
                if re.match(r"(return|while|for|if) ", python):
                    self.assertTrue(lines[number - 1].strip(), f"line {number}: {python}")


# Programs whose mistake is in the line marked "# !", each with what is said.
MISTAKES = [tuple(block.rsplit("\n--> ", 1)) for block in (
    pathlib.Path(os.environ["SAMARA_SOURCE"]) / "tests/golden/python_east/mistakes.txt"
).read_text().strip().split("\n\n")]
PRELUDE = """import dataclasses, math, datetime, samara
from samara import Variant
from typing import Callable
@dataclasses.dataclass
class Point:
    x: float
    y: float
Shape = samara.VariantType(circle=float, nothing=None)
LIST = [1, 2]
def plain(x: int) -> int:
    return x
"""


class Mistakes(WithRepository):
    def test_each_names_its_line(self):
        for source, message in MISTAKES:
            text = PRELUDE + "@samara.east\n" + source + "\n"
            with self.subTest(source=source), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python sees some of them too
                with self.assertRaises(samara.EastSyntaxError) as caught:
                    self.module(text).f.add(self.repo)
                error = caught.exception
                self.assertEqual(error.msg, message)
                marked = [i for i, line in enumerate(text.split("\n"), 1) if "# !" in line]
                self.assertEqual([error.lineno], marked)
                self.assertIn(text.split("\n")[error.lineno - 1].strip(), str(error))
                self.assertTrue(str(error).startswith(f"{error.filename}:{error.lineno}:"))

    def test_there_are_many(self):
        self.assertGreaterEqual(len(MISTAKES), 40)


class Program:
    """A random function of the subset, as text of Python."""

    FLOATS = ["0.0", "1.0", "-2.5", "0.5", "3.25", "1e10", "-0.1", "7.0", "-0.0"]
    STRINGS = ['""', '"a"', '"Bc"', '"a b"', '"é"', '"aXa"']

    def __init__(self, random):
        self.random = random
        self.lines = []
        self.count = 0
        self.constant = {"int": ["a", "b"], "float": ["x", "y"], "str": ["s"], "bool": ["q"],
                         "list": ["xs"], "dict": ["d"], "option": ["o"]}
        self.changing = {kind: [] for kind in self.constant}
        result = random.choice(["int", "float", "str", "bool", "list", "option"])
        self.result = result
        self.body(4, 4, True)
        self.lines.append(f"    return {self.expr(result, 3)}")
        words = {"list": "list[int]", "option": "int | None"}
        self.source = ("@samara.east\ndef f(a: int, b: int, x: float, y: float, s: str, q: bool, "
                       f"xs: list[int], d: dict[str, int], o: int | None) -> {words.get(result, result)}:\n" +
                       "\n".join(self.lines) + "\n")

    def pick(self, *choices):
        return self.random.choice(choices)

    def name(self, kind):
        return self.random.choice(self.constant[kind] + self.changing[kind])

    def expr(self, kind, depth):
        return getattr(self, "x_" + kind)(depth - 1)

    def x_int(self, n):
        if n <= 0:
            return self.pick(str(self.random.randint(-9, 40)), self.name("int"), self.name("int"))
        i, j = (lambda: self.expr("int", n)), (lambda: self.expr("int", n - 1))
        k = self.random.randrange(20)
        return [lambda: f"({i()} + {j()})", lambda: f"({i()} - {j()})", lambda: f"({i()} * {j()}) % 1009",
                lambda: f"{i()} // {self.pick('3', '-4', '7', j())}", lambda: f"({i()} % {self.pick('5', '-3', j())})",
                lambda: f"-({i()})", lambda: f"abs({i()})", lambda: f"len({self.expr('list', n)})",
                lambda: f"len({self.expr('str', n)})", lambda: f"min({i()}, {j()})",
                lambda: f"max({i()}, {j()}, 3)", lambda: f"({i()} if {self.expr('bool', n)} else {j()})",
                lambda: f"sum({self.expr('list', n)})", lambda: f"int({self.expr('bool', n)})",
                lambda: f"{self.name('list')}[{self.pick('0', '-1', 'a', j())}]",
                lambda: f"{self.name('dict')}.get({self.expr('str', n)}, {j()})",
                lambda: f"({self.name('option')} or {j()})",
                lambda: f"max({self.expr('list', n)}, default={j()})",
                lambda: f"len({{v % 5 for v in {self.expr('list', n)}}})",
                lambda: f"math.floor({self.pick('x', '2.5', '-0.5')} % 100.0)"][k]()

    def x_float(self, n):
        if n <= 0:
            return self.pick(self.random.choice(self.FLOATS), self.name("float"), self.name("float"))
        x, y = (lambda: self.expr("float", n)), (lambda: self.expr("float", n - 1))
        k = self.random.randrange(14)
        return [lambda: f"({x()} + {y()})", lambda: f"({x()} - {y()})", lambda: f"({x()} * {y()})",
                lambda: f"({x()} / {self.pick('4.0', y())})", lambda: f"({x()} // {self.pick('0.5', '-3.0', y())})",
                lambda: f"({x()} % {self.pick('2.5', '-3.0', y())})", lambda: f"abs({x()})",
                lambda: f"float({self.expr('int', n)})", lambda: f"min({x()}, {y()})",
                lambda: f"max({x()}, {y()})", lambda: f"({x()} if {self.expr('bool', n)} else {y()})",
                lambda: f"math.sqrt(abs({x()}))", lambda: f"({x()} * {self.expr('int', n)})",
                lambda: f"({self.expr('int', n)} / {self.pick('8', '3', self.expr('int', n))})"][k]()

    def x_bool(self, n):
        if n <= 0:
            return self.pick("True", "False", self.name("bool"), f"{self.name('option')} is None")
        c = (lambda: self.expr("bool", n))
        compare = self.pick("<", "<=", ">", ">=", "==", "!=")
        k = self.random.randrange(10)
        return [lambda: f"{self.expr('int', n)} {compare} {self.expr('int', n)}",
                lambda: f"{self.expr('float', n)} {compare} {self.expr('float', n)}",
                lambda: f"{self.expr('str', n)} {compare} {self.expr('str', n)}",
                lambda: f"({c()} and {c()})", lambda: f"({c()} or {c()})", lambda: f"not ({c()})",
                lambda: f"{self.expr('int', n)} in {self.expr('list', n)}",
                lambda: f"{self.expr('list', n)} == {self.expr('list', n)}",
                lambda: f"any(v > {self.random.randint(-3, 9)} for v in {self.expr('list', n)})",
                lambda: f"{self.pick('0', 'a')} < {self.name('int')} <= {self.random.randint(0, 30)}"][k]()

    def x_str(self, n):
        if n <= 0:
            return self.pick(self.random.choice(self.STRINGS), self.name("str"), self.name("str"))
        s = (lambda: self.expr("str", n))
        k = self.random.randrange(11)
        return [lambda: f"({s()} + {s()})", lambda: f"{s()}.upper()", lambda: f"{s()}.replace(\"a\", \"zz\")",
                lambda: f"{s()}[{self.random.randint(-2, 2)}:{self.pick('', '1', '-1', 'a')}]",
                lambda: f"({s()} * ({self.expr('int', n)} % 3))",
                lambda: f"f\"{{{self.expr('int', 1)}}}:{{{self.expr('float', 1)}}}|{{{self.name('bool')}}}\"",
                lambda: f"\"-\".join([str(v) for v in {self.expr('list', n)}])",
                lambda: f"({s()} if {self.expr('bool', n)} else {s()})", lambda: f"str({self.expr('int', n)})",
                lambda: f"\",\".join({s()}.split(\" \"))", lambda: f"f\"{{{self.name('float')} % 1000.0:.3f}}\""][k]()

    def x_list(self, n):
        if n <= 0:
            return self.pick(self.name("list"), self.name("list"), "[3, -1, 2]")
        e = (lambda: self.expr("list", n))
        k = self.random.randrange(10)
        self.count += 1
        v = f"e{self.count}"
        inner = lambda kind: self.within({"int": [v]}, lambda: self.expr(kind, n))  # noqa: E731
        return [lambda: f"[{inner('int')} for {v} in {e()}]",
                lambda: f"[{v} for {v} in {e()} if {inner('bool')}]",
                lambda: f"[{inner('int')} for {v} in range({self.random.randint(-1, 4)}) if {inner('bool')}]",
                lambda: f"sorted({e()})", lambda: f"sorted({e()}, key=lambda {v}: {v} % 4, reverse=True)",
                lambda: f"({e()} + {e()})", lambda: f"{e()}[{self.random.randint(-2, 1)}:{self.pick('', '2', '-1')}]",
                lambda: f"list(reversed({e()}))", lambda: f"[{self.expr('int', n)}, {self.expr('int', n)}]",
                lambda: f"[i{v} + {v} for i{v}, {v} in enumerate({e()}) if {inner('bool')}]"][k]()

    def x_option(self, n):
        return self.pick(self.expr("int", max(n, 1)), "None", f"{self.name('dict')}.get({self.expr('str', max(n, 1))})",
                         f"({self.expr('int', max(n, 1))} if {self.expr('bool', max(n, 1))} else None)")

    def within(self, names, work):
        before = self.constant
        self.constant = {kind: each + names.get(kind, []) for kind, each in before.items()}
        try:
            return work()
        finally:
            self.constant = before

    def body(self, indent, size, outermost=False):
        # What is first assigned in here is not there after it.
        before = self.changing
        self.changing = {kind: list(each) for kind, each in before.items()}
        for _ in range(self.random.randint(1, size)):
            self.statement(indent, size - 1)
        if not outermost:
            self.changing = before

    def put(self, indent, line):
        self.lines.append(" " * indent + line)

    def bounded(self, kind, depth):
        e = self.expr(kind, depth)
        return {"int": f"({e}) % 10007", "float": f"({e}) % 1e6", "str": f"({e})[:20]",
                "list": f"({e})[:8]"}.get(kind, e)

    def statement(self, indent, size):
        kind = self.pick("int", "float", "str", "bool", "list")
        k = self.random.randrange(13)
        words = {"list": "list[int]", "option": "int | None"}
        if size <= 0 and k >= 4 and k not in (9, 10):
            k = 0
        self.count += 1
        v = f"v{self.count}"
        if k <= 2 or not self.changing[kind] and k == 3:
            kind = self.pick(kind, kind, "option")
            self.put(indent, f"{v}: {words.get(kind, kind)} = {self.bounded(kind, 3)}"
                     if kind == "option" or self.random.random() < 0.3 else f"{v} = {self.bounded(kind, 3)}")
            self.changing[kind].append(v)
        elif k == 3:
            self.put(indent, f"{self.random.choice(self.changing[kind])} = {self.bounded(kind, 3)}")
        elif k <= 5:
            self.put(indent, f"if {self.expr('bool', 3)}:")
            self.body(indent + 4, size)
            if self.random.random() < 0.4:
                self.put(indent, f"elif {self.expr('bool', 2)}:")
                self.body(indent + 4, size)
            if self.random.random() < 0.5:
                self.put(indent, "else:")
                self.body(indent + 4, size)
        elif k <= 7:
            over = self.pick(f"for {v} in range({self.random.randint(0, 5)}):",
                             f"for {v} in {self.expr('list', 2)}:",
                             f"for i{v}, {v} in enumerate({self.expr('list', 2)}):",
                             f"for k{v}, {v} in sorted_items(d):".replace("sorted_items(d)", "d.items()"))
            self.put(indent, over)
            self.within({"int": [v]}, lambda: self.body(indent + 4, size))
            if self.random.random() < 0.3:
                self.put(indent + 4, f"if {self.within({'int': [v]}, lambda: self.expr('bool', 2))}:")
                self.put(indent + 8, self.pick("break", "continue"))
        elif k == 8:
            self.put(indent, f"{v} = 0")
            self.put(indent, f"while {v} < {self.random.randint(1, 4)}:")
            self.put(indent + 4, f"{v} += 1")
            self.within({"int": [v]}, lambda: self.body(indent + 4, size))
        elif k == 9:
            self.put(indent, f"{v} = list({self.expr('list', 2)})")
            self.put(indent, f"{v}.append({self.expr('int', 2)})")
            self.put(indent, f"{v}[{self.pick('0', '-1')}] {self.pick('=', '+=')} {self.expr('int', 2)}")
            self.constant["list"] = self.constant["list"] if indent > 4 else [*self.constant["list"], v]
        elif k == 10:
            self.put(indent, f"if {self.expr('bool', 2)}:")
            self.put(indent + 4, self.pick(f"raise ValueError({self.expr('str', 2)})",
                                           f"return {self.expr(self.result, 2)}"))
        elif k == 11:
            self.put(indent, "try:")
            self.body(indent + 4, size)
            self.put(indent, self.pick("except ZeroDivisionError:", "except (IndexError, ValueError) as error:",
                                       "except Exception:"))
            self.body(indent + 4, size)
        else:
            o = self.name("option")
            self.put(indent, f"if {o} is not None:")
            self.within({"int": [o]}, lambda: self.body(indent + 4, size))


class RandomPrograms(WithRepository):
    def test_random_programs_do_the_same_in_both(self):
        refused = 0
        for number in range(PROGRAMS):
            rng = random.Random(SEED * 1_000_000 + number)
            program = Program(rng)
            try:
                try:
                    function = self.module(PRELUDE + program.source).f
                except samara.EastSyntaxError as error:  # what is wrong with it in Python too
                    if not re.match("this divides by 0|this is always ", error.msg):
                        raise
                    refused += 1
                    continue
                for _ in range(5):
                    self.both(function, rng.randint(-9, 9), rng.randint(-50, 50), rng.choice(FLOATS[:10]),
                              rng.choice(FLOATS[:10]), rng.choice(["", "a", "ab a", "Éa"]),
                              rng.random() < 0.5, [rng.randint(-9, 9) for _ in range(rng.randint(0, 4))],
                              {key: rng.randint(-3, 9) for key in "aBé"[:rng.randint(0, 3)]},
                              rng.choice([None, 0, 7]))
            except Exception as error:
                print(f"SAMARA_SEED={SEED}, program {number}: {error}\n{program.source}")
                raise
        self.assertLess(refused, 3 + PROGRAMS / 5)


if __name__ == "__main__":
    unittest.main()
