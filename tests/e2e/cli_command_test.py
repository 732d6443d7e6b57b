"""Programs of the machine as functions: what goes in and out, and what they cannot do."""
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import unittest

import cli


def boxes_work():
    probe = ["unshare", "--user", "--pid", "--mount", "--net", "--fork", "true"]
    return shutil.which("unshare") and subprocess.run(probe, stderr=subprocess.DEVNULL,
                                                      check=False).returncode == 0


class Commands(cli.Cli):
    def setUp(self):
        super().setUp()
        self.count = 0

    def add(self, line, *words, type="() -> String"):
        self.count += 1
        name = f"c{self.count}"
        self.ok("fn", "add", "--command", line, "--type", type, "--name", name, *words)
        return name

    def text(self, line, *words, type="() -> String", arguments=(), timeout="60s"):
        """What the command gives, as the text it has written."""
        name = self.add(line, *words, type=type)
        self.ok("run", "-q", name, *arguments, "-o", "out.json", "--timeout", timeout)
        return json.loads((self.dir / "out.json").read_text())

    def box_processes(self, mark):
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/cmdline", "rb") as file:
                        words = file.read()
                except OSError:
                    continue
                # The shell has the whole line among its words, as samara has when it adds it.
                if mark.encode() in words and b"--command" not in words:
                    found.append(entry)
        return found


class WhatItDoes(Commands):
    def test_files_go_in_and_out(self):
        self.ok("fn", "add", "--command", "sort -n {in} > {out}", "--type", "(String) -> String",
                "--name", "sorted")
        self.write("n.json", json.dumps("3\n1\n2\n"))
        self.ok("run", "sorted", "@n.json", "-o", "out.json")
        self.assertEqual(json.loads((self.dir / "out.json").read_text()), "1\n2\n3\n")
        self.assertEqual(self.text("cat {in2} {in1} -", type="(String, String, String) -> String",
                                   arguments=['"a"', '"b"', '"c"']), "bac")
        self.assertEqual(self.text("wc -c", type="(Blob) -> String", arguments=["0x000102"]), "3\n")

    def test_effects_are_as_declared(self):
        name = self.add("echo hi")
        self.ok("run", name)
        self.assertNotIn("from memory", self.ok("run", name, "--why").err.replace(
            "not answered from memory", ""))
        self.assertIn("unknown", self.ok("fn", "show", name).out)
        pure = self.add("echo hi", "--effect", "pure")
        self.ok("run", pure)
        self.assertIn("answered from memory", self.ok("run", pure, "--why").err)
        self.assertIn("echo hi", self.ok("fn", "show", pure).out)
        self.fails(cli.USAGE, "fn", "add", "--command", "x", "--name", "x", says="needs --type")
        self.fails(cli.USAGE, "fn", "add", "--command", "x", "--name", "x", "--type",
                   "() -> String", "--effect", "none", says="'--effect' expects")
        self.fails(cli.FAILED, "fn", "add", "--command", "x", "--name", "x", "--type",
                   "(Integer) -> String", says="String and Blob")
        self.fails(cli.FAILED, "fn", "add", "--command", "{in2}", "--name", "x", "--type",
                   "(Blob) -> String", says="1 argument")

    def test_a_failure_has_status_and_last_words(self):
        name = self.add("echo first >&2; echo 'no such luck' >&2; exit 3")
        result = self.fails(cli.GUEST_FAILED, "run", name,
                            says=["status 3", "no such luck"])
        self.assertIn("first", result.err)
        self.fails(cli.GUEST_FAILED, "run", self.add("true {out}"), says="has not written")
        self.fails(cli.GUEST_FAILED, "run", self.add("mkfifo {out}"), says="has not written")
        self.fails(cli.GUEST_FAILED, "run", self.add("printf '\\377'"), says="no UTF-8")
        self.fails(cli.GUEST_FAILED, "run", self.add("kill -SEGV $$"), says="signal 11")

    def test_a_deadline_ends_everything_in_it(self):
        name = self.add("sh -c 'sleep 98761' & sleep 98761")
        self.fails(cli.GUEST_TIMED_OUT, "run", name, "--timeout", "500ms", says="500 ms")
        self.assertEqual(self.box_processes("98761"), [])

    def test_what_it_leaves_behind_ends_with_it(self):
        self.assertEqual(self.text("(setsid sleep 98762 &) ; echo hi"), "hi\n")
        self.assertEqual(self.box_processes("98762"), [])

    def test_it_ends_with_the_program_that_started_it(self):
        name = self.add("sleep 98763")
        run = subprocess.Popen([str(cli.BIN), "run", name], cwd=self.dir,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self.box_processes("98763") and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertNotEqual(self.box_processes("98763"), [])
        run.kill()
        run.wait()
        while self.box_processes("98763") and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.box_processes("98763"), [])


