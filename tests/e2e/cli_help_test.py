"""Help, usage errors and completion of the command line."""
import shutil
import subprocess

import cli

COMMANDS = ["init", "put", "show", "type", "convert", "fn add", "fn ls", "fn show", "fn rm", "fn release", "run",
            "build", "sign", "key new", "key ls", "key trust", "key revoke", "key require", "check", "fmt", "repl", "lsp",
            "worker", "get", "status", "watch", "cache ls", "cache clear", "why", "log", "call ls", "call show", "call graph", "ref ls", "ref set", "ref rm", "gc", "fsck",
            "stats", "doctor", "version", "completion"]


class Help(cli.Cli):
    init = False

    def test_help_of_every_command_fits_a_screen_and_has_one_example(self):
        for command in COMMANDS:
            text = self.ok(*command.split(), "-h").out
            lines = text.splitlines()
            self.assertLessEqual(len(lines), 24, text)
            self.assertLessEqual(max(map(len, lines)), 80, text)
            self.assertTrue(text.startswith(f"usage: samara {command}"), text)
            examples = [line for line in lines if line.startswith("example: ")]
            self.assertEqual(len(examples), 1, text)
            self.assertIn(f"samara {command.split()[0]}", examples[0])

    def test_the_list_of_commands_names_each(self):
        text = self.ok("--help").out
        self.assertLessEqual(len(text.splitlines()), 24, text)
        for command in COMMANDS:
            self.assertIn(command.split()[0], text)
        self.assertNotIn("__complete", text)

    def test_help_in_front(self):
        self.assertEqual(self.ok("help", "fn", "add").out, self.ok("fn", "add", "-h").out)
        self.assertEqual(self.ok("help").out, self.ok("-h").out)
        self.assertEqual(self.ok("help", "fn").out, self.ok("fn", "-h").out)
        self.assertEqual(self.ok("--version").out, self.ok("version").out)

    def test_no_command_is_a_usage_error(self):
        result = self.samara()
        self.assertEqual(result.code, cli.USAGE)
        self.assertIn("usage: samara", result.err)
        self.assertEqual(self.samara("fn").code, cli.USAGE)

    def test_unknown_words_get_a_suggestion(self):
        self.fails(cli.USAGE, "statsu", says="unknown command 'statsu', did you mean 'status'?")
        self.fails(cli.USAGE, "fn", "lss", says="unknown command 'fn lss', did you mean 'ls'?")
        self.fails(cli.USAGE, "show", "x", "--tabel",
                   says="unknown option '--tabel' of 'samara show', did you mean '--table'?",
                   hint="samara show -h")
        self.fails(cli.USAGE, "zzzzz", says="unknown command 'zzzzz'", hint="samara -h")

    def test_missing_and_surplus_words(self):
        self.fails(cli.USAGE, "show", says="'samara show' expects OBJECT")
        self.fails(cli.USAGE, "show", "a", "b", says="unexpected argument 'b'")
        self.fails(cli.USAGE, "show", "a", "-o", says="option '--output' expects FILE")
        self.fails(cli.USAGE, "show", "a", "--table=yes", says="'--table' takes no value")

    def test_json_errors_are_objects(self):
        result = self.samara("--json", "statsu")
        self.assertEqual(result.code, cli.USAGE)
        self.assertIn('"type":"error"', result.err)
        self.assertIn('"exit":2', result.err)

    def test_version(self):
        self.assertRegex(self.ok("version").out, r"^samara \d+\.\d+\.\d+\n")
        self.assertEqual(self.ok("version", "--json").json()[0]["type"], "version")


class Completion(cli.Cli):
    def complete(self, *words):
        lines = self.ok("__complete", "--", *words).out.splitlines()
        return [line.split("\t")[0] for line in lines[:-1]], lines[-1]

    def test_words(self):
        self.assertEqual(self.complete("ru"), (["run"], ":none"))
        self.assertEqual(self.complete("fn", ""), (["add", "ls", "show", "rm", "release"], ":none"))
        self.assertEqual(self.complete("show", "--ta"), (["--table"], ":none"))
        self.assertEqual(self.complete("show", "-o", ""), ([], ":file"))
        self.assertEqual(self.complete("convert", "x", "--to", "j"), (["json"], ":none"))
        self.assertEqual(self.complete("convert", "x", "--to=j"), (["--to=json"], ":none"))
        self.assertEqual(self.complete("completion", ""), (["bash", "zsh", "fish"], ":none"))
        self.assertEqual(self.complete("__"), ([], ":none"))
        self.assertEqual(self.complete("--repo", ""), ([], ":folder"))

    def test_names_of_the_repository(self):
        self.add("mean")
        self.write("x.east", "[1, 2]")
        self.ok("put", "x.east", "--name", "data/numbers")
        self.assertEqual(self.complete("run", "me"), (["mean"], ":none"))
        self.assertEqual(self.complete("run", "mean", "data"), (["data/numbers"], ":none"))
        self.assertEqual(self.complete("run", "mean", "@"), ([], ":file"))
        self.assertEqual(self.complete("show", "da")[0], ["data/numbers"])
        repo = str(self.repository())
        words = ["__complete", "--", "--repo", repo, "run", ""]
        self.assertIn("mean\t", self.ok(*words, cwd="/").out)

    def test_no_repository_is_no_error(self):
        self.assertEqual(self.ok("__complete", "--", "run", "", cwd="/").out, ":none\n")

    def test_scripts_are_accepted_by_their_shells(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.ok("completion", shell).out
            self.assertIn("__complete", script)
            if shutil.which(shell):
                subprocess.run([shell, "-n"], input=script.encode(), check=True)
        self.fails(cli.USAGE, "completion", "tcsh", says="unknown shell 'tcsh'", hint="bash")

    def test_bash_completes(self):
        self.add("mean")
        self.ok("completion", "bash")
        script = f'''
          source <("{cli.BIN}" completion bash)
          COMP_WORDS=("{cli.BIN}" run me); COMP_CWORD=2; _samara; echo "${{COMPREPLY[@]}}"
          COMP_WORDS=("{cli.BIN}" sta); COMP_CWORD=1; _samara; echo "${{COMPREPLY[@]}}"
        '''
        found = subprocess.run(["bash", "-c", script], cwd=self.dir, check=True,
                               stdout=subprocess.PIPE).stdout.decode()
        self.assertEqual(found, "mean\nstatus stats\n")


if __name__ == "__main__":
    cli.main()
