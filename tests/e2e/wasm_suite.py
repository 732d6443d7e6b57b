#!/usr/bin/env python3
"""Writes the official WebAssembly test suite as lines that wasm_suite_test.cpp can read.

usage: wasm_suite.py TESTSUITE.tar.zst FOLDER     (unpacks into FOLDER, writes FOLDER/lines)

  valid PATH | refused PATH                        a module; calls that follow are of a valid one
  return NAME CELL... = CELL...                    NAME in hexadecimal, cells of 32 bits in decimal
  trap NAME CELL...                                or nan for both kinds of a NaN, low half first
"""

import json
import pathlib
import subprocess
import sys

WIDTHS = {"i32": 1, "f32": 1, "i64": 2, "f64": 2}


def cells(values):
    out = []
    for value in values:
        width = WIDTHS.get(value["type"])
        text = value.get("value")
        if width is None or not isinstance(text, str):
            return None
        if text.startswith("nan:"):
            out += ["nan32"] if width == 1 else ["nan64", "nan64"]
            continue
        number = int(text) & (2 ** (32 * width) - 1)
        out.append(str(number & 0xFFFFFFFF))
        if width == 2:
            out.append(str(number >> 32))
    return out


def call(command):
    action = command["action"]
    if action["type"] != "invoke" or "module" in action:
        return None
    name = action["field"].encode()
    arguments = cells(action["args"])
    results = cells(command.get("expected", [])) if command["type"] == "assert_return" else []
    if not name or b"\0" in name or arguments is None or results is None:
        return None
    if command["type"] == "assert_return":
        return ["return", name.hex(), *arguments, "=", *results]
    return ["trap", name.hex(), *arguments]


def lines(folder):
    for suite in sorted(folder.glob("*/*.json")):
        for command in json.loads(suite.read_text())["commands"]:
            kind = command["type"]
            name = command.get("filename", "")
            if kind == "module" or (kind in ("assert_invalid", "assert_malformed") and name.endswith(".wasm")):
                yield ["valid" if kind == "module" else "refused", str(suite.parent / name)]
            elif kind in ("assert_return", "assert_trap", "assert_exhaustion", "action"):
                if kind == "assert_trap" and "action" not in command:
                    continue
                found = call(dict(command, type="assert_return") if kind == "action" else command)
                yield found if found else ["skipped"]


def main():
    archive, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    unpack = subprocess.Popen(["zstd", "-qdc", archive], stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", str(folder)], stdin=unpack.stdout, check=True)
    with open(folder / "lines", "w") as out:
        for line in lines(folder):
            print(*line, file=out)


main()
