"""Builds the extension module against libsamara of a build directory, and takes that along."""

import os
import pathlib
import shutil

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent.parent


def library():
    """libsamara.so of the build directory that SAMARA_BUILD names, or of the usual ones."""
    named = os.environ.get("SAMARA_BUILD")
    builds = [pathlib.Path(named)] if named else [TREE / "build" / "release", TREE / "build" / "dev"]
    for build in builds:
        found = build / "lib" / "libsamara.so"
        if found.exists():
            return found.resolve()
    raise SystemExit("no libsamara.so in " + ", ".join(str(build / "lib") for build in builds) +
                     "; build the target samara_c, or set SAMARA_BUILD to a build directory")


class Build(build_ext):
    def build_extension(self, extension):
        found = library()
        folder = pathlib.Path(self.build_temp).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(found, folder / "libsamara.so")
        extension.library_dirs.append(str(folder))
        super().build_extension(extension)
        target = pathlib.Path(self.get_ext_fullpath(extension.name)).parent
        shutil.copy2(found, target / "libsamara.so.0")
        for program in ("samara-wasm-worker", "samara-wasm-aot"):  # for WebAssembly
            if (found.parent.parent / "bin" / program).exists():
                shutil.copy2(found.parent.parent / "bin" / program, target / program)


setup(
    cmdclass={"build_ext": Build},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
    ext_modules=[Extension(
        "samara._samara", sorted(f"src/{path.name}" for path in (HERE / "src").glob("*.cpp")),
        include_dirs=["src", str(TREE), str(TREE / "include")], libraries=["samara"], py_limited_api=True,
        define_macros=[("Py_LIMITED_API", "0x030b0000")], language="c++",
        extra_compile_args=["-std=c++20", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden"],
        extra_link_args=["-Wl,-rpath,$ORIGIN"],
    )],
)
