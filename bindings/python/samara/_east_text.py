"""East text that keeps to the lines of a Python file, and functions that it may need."""

import datetime
import math


class Out:
    """Text of which every statement stands in the line of the Python statement it is made of."""

    def __init__(self, line):
        self.line = line
        self.pieces = []
        self.fresh = True

    def go(self, line, column=0):
        if line > self.line:
            self.pieces.append("\n" * (line - self.line) + " " * column)
            self.line = line
            self.fresh = True

    def statement(self, line, column, text):
        self.go(line, column)
        if not self.fresh:
            self.pieces.append("; ")
        self.pieces.append(text)
        self.fresh = False

    def open(self, text):
        """What ends with an opening bracket."""
        self.pieces.append(text)
        self.fresh = True
        self.pieces.append(" ")

    def close(self, text="}"):
        self.pieces.append(" " + text)
        self.fresh = False

    def cell(self):
        """A place for text that is not known yet."""
        made = [""]
        self.pieces.append(made)
        return made

    def text(self):
        return "".join(each if isinstance(each, str) else each[0] for each in self.pieces)


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def string_inner(text):
    out = []
    for each in text:
        if each in _ESCAPES:
            out.append(_ESCAPES[each])
        elif ord(each) < 32 or 127 <= ord(each) < 160 or each in "\u2028\u2029\ufeff":
            out.append("\\u{%x}" % ord(each))
        else:
            out.append(each)
    return "".join(out)


def string(text):
    return f'"{string_inner(text)}"'


def float_text(value):
    """A float literal; also of what Python writes otherwise."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return text


def datetime_text(value):
    """A DateTime literal, or None for a time without zone."""
    if value.tzinfo is None:
        return None
    utc = value.astimezone(datetime.timezone.utc)
    return utc.strftime("%Y").zfill(4) + utc.strftime("-%m-%dT%H:%M:%S") + \
        (f".{utc.microsecond // 1000:03}" if utc.microsecond >= 1000 else "")


# What is too long to stand where it is used. None of these raises an error, so that no location of
# one is ever shown.
HELPERS = {
    # Text of a float as Python's repr.
    "float_text": ("""
private fn float_text(x: Float) -> String {
  let a = x.abs() + 0.0
  let shown = print(a)
  let sign = if print(x).starts_with("-") { "-" } else { "" }
  if !(a <= Infinity) { return "nan" }
  if a == Infinity { return sign + "inf" }
  if shown.contains("e") {
    let parts = shown.split("e")
    let digits = parts[1].replace("-", "").replace("+", "")
    return sign + parts[0].regex_replace("\\\\.0$", "") + "e" + (if parts[1].starts_with("-") { "-" } else { "+" }) + (if digits.length() < 2 { "0" + digits } else { digits })
  }
  if a >= 1e16 {
    let all = shown.split(".")[0]
    let some = all.regex_replace("0+$", "")
    let rest = some.substring(1, some.length())
    return sign + some.substring(0, 1) + (if rest == "" { "" } else { "." + rest }) + "e+" + print(all.length() - 1)
  }
  if a < 0.0001 && a > 0.0 {
    let all = shown.substring(2, shown.length())
    let some = all.regex_replace("^0+", "")
    let rest = some.substring(1, some.length())
    return sign + some.substring(0, 1) + (if rest == "" { "" } else { "." + rest }) + "e-0" + print(all.length() - some.length() + 1)
  }
  sign + shown
}"""),
    # Python's float // float, of a divisor that is not 0.
    "float_floor_divide": ("""
private fn float_floor_divide(x: Float, y: Float) -> Float {
  let r = x % y
  var q = (x - r) / y
  if r + 0.0 != 0.0 && (y < 0.0) != (r < 0.0) { q = q - 1.0 }
  if q + 0.0 == 0.0 { return (if x / y < 0.0 || print(x / y).starts_with("-") { -0.0 } else { 0.0 }) }
  if !(q.abs() < Infinity) { return q }
  let f = q - q % 1.0
  let floor = if f > q { f - 1.0 } else { f }
  if q - floor > 0.5 { floor + 1.0 } else { floor }
}"""),
    # Python's float % float, of a divisor that is not 0.
    "float_modulo": ("""
private fn float_modulo(x: Float, y: Float) -> Float {
  let r = x % y
  if r + 0.0 == 0.0 { return (if y < 0.0 { -0.0 } else { 0.0 }) }
  if (y < 0.0) != (r < 0.0) { r + y } else { r }
}"""),
    # x with n digits after the point: the exact value, rounded to the nearest and ties to even.
    # Below 2**53 / 10**n; beyond it throws nothing and gives "".
    "float_fixed": ("""
private fn float_fixed(x: Float, n: Integer) -> String {
  let a = x.abs() + 0.0
  let sign = if print(x).starts_with("-") { "-" } else { "" }
  if !(a <= Infinity) { return "nan" }
  if a == Infinity { return sign + "inf" }
  let whole = a - a % 1.0
  let scale = (10 ** n).to_float()
  let part = a - whole
  let product = part * scale
  let up = 134217729.0 * part
  let high = up - (up - part)
  let low = part - high
  let up_scale = 134217729.0 * scale
  let high_scale = up_scale - (up_scale - scale)
  let low_scale = scale - high_scale
  let error = ((high * high_scale - product) + high * low_scale + low * high_scale) + low * low_scale
  let floor = product - product % 1.0
  let rest = product - floor
  var units = floor.to_integer()
  let half = rest - 0.5
  if half > 0.0 || (half + 0.0 == 0.0 && error > 0.0) { units = units + 1 }
  if half + 0.0 == 0.0 && error + 0.0 == 0.0 && (units % 2 == 1 || (n == 0 && (whole % 2.0 == 1.0))) { units = units + 1 }
  let limit = 10 ** n
  let carried = if units >= limit { 1.0 } else { 0.0 }
  let digits = print(if units >= limit { units - limit } else { units })
  let front = print((whole + carried).to_integer())
  sign + front + (if n == 0 { "" } else { "." + "0".repeat(n - digits.length()) + digits })
}"""),
}


def helper_text(name):
    """One line: helpers stand in the line of the decorator."""
    lines = [line.strip() for line in HELPERS[name].strip().split("\n")]
    out = lines[0]
    for line in lines[1:]:
        out += " " + line if out.endswith("{") or line == "}" else "; " + line
    return out
