"""Finding, checking and cleaning repositories, and what happens when the disk or a file is bad."""
import fcntl
import json
import os
import subprocess

import cli


class Finding(cli.Cli):
    init = False

    def test_the_nearest_repository_upwards(self):
        self.fails(cli.NO_REPOSITORY, "stats", says="no repository in", hint="samara init", cwd="/")
        self.ok("init")
        below = self.dir / "a" / "b"
        below.mkdir(parents=True)
        self.assertIn(str(self.repository()), self.ok("stats", cwd=below).out)

    def test_option_and_variable(self):
        self.ok("init", "--repo", "one")
        (self.dir / "two").mkdir()
        self.ok("init", "two")
        self.assertIn("one", self.ok("stats", "--repo", "one").out)
        self.assertIn("two/.samara", self.ok("stats", env={"SAMARA_REPO": "two"}).out)
        self.assertIn("one", self.ok("stats", "--repo=one", env={"SAMARA_REPO": "two"}).out)
        self.fails(cli.NO_REPOSITORY, "stats", "--repo", "three", says="'three'")

    def test_init_twice_or_over_other_things(self):
        self.ok("init")
        self.fails(cli.FAILED, "init", says="it is a repository already")
        (self.dir / "full").mkdir()
        self.write("full/x", "")
        self.fails(cli.FAILED, "init", "--repo", "full", says="the directory is not empty")

    def test_init_says_nothing_that_a_script_must_filter(self):
        result = self.ok("init")
        self.assertEqual((result.out, result.err), ("", ""))

    def test_a_repository_of_a_newer_version(self):
        self.ok("init")
        path = self.repository() / "samara.json"
        format_file = json.loads(path.read_text())
        key = next(k for k, v in format_file.items() if v == 1)
        format_file[key] = 99
        os.chmod(path, 0o644)
        path.write_text(json.dumps(format_file))
        self.fails(cli.FAILED, "stats", says=["generation 99", "newer Samara is needed"],
                   hint="samara version")


