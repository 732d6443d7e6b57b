#!/usr/bin/env python3
"""The editor grammar knows the words of the language, and colours the examples as they are meant.

A small reading of TextMate rules (match, begin/end, include) runs over lines; the regular
expressions of the grammar keep to what Python and Oniguruma both have.
"""
import json
import os
import re
import sys

ROOT = os.environ.get("SAMARA_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
GRAMMAR = json.load(open(os.path.join(ROOT, "editors", "east.tmLanguage.json")))
RULES = GRAMMAR["repository"]
failures = []
# Python's look-behind has one width; the places that need more are written as alternatives.
fixed = lambda p: re.compile(p.replace("(?<=[(,]|^)", "(?:(?<=[(,])|^)"), re.M)


def rules(patterns):
    for rule in patterns:
        if "include" in rule:
            name = rule["include"].lstrip("#")
            if name not in RULES:
                failures.append(f"include of {name}, which is not there")
                continue
            inner = RULES[name]
            if "match" in inner or "begin" in inner:
                yield inner
            else:
                yield from rules(inner["patterns"])
        else:
            yield rule


def scopes(text):
    """(text, scope) of what is coloured, in order."""
    out, at = [], 0
    stack = [{"patterns": GRAMMAR["patterns"]}]
    while at <= len(text):
        best = None
        top = stack[-1]
        if "end" in top:
            found = fixed(top["end"]).search(text, at)
            if found:
                best = (found.start(), -1, found, None)
        for order, rule in enumerate(rules(top["patterns"] if "patterns" in top else [])):
            found = fixed(rule.get("match") or rule["begin"]).search(text, at)
            if found and (found.end() > found.start()) and (best is None or found.start() < best[0]):
                best = (found.start(), order, found, rule)
        if best is None:
            break
        _, _, found, rule = best
        if rule is None:
            stack.pop()
        else:
            key = "captures" if "match" in rule else "beginCaptures"
            if "name" in rule and "match" in rule:
                out.append((found.group(), rule["name"]))
            for number, capture in rule.get(key, {}).items():
                if found.group(int(number)) is not None:
                    out.append((found.group(int(number)), capture["name"]))
            if "begin" in rule:
                stack.append(rule)
        at = max(found.end(), at + (0 if rule is None or "begin" in rule else 1))
        if len(out) > 100000:
            failures.append("no end")
            break
    if len(stack) != 1:
        failures.append(f"something is left open in: {text[:60]!r}")
    return out


def expect(text, wanted):
    found = scopes(text)
    for piece, scope in wanted:
        if not any(t == piece and s.startswith(scope) for t, s in found):
            failures.append(f"{piece!r} is not {scope} in {text!r}: {found}")


definitions = open(os.path.join(ROOT, "src", "lang", "tokens.def")).read()
words = re.findall(r'SAMARA_KEYWORD\(\w+, "(\w+)"\)', definitions)
if len(words) < 30:
    failures.append("tokens.def has few keywords")
whole = json.dumps(GRAMMAR)
for word in words:
    if not re.search(r"\b" + word + r"\b", whole):
        failures.append(f"keyword {word} is not in the grammar")

expect('fn area(circle: Circle) -> Float { 1.5 }', [
    ("fn", "keyword.declaration"), ("area", "entity.name.function"), ("circle", "variable.parameter"),
    ("Circle", "entity.name.type"), ("Float", "support.type"), ("1.5", "constant.numeric.float")])
expect('let a = "x\\(f("in") + 1)y" + z', [
    ("a", "variable.other.definition"), ("f", "entity.name.function"), ("1", "constant.numeric"),
    ("z", "variable.other")])
expect('match x { .some y -> xs.map(v -> v.count) }', [
    ("match", "keyword.control"), ("some", "variable.other.enummember"),
    ("map", "entity.name.function.member"), ("count", "variable.other.property")])
expect('let d = 2024-01-31T12:00:00 // for', [("2024-01-31T12:00:00", "constant.other.datetime"),
                                               ("// for", "comment")])
expect('(type = 1, match = x.type)', [("type", "variable.other.property")])
expect('rows: for x in `a b` { break rows }', [
    ("rows", "entity.name.label"), ("for", "keyword.control.loop"), ("`a b`", "variable.other.quoted")])
expect('import area as a from "shapes.east"\ntype T = rec L = .nil\nplatform pure fn now() -> DateTime', [
    ("from", "keyword.control.import"), ("T", "entity.name.type"), ("rec", "keyword.declaration"),
    ("platform", "storage.modifier"), ("now", "entity.name.function")])

guide = open(os.path.join(ROOT, "docs", "guide", "language.md")).read()
blocks = re.findall(r"```east\n(.*?)```", guide, re.S)
for block in blocks:
    scopes(block)
if len(blocks) < 20:
    failures.append("the tour has few examples")

for failure in failures:
    print(failure)
sys.exit(1 if failures else 0)
