"""What stands for the behaviour of a function: the source of its module, and what that imports.

Code of the same place is taken by its bytes, all the way through; packages that are installed by
their names and versions; Python by its version."""

import os
import sys

try:
    from _sha2 import sha256  # without the start of OpenSSL
except ImportError:
    try:
        from _sha256 import sha256
    except ImportError:
        from hashlib import sha256

_MODULES_MAX = 1000
_ONLY_AST = 0x400


def _imports(source, path, package):
    """Names of all modules that a source imports, anywhere in it."""
    found = set()
    waiting = [compile(source, path, "exec", _ONLY_AST, True)]
    while waiting:
        node = waiting.pop()
        kind = type(node).__name__
        if kind == "Import":
            found.update(each.name for each in node.names)
        elif kind == "ImportFrom":
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                outer = parts[:len(parts) - node.level + 1]
                base = ".".join([*outer, base] if base else outer)
            found.add(base)
            found.update(f"{base}.{each.name}" for each in node.names if each.name != "*")
            continue
        for field in getattr(node, "_fields", ()):
            inner = getattr(node, field)
            if isinstance(inner, list):
                waiting.extend(inner)
            elif hasattr(inner, "_fields"):
                waiting.append(inner)
    return found


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _place(name):
    """The file of a module, loaded or not; None."""
    module = sys.modules.get(name)
    if module is not None:
        return getattr(module, "__file__", None)
    try:
        import importlib.util
        spec = importlib.util.find_spec(name)
    except Exception:  # noqa: BLE001 - a parent that is no package, or cannot be imported
        return None
    return None if spec is None else spec.origin


def _installed(top):
    """The version of an installed package; None."""
    version = getattr(sys.modules.get(top), "__version__", None)
    if isinstance(version, str):
        return version
    from importlib import metadata
    try:
        return metadata.version(top)
    except Exception:  # noqa: BLE001 - not of that name
        return None


def _lines(source, path, package):
    """All that a source depends on, one line for each."""
    lines = {}
    done = set()
    waiting = [(source, path, package)]
    while waiting and len(done) < _MODULES_MAX:
        text, file, inside = waiting.pop()
        try:
            names = _imports(text, file, inside)
        except (SyntaxError, ValueError):
            continue
        for name in names:
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                each = ".".join(parts[:depth])
                top = parts[0]
                if not top or each in done or top in sys.stdlib_module_names or top == "samara":
                    continue
                done.add(each)
                place = _place(each)
                if place is None:
                    if depth == 1:
                        lines[each] = f"{each} {_installed(each) or 'absent'}"
                    continue
                if f"{os.sep}site-packages{os.sep}" in place or \
                        f"{os.sep}dist-packages{os.sep}" in place:
                    version = _installed(top)
                    if version is not None:
                        lines[top] = f"{top} {version}"
                        continue
                data = _read(place)
                if data is None:
                    continue
                lines[each] = f"{each} {sha256(data).hexdigest()}"
                if place.endswith(".py"):
                    is_package = os.path.basename(place) == "__init__.py"
                    waiting.append((data, place, each if is_package else each.rpartition(".")[0]))
    return [lines[name] for name in sorted(lines)]


def _code(code, digest):
    digest.update(code.co_code)
    digest.update(repr((code.co_names, code.co_varnames)).encode())
    for each in code.co_consts:
        if hasattr(each, "co_code"):
            _code(each, digest)
        else:
            digest.update(repr(each).encode())


def implementation(function):
    """64 hex digits."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    function = getattr(function, "func", function)  # functools.partial
    code = getattr(function, "__code__", None)
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    path = code.co_filename if code is not None else getattr(module, "__file__", None)
    digest = sha256(f"python {sys.version_info[0]}.{sys.version_info[1]}\n".encode())
    source = None if path is None else _read(path)
    if source is None:
        if code is None:
            digest.update(repr(function).encode())
        else:
            _code(code, digest)
        return digest.hexdigest()
    digest.update(sha256(source).hexdigest().encode())
    for line in _lines(source, path, getattr(module, "__package__", None) or ""):
        digest.update(f"\n{line}".encode())
    return digest.hexdigest()