class Damage(cli.Cli):
    def put(self, text, name="x.east"):
        self.write(name, text)
        return self.line("put", name)

    def damage(self, object_id):
        path = self.object_path(object_id)
        contents = bytearray(path.read_bytes())
        contents[-1] ^= 1
        os.chmod(path, 0o644)
        path.write_bytes(contents)

    def test_fsck_of_a_whole_repository(self):
        self.put("1")
        self.assertRegex(self.ok("fsck").out, r"^whole: 1 objects")
        self.assertEqual(self.ok("fsck", "--json").json()[-1]["clean"], True)

    def test_fsck_finds_explains_and_repairs(self):
        name = self.put("[1, 2, 3]")
        self.ok("ref", "set", "r", name)
        self.damage(name)
        result = self.samara("fsck")
        self.assertEqual(result.code, cli.FAILED, result)
        self.assertIn("damaged-object", result.out)
        self.assertIn("hint:", result.out)
        self.fails(cli.FAILED, "show", "r", says=name[:12])
        kinds = {f.get("kind") for f in self.samara("fsck", "--json").json()}
        self.assertIn("damaged-object", kinds)
        self.ok("fsck", "--repair")
        self.assertEqual(self.put("[1, 2, 3]"), name)
        self.ok("ref", "set", "r", name)
        self.ok("fsck")
        self.assertEqual(self.line("show", "r"), "[1, 2, 3]")

    def test_gc_keeps_what_is_named(self):
        kept, dropped = self.put("1"), self.put("2")
        self.ok("ref", "set", "r", kept)
        self.assertIn("would remove 1 objects", self.ok("gc", "--grace", "0s", "-n").out)
        self.assertTrue(self.object_path(dropped).exists())
        report = self.ok("gc", "--grace", "0s", "--json").json()[0]
        self.assertEqual((report["objects_removed"], report["objects_kept"]), (1, 1))
        self.assertFalse(self.object_path(dropped).exists())
        self.assertIn("removed 0 objects", self.ok("gc").out)
        self.fails(cli.USAGE, "gc", "--grace", "never", says="expects a duration, got 'never'")

    def test_gc_keeps_functions_and_what_they_computed(self):
        self.add("sum_to")
        self.ok("run", "sum_to", "9")
        self.ok("gc", "--grace", "0s")
        self.assertTrue(self.ok("run", "sum_to", "9", "--json").json()[0]["from_memory"])
        self.ok("gc", "--grace", "0s", "--keep-days", "0")
        self.assertFalse(self.ok("run", "sum_to", "9", "--json").json()[0]["from_memory"])
        self.ok("fsck")

    def test_one_collector_at_a_time(self):
        with open(self.repository() / "locks" / "gc", "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.fails(cli.LOCKED, "gc", says="locked")
        self.ok("gc")

    def test_stats(self):
        self.add("sum_to")
        self.ok("run", "sum_to", "9")
        stats = self.ok("stats", "--json").json()[0]
        self.assertEqual((stats["functions"], stats["calls"], stats["attempts"]), (1, 1, 1))
        self.assertIn("1 attempts", self.ok("stats").out)


class BadInput(cli.Cli):
    def test_a_truncated_file(self):
        self.write("x.east", '["some", "words", "here"]')
        self.ok("convert", "x.east", "-o", "x.beast2")
        whole = (self.dir / "x.beast2").read_bytes()
        self.write("short.beast2", whole[:-3])
        self.fails(cli.FAILED, "put", "short.beast2",
                   says=["cannot read 'short.beast2' as beast2", "offset"])
        self.write("empty.beast2", b"")
        self.fails(cli.FAILED, "put", "empty.beast2", says="cannot read 'empty.beast2' as beast2")

    def test_a_wrong_magic(self):
        self.write("x.beast2", b"PK\x03\x04 something else")
        self.fails(cli.FAILED, "put", "x.beast2",
                   says=["cannot read 'x.beast2' as beast2", "magic"])
        self.fails(cli.FAILED, "fn", "add", "x.beast2", says="cannot add 'x.beast2'")

    def test_files_that_are_not_there(self):
        self.fails(cli.FAILED, "put", "no.csv",
                   says="cannot open 'no.csv': no such file or directory")
        self.fails(cli.FAILED, "put", "--raw", "no.csv",
                   says="cannot open 'no.csv': no such file or directory")
        self.fails(cli.FAILED, "put", ".", says="it is a directory")
        self.fails(cli.FAILED, "show", "nothing", says="'nothing'", hint="samara ref ls")

    def test_an_ambiguous_prefix_lists_what_it_could_be(self):
        # Enough objects that two begin with the same four digits: names of one prefix are made.
        folder = self.repository() / "objects" / "ab"
        names = ["ab" + "cd12" + digit * 58 for digit in "12"]
        for name in names:
            (folder / name[2:]).write_bytes(b"x")
        self.fails(cli.FAILED, "show", "abcd", says=[names[0][:12], names[1][:12]],
                   hint="give more digits")

    def test_a_full_disk(self):
        self.write("x.east", "[1, 2, 3]")
        self.ok("put", "x.east", "--name", "x")
        with open("/dev/full", "wb") as full:
            result = self.samara("show", "x", stdout=full)
        self.assertEqual(result.code, cli.FAILED)
        self.assertIn("cannot write to standard output: disk full", result.err)
        self.fails(cli.FAILED, "show", "x", "--to", "json", "-o", "/dev/full",
                   says="cannot write '/dev/full': disk full")

    def test_a_full_file_system(self):
        mount = self.dir / "small"
        mount.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,nr_inodes=2k", "none", mount],
                              stderr=subprocess.PIPE, check=False)
        if made.returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        try:
            self.ok("init", "--repo", mount / "repo")
            self.write("big", os.urandom(8 << 20))
            self.fails(cli.FAILED, "put", "--raw", "big", "--repo", mount / "repo", says="disk full",
                       hint="free and")
            self.ok("fsck", "--repo", mount / "repo")
            self.write("x.east", "1")
            self.ok("put", "x.east", "--repo", mount / "repo")
        finally:
            subprocess.run(["umount", mount], check=True)

    def test_a_read_only_repository(self):
        self.write("x.east", "1")
        self.ok("put", "x.east", "--name", "x")
        self.write("y.east", "2")
        if os.geteuid() == 0:
            bound = subprocess.run(["mount", "--bind", "-o", "ro", self.dir, self.dir],
                                   stderr=subprocess.PIPE, check=False)
            if bound.returncode != 0:
                self.skipTest("root writes anywhere, and nothing can be mounted here")
            try:
                self.read_only_checks()
            finally:
                subprocess.run(["umount", self.dir], check=True)
        else:
            for path, _, _ in os.walk(self.repository()):
                os.chmod(path, 0o555)
            self.read_only_checks()

    def read_only_checks(self):
        self.assertEqual(self.line("show", "x"), "1")
        result = self.fails(cli.FAILED, "put", "y.east")
        self.assertRegex(result.err, "read-only|permission denied")


if __name__ == "__main__":
    cli.main()
