"""The checker of tools/check_layers finds each kind of violation and nothing else."""
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CHECKER = os.path.join(ROOT, "tools", "check_layers")
TABLE = "core:\nport: core\nvalue: core\nstore: core port\nruntime: core\nruntime/east: core runtime\n"


class CheckLayers(unittest.TestCase):
    def run_on(self, files, table=TABLE):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {"src/layers.txt": table, **files}.items():
                path = os.path.join(root, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            done = subprocess.run([CHECKER, root], capture_output=True, text=True, check=False)
            self.assertEqual(done.stderr, "")
            return done.returncode, done.stdout.splitlines()

    def accepted(self, files):
        self.assertEqual(self.run_on(files), (0, []))

    def refused(self, files, *complaints):
        code, lines = self.run_on(files)
        self.assertEqual(lines, list(complaints))
        self.assertEqual(code, 1)

    def test_allowed_includes_are_accepted(self):
        self.accepted({
            "src/value/a.hpp": '#include "core/result.hpp"\n#include "value/b.hpp"\n#include <vector>\n',
            "src/runtime/east/a.cpp": '#include "runtime/runtime.hpp"\n#include "core/a.hpp"\n',
            "ports/linux/files.cpp": '#include "port/files.hpp"\n#include "ports/linux/files.hpp"\n',
        })

    def test_upward_include_names_file_line_and_what_is_allowed(self):
        self.refused(
            {"src/value/a.hpp": '#pragma once\n\n#include "store/objects.hpp"\n'},
            "src/value/a.hpp:3: layer 'value' may not include 'store' (allowed: core)",
        )

    def test_layer_without_dependencies_says_none(self):
        self.refused(
            {"src/core/a.hpp": '#include "value/a.hpp"\n'},
            "src/core/a.hpp:1: layer 'core' may not include 'value' (allowed: none)",
        )

    def test_nested_layer_is_a_layer_of_its_own(self):
        self.refused(
            {"src/runtime/a.hpp": '#include "runtime/east/a.hpp"\n'},
            "src/runtime/a.hpp:1: layer 'runtime' may not include 'runtime/east' (allowed: core)",
        )

    def test_tests_obey_the_include_rule(self):
        self.refused(
            {"src/value/a_test.cpp": '#include "store/objects.hpp"\n'},
            "src/value/a_test.cpp:1: layer 'value' may not include 'store' (allowed: core)",
        )

    def test_include_without_folder_is_refused(self):
        self.refused(
            {"src/value/a.cpp": '#include "a.hpp"\n'},
            'src/value/a.cpp:1: include "a.hpp" by its path from src/',
        )

    def test_port_includes_only_core_port_and_itself(self):
        self.refused(
            {"ports/linux/a.cpp": '#include "value/a.hpp"\n#include "ports/sim/a.hpp"\n'},
            "ports/linux/a.cpp:1: layer 'ports/linux' may not include 'value' (allowed: core port)",
            "ports/linux/a.cpp:2: layer 'ports/linux' may not include 'ports/sim' (allowed: core port)",
        )

    def test_table_cannot_express_a_cycle(self):
        code, lines = self.run_on({}, table="core: value\nvalue: core\n")
        self.assertEqual(code, 1)
        self.assertIn("layers.txt:1: layer 'core' names 'value', which is not a layer above this line", lines[0])

    def test_folder_outside_the_table_is_refused(self):
        self.refused({"src/odd/a.cpp": "\n"}, "src/odd/a.cpp:1: folder is not a layer of src/layers.txt")

    def test_forbidden_calls_are_found_in_each_spelling(self):
        for line, call in (
            ("auto t = time(nullptr);", "time"),
            ("auto t = std::time(nullptr);", "time"),
            ("int f = ::open(path, 0);", "open"),
            ("return open(path, 0);", "open"),
            ("if (socket(a, b, c) < 0) {", "socket"),
            ('auto v = std::getenv("HOME");', "getenv"),
            ("int x = rand() % 6;", "rand"),
            ("auto n = std::chrono::steady_clock::now();", "now"),
            ("throw Oops();", "throw"),
        ):
            code, lines = self.run_on({"src/value/a.cpp": line + "\n"})
            self.assertEqual(code, 1, line)
            self.assertEqual(len(lines), 1, line)
            self.assertIn(f"src/value/a.cpp:1: '{call}' is not used outside ports/", lines[0])

    def test_members_declarations_comments_and_texts_are_not_calls(self):
        self.accepted({"src/value/a.cpp": "\n".join((
            "auto file = files.open(path);",
            "auto file = files->open(path);",
            "auto store = Repository::open(path);",
            "Result<File> open(std::string_view path);",
            "virtual Result<std::unique_ptr<File>> open(Path path) = 0;",
            "// throw nothing, call open() never",
            "/* time(0)",
            "   rand() */",
            'fail("cannot open(it), throw");',
            'auto text = R"(throw time(0))";',
            "lease_time(3);",
            "int time = 3;",
        )) + "\n"})

    def test_a_function_of_the_file_or_its_header_is_not_the_system_call(self):
        header = "class A {\n  Result<File> open(Hash hash);\n};\n"
        self.accepted({"src/value/a.hpp": header, "src/value/a.cpp": "auto file = open(hash);\n"})
        self.accepted({"src/value/a.cpp": "Result<File> A::open(Hash hash) {\nreturn open(hash, 1);\n"})
        for call in ("auto file = ::open(path, 0);", "return ::open(path, 0);"):
            code, _ = self.run_on({"src/value/a.hpp": header, "src/value/a.cpp": call + "\n"})
            self.assertEqual(code, 1, call)
        code, _ = self.run_on({"src/value/a.hpp": header, "src/value/b.cpp": "auto file = open(path, 0);\n"})
        self.assertEqual(code, 1)

    def test_calls_are_free_in_ports_and_tests(self):
        self.accepted({
            "ports/linux/a.cpp": "int f = ::open(path, 0);\n",
            "src/value/a_test.cpp": 'auto v = std::getenv("HOME");\n',
        })

    def test_a_stated_reason_allows_one_call_on_its_line(self):
        self.accepted({"src/value/a.cpp": "open(x);  // check_layers: allow open, a member of this class\n"})
        code, _ = self.run_on({"src/value/a.cpp": "open(x);  // check_layers: allow open,\n"})
        self.assertEqual(code, 1)
        code, _ = self.run_on({"src/value/a.cpp": "open(x);  // check_layers: allow time, why\n"})
        self.assertEqual(code, 1)


if __name__ == "__main__":
    unittest.main()
