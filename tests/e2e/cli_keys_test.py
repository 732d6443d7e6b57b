"""Keys, signatures, policy and quarantine on the command line."""
import json
import os
import shutil
import stat
import subprocess
import unittest

import cli

NATIVE = cli.SOURCE / "examples" / "native"

TASK = """\
// (Integer) -> Integer: %s
#include <samara/guest/task.h>
int32_t samara_task(const samara_host* host, samara_call* call) {
  (void)host;
  samara_reader in = samara_arguments(call);
  int64_t n = samara_read_integer(&in);
  if (n < 0) *(volatile int*)8 = 1;
  samara_writer out = samara_result(call);
  samara_write_integer(&out, n + %d);
  return samara_finish(&out);
}
"""


class KeysCli(cli.Cli):
    def samara(self, *words, env=None, **options):
        env = {"XDG_CONFIG_HOME": str(self.dir / "config"), **(env or {})}
        return super().samara(*words, env=env, **options)

    def new_key(self, name):
        key_id, public = self.line("key", "new", name).split()
        return key_id, public

    def policy_path(self):
        return self.repository() / "policy.json"

    def keys(self):
        return {one.get("name", one["id"]): one for one in self.ok("key", "ls", "--json").json()
                if one["type"] == "key"}


class Keys(KeysCli):
    def test_a_new_key_is_private_and_openssl_reads_it(self):
        key_id, public = self.new_key("alice")
        self.assertRegex(key_id, "^[0-9a-f]{16}$")
        self.assertRegex(public, "^[0-9a-f]{64}$")
        folder = self.dir / "config" / "samara" / "keys"
        private = folder / "alice.pem"
        self.assertEqual(stat.S_IMODE(private.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
        if shutil.which("openssl"):
            shown = subprocess.run(["openssl", "pkey", "-in", private, "-pubout"], check=True,
                                   stdout=subprocess.PIPE).stdout
            self.assertEqual(shown, (folder / "alice.pub").read_bytes())
        self.fails(cli.FAILED, "key", "new", "alice", says="there is a key 'alice' already")
        self.assertEqual(self.keys()["alice"]["public_key"], public)
        for name in ("", ".x", "a/b", "--", "x" * 65):
            self.fails(cli.USAGE, "key", "new", "--", name, says="cannot be named")
        made = self.ok("key", "new", "bob", "--json").json()[0]
        self.assertEqual(made["type"], "key")
        self.assertEqual(made["file"], str(folder / "bob.pem"))

    def test_keys_are_listed_without_a_repository(self):
        self.new_key("alice")
        empty = self.dir / "elsewhere"
        empty.mkdir()
        shown = self.ok("key", "ls", "--repo", self.repository()).out
        self.assertIn("alice", shown)
        os.rename(self.repository(), self.dir / "hidden")
        self.assertIn("alice", self.ok("key", "ls", cwd=empty).out)
        self.fails(cli.NO_REPOSITORY, "key", "trust", "alice", cwd=empty, says="no repository")

    def test_each_form_of_a_public_key_is_trusted_as_the_same_key(self):
        key_id, public = self.new_key("alice")
        folder = self.dir / "config" / "samara" / "keys"
        for form in (public, folder / "alice.pub", folder / "alice.pem", "alice"):
            self.assertEqual(self.line("key", "trust", form), key_id)
        policy = json.loads(self.policy_path().read_text())
        self.assertEqual([key["id"] for key in policy["keys"]], [key_id])
        self.assertEqual(policy["number"], 4)

    def test_trust_changes_what_is_named_and_leaves_the_rest(self):
        self.new_key("alice")
        self.ok("key", "trust", "alice", "--role", "author,reviewer", "--capability", "log,random",
                "--target", "x86_64-linux-samara", "--memory", "512M", "--time", "30s",
                "--expires", "2099-12-31")
        self.ok("key", "trust", "alice", "--time", "1m")
        key = self.keys()["alice"]
        self.assertEqual(key["roles"], ["author", "reviewer"])
        self.assertEqual(key["capabilities"], ["log", "random"])
        self.assertEqual(key["targets"], ["x86_64-linux-samara"])
        self.assertEqual(key["memory_bytes_max"], 512 << 20)
        self.assertEqual(key["deadline_ms_max"], 60000)
        self.assertEqual(key["expires"], "2099-12-31")
        self.assertEqual(key["state"], "trusted")

    def test_mistakes_are_told(self):
        self.new_key("alice")
        for option, value in (("--role", "boss"), ("--capability", "fly"), ("--target", "vax"),
                              ("--memory", "9G"), ("--time", "0s"), ("--expires", "soon")):
            self.fails(cli.USAGE, "key", "trust", "alice", option, value, says=value)
        self.fails(cli.FAILED, "key", "trust", "alise", says="there is no key 'alise'", hint="alice")
        self.write("key.txt", "nothing")
        self.fails(cli.FAILED, "key", "trust", "key.txt", says="'key.txt': this is no public key")
        self.fails(cli.USAGE, "key", "revoke", says="expects a KEY or --task")
        self.fails(cli.USAGE, "key", "require", "5", says="from 0 to 4")
        self.assertFalse(self.policy_path().exists())
        private = self.dir / "config" / "samara" / "keys" / "alice.pem"
        private.chmod(0o644)
        self.fails(cli.FAILED, "key", "trust", "alice", says="others may read the private key",
                   hint="chmod 600")

    def test_a_revoked_key_is_not_trusted_again_by_command(self):
        key_id, public = self.new_key("alice")
        self.ok("key", "trust", "alice")
        self.assertEqual(self.line("key", "revoke", "alice"), key_id)
        self.fails(cli.NOT_TRUSTED, "key", "trust", public, says=f"key '{key_id}' is revoked")
        self.assertEqual(self.keys()["alice"]["state"], "revoked")
        # One that was never trusted.
        other, other_public = self.new_key("mallory")
        self.assertEqual(self.line("key", "revoke", other), other)
        self.fails(cli.NOT_TRUSTED, "key", "trust", other_public, says="is revoked")

    def test_a_policy_is_edited_by_hand_and_never_taken_back(self):
        self.new_key("alice")
        self.ok("key", "trust", "alice")
        old = self.policy_path().read_bytes()
        policy = json.loads(old)
        policy["quarantine"]["after"] = 7
        policy["number"] = 10
        self.policy_path().write_text(json.dumps(policy))
        first = self.ok("key", "ls", "--json").json()[0]
        self.assertEqual((first["number"], first["quarantine_after"]), (10, 7))
        self.policy_path().write_bytes(old)
        self.fails(cli.NOT_TRUSTED, "key", "ls", says=["number 10 was in force",
                                                       "this one has number 1"])
        self.policy_path().unlink()
        self.fails(cli.NOT_TRUSTED, "key", "trust", "alice", says="there is none")
        self.policy_path().write_text('{"format": "samara policy", "number": 11,\n "x": 1}')
        self.fails(cli.FAILED, "key", "ls", says="line 2, column 2: a policy has no member 'x'")
        # East code asks nobody.
        self.add("mean")
        self.ok("run", "mean", "[1.0, 2.0]")
        self.assertEqual(self.ok("fsck", "--json").json()[-1]["clean"], True)

    def test_keys_are_completed(self):
        self.new_key("alice")
        out = self.ok("__complete", "--", "sign", "x.snt", "--key", "al").out
        self.assertEqual(out.splitlines()[0].split("\t")[0], "alice")


@unittest.skipUnless(shutil.which("gcc"), "no compiler")
class Signing(KeysCli):
    def build(self, name, plus=1, *options):
        self.write(name + ".c", TASK % (name, plus))
        self.ok("build", name + ".c", *options)
        return name + ".snt"

    def refused(self, rule, key_id, *words, code=cli.NOT_TRUSTED, says=()):
        result = self.fails(code, *words, says=[f"rule {rule} at byte ", key_id, *says])
        return result

    def test_the_whole_life_of_a_key(self):
        alice, _ = self.new_key("alice")
        image = self.build("next")
        unsigned = self.line("fn", "add", image)
        self.assertEqual(self.line("run", "next", "1"), "2")
        self.ok("sign", image, "--key", "alice")
        # Unknown, trusted, expired, trusted, revoked.
        self.refused("S03", alice, "fn", "add", image, says=["the key is unknown"])
        self.ok("key", "trust", "alice")
        self.assertEqual(self.line("fn", "add", image), unsigned, "signing changes no id")
        self.assertEqual(self.line("run", "next", "2"), "3")
        self.ok("key", "trust", "alice", "--expires", "2020-01-01")
        self.assertEqual(self.keys()["alice"]["state"], "expired")
        self.refused("S03", alice, "run", "next", "3", says=["'next': ", "the key is expired"])
        self.refused("S03", alice, "fn", "add", image, says=["the key is expired"])
        self.ok("key", "trust", "alice", "--expires", "2099-01-01")
        self.assertEqual(self.line("run", "next", "3"), "4")
        self.ok("key", "revoke", "alice")
        self.refused("S03", alice, "run", "next", "4", says=["the key is revoked"])
        self.refused("S03", alice, "fn", "add", image, says=["the key is revoked"])
        # Another signature that counts lets it run again; the function stays the same.
        bob, _ = self.new_key("bob")
        self.ok("key", "trust", "bob")
        self.ok("sign", "next", "--key", "bob")
        self.assertEqual(self.line("run", "next", "4"), "5")
        shown = self.ok("fn", "show", "next", "--json").json()[0]
        self.assertEqual(set(shown["signed_by"]), {f"{alice} (author)", f"{bob} (author)"})
        self.assertEqual(shown["id"], unsigned)
        self.assertEqual(self.ok("fsck", "--json").json()[-1]["clean"], True)

    def test_what_was_computed_stays_known_when_its_key_is_revoked(self):
        self.new_key("alice")
        self.ok("key", "trust", "alice")
        image = self.build("next", 1, "--pure")
        self.ok("sign", image)
        self.ok("fn", "add", image)
        self.assertEqual(self.line("run", "next", "1"), "2")
        self.ok("key", "revoke", "alice")
        self.assertEqual(self.line("run", "next", "1"), "2")
        self.fails(cli.NOT_TRUSTED, "run", "next", "1", "--no-memo", says="the key is revoked")

    def test_signatures_may_be_required(self):
        alice, _ = self.new_key("alice")
        image = self.build("next")
        self.ok("fn", "add", image)
        self.ok("key", "require", "1")
        self.fails(cli.NOT_TRUSTED, "run", "next", "1", says=["rule S01", "sign the task"])
        self.fails(cli.NOT_TRUSTED, "fn", "add", image, says="rule S01")
        self.ok("key", "trust", "alice")
        self.ok("sign", image)
        self.ok("fn", "add", image)
        self.assertEqual(self.line("run", "next", "1"), "2")
        # Two, one of them a reviewer's.
        self.ok("key", "require", "2", "--role", "reviewer")
        self.refused("S01", "", "run", "next", "2", says=["fewer signatures"])
        bob, _ = self.new_key("bob")
        self.ok("key", "trust", "bob", "--role", "author")
        self.ok("sign", image, "--key", "bob", "-o", "wrong.snt", "--role", "reviewer")
        self.refused("S03", bob, "fn", "add", "wrong.snt", says=["may not sign in this role"])
        self.ok("sign", image, "--key", "bob", "-o", "author.snt")
        self.fails(cli.NOT_TRUSTED, "fn", "add", "author.snt", says="nobody has signed in a role")
        self.ok("key", "trust", "bob", "--role", "reviewer")
        self.ok("fn", "add", "wrong.snt")
        self.assertEqual(self.line("run", "next", "2"), "3")
        self.ok("key", "require", "0")
        self.ok("fn", "add", self.build("other"))
        self.assertEqual(self.line("run", "other", "2"), "3")
        del alice

    def test_a_fifth_signature_and_a_second_by_one_key_are_refused(self):
        image = self.build("next")
        for name in ("a", "b", "c", "d", "e"):
            self.new_key(name)
        for name in ("a", "b", "c", "d"):
            self.ok("sign", image, "--key", name)
            self.fails(cli.FAILED, "sign", image, "--key", name, says="signed with this key already")
        self.fails(cli.FAILED, "sign", image, "--key", "e", says="at most four signatures")
        self.fails(cli.FAILED, "sign", image, says="several keys", hint="--key a")
        self.fails(cli.FAILED, "sign", image, "--key", "f", says="there is no key 'f'")
        self.write("text.snt", "hello, this is no image")
        self.fails(cli.FAILED, "sign", "text.snt", "--key", "a", says="rule C01")
        self.fails(cli.FAILED, "sign", "nothing", "--key", "a", says="nothing")

    def test_a_tampered_image_is_refused(self):
        alice, _ = self.new_key("alice")
        self.ok("key", "trust", "alice")
        image = self.build("next")
        self.ok("sign", image)
        whole = (self.dir / image).read_bytes()
        name = whole.index(b"next")
        renamed = bytearray(whole)
        renamed[name] = ord("m")  # in the manifest, which is what is signed
        self.write("renamed.snt", bytes(renamed))
        self.refused("S02", alice, "fn", "add", "renamed.snt", says=["the signature is wrong"])
        forged = bytearray(whole)
        forged[-1] ^= 1
        self.write("forged.snt", bytes(forged))
        self.assertIn("S02", self.fails(cli.NOT_TRUSTED, "fn", "add", "forged.snt").err)

    def test_masks_and_ceilings_of_a_key_hold(self):
        alice, _ = self.new_key("alice")
        image = self.build("next")
        self.ok("sign", image)
        self.ok("key", "trust", "alice", "--capability", "none")
        self.fails(cli.FAILED, "fn", "add", image, says=["rule C06", "not granted"])
        self.ok("key", "trust", "alice", "--capability", "log")
        self.ok("fn", "add", image)
        self.ok("key", "trust", "alice", "--memory", "1M")
        self.fails(cli.FAILED, "run", "next", "1",
                   says=["rule C05", "more memory than the signers", "allowed 1048576"])
        self.ok("key", "trust", "alice", "--memory", "3G", "--target", "thumbv7m-none-samara")
        self.refused("S03", alice, "run", "next", "1", says=["may not sign for this target"])
        self.write("spin.c", TASK.replace("if (n < 0)", "for (;;) {} if (n)") % ("spin", 1))
        self.ok("build", "spin.c")
        self.ok("sign", "spin.snt")
        self.ok("key", "trust", "alice", "--target", "all", "--time", "200ms")
        self.ok("fn", "add", "spin.snt")
        self.fails(cli.GUEST_TIMED_OUT, "run", "spin", "1", "--timeout", "50s", says="200")

    def test_a_revoked_task_is_refused_whoever_signed_it(self):
        self.new_key("alice")
        self.ok("key", "trust", "alice")
        image = self.build("next")
        self.ok("sign", image)
        self.ok("fn", "add", image)
        task = self.ok("fn", "show", "next", "--json").json()[0]["task"]
        self.assertEqual(self.line("key", "revoke", "--task", "next"), task)
        self.fails(cli.NOT_TRUSTED, "run", "next", "1", says=["rule S03", "the task is revoked"])
        self.fails(cli.NOT_TRUSTED, "fn", "add", image, says="the task is revoked")
        other = "ab" * 32
        self.assertEqual(self.line("key", "revoke", "--task", other), other)
        self.assertEqual(json.loads(self.policy_path().read_text())["revoked_tasks"], [task, other])


@unittest.skipUnless(shutil.which("gcc"), "no compiler")
class Quarantine(KeysCli):
    def setUp(self):
        super().setUp()
        self.write("wild.c", TASK % ("wild", 1))
        self.ok("build", "wild.c", "--pure")
        self.ok("fn", "add", "wild.snt")

    def crash(self, argument):
        run = self.samara("run", "wild", "--", argument)
        self.assertEqual(run.code, cli.GUEST_FAILED, run)
        self.assertIn("SIGSEGV", run.err)
        return run

    def attempts(self):
        return self.ok("fn", "show", "wild", "--json").json()[0]["failures"]

    def test_the_third_crash_in_a_row_ends_it_until_it_is_released(self):
        self.assertEqual(self.line("run", "wild", "1"), "2")
        self.crash("-1")
        self.crash("-1")
        self.assertEqual(self.line("run", "wild", "5"), "6")  # the row ends
        self.assertEqual(self.attempts(), [])
        for argument in ("-1", "-2", "-1"):
            self.crash(argument)
        refused = self.fails(cli.NOT_TRUSTED, "run", "wild", "7",
                             says=["'wild' is quarantined, it failed 3 times in a row",
                                   "'samara fn release wild' lets it run again"],
                             hint="samara fn show wild")
        attempts = self.attempts()
        self.assertEqual(len(attempts), 3)
        for attempt in attempts:
            self.assertIn(f"attempt {attempt} ", refused.err)
        self.assertIn("SIGSEGV", refused.err)
        # What is known is answered; other functions run; people are told.
        self.assertEqual(self.line("run", "wild", "1"), "2")
        self.assertIn("quarantined", self.ok("fn", "ls").out)
        self.assertTrue(self.ok("fn", "ls", "--json").json()[0]["quarantined"])
        self.assertIn("// quarantined: it failed 3 times", self.ok("fn", "show", "wild").out)
        self.assertRegex(self.ok("why", "wild", "--", "-1").out, "now: may not run: .*quarantined")
        self.assertNotIn("quarantine/", self.ok("ref", "ls").out)
        self.assertIn("quarantine/", self.ok("ref", "ls", "--all").out)
        self.ok("gc", "--grace", "0s")
        self.assertEqual(self.attempts(), attempts)
        self.ok("fn", "release", "wild")
        self.assertEqual(self.line("run", "wild", "7"), "8")
        self.fails(cli.FAILED, "fn", "release", "wild", says="has not failed")
        self.assertEqual(self.ok("fsck", "--json").json()[-1]["clean"], True)

    def test_the_run_that_leads_to_it_says_so(self):
        self.crash("-1")
        self.crash("-1")
        run = self.samara("run", "wild", "--why", "--", "-1")
        self.assertIn("quarantined from now on: 3 failures in a row", run.err)

    def test_the_policy_says_how_often_and_whether_at_all(self):
        self.policy_path().write_text('{"format": "samara policy", "number": 1,'
                                      ' "quarantine": {"after": 1, "timeouts": true}}')
        self.write("spin.c", TASK.replace("if (n < 0)", "for (;;) {} if (n)") % ("spin", 1))
        self.ok("build", "spin.c")
        self.ok("fn", "add", "spin.snt")
        self.assertEqual(self.samara("run", "spin", "1", "--timeout", "100ms").code,
                         cli.GUEST_TIMED_OUT)
        self.fails(cli.NOT_TRUSTED, "run", "spin", "1", says="it failed 1 times")
        self.policy_path().write_text('{"format": "samara policy", "number": 2,'
                                      ' "quarantine": {"after": 0}}')
        for _ in range(4):
            self.crash("-1")
        self.assertEqual(self.attempts(), [])

    def test_crashes_of_processes_at_once_all_count(self):
        self.policy_path().write_text('{"format": "samara policy", "number": 1,'
                                      ' "quarantine": {"after": 4}}')
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SAMARA_")}
        running = [subprocess.Popen([str(cli.BIN), "run", "wild", "--", str(-i)], cwd=self.dir,
                                    env=environment, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL) for i in range(1, 5)]
        codes = [process.wait(timeout=120) for process in running]
        self.assertEqual(codes, [cli.GUEST_FAILED] * 4)
        self.assertEqual(len(set(self.attempts())), 4)
        self.fails(cli.NOT_TRUSTED, "run", "wild", "9", says="it failed 4 times in a row")


if __name__ == "__main__":
    cli.main()
