"""put, show, type, convert, ref: values in and out of a repository."""
import hashlib
import subprocess

import cli

SALES = "order,region,price\n1,north,2.5\n2,south,10.25\n"
SALES_TYPE = ('.Array .Struct [(name="order", type=.Integer), (name="region", type=.String), '
              '(name="price", type=.Float)]')


class Put(cli.Cli):
    def test_equal_values_have_one_id_whatever_their_format(self):
        self.write("a.csv", SALES)
        first = self.line("put", "a.csv")
        self.assertRegex(first, cli.HASH)
        for name in ("b.beast2", "b.json", "b.east", "b.csv"):
            self.ok("show", first, "-o", name)
            words = ["-t", SALES_TYPE] if name.endswith("json") else []
            self.assertEqual(self.line("put", name, *words), first, name)
        self.ok("convert", "b.beast2", "-o", "a.beast2", "--dialect", "a")
        self.assertNotEqual((self.dir / "a.beast2").read_bytes(), (self.dir / "b.beast2").read_bytes())
        self.assertEqual(self.line("put", "a.beast2"), first)

    def test_the_id_is_the_hash_of_the_stored_bytes(self):
        self.write("x.east", "[3, 1, 2]")
        name = self.line("put", "x.east")
        stored = self.object_path(name).read_bytes()
        self.assertEqual(hashlib.sha256(stored).hexdigest(), name)
        self.assertEqual(self.ok("show", name, "--raw").raw, stored)
        self.assertEqual(self.ok("show", name, "--to", "beast2").raw, stored)

    def test_standard_input_and_names(self):
        name = self.line("put", "-", "--from", "east", "--name", "n/x", stdin="{1, 2}")
        self.assertEqual(self.line("show", "n/x"), "{1,2}")
        self.assertEqual(self.line("show", name[:8]), "{1,2}")
        self.assertEqual(self.ok("ref", "ls").out, f"{name}  n/x\n")

    def test_several_files_of_which_one_fails(self):
        self.write("a.east", "1")
        self.write("b.east", "[")
        result = self.samara("put", "a.east", "b.east")
        self.assertEqual(result.code, cli.PARTLY)
        self.assertRegex(result.out.strip(), cli.HASH)
        self.assertIn("'b.east'", result.err)

    def test_raw_bytes(self):
        self.write("x.bin", bytes(range(256)))
        name = self.line("put", "x.bin", "--raw")
        self.assertEqual(name, hashlib.sha256(bytes(range(256))).hexdigest())
        self.assertEqual(self.ok("show", "--raw", name).raw, bytes(range(256)))
        self.fails(cli.FAILED, "show", name, says="holds no East value but 256 B",
                   hint=f"samara show --raw {name[:12]}")
        self.fails(cli.FAILED, "type", name, says="holds no East value")

    def test_large_raw_objects_stream_in_constant_memory(self):
        size = 512 << 20
        path = self.dir / "big.bin"
        with open(path, "wb") as file:
            file.truncate(size)
        limit = ["bash", "-c", f'ulimit -v {256 << 10}; exec "$@"', "-"]
        put = subprocess.run([*limit, cli.BIN, "put", "big.bin", "--raw"], cwd=self.dir,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if b"ulimit" in put.stderr:
            self.skipTest("memory cannot be limited here")
        self.assertEqual(put.returncode, 0, put.stderr)
        show = subprocess.Popen([*limit, cli.BIN, "show", put.stdout.decode().strip(), "--raw"],
                                cwd=self.dir, stdout=subprocess.PIPE)
        got = 0
        while chunk := show.stdout.read(1 << 20):
            got += len(chunk)
        show.stdout.close()
        self.assertEqual(show.wait(), 0)
        self.assertEqual(got, size)

    def test_json_lines(self):
        self.write("x.east", "[1]")
        line = self.ok("put", "x.east", "--json").json()[0]
        self.assertEqual(line["type"], "object")
        self.assertEqual(line["east_type"], "Array<Integer>")
        shown = self.ok("show", line["id"], "--json").json()[0]
        self.assertEqual(shown["value"], ["1"])
        self.assertEqual(shown["type"], "value")


class Show(cli.Cli):
    def test_tables(self):
        self.write("a.csv", "name,n,note\nbolt,5,\nlong bolt,12345,heavy\n")
        self.ok("put", "a.csv", "--name", "a")
        self.assertEqual(self.ok("show", "a", "--table").out.splitlines(), [
            "name           n  note",
            "---------  -----  -----",
            "bolt           5",
            "long bolt  12345  heavy",
        ])
        self.write("d.east", '{"a": 1, "b": 22}')
        self.ok("put", "d.east", "--name", "d")
        self.assertEqual(self.ok("show", "d", "--table").out,
                         "key  value\n---  -----\na        1\nb       22\n")
        self.write("i.east", "30")
        self.ok("put", "i.east", "--name", "i")
        self.fails(cli.FAILED, "show", "i", "--table", says="Integer has no rows")

    def test_files_are_shown_too(self):
        self.write("x.east", "[1,2]")
        self.assertEqual(self.line("show", "@x.east"), "[1, 2]")

    def test_output_format_is_told_by_the_extension(self):
        self.write("x.east", "[1,2]")
        self.ok("put", "x.east", "--name", "x")
        self.ok("show", "x", "-o", "x.json")
        self.assertEqual((self.dir / "x.json").read_text(), '["1","2"]\n')
        self.fails(cli.USAGE, "show", "x", "-o", "x.foo", says="cannot tell a format")
        self.fails(cli.FAILED, "show", "x", "-o", "x.csv", says="cannot write Array<Integer> as csv")
        self.assertFalse((self.dir / "x.csv").exists())

    def test_type(self):
        self.write("a.csv", SALES)
        self.ok("put", "a.csv", "--name", "a")
        self.assertEqual(self.line("type", "a"), SALES_TYPE)
        self.assertEqual(self.line("type", "@a.csv"), SALES_TYPE)
        self.assertEqual(self.line("type", "a.csv"), SALES_TYPE)
        self.assertEqual(self.line("type", "a", "--short"),
                         "Array<Struct{order: Integer, region: String, price: Float}>")


class Convert(cli.Cli):
    init = False

    def convert(self, text, *words):
        return self.ok("convert", "-", *words, stdin=text)

    def test_between_all_formats(self):
        self.write("a.csv", SALES)
        self.ok("convert", "a.csv", "-o", "a.beast2")
        self.ok("convert", "a.beast2", "-o", "a.json")
        self.ok("convert", "a.json", "-t", "@a.beast2", "-o", "a.east")
        self.ok("convert", "a.east", "-t", SALES_TYPE, "-o", "b.csv")
        self.assertEqual((self.dir / "b.csv").read_bytes(), SALES.replace("\n", "\r\n").encode())
        self.ok("convert", "a.beast2", "-o", "a.beast")
        self.assertEqual(self.ok("convert", "a.beast", "--to", "beast2").raw,
                         (self.dir / "a.beast2").read_bytes())

    def test_streams(self):
        self.assertEqual(self.convert('["1","2"]', "--from", "json", "-t", ".Array .Integer",
                                      "--to", "east").out, "[1, 2]\n")
        beast2 = self.convert("(a=1, b=\"x\")", "--from", "east", "--to", "beast2").raw
        self.assertEqual(self.ok("convert", "-", "--to", "json", stdin=beast2).out,
                         '{"a":"1","b":"x"}\n')

    def test_delimiters(self):
        out = self.convert("a;b\n1;2\n", "--from", "csv", "--delimiter", ";", "--to", "east").out
        self.assertEqual(out, "[(a=1, b=2)]\n")
        self.write("a.tsv", "a\tb\n1\t2\n")
        self.assertEqual(self.ok("convert", "a.tsv", "--to", "east").out, "[(a=1, b=2)]\n")

    def test_what_is_missing_is_asked_for(self):
        self.fails(cli.USAGE, "convert", "-", says="format to convert to is missing")
        self.fails(cli.USAGE, "convert", "-", "--to", "json", stdin="1",
                   says="cannot tell the format of standard input", hint="say --from")
        self.fails(cli.USAGE, "convert", "-", "--from", "json", "--to", "east", stdin="1",
                   says="JSON does not tell its type", hint="give it: --type")
        self.fails(cli.USAGE, "convert", "-", "--from", "yaml", "--to", "east", stdin="1",
                   says="unknown format 'yaml'")
        self.fails(cli.USAGE, "convert", "-", "--from", "east", "--to", "json", "-t", ".Arry",
                   stdin="1", says="option '--type' holds no type")

    def test_bad_input_tells_where(self):
        self.fails(cli.FAILED, "convert", "-", "--from", "json", "-t", ".Array .Integer", "--to",
                   "east", stdin='["1", "x"]', says=["cannot read standard input as json", "line 1"])
        self.fails(cli.FAILED, "convert", "-", "--from", "east", "--to", "json", stdin="[1,\n 2",
                   says=["cannot read standard input as east", "line 2"])
        self.fails(cli.FAILED, "convert", "-", "--from", "csv", "-t",
                   '.Struct [(name="a", type=.Integer)]', "--to", "json", stdin="a\n1\nx\n",
                   says="cannot read standard input as csv")

    def test_deep_nesting_is_refused_not_a_crash(self):
        deep = "[" * 200000
        self.fails(cli.FAILED, "convert", "-", "--from", "east", "--to", "json", stdin=deep)


class Refs(cli.Cli):
    def test_set_list_remove(self):
        self.write("x.east", "1")
        name = self.line("put", "x.east")
        self.ok("ref", "set", "a/b", name[:10])
        self.ok("ref", "set", "c", "a/b")
        self.assertEqual(self.ok("ref", "ls").out, f"{name}  a/b\n{name}  c\n")
        self.assertEqual(self.ok("ref", "ls", "a/").out, f"{name}  a/b\n")
        self.assertEqual(self.ok("ref", "ls", "c", "--json").json(),
                         [{"type": "ref", "name": "c", "id": name}])
        self.ok("ref", "rm", "c")
        self.fails(cli.FAILED, "ref", "rm", "a/c", says="'a/c'", hint="did you mean 'a/b'?")
        result = self.samara("ref", "rm", "a/b", "zz")
        self.assertEqual(result.code, cli.PARTLY)
        self.assertEqual(self.ok("ref", "ls").out, "")

    def test_conditions(self):
        self.write("x.east", "1")
        self.write("y.east", "2")
        x, y = self.line("put", "x.east"), self.line("put", "y.east")
        self.ok("ref", "set", "r", x, "--new")
        self.fails(cli.FAILED, "ref", "set", "r", y, "--new", says="'r'")
        self.fails(cli.FAILED, "ref", "set", "r", y, "--if", y, says="'r'")
        self.ok("ref", "set", "r", y, "--if", x)
        self.assertEqual(self.line("show", "r"), "2")

    def test_bad_names(self):
        self.write("x.east", "1")
        x = self.line("put", "x.east")
        self.fails(cli.FAILED, "ref", "set", "a//b", x)
        self.fails(cli.FAILED, "ref", "set", "../evil", x)
        self.assertFalse((self.repository() / "evil").exists())


class Startup(cli.Cli):
    def test_a_reader_that_goes_away_is_no_error_message(self):
        self.write("x.east", "[" + ", ".join("1" for _ in range(200000)) + "]")
        self.ok("put", "x.east", "--name", "x")
        process = subprocess.Popen([cli.BIN, "show", "x"], cwd=self.dir, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.read(10)
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()
        process.wait()


if __name__ == "__main__":
    cli.main()
