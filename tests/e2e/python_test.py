"""The Python package samara against the real engine, and against what the command line says."""
import array
import asyncio
import collections
import dataclasses
import datetime
import gc
import math
import os
import pathlib
import pickle
import random
import resource
import shutil
import signal
import struct as packing
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import types
import unittest

BIN = pathlib.Path(os.environ["SAMARA_BIN"])
SOURCE = pathlib.Path(os.environ["SAMARA_SOURCE"])
PACKAGE = BIN.parent / "python"

if not list((PACKAGE / "samara").glob("_samara*.so")):
    print("the Python package is not built (Python's headers: python3-dev): skipped")
    sys.exit(77)
if sys.version_info < (3, 11):
    print("needs Python 3.11 or newer: skipped")
    sys.exit(77)
try:
    import numpy
except ImportError:
    numpy = None
    system = "/usr/bin/python3"  # where the package python3-numpy puts it
    if os.environ.get("SAMARA_TEST_PYTHON") is None and os.access(system, os.X_OK) and \
            subprocess.run([system, "-c", "import numpy, sys; sys.exit(sys.version_info < (3, 11))"],
                           capture_output=True, check=False).returncode == 0:
        os.environ["SAMARA_TEST_PYTHON"] = system
        os.execv(system, [system, __file__, *sys.argv[1:]])

sys.path.insert(0, str(PACKAGE))
import samara  # noqa: E402
from samara import Id, Instant, KeyList, Ref, Some, Struct, Variant  # noqa: E402

UTC = datetime.timezone.utc
INT_MIN, INT_MAX = -2**63, 2**63 - 1
PROGRAMS = """
fn spin(n: Integer) -> Integer {
  var i = 0
  while i < n {
    i = i + 1
  }
  i
}
fn inverse(n: Integer) -> Integer {
  if n == 0 { throw "nothing is inverse to 0" }
  100 / n
}
fn outer(n: Integer) -> Integer {
  inverse(n) + 1
}
fn grow(n: Integer) -> Integer {
  let xs: Array<Integer> = []
  var i = 0
  while i < n {
    xs.push_last(i)
    i = i + 1
  }
  i
}
fn total(xs: Array<Float>) -> Float {
  xs.fold(0.0, (sum, x) -> sum + x)
}
fn same(xs: Array<Float>) -> Array<Float> {
  xs
}
fn prices(rows: Array<(name: String, price: Float)>) -> Float {
  rows.fold(0.0, (sum, row) -> sum + row.price)
}
"""