class WhatItCannotDo(Commands):
    def test_it_sees_no_files_of_others(self):
        secret = self.write("secret.txt", "do not read")
        os.chmod(secret, 0o644)
        out = self.text(f"cat {secret.resolve()} {self.repository().resolve()}/samara.json 2>&1;"
                        " ls -A / /root /home /var /work 2>&1; ls -A; ls -A /tmp; true")
        self.assertNotIn("do not read", out)
        self.assertNotIn("samara repository", out)
        self.assertIn("No such file", out)
        for folder in ("home", "root", "var", "work", "sys", "run"):
            self.assertNotIn(f"\n{folder}\n", out)
        self.assertNotIn("root:", self.text("cat /etc/shadow 2>/dev/null; true"))

    def test_it_cannot_write_to_the_system(self):
        out = self.text("touch /usr/x /etc/x /bin/x /usr/bin/x /dev/x/y /proc/sys/kernel/x 2>&1;"
                        "echo x > /etc/passwd; rm -rf /usr/share/dict /etc 2>/dev/null; true")
        self.assertNotIn("x\n", out.replace("x: ", ""))
        self.assertFalse(os.path.exists("/usr/x") or os.path.exists("/etc/x"))
        self.assertTrue(os.path.getsize("/etc/passwd") > 10)

    def test_it_gets_nothing_of_our_environment_and_descriptors(self):
        name = self.add("env; ls -l /proc/self/fd 2>/dev/null | wc -l")
        out = self.ok("run", "-q", name, env={"SECRET_TOKEN": "abc123"}).out
        self.assertNotIn("abc123", out)
        self.assertIn("HOME=/box", out)
        self.assertEqual(self.text("for n in 3 4 5 6 7 8 9 10 11 12; do"
                                   " [ -e /proc/self/fd/$n ] && readlink /proc/self/fd/$n; done;"
                                   " true").count("pipe"), 0)

    def test_it_has_no_network(self):
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        line = (f"python3 -c \"import socket; socket.create_connection(('127.0.0.1', {port}), 2)\""
                " 2>&1 && echo reached; true")
        if not os.path.exists("/usr/bin/python3"):
            line = f"bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}' 2>&1 && echo reached; true"
        self.assertNotIn("reached", self.text(line))
        # Only where it is asked for, and granted.
        name = self.add(line, "--network")
        self.fails(cli.FAILED, "run", name, says="net", hint="--allow net")
        self.assertIn("reached", self.ok("run", "-q", name, "--allow", "net").out)
        server.close()

    def test_it_cannot_reach_other_processes(self):
        out = self.text("kill -9 1; kill -9 -1; kill -9 $PPID; echo alive; ls -d /proc/[0-9]* | wc -l")
        self.assertIn("alive", out)
        for file in ("environ", "mem", "maps"):
            out = self.text(f"cat /proc/1/{file} 2>&1 | head -c 100; true")
            self.assertTrue("denied" in out or "No such" in out, out)
        victim = subprocess.Popen(["sleep", "60"])
        self.text(f"kill -9 {victim.pid} 2>&1; true")
        self.assertIsNone(victim.poll())
        victim.kill()
        victim.wait()

    def test_it_gets_no_rights(self):
        out = self.text("id -u; grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp:' "
                        "/proc/self/status; unshare -U true 2>&1; mount -t tmpfs x /tmp 2>&1; "
                        "unshare -m true 2>&1; chroot / true 2>&1; su -c true 2>&1; true")
        self.assertNotEqual(out.splitlines()[0], "0")
        for line in out.splitlines():
            if line.startswith("Cap"):
                self.assertEqual(int(line.split()[1], 16), 0, line)
        if "NoNewPrivs" in out:
            self.assertIn("NoNewPrivs:\t1", out)
            self.assertIn("Seccomp:\t2", out)
        self.assertGreaterEqual(out.count("ermi") + out.count("ermitted") + out.count("must be"), 3)

    def test_a_fork_bomb_stays_in_it(self):
        name = self.add("f() { f | f & }; f 2>/dev/null; sleep 98764")
        result = self.samara("run", "-q", name, "--timeout", "2s", timeout=120)
        self.assertIn(result.code, (cli.GUEST_TIMED_OUT, cli.GUEST_FAILED))
        self.assertEqual(self.box_processes("98764"), [])
        self.assertEqual(self.text("echo well"), "well\n")

    def test_it_cannot_fill_the_disk(self):
        before = shutil.disk_usage(self.dir).free
        name = self.add("head -c 10G /dev/zero > big; echo $?; ls -s big; head -c 10G /dev/zero > "
                        "/tmp/big; i=0; while [ $i -lt 300 ]; do : > f$i; i=$((i+1)); done; du -sm .")
        self.ok("run", "-q", name, "--memory", "64M", "--timeout", "60s", "-o", "out.json")
        lines = json.loads((self.dir / "out.json").read_text()).splitlines()
        self.assertNotEqual(lines[0], "0")
        self.assertLess(int(lines[-1].split()[0]), 70, lines)
        self.assertLess(before - shutil.disk_usage(self.dir).free, 1 << 30)

    def test_memory_is_limited(self):
        eater = self.add("python3 -c 'x = bytearray(1 << 30); print(len(x))'"
                         if os.path.exists("/usr/bin/python3")
                         else "head -c 1G /dev/zero | tail -c 1G > /dev/null")
        self.fails(cli.GUEST_FAILED, "run", eater, "--memory", "128M")
        many = self.add("for i in 1 2 3 4; do cat /dev/zero | tail -c 150M & done; wait")
        self.fails(cli.GUEST_FAILED, "run", many, "--memory", "200M", "--timeout", "60s",
                   says="memory limit")
        self.fails(cli.GUEST_FAILED, "run", self.add("yes"), "--memory", "16M", says="memory limit")


if __name__ == "__main__":
    if not boxes_work():
        print("skipped: no namespaces here")
        sys.exit(77)
    cli.main()
