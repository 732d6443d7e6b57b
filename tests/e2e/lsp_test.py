"""`samara lsp` driven by a real client, Neovim's, and by messages no client would send."""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

import cli

HERE = pathlib.Path(__file__).parent

SOURCE = """\
fn doubled(xs: Array<Integer>) -> Array<Integer> { xs.map((x) -> x * 2) }

/// The sum of twice each, \U0001f341 included.
fn main(xs: Array<Integer>) -> Integer {
  // here
  var total = 0
  for x   in doubled(xs) { total += x }
  totl
}
"""


def frame(message):
    content = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(content), content)


class Editor(cli.Cli):
    init = False

    @unittest.skipUnless(shutil.which("nvim"), "there is no nvim")
    def test_neovim_finds_everything_it_asks_for(self):
        source = self.dir / "sum.east"
        source.write_text(SOURCE)
        report = self.dir / "report.json"
        environment = dict(os.environ, SAMARA=str(cli.BIN), SOURCE=str(source), REPORT=str(report),
                           HOME=str(self.dir))
        subprocess.run(["nvim", "--headless", "-u", "NONE", "-S", str(HERE / "lsp_client.lua")],
                       env=environment, timeout=120, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        seen = json.loads(report.read_text())
        self.assertNotIn("problem", seen, seen)
        self.assertEqual([d["line"] for d in seen["first"]], [7])
        self.assertIn("totl", seen["first"][0]["message"])
        self.assertIn("total", seen["first"][0]["message"])
        self.assertIn("Integer", seen["hover"]["contents"]["value"])
        self.assertEqual(seen["definition"]["range"]["start"], {"line": 0, "character": 3})
        self.assertEqual([r["range"]["start"]["line"] for r in seen["references"]], [0, 6])
        self.assertEqual([s["name"] for s in seen["symbols"]], ["doubled", "main"])
        self.assertEqual(seen["mended"], [])
        labels = [item["label"] for item in seen["completion"]["items"]]
        self.assertIn("map", labels)
        self.assertIn("flatten_to_set", labels)
        self.assertEqual(seen["renamed"][0][:9], "fn twice(")
        self.assertIn("in twice(xs)", seen["renamed"][6])
        self.assertEqual(seen["after_rename"], [])
        self.assertIn("cannot be renamed", seen["refused"]["error"])
        self.assertIn("  for x in twice(xs) {", "\n".join(seen["formatted"]))
        self.assertTrue(seen["stopped"])

    def talk(self, *frames):
        process = subprocess.run([str(cli.BIN), "lsp"], input=b"".join(frames), cwd=self.dir,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                                 check=False)
        answers, rest = [], process.stdout
        while rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            length = int(head.split(b":")[1])
            answers.append(json.loads(rest[:length]))
            rest = rest[length:]
        return process, answers

    def test_shutdown_and_exit_are_the_proper_end(self):
        process, answers = self.talk(
            frame({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}),
            frame({"jsonrpc": "2.0", "id": 2, "method": "shutdown"}),
            frame({"jsonrpc": "2.0", "method": "exit"}))
        self.assertEqual(process.returncode, cli.DONE)
        self.assertIn("hoverProvider", answers[0]["result"]["capabilities"])
        self.assertIsNone(answers[1]["result"])

    def test_an_editor_that_goes_away_ends_the_server(self):
        process, _ = self.talk(frame({"jsonrpc": "2.0", "id": 1, "method": "initialize"}))
        self.assertEqual(process.returncode, cli.FAILED)

    def test_wrong_messages_are_refused_and_the_server_goes_on(self):
        hover = {"textDocument": {"uri": "file:///x"}, "position": {"line": 0, "character": 0}}
        _, answers = self.talk(
            frame({"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": hover}),
            frame({"jsonrpc": "2.0", "id": 2, "method": "initialize"}),
            frame(b"{not json"),
            frame([1, 2]),
            frame({"jsonrpc": "2.0", "id": 3, "method": "no/such"}),
            frame({"jsonrpc": "2.0", "id": 4, "method": "textDocument/hover", "params": {}}),
            frame({"jsonrpc": "2.0", "id": 5, "method": "textDocument/hover", "params": hover}),
            frame({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": 7}),
            frame({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {}}),
            frame({"jsonrpc": "2.0", "id": 6, "method": "shutdown"}))
        codes = [a.get("error", {}).get("code") for a in answers]
        self.assertEqual(codes, [-32002, None, -32700, -32600, -32601, -32602, -32803, None])

    def test_a_text_that_breaks_off_is_an_error(self):
        for bad in (b"Content-Length: 5\r\n\r\n{}", b"Hello\r\n\r\n", b"Content-Length: x\r\n\r\n",
                    b"Content-Length: 99999999999\r\n\r\n"):
            process, _ = self.talk(bad)
            self.assertEqual(process.returncode, cli.FAILED, bad)
            self.assertIn(b"samara: error: ", process.stderr)

    def test_invalid_utf8_is_a_diagnostic_and_no_end(self):
        opened = json.dumps({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {
            "textDocument": {"uri": "file:///x.east", "languageId": "east", "version": 1,
                             "text": "fn f() -> String { \"A\" }"}}}).encode().replace(b"A", b"\xff")
        process, answers = self.talk(
            frame({"jsonrpc": "2.0", "id": 1, "method": "initialize"}), frame(opened),
            frame({"jsonrpc": "2.0", "id": 2, "method": "shutdown"}),
            frame({"jsonrpc": "2.0", "method": "exit"}))
        self.assertEqual(process.returncode, cli.DONE)
        self.assertEqual(answers[-1]["id"], 2)


if __name__ == "__main__":
    unittest.main()
