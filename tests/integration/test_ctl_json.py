# SPDX-License-Identifier: Apache-2.0
"""lsapidctl --json of every command, on a host where all kinds of things have happened.

What is printed stands in lsapidctl-json(7), with its type; and what stands there is printed.
"""

import json
import os
import subprocess

from harness import Vhost
from holder import Holder
from json_manual import JsonManual

#: test_host_apply.py has them, in a root directory where lsapid is installed
INSTALLED = {f"check-php: php[].{key}" for key in ("version", "sapi", "ini", "has_opcache")}
BAD = "application/x-httpd-bad___lsphp"
NONE = "application/x-httpd-none___lsphp"


class Host:
    """Sites that run, wait, fail, are refused and stopped; and what all commands print there."""

    def __init__(self, stack, owner):
        self.owner = owner
        self.manual = JsonManual()
        self.wrong = []
        self.made = stack(
            Vhost("a.test", owner.pw_name, extra="lsapi_backend_children 2\nlsapi_backend_max_idle 50"),
            Vhost("b.test", "mail"),
            Vhost("bad.test", "news", extra=f"AddType {BAD} .php"),
            Vhost("none.test", "lp", extra=f"AddType {NONE} .php"),
            Vhost("full.test", "man"),
            start=False, defaults={"user_file": True, "criu": "on", "children_max": 25},
            settings={"criu_program": "/nowhere/criu", "max_pools": 3})
        self.place, self.daemon, self.ctl = self.made.place, self.made.daemon, self.made.ctl
        self.daemon.defaults["criu_images_dir"] = self.place.directory("images", mode=0o700)
        self.daemon.handlers[BAD] = (
            self.place.file("bad-lsphp", "#!/bin/sh\nexit 3\n", mode=0o755), ["X=y"],
            [self.place.directory("watched")])
        self.pools_dir = self.place.directory("pools.d")
        self.daemon.settings["pools_dir"] = self.pools_dir
        self.daemon.write_conf()
        self.pool_file("max_idle = 40s")
        self.place.file("pools.d/bad.conf", "no_such_key = 1\n", mode=0o600)
        self.place.file(os.path.join(owner.pw_dir, ".lsapid.conf"),
                        "max_reqs = 400\nchildren = 9999\n", owner)
        self.made.start()

    def pool_file(self, line):
        self.place.file(
            "pools.d/a.conf",
            f'pool "a" {{\n user = {self.owner.pw_name}\n vhosts = {{"a.test"}}\n {line}\n}}\n',
            mode=0o600)

    def take(self, command, text):
        """One document after the other."""
        while text.strip():
            document, end = json.JSONDecoder().raw_decode(text)
            is_refused = set(document) == {"is_done", "detail"} and not document["is_done"]
            self.wrong += self.manual.check("refused" if is_refused else command, document)
            text = text[end:].lstrip()

    def ask(self, command, *args, expected=0):
        """@command: heading in the manual; run with @args behind it."""
        words = [word for word in command.split() if word != "POOL"]
        done = subprocess.run(
            [str(self.place.bin / "lsapidctl"), "-s", str(self.daemon.socket), "--json", *words,
             *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == expected, (command, args, done)
        self.take(command, done.stdout)

    def happen(self):
        """Return: the requests that go on."""
        for vhost, status in (("a.test", 200), ("b.test", 200), ("bad.test", 503),
                              ("none.test", 503), ("full.test", 507)):
            assert self.made.get(vhost, "/who.php").status == status, vhost
        held = Holder(self.made, "a.test", 2)
        assert self.made.get("a.test", "/who.php").status == 507
        return held

    def look(self):
        self.ask("status")
        self.ask("ps")
        self.ask("top", "-n", "2", "-d", "500ms")
        self.ask("why")
        for vhost in ("a.test", "bad.test", "none.test", "full.test"):
            self.ask("why POOL", vhost)
        self.ask("show", "*")
        self.ask("explain", "-u", "mail", "-v", "b.test")
        self.ask("explain", "-u", "root")
        self.ask("log-level")
        self.ask("check", "--all", "--apache-conf", str(self.place.path / "httpd.conf"), expected=1)
        self.ask("import", str(self.place.path / "httpd.conf"), expected=1)
        self.ask("stat")

    def look_at_images(self):
        self.ask("criu", expected=1)
        self.ask("criu check", expected=1)
        self.ask("criu list")
        self.ask("criu reset", "--all")
        self.ask("criu freeze", "b.test", expected=1)

    def steer(self):
        for command in ("drain", "restart", "kill", "stop"):
            self.ask(command, "b.test")
        self.ask("status")
        self.ask("warm", "b.test")
        self.ask("warm", "bad.test", expected=1)
        self.ask("drain", "nobody.test", expected=5)

    def change(self):
        self.daemon.settings["max_children_total"] = 500
        self.daemon.write_conf()
        self.pool_file("queue_length = 9")
        self.ask("reload --dry-run")
        self.ask("reload")


def panels(host, make_host):
    """Commands that change a host, on trees that look like one."""
    tree = make_host("cpanel_ea3")

    def run(command, *args):
        host.take(command, tree.ctl(command, "--json", *args)[1])

    run("setup", "--dry-run")
    for command in ("setup", "enable-global", "disable-global", "stat", "build-native-lsphp"):
        run(command)
    for command in ("enable-domain", "disable-domain"):
        run(command, "alice.example")
    run("uninstall")
    tree = make_host("cpanel_ea4")
    run("setup")
    tree.path("/opt/cpanel/ea-php74/root/usr/bin/lsphp").chmod(0o775)
    run("check-php")
    run("stat")


def test_what_is_printed_is_what_the_manual_lists(accounts, stack, make_host):
    host = Host(stack, accounts.add())
    held = host.happen()
    host.look()
    held.release()
    host.look_at_images()
    host.steer()
    host.change()
    host.daemon.stop()
    host.ask("explain", "-u", "mail", "-c", str(host.daemon.conf))
    panels(host, make_host)
    assert not host.wrong, "\n".join(sorted(set(host.wrong)))
    unseen = set(host.manual.unseen(is_frozen=False)) - INSTALLED
    assert not unseen, "\n".join(sorted(unseen))