def same(a, b):
    """Equality that tells -0.0 from 0.0, True from 1, and knows numpy and NaN."""
    if numpy is not None and isinstance(a, (numpy.ndarray, numpy.generic)):
        a = a.tolist()
    if numpy is not None and isinstance(b, (numpy.ndarray, numpy.generic)):
        b = b.tolist()
    if isinstance(a, memoryview):
        a = a.tolist()
    if isinstance(b, memoryview):
        b = b.tolist()
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return math.isnan(a) and math.isnan(b) or packing.pack("d", a) == packing.pack("d", b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(map(same, a.keys(), b.keys())) and \
            all(map(same, a.values(), b.values()))
    if isinstance(a, Struct):
        return a.keys() == b.keys() and same(a.values(), b.values())
    if isinstance(a, Variant):
        return a.case == b.case and same(a.value, b.value)
    if isinstance(a, (Some, Ref)):
        return same(a.value, b.value)
    return a == b


class WithRepository(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="samara-py-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.repo = samara.init(os.path.join(self.folder, ".samara"))
        self.addCleanup(self.repo.close)

    def cli(self, *words):
        done = subprocess.run([BIN / "samara", "--repo", self.repo.path, *words],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def add_programs(self):
        return self.repo.add(PROGRAMS)

    def mismatch(self, text, work, *arguments, **options):
        with self.assertRaises(samara.TypeMismatch) as caught:
            work(*arguments, **options)
        self.assertEqual(str(caught.exception), text)


LIST = samara.VariantType(nil=None, cons=samara.StructType(head=int, tail=samara.Recursive(2)))
POINT = samara.StructType(x=float, y=float)
SHAPE = samara.VariantType(circle=float, square=POINT, point=None)

# type, Python value, East text of it
ROUND_TRIPS = [
    (None, None, "null"),
    (bool, True, "true"),
    (int, 0, "0"), (int, INT_MIN, str(INT_MIN)), (int, INT_MAX, str(INT_MAX)),
    (float, 1.5, "1.5"), (float, -0.0, "-0.0"), (float, math.nan, "NaN"),
    (float, math.inf, "Infinity"), (float, 5e-324, "5e-324"),
    (str, "", '""'), (str, "a\0ü\U0001f600", None),
    (bytes, b"", "0x"), (bytes, b"\x00\xff", "0x00ff"),
    ("DateTime", datetime.datetime(2024, 2, 29, 12, 0, 0, 5000, UTC), "2024-02-29T12:00:00.005"),
    ("DateTime", datetime.datetime(1, 1, 1, tzinfo=UTC), None),
    ("DateTime", datetime.datetime(9999, 12, 31, 23, 59, 59, 999000, UTC), None),
    ("DateTime", Instant(8_640_000_000_000_000), None),
    ("DateTime", Instant(-8_640_000_000_000_000), None),
    (list[float], [], "[]"), (list[float], [0.0, -0.0, math.nan], "[0.0, -0.0, NaN]"),
    (list[int], [INT_MIN, 0, INT_MAX], None),
    (list[bool], [True, False], "[true, false]"),
    (list[str], ["b", "a"], '["b", "a"]'),
    (list[list[float]], [[], [1.0]], "[[], [1.0]]"),
    (set[str], {"b", "a"}, '{"a","b"}'), (set[int], set(), "{}"),
    (dict[str, int], {"a": 1, "b": 2}, '{"a":1,"b":2}'), (dict[str, int], {}, "{:}"),
    (dict[str, list[int]], {"": [1]}, None),
    (samara.Set(float), KeyList([-0.0, 0.0]), None),
    (samara.Dict(float, int), KeyList([(-0.0, 1), (0.0, 2)]), None),
    (samara.Set(POINT), {samara.struct(x=1.0, y=2.0)}, None),
    (samara.Dict(SHAPE, str), {Variant("circle", 1.0): "c", Variant("point"): "p"}, None),
    (POINT, samara.struct(x=1.0, y=-0.0), "(x=1.0, y=-0.0)"),
    (samara.StructType(), Struct(samara.StructType(), ()), "()"),
    (samara.StructType({"a b": int, "keys": int, "": str}), None, None),
    (SHAPE, Variant("point"), ".point"),
    (SHAPE, Variant("square", samara.struct(x=1.0, y=2.0)), ".square (x=1.0, y=2.0)"),
    (float | None, None, ".none"), (float | None, 2.0, ".some 2.0"),
    (samara.Option(samara.Option(int)), Some(None), ".some .none"),
    (samara.Option(samara.Option(int)), Some(3), ".some .some 3"),
    (samara.Option(None), Some(None), ".some"),
    (samara.Option(None), None, ".none"),
    (samara.Option(SHAPE), Variant("circle", 1.0), ".some .circle 1.0"),
    (samara.RefType(int), Ref(3), None),
    (LIST, Variant("nil"), ".nil"),
    (samara.Vector(float), [1.0, math.nan], None), (samara.Vector(int), [INT_MIN, 7], None),
    (samara.Vector(bool), [True, False, True], None), (samara.Vector(float), [], None),
    (samara.Matrix(float), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], None),
    (samara.Matrix(int), [[1], [2]], None), (samara.Matrix(bool), [[True, False]], None),
]


class RoundTrips(WithRepository):
    def test_every_value_comes_back_and_the_command_line_sees_the_same(self):
        for kind, value, text in ROUND_TRIPS:
            if value is None and kind not in (None, float | None) and \
                    kind is not ROUND_TRIPS[-1][0] and "keys" in getattr(kind, "names", ()):
                value = Struct(kind, (1, 2, "x"))
            with self.subTest(type=str(kind), value=repr(value)):
                found = self.repo.put(value, kind)
                back = self.repo.get(found)
                self.assertTrue(same(back, value), f"{back!r} is not {value!r}")
                # The same bytes again: nothing is lost on the way.
                self.assertEqual(self.repo.put(back, kind), found)
                self.assertEqual(str(self.repo.type_of(found)), samara.to_type(kind).text
                                 if hasattr(samara, "to_type") else str(self.repo.type_of(found)))
                if text is not None:
                    self.assertEqual(self.repo.get_bytes(found, "text").replace("Z", ""), text)
                    self.assertEqual(self.cli("show", found).replace("Z", ""), text)

    def test_the_other_way_text_of_the_command_line_is_the_same_object(self):
        for kind, value, text in ROUND_TRIPS:
            if text is None or text in ("[]", "{}", "{:}"):
                continue
            with self.subTest(text=text):
                path = pathlib.Path(self.folder) / "value.east"
                path.write_text(text)
                found = self.cli("put", "--type", str(samara._types.to_type(kind)), str(path))
                self.assertEqual(found.split()[0], self.repo.put(value, kind))

    def test_arrays_in_each_form(self):
        found = self.repo.put([1.5, 2.5], list[float])
        self.assertEqual(self.repo.get(found, arrays="list"), [1.5, 2.5])
        view = self.repo.get(found, arrays="memoryview")
        self.assertIsInstance(view, memoryview)
        self.assertEqual((view.format, view.tolist()), ("d", [1.5, 2.5]))
        matrix = self.repo.put([[1, 2], [3, 4], [5, 6]], samara.Matrix(int))
        self.assertEqual(self.repo.get(matrix, arrays="memoryview").tolist(), [[1, 2], [3, 4], [5, 6]])
        self.assertEqual(self.repo.get(matrix, arrays="list"), [[1, 2], [3, 4], [5, 6]])
        self.assertEqual(self.repo.put(view), found)

    def test_types_follow_from_plain_values(self):
        for value, kind in (
            ([1, 2.5], ".Array .Float"), ([None, 1], ".Array .Variant [(name=\"none\", type=.Null), "
                                                    "(name=\"some\", type=.Integer)]"),
            ({"a": [1]}, ".Dict (key=.String, value=.Array .Integer)"), ({b"x"}, ".Set .Blob"),
            ([[], [1]], ".Array .Array .Integer"), (Ref("x"), ".Ref .String"),
            ([Variant("a", 1), Variant("b")],
             '.Array .Variant [(name="a", type=.Integer), (name="b", type=.Null)]'),
        ):
            self.assertEqual(str(samara.type_of(value)), kind)
        self.mismatch("the value is empty: no type follows; give a type", samara.type_of, [])
        self.mismatch("[1]: String beside Integer; give a type", samara.type_of, [1, "x"])
        self.mismatch("['k'][0]: no East type follows from a value of class object; give a type",
                      samara.type_of, {"k": [object()]})
        with self.assertRaises(samara.TypeMismatch):
            samara.type_of((1, 2))
        ring = []
        ring.append(ring)
        with self.assertRaises(samara.TypeMismatch):
            samara.type_of(ring)

    def test_dataclasses_and_dictionaries_are_structs(self):
        @dataclasses.dataclass
        class Pump:
            name: str
            speed: list[float]
            note: str | None = None
        pump = Pump("p", [1.0])
        found = self.repo.put(pump)
        self.assertEqual(found, self.repo.put({"name": "p", "speed": [1], "note": None}, Pump))
        back = self.repo.get(found)
        self.assertEqual((back.name, back["name"], list(back), back.note), ("p", "p",
                         ["name", "speed", "note"], None))
        self.assertEqual(dict(back).keys(), {"name", "speed", "note"})
        self.assertEqual(back.replace(name="q").name, "q")
        self.assertTrue(same(pickle.loads(pickle.dumps(back.replace(speed=[1.0]))),
                             back.replace(speed=[1.0])))
        with self.assertRaises(AttributeError):
            back.nothing
        with self.assertRaises(AttributeError):
            back.name = "x"

    def test_fields_that_hide_nothing(self):
        kind = samara.StructType({"keys": int, "a b": int})
        back = samara.decode(samara.encode({"keys": 1, "a b": 2}, kind))
        self.assertEqual((back["keys"], back["a b"], getattr(back, "a b"), dict(back)),
                         (1, 2, 2, {"keys": 1, "a b": 2}))

    def test_sharing_and_cycles_stay(self):
        inner = ["x"]
        outer = self.repo.get(self.repo.put([inner, inner]))
        self.assertIs(outer[0], outer[1])
        ring = []
        ring.append(ring)
        back = self.repo.get(self.repo.put(ring, ".Array .Recursive 1"))
        self.assertIs(back[0], back)
        cell = Ref()
        cell.value = Variant("some", cell)
        kind = samara.RefType(samara.Option(samara.Recursive(2)))
        back = samara.decode(samara.encode(cell, kind))
        self.assertIs(back.value, back)

    def test_long_and_deep_values(self):
        chain = Variant("nil")
        for i in range(1000):
            chain = Variant("cons", {"head": i, "tail": chain})
        back = samara.decode(samara.encode(chain, LIST))
        count = 0
        while back.case == "cons":
            self.assertEqual(back.value.head, 999 - count)
            back, count = back.value.tail, count + 1
        self.assertEqual(count, 1000)
        for i in range(200000):
            chain = Variant("cons", {"head": i, "tail": chain})
        with self.assertRaisesRegex(samara.TypeMismatch, "nested deeper than"):
            samara.encode(chain, LIST)
        while chain.case == "cons":  # else its end would be as deep a recursion
            chain = chain.value["tail"]

    def test_errors_name_the_place(self):
        kind = samara.Array(samara.StructType(name=str, price=float))
        good = {"name": "a", "price": 1.0}
        for value, text in (
            ([good, {"name": "a", "price": "x"}], "[1].price: expected Float, got str"),
            ([{"name": "a"}], "[0].price: expected Float, but dict has no such field"),
            ([{**good, "extra": 1}], '[0]: expected .Struct [(name="name", type=.String), '
                                     "(name=\"price\", type=.Float)], which has no field 'extra'"),
            ([3], '[0]: expected .Struct [(name="name", type=.String), (name="price", '
                  "type=.Float)], got int"),
            ("abc", 'expected .Array .Struct [(name="name", type=.String), (name="price", '
                    "type=.Float)], got str"),
        ):
            self.mismatch(text, samara.encode, value, kind)
        for value, kind, text in (
            (2**63, int, "expected Integer, got an int of more than 64 bits"),
            (True, int, "expected Integer, got bool"), (1, bool, "expected Boolean, got int"),
            (1.0, int, "expected Integer, got float"), (None, str, "expected String, got None"),
            (2**53 + 1, float, "expected Float, got an int that no Float is equal to"),
            ("\ud800", str, "expected String, got a str with surrogates, which is no Unicode text"),
            (datetime.datetime(2024, 1, 1), "DateTime",
             "expected DateTime, got a datetime without a time zone"),
            ({"a": 1}, dict[int, int], "['a' (key)]: expected Integer, got str"),
            ({1: "a"}, dict[int, int], "[1]: expected Integer, got str"),
            (Ref("x"), samara.RefType(int), ".value: expected Integer, got str"),
            (Variant("circle", "x"), SHAPE, ".circle: expected Float, got str"),
            ([[1.0], [1.0, 2.0]], samara.Matrix(float),
             "[1]: expected 1 numbers as in the first row, got 2"),
        ):
            self.mismatch(text, samara.encode, value, kind)
        with self.assertRaisesRegex(samara.TypeMismatch, "has no case 'round'"):
            samara.encode(Variant("round"), SHAPE)
        with self.assertRaises(samara.Error):
            samara.parse_type(".Nonsense")
        with self.assertRaises(samara.Error):
            samara.decode(b"no beast2 at all")

    def test_random_values_of_random_types_come_back(self):
        seed = int(os.environ.get("SAMARA_SEED", random.randrange(2**32)))
        rng = random.Random(seed)
        for _ in range(400):
            kind = random_type(rng, 3)
            value = random_value(rng, kind)
            with self.subTest(seed=seed, type=kind.text):
                data = samara.encode(value, kind)
                back = samara.decode(data, kind)
                self.assertEqual(samara.encode(back, kind), data)
                listed = samara.decode(data, kind, arrays="list")
                self.assertEqual(samara.encode(listed, kind), data)
                text = samara.encode(back, kind, "text") if "Vector" not in kind.text and \
                    "Matrix" not in kind.text else None
                if text is not None:
                    again = self.repo.put_bytes(text, "text", kind)
                    self.assertEqual(self.repo.get_bytes(again), data)


def random_type(rng, depth, key=False):
    plain = [samara.Null, samara.Boolean, samara.Integer, samara.Float, samara.String,
             samara.DateTime, samara.Blob]
    if depth == 0:
        return rng.choice(plain)
    inner = lambda: random_type(rng, depth - 1, key)  # noqa: E731
    names = rng.sample(["a", "b c", "keys", "ü", "none", "some", ""], rng.randrange(0, 4))
    makers = [lambda: rng.choice(plain), lambda: samara.StructType({n: inner() for n in names}),
              lambda: samara.VariantType({n: inner() for n in names or ["x"]}),
              lambda: samara.Option(inner())]
    if not key:
        makers += [lambda: samara.Array(inner()), lambda: samara.RefType(inner()),
                   lambda: samara.Set(random_type(rng, depth - 1, True)),
                   lambda: samara.Dict(random_type(rng, depth - 1, True), inner()),
                   lambda: samara.Vector(rng.choice([int, float, bool])),
                   lambda: samara.Matrix(rng.choice([int, float, bool]))]
    return rng.choice(makers)()


def random_value(rng, kind):
    name, parts = kind.kind, kind.parts
    some = lambda: [random_value(rng, parts[0]) for _ in range(rng.randrange(4))]  # noqa: E731
    if name == "Null":
        return None
    if name == "Boolean":
        return rng.random() < 0.5
    if name == "Integer":
        return rng.choice([0, -1, INT_MIN, INT_MAX, rng.randrange(INT_MIN, INT_MAX)])
    if name == "Float":
        return rng.choice([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7e308,
                           rng.uniform(-1e3, 1e3)])
    if name == "String":
        return "".join(rng.choice(["a", "\0", "é", "\u2028", "\U0001f600", '"', "\\"])
                       for _ in range(rng.randrange(5)))
    if name == "Blob":
        return rng.randbytes(rng.randrange(6))
    if name == "DateTime":
        return rng.choice([Instant(rng.randrange(-8_640_000_000_000_000, 8_640_000_000_000_000)),
                           datetime.datetime.fromtimestamp(rng.randrange(10**9), UTC)])
    if name in ("Array", "Vector"):
        return some()
    if name == "Matrix":
        width = rng.randrange(1, 4)
        return [[random_value(rng, parts[0]) for _ in range(width)]
                for _ in range(rng.randrange(1, 4))]
    if name == "Set":
        return KeyList(some())
    if name == "Dict":
        return KeyList((key, random_value(rng, parts[1])) for key in some())
    if name == "Ref":
        return Ref(random_value(rng, parts[0]))
    if name == "Struct":
        return {n: random_value(rng, p) for n, p in zip(kind.names, parts)}
    if kind.names == ("none", "some") and parts[0].kind == "Null":
        return rng.choice([None, Some(random_value(rng, parts[1]))])
    index = rng.randrange(len(parts))
    return Variant(kind.names[index], random_value(rng, parts[index]))


@unittest.skipIf(numpy is None, "numpy is not installed")
@dataclasses.dataclass
class Spot:
    x: float
    y: float


SpotTuple = collections.namedtuple("SpotTuple", "x y")
FUNCTION = ".Function (inputs=[.Integer], output=.Integer)"


def table_rows():
    """Row of the guide's table, type, all forms of one value as Python may give it, what comes back."""
    packed = [array.array("d", [1.0, 2.0]), memoryview(array.array("d", [1.0, 2.0])), [1, 2.0]]
    whole = [array.array("q", [1, 2]), memoryview(array.array("q", [1, 2])), [1, 2]]
    rows = [[[1.0, 2.0], [3.0, 4.0]], [array.array("d", [1.0, 2.0]), (3.0, 4.0)]]
    integers, floats = [7], [2.0, 2]
    side_by_side = memoryview if numpy is None else numpy.ndarray
    if numpy is not None:
        packed += [numpy.array([1.0, 2.0]), numpy.array([1.0, 9.0, 2.0])[::2]]
        whole += [numpy.array([1, 2]), numpy.array([1, 2], numpy.int64)]
        rows += [numpy.array([[1.0, 2.0], [3.0, 4.0]]), numpy.array([[1.0, 3.0], [2.0, 4.0]]).T]
        integers += [numpy.int8(7), numpy.uint64(7)]
        floats += [numpy.float64(2), numpy.float32(2)]
    east = datetime.timezone(datetime.timedelta(hours=5))
    noon = datetime.datetime(2024, 2, 29, 12, 0, 0, 5000, UTC)
    late = samara.Option(samara.Option(int))
    return [
        ("Null, Boolean, String, Blob", None, [None], type(None)),
        ("Null, Boolean, String, Blob", bool, [True], bool),
        ("Null, Boolean, String, Blob", str, ["ä"], str),
        ("Null, Boolean, String, Blob", bytes,
         [b"ab", bytearray(b"ab"), memoryview(b"ab"), array.array("B", b"ab")], bytes),
        ("Integer", int, integers, int),
        ("Float", float, floats, float),
        ("DateTime", "DateTime",
         [noon, noon.replace(microsecond=5999), noon.astimezone(east),
          Instant(int(noon.timestamp() * 1000))], datetime.datetime),
        ("DateTime", "DateTime", [Instant(-8_000_000_000_000_000)], Instant),
        ("Array Float, Array Integer", list[float], packed, side_by_side),
        ("Array Float, Array Integer", list[int], whole, side_by_side),
        ("Vector, Matrix", samara.Vector(float), packed, side_by_side),
        ("Vector, Matrix", samara.Vector(int), whole, side_by_side),
        ("Vector, Matrix", samara.Matrix(float), rows, side_by_side),
        ("other Arrays", list[str], [["a", "b"], ("a", "b"), collections.UserList(["a", "b"])], list),
        ("Set, Dict", set[str], [{"a", "b"}, frozenset("ab")], set),
        ("Set, Dict", dict[str, int],
         [{"a": 1, "b": 2}, {"b": 2, "a": 1}, collections.OrderedDict(b=2, a=1),
          types.MappingProxyType({"a": 1, "b": 2})], dict),
        ("Struct", POINT, [{"y": 2.0, "x": 1.0}, Spot(1.0, 2.0), SpotTuple(1.0, 2.0),
                           samara.struct(x=1.0, y=2.0), types.MappingProxyType({"x": 1, "y": 2})],
         Struct),
        ("Variant", SHAPE, [Variant("circle", 1.0)], Variant),
        ("Option: Variant {none, some T}", samara.Option(int), [3, Some(3)], int),
        ("Option: Variant {none, some T}", samara.Option(int), [None], type(None)),
        ("Option: Variant {none, some T}", late, [Some(None)], Some),
        ("Ref", samara.RefType(int), [Ref(3)], Ref),
    ]


class Table(WithRepository):
    """The table of values in the guide, row by row."""

    def test_each_form_of_each_row_is_the_same_value(self):
        for row, kind, forms, wanted in table_rows():
            first = samara.encode(forms[0], kind)
            for form in forms:
                with self.subTest(row=row, type=str(kind), form=repr(form)):
                    self.assertEqual(samara.encode(form, kind), first)
                    back = samara.decode(first)
                    self.assertIsInstance(back, wanted)
                    self.assertEqual(samara.encode(back, kind), first)
        matrix = samara.decode(samara.encode([[1.0], [2.0]], samara.Matrix(float)))
        self.assertEqual((matrix.ndim, matrix.shape), (2, (2, 1)))
        self.assertEqual(list(samara.decode(samara.encode({"b": 1, "a": 2}, dict[str, int]))),
                         ["a", "b"])
        point = samara.decode(samara.encode({"x": 1.0, "y": 2.0}, POINT))
        self.assertEqual((point.x, point["y"]), (1.0, 2.0))
        match samara.decode(samara.encode(Variant("circle", 1.0), SHAPE)):
            case Variant("circle", radius):
                self.assertEqual(radius, 1.0)
            case _:
                self.fail("no circle")

    def test_functions_go_by_name_only(self):
        with self.assertRaises(samara.TypeMismatch):
            samara.encode(lambda x: x, FUNCTION)
        self.add_programs()
        self.assertEqual(self.repo.function("inverse")(5), 20)

    def test_no_row_of_the_guide_is_left_out(self):
        text = (SOURCE / "docs" / "guide" / "python.md").read_text()
        table = text.partition("| East | from Python | to Python |")[2].partition("\n\n")[0]
        rows = {line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")}
        self.assertEqual(rows, {row for row, *_ in table_rows()} | {"functions"})


class Numpy(WithRepository):
    def test_arrays_of_each_kind_go_in_and_out(self):
        for value, kind in (
            (numpy.arange(5.0), ".Array .Float"), (numpy.arange(5), ".Array .Integer"),
            (numpy.arange(6.0).reshape(2, 3), ".Matrix .Float"),
            (numpy.zeros((0, 3)), ".Matrix .Float"), (numpy.array([]), ".Array .Float"),
            (numpy.arange(6).reshape(3, 2), ".Matrix .Integer"),
        ):
            found = self.repo.put(value)
            self.assertEqual(str(self.repo.type_of(found)), kind)
            back = self.repo.get(found)
            self.assertEqual((back.dtype, back.shape), (value.dtype, value.shape))
            self.assertTrue((back == value).all())

    def test_vectors_take_arrays_lists_and_what_is_not_contiguous(self):
        strided = numpy.arange(10.0)[::2]
        kind = samara.Vector(float)
        found = self.repo.put(strided, kind)
        self.assertEqual(found, self.repo.put([0.0, 2.0, 4.0, 6.0, 8.0], kind))
        self.assertEqual(found, self.repo.put(strided.copy(), kind))
        self.assertEqual(self.repo.put(numpy.arange(6.0).reshape(2, 3).T, samara.Matrix(float)),
                         self.repo.put([[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]], samara.Matrix(float)))
        flags = numpy.array([True, False])
        self.assertTrue((self.repo.get(self.repo.put(flags, samara.Vector(bool))) == flags).all())

    def test_numpy_scalars_are_numbers(self):
        kind = samara.StructType(a=int, b=float, c=bool)
        value = {"a": numpy.int32(4), "b": numpy.float32(0.5), "c": numpy.bool_(True)}
        self.assertEqual(samara.encode(value, kind), samara.encode({"a": 4, "b": 0.5, "c": True}, kind))

    def test_every_nan_is_the_one(self):
        odd = numpy.array([0x7FF8000000000001, 0xFFF8000000000000], dtype="u8").view("f8")
        plain = numpy.array([math.nan, math.nan])
        self.assertEqual(samara.encode(odd, list[float]), samara.encode(plain, list[float]))
        large = numpy.full(20000, odd[0])
        self.assertEqual(self.repo.put(large), self.repo.put([math.nan] * 20000))

    def test_a_large_stored_array_is_mapped_read_only(self):
        numbers = numpy.random.default_rng(1).random(200_000)
        found = self.repo.put(numbers)
        back = self.repo.get(found)
        self.assertFalse(back.flags.writeable)
        self.assertTrue((back == numbers).all())
        self.repo.close()  # the memory outlives the repository
        self.assertEqual(back.sum(), numbers.sum())
        with self.assertRaises(ValueError):
            back[0] = 1

    def test_arrays_of_a_result_are_the_callers_own(self):
        self.add_programs()
        back = self.repo.run("same", numpy.arange(5.0))
        back[0] = 7
        self.assertEqual(self.repo.run("same", numpy.arange(5.0))[0], 0)
        large = numpy.arange(100_000.0)
        self.assertTrue((self.repo.run("same", large) == large).all())
        self.assertEqual(self.repo.run("total", large), large.sum())


class Calls(WithRepository):
    def setUp(self):
        super().setUp()
        self.ids = self.add_programs()

    def test_values_go_in_and_out_by_name_id_and_object(self):
        for function in ("total", self.ids["total"], self.repo.function("total")):
            self.assertEqual(self.repo.run(function, [1.0, 2]), 3.0)
        stored = self.repo.put([5.0, 6.0], name="inputs/xs")
        self.assertEqual(self.repo.run("total", stored), 11.0)
        self.assertEqual(self.repo.run("total", self.repo.resolve("inputs/xs")), 11.0)
        self.assertEqual(self.repo.function("total")([4.0]), 4.0)
        self.assertEqual(sorted(self.repo.functions()),
                         ["grow", "inverse", "outer", "prices", "same", "spin", "total"])
        self.assertEqual(self.repo.functions()["total"].type.text,
                         ".Function (inputs=[.Array .Float], output=.Float)")

    def test_what_python_ran_the_command_line_remembers(self):
        result = self.repo.result("total", [1.0, 2.5])
        self.assertFalse(result.from_memo)
        self.assertTrue(self.repo.result("total", [1.0, 2.5]).from_memo)
        self.assertFalse(self.repo.result("total", [1.0, 2.5], memo=False).from_memo)
        self.assertEqual(self.cli("run", "total", "[1.0, 2.5]"), "3.5")
        self.assertIn("attempt 1", self.repo.why(result))
        self.assertEqual(self.repo.get(result.id), 3.5)
        self.assertIn(result.call[:12], self.cli("call", "ls", "--json"))

    def test_files_of_each_kind_are_added(self):
        for path in ("mean.json", "revenue.east"):
            self.repo.add(SOURCE / "examples" / "east" / path)
        self.assertEqual(self.repo.run("mean", [1.0, 3.0]), 2.0)
        self.assertEqual(self.repo.run("revenue", [{"product": "a", "quantity": 2, "price": 1.5}]),
                         {"a": 3.0})
        with self.assertRaisesRegex(samara.Error, "has 1 error"):
            self.repo.add("fn broken(n: Integer) -> Integer {\n  nothing\n}\n")

    def test_wrong_arguments_are_named(self):
        self.mismatch("argument 1 of 'prices': [0].price: expected Float, got str",
                      self.repo.run, "prices", [{"name": "a", "price": "x"}])
        self.mismatch("total takes 1 argument, 2 given", self.repo.run, "total", [1.0], 2)
        with self.assertRaises(samara.NotFound):
            self.repo.run("nobody")
        with self.assertRaises(samara.TypeMismatch):
            self.repo.run("total", self.repo.put("text"))

    def test_east_errors_have_message_locations_and_a_traceback(self):
        path = pathlib.Path(self.folder) / "places.east"
        path.write_text(PROGRAMS)
        self.repo.add(path)
        try:
            self.repo.run("outer", 0)
        except samara.EastError as caught:  # assertRaises would drop the traceback
            error = caught
        else:
            self.fail("no error")
        self.assertEqual(error.message, "nothing is inverse to 0")
        self.assertEqual([place.line for place in error.locations], [10, 14])
        self.assertEqual(error.locations[0].file, str(path))
        self.assertRegex(error.call, r"^[0-9a-f]{64}$")
        self.assertIn("attempt 1", self.repo.why(error))
        shown = "".join(traceback.format_exception(error))
        self.assertIn(f'File "{path}", line 14, in outer', shown)
        self.assertIn(f'File "{path}", line 10', shown)
        self.assertIn("throw", shown)

    def test_limits_have_errors_of_their_own(self):
        with self.assertRaises(samara.Timeout) as caught:
            self.repo.run("spin", 10**15, timeout=0.05)
        self.assertIsInstance(caught.exception, TimeoutError)
        self.assertIsNotNone(caught.exception.call)
        with self.assertRaises(samara.LimitReached):
            self.repo.run("spin", 10**15, steps=1000)
        with self.assertRaises(samara.MemoryExceeded):
            self.repo.run("grow", 10**9, memory="1M")
        for bad in ({"timeout": -1}, {"memory": "many"}):
            with self.assertRaises(ValueError):
                self.repo.run("spin", 1, **bad)

    def test_capabilities_are_granted_for_a_call(self):
        self.repo.add(SOURCE / "examples" / "east" / "count_lines.json")
        path = pathlib.Path(self.folder) / "lines.txt"
        path.write_text("a\nb\n")
        with self.assertRaises(samara.PermissionDenied):
            self.repo.run("count_lines", str(path))
        self.assertEqual(self.repo.run("count_lines", str(path), allow="fs"), 2)

    def test_control_c_ends_a_run(self):
        program = ("import sys; sys.path.insert(0, sys.argv[1]); import samara\n"
                   "repo = samara.Repository(sys.argv[2]); print('ready', flush=True)\n"
                   "try: repo.run('spin', 10**17)\n"
                   "except KeyboardInterrupt: print('interrupted'); print(repo.run('total', [1.0]))")
        with subprocess.Popen([sys.executable, "-c", program, str(PACKAGE), self.repo.path],
                              stdout=subprocess.PIPE, text=True) as child:
            self.assertEqual(child.stdout.readline(), "ready\n")
            time.sleep(0.3)
            child.send_signal(signal.SIGINT)
            self.assertEqual(child.stdout.read(), "interrupted\n1.0\n")

    def test_the_interpreter_goes_on_while_the_engine_works(self):
        done = threading.Event()

        def work():
            try:
                self.repo.run("spin", 10**15, timeout=0.5)
            except samara.Timeout:
                done.set()
        thread = threading.Thread(target=work)
        thread.start()
        turns = 0
        while not done.is_set():
            turns += 1
            time.sleep(0.001)
        thread.join()
        self.assertGreater(turns, 5)

    def test_many_threads_share_a_repository(self):
        errors = []

        def work(seed):
            rng = random.Random(seed)
            try:
                for _ in range(60):
                    n = rng.randrange(200)
                    numbers = [float(i) for i in range(n)]
                    if self.repo.run("total", numbers) != sum(numbers):
                        errors.append(n)
                    if self.repo.get(self.repo.put({"n": [n]})) is None:
                        errors.append(n)
            except Exception as error:  # noqa: BLE001 - shown below
                errors.append(error)
        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])

    def test_asyncio_has_many_calls_at_once(self):
        async def main():
            numbers = await asyncio.gather(*(self.repo.call("spin", i) for i in range(100)))
            self.assertEqual(numbers, list(range(100)))
            with self.assertRaises(samara.EastError):
                await self.repo.call("inverse", 0)
            self.assertEqual(await self.repo.function("total").call([2.0]), 2.0)
            task = asyncio.create_task(self.repo.call("spin", 10**17))
            await asyncio.sleep(0.1)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            with self.assertRaises((TimeoutError, asyncio.TimeoutError)):
                await asyncio.wait_for(self.repo.call("spin", 10**17 + 1), 0.1)
            self.assertEqual(await self.repo.call("spin", 5), 5)
        asyncio.run(main())

    def test_a_forked_child_has_handles_of_its_own(self):
        self.assertEqual(self.repo.run("total", [1.0]), 1.0)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if self.repo.run("total", [1.0, 7.0]) == 8.0 else 2
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        self.assertEqual(self.repo.run("total", [1.0, 7.0]), 8.0)

    def test_closed_repositories_say_so(self):
        with samara.Repository(self.repo.path) as repo:
            self.assertEqual(repo.run("total", [1.0]), 1.0)
        with self.assertRaisesRegex(samara.Error, "closed"):
            repo.run("total", [1.0])
        repo.close()


class Platform(WithRepository):
    PROGRAM = """
platform pure fn py_fit(xs: Array<Float>, degree: Integer) -> Array<Float>
fn fit(xs: Array<Float>) -> Array<Float> {
  py_fit(xs, 2)
}
"""

    def test_types_follow_from_annotations_and_coroutines_are_awaited(self):
        @self.repo.platform(effect="pure")
        async def py_later(x: int, parts: list[float]) -> float:
            await asyncio.sleep(0)
            assert type(parts) is list
            return x + sum(parts)
        self.repo.add("platform pure fn py_later(x: Integer, parts: Array<Float>) -> Float\n"
                      "fn later(x: Integer) -> Float { py_later(x, [0.5, 1.0]) }\n")
        self.assertEqual(self.repo.run("later", 2), 3.5)
        self.assertEqual(asyncio.run(self.repo.call("later", 3)), 4.5)
        for function, text in ((lambda x: x, "parameter 'x' of Platform."),
                               (lambda *xs: xs, "other than plain ones")):
            with self.assertRaises(samara.TypeMismatch) as caught:
                self.repo.platform(function)
            self.assertIn(text, str(caught.exception))

    def test_python_functions_are_called_by_east(self):
        calls = []

        @self.repo.platform("py_fit", [list[float], int], list[float], effect="pure", version="1")
        def fit(xs, degree):
            calls.append(degree)
            if len(xs) == 0:
                raise ValueError("no points")
            return [x * degree for x in xs]

        try:
            self.repo.add(self.PROGRAM)
        except samara.Error as error:
            self.fail(str(error))
        self.assertTrue(same(self.repo.run("fit", [1.0, 2.0]), self.repo.run("fit", [1.0, 2.0])))
        self.assertEqual(list(self.repo.run("fit", [1.0, 2.0])), [2.0, 4.0])
        self.assertEqual(calls, [2])  # remembered
        with self.assertRaisesRegex(samara.EastError, "ValueError: no points"):
            self.repo.run("fit", [])
        with self.assertRaises(samara.Error):
            self.repo.platform("py_fit", [], None)(fit)


class Places(WithRepository):
    def test_a_repository_is_found_as_the_command_line_finds_it(self):
        inner = pathlib.Path(self.folder) / "a" / "b"
        inner.mkdir(parents=True)
        before, variable = os.getcwd(), os.environ.pop("SAMARA_REPO", None)
        try:
            os.chdir(inner)
            self.assertTrue(os.path.samefile(samara.Repository().path, self.repo.path))
            os.chdir("/")
            with self.assertRaises(samara.NoRepository):
                samara.Repository()
            os.environ["SAMARA_REPO"] = self.folder
            self.assertTrue(os.path.samefile(samara.Repository().path, self.repo.path))
            with self.assertRaises(samara.NoRepository):
                samara.Repository("/nonexistent")
        finally:
            os.chdir(before)
            os.environ.pop("SAMARA_REPO", None)
            if variable is not None:
                os.environ["SAMARA_REPO"] = variable


class Leaks(WithRepository):
    def test_references_come_back_to_where_they_were(self):
        kind = samara.Array(samara.StructType(name=str, when="DateTime", tags=set[str],
                                              shape=SHAPE, more=dict[str, list[int]]))
        rows = [{"name": "x", "when": datetime.datetime.now(UTC), "tags": {"a"},
                 "shape": Variant("circle", 1.0), "more": {"k": [1]}}] * 3
        bad = [{**rows[0], "more": {"k": ["no"]}}]
        self.add_programs()

        def work(run_fails=False):
            samara.decode(samara.encode(rows, kind))
            self.repo.run("total", [1.0, 2.0])
            # A run that fails is not remembered: each writes a record, which takes its time.
            failing = [lambda: samara.encode(bad, kind), lambda: self.repo.run("inverse", 0)]
            for fails in failing if run_fails else failing[:1]:
                try:
                    fails()
                except samara.Error:
                    pass
        for _ in range(5):
            work(True)
        watched = (None, True, Variant, Struct, samara.Some, kind, rows, rows[0], "k", 1)
        gc.collect()
        before = [sys.getrefcount(each) for each in watched]
        objects = len(gc.get_objects())
        for i in range(300):
            work(i % 10 == 0)
        gc.collect()
        after = [sys.getrefcount(each) for each in watched]
        for each, was, now in zip(watched, before, after):
            self.assertLess(abs(now - was), 290, repr(each)[:60])  # a leak is one a round
        self.assertLess(abs(len(gc.get_objects()) - objects), 200)

    def test_memory_stays_where_it_was(self):
        def work(count):
            for i in range(count):
                data = samara.encode([float(i)] * 20_000, list[float])
                samara.decode(data)
                samara.decode(samara.encode([{"a": i}] * 200))
        work(30)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        work(300)  # 50 MB of numbers go through
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        self.assertLess(grown, 20 * 1024, "KiB")


if __name__ == "__main__":
    unittest.main()
