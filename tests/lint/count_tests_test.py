"""tools/count_tests turns what ctest wrote into the numbers of the summary line."""
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
COUNTER = os.path.join(ROOT, "tools", "count_tests")
FAILURE = '<failure message=""/>'


def case(status, output="", inner=""):
    return f'<testcase name="x" status="{status}">{inner}<system-out>{output}</system-out></testcase>'


class CountTests(unittest.TestCase):
    def count(self, *cases):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "result.xml")
            with open(path, "wb") as file:
                file.write(b"<testsuite>" + "".join(cases).encode() + b"</testsuite>")
            return self.count_path(path)

    def count_path(self, path):
        done = subprocess.run([COUNTER, path], capture_output=True, text=True, check=True)
        return tuple(int(word) for word in done.stdout.split())

    def test_a_script_counts_as_one(self):
        self.assertEqual(self.count(case("run"), case("fail", "", FAILURE)), (1, 1, 0))

    def test_a_program_counts_as_its_cases(self):
        output = "[  PASSED  ] 30 tests.\n[  SKIPPED ] 2 tests, listed below:\n"
        self.assertEqual(self.count(case("run", output)), (30, 0, 2))
        output = "[  PASSED  ] 1 test.\n[  FAILED  ] 4 tests, listed below:\n"
        self.assertEqual(self.count(case("fail", output, FAILURE)), (1, 4, 0))

    def test_a_crash_before_the_summary_is_a_failure(self):
        self.assertEqual(self.count(case("fail", "[ RUN      ] A.b\n", FAILURE)), (0, 1, 0))

    def test_a_crash_after_the_summary_is_a_failure(self):
        self.assertEqual(self.count(case("fail", "[  PASSED  ] 9 tests.\n", FAILURE)), (9, 1, 0))

    def test_a_program_that_was_not_built_is_a_failure(self):
        missing = '<skipped message="Unable to find executable"/>'
        self.assertEqual(self.count(case("notrun", "", missing)), (0, 1, 0))

    def test_exit_code_77_is_skipped(self):
        self.assertEqual(self.count(case("notrun", "", '<skipped message="SKIP_RETURN_CODE=77"/>')), (0, 0, 1))

    def test_any_byte_in_the_output_is_tolerated(self):
        self.assertEqual(self.count(case("run", "\x01\x1b[0m\n[  PASSED  ] 2 tests.\n")), (2, 0, 0))

    def test_a_missing_file_is_a_failure(self):
        self.assertEqual(self.count_path("/nonexistent/result.xml"), (0, 1, 0))


if __name__ == "__main__":
    unittest.main()
