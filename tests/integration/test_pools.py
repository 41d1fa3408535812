# SPDX-License-Identifier: Apache-2.0
"""Pool files: who they speak of, what they change, and what a broken one does."""

import json
import os
import signal
import subprocess
import threading

import pytest

from harness import IS_FOREIGN_LSPHP, HANDLER, Vhost
from place import LSPHP, environ_of, wait_until

ENVIRON = "<?php header('Content-Type: application/json'); echo json_encode([" \
    "'pid' => getmypid(), 'ppid' => posix_getppid(), 'a' => getenv('A'), 'b' => getenv('B'), " \
    "'env' => array_filter(explode(\"\\0\", (string)@file_get_contents('/proc/' . " \
    "posix_getppid() . '/environ')))]);"


class Pools:
    """A stack with pools.d beside its lsapid.conf."""

    def __init__(self, stack, *vhosts, **how):
        self.stack = stack(*vhosts, start=False, **how)
        self.daemon = self.stack.daemon
        self.dir = self.stack.place.directory("pools.d")
        self.daemon.settings["pools_dir"] = self.dir
        self.daemon.write_conf()
        for vhost in self.stack.httpd.vhosts.values():
            self.stack.place.file(vhost.docroot / "environ.php", ENVIRON, vhost.owner)

    def file(self, name, text, mode=0o644):
        return self.stack.place.file(self.dir / name, text, mode=mode)

    def start(self):
        self.stack.start()
        return self

    def reload(self):
        done = self.daemon.text().count("config.applied count=")
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.daemon.text().count("config.applied count=") > done, 10,
                   "the new configuration")

    def get(self, vhost, target="/environ.php"):
        answer = self.stack.get(vhost, target)
        assert answer.status == 200, self.stack.logs()
        return answer

    def environ(self, vhost):
        return json.loads(self.get(vhost).text)

    def wait_environ(self, vhost, value):
        """The generation that goes serves until it is gone, some milliseconds; then never again."""
        wait_until(lambda: self.environ(vhost)["a"] == value, 5, f"A={value}")
        if IS_FOREIGN_LSPHP:  # its children wait at the pool's socket for two seconds more
            wait_until(lambda: {self.environ(vhost)["a"] for _ in range(20)} == {value}, 10, value)
        assert [self.environ(vhost)["a"] for _ in range(20)] == [value] * 20
        return self.environ(vhost)

    def parent_environ(self, vhost):
        """Environment that lsapid gave to the lsphp parent of a site."""
        return environ_of(self.environ(vhost)["ppid"])

    def status(self):
        return self.stack.ctl.status()

    def pool(self, name):
        return next(p for p in self.status()["pools"] if p["name"] == name)


@pytest.fixture
def pools(stack):
    return lambda *vhosts, **how: Pools(stack, *vhosts, **how)


def test_settings_of_a_pool_file_reach_php(pools):
    """Each key, above Apache's directive and the defaults of lsapid.conf."""
    made = pools(Vhost("a.test", "games", extra="lsapi_backend_children 9"),
                 Vhost("b.test", "mail", extra="lsapi_backend_children 9"))
    made.file("games.conf", """pool "games" {
        user = games
        vhosts = { "*.test" }
        children = 5
        max_idle = 2m
        pgrp_max_idle = 1h
        max_reqs = 77
        max_process_time = 90s
        accept_notify = off
        coredump = on
        user_ini = on
        path = "/opt/bin:/bin"
        phprc = "/etc/php/games"
        env = { "A=from file", "B=2" }
    }""")
    made.start()
    got = made.parent_environ("a.test")
    wanted = {"LSAPI_CHILDREN": "5", "LSAPI_MAX_IDLE": "120", "LSAPI_MAX_REQS": "77",
              "LSAPI_MAX_PROCESS_TIME": "90", "LSAPI_ACCEPT_NOTIFY": "0",
              "LSAPI_ALLOW_CORE_DUMP": "1", "LSPHP_ENABLE_USER_INI": "on",
              "PATH": "/opt/bin:/bin", "PHPRC": "/etc/php/games", "A": "from file", "B": "2"}
    assert {key: got.get(key) for key in wanted} == wanted
    assert made.pool("a.test")["children"] == 5
    assert made.pool("a.test")["pool_file"] == f"{made.dir}/games.conf:2"
    other = made.parent_environ("b.test")
    assert other["LSAPI_CHILDREN"] == "9" and "PHPRC" not in other
    assert made.pool("b.test")["pool_file"] == ""


def test_defaults_and_ceiling_of_lsapid_conf(pools):
    made = pools(Vhost("a.test", "games", extra="lsapi_backend_children 90"),
                 Vhost("b.test", "mail", extra="lsapi_backend_children 90"), defaults={
                     "children_max": 7, "accept_notify": False, "coredump": True,
                     "user_ini": True, "phprc": "/etc/php/all"})
    made.file("b.conf", 'pool b { user = mail\n children_max = 8\n phprc = ""\n }\n')
    made.start()
    got = made.parent_environ("a.test")
    wanted = {"LSAPI_CHILDREN": "7", "LSAPI_ACCEPT_NOTIFY": "0", "LSAPI_ALLOW_CORE_DUMP": "1",
              "LSPHP_ENABLE_USER_INI": "on", "PHPRC": "/etc/php/all"}
    assert {key: got.get(key) for key in wanted} == wanted
    other = made.parent_environ("b.test")
    assert other["LSAPI_CHILDREN"] == "8" and "PHPRC" not in other


def test_handler_of_a_pool_file(pools):
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"))
    made.daemon.handlers["second"] = (made.stack.place.bin / "lsphp", ["A=second"])
    made.daemon.write_conf()
    made.file("x.conf", "pool x { user = games handler = second }\n")
    made.start()
    assert made.environ("a.test")["a"] == "second"
    assert made.environ("b.test")["a"] is False
    assert [made.pool(n)["handler"] for n in ("a.test", "b.test")] == ["second", HANDLER]


def test_handler_map_adds_handlers(pools):
    """B02: one per line; its pool is another one, and a mistake in the file stops a reload."""
    other = "application/x-httpd-lsphp-other"
    made = pools(Vhost("a.test", "games", extra=f"AddType {other} .php"), Vhost("b.test", "mail"))
    binary = made.stack.place.bin / "lsphp"
    path = made.stack.place.file("php.handler", f"# more\n{other}  {binary}\n", mode=0o600)
    made.daemon.settings["handler_map"] = path
    made.daemon.write_conf()
    made.start()
    made.environ("a.test")
    made.environ("b.test")
    assert [made.pool(n)["handler"] for n in ("a.test", "b.test")] == [other, HANDLER]
    made.stack.place.file("php.handler", f"{other} {binary}\n{other} {binary}\n", mode=0o600)
    status, output = made.daemon.check()
    assert status == 1 and f"{path}:2: handler '{other}' is there already" in output
    made.stack.place.file("php.handler", "", mode=0o600)
    made.reload()
    wait_until(lambda: made.stack.get("a.test", "/environ.php").status == 503, 5, "a refusal")
    assert made.environ("b.test")


def test_broken_file_leaves_the_others_alone(pools):
    """Left out at the start, kept as it was at a reload; log, status and -t name the line."""
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"))
    bad = made.file("a.conf", "pool a { user = games\n children = none\n }\n")
    made.file("b.conf", 'pool b { user = mail env = { "A=good" } }\n')
    status, output = made.daemon.check()
    assert status == 1 and f"{bad}:2: children is 'none'" in output
    made.start()
    assert made.environ("a.test")["a"] is False
    assert made.environ("b.test")["a"] == "good"
    problem, = made.status()["config"]["problems"]
    assert (problem["file"], problem["line"], problem["is_kept"]) == (str(bad), 2, False)
    made.daemon.wait_log("children is 'none'")
    made.file("a.conf", 'pool a { user = games env = { "A=first" } }\n')
    made.reload()
    made.wait_environ("a.test", "first")
    assert made.status()["config"]["problems"] == []
    made.file("a.conf", 'pool a { user = games env = { "A=second" } colour = red }\n')
    made.file("b.conf", 'pool b { user = mail env = { "A=better" } }\n')
    made.reload()
    assert made.environ("a.test")["a"] == "first"
    made.wait_environ("b.test", "better")
    problem, = made.status()["config"]["problems"]
    assert problem["is_kept"] and "colour" in problem["what"]


def test_reload_replaces_only_pools_that_changed(pools):
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"))
    made.file("a.conf", 'pool a { user = games env = { "A=1" } }\n')
    made.file("b.conf", 'pool b { user = mail env = { "A=1" } }\n')
    made.start()
    before = {name: made.environ(name) for name in ("a.test", "b.test")}
    made.file("a.conf", 'pool a { user = games env = { "A=2" } }\n')
    made.reload()
    after = {"a.test": made.wait_environ("a.test", "2"), "b.test": made.environ("b.test")}
    assert after["a.test"]["ppid"] != before["a.test"]["ppid"]
    assert after["b.test"]["ppid"] == before["b.test"]["ppid"]


def test_reload_of_a_handler_replaces_its_pools(pools):
    """Its environment is not part of any pool's own settings, but of what PHP was started with."""
    other = "application/x-httpd-lsphp-other"
    made = pools(Vhost("a.test", "games", extra=f"AddType {other} .php"), Vhost("b.test", "mail"))
    binary = made.stack.place.bin / "lsphp"
    made.daemon.handlers[other] = (binary, ["A=1"])
    made.daemon.write_conf()
    made.start()
    assert made.environ("a.test")["a"] == "1"
    steady = made.environ("b.test")["ppid"]
    made.daemon.handlers[other] = (binary, ["A=2"])
    made.daemon.write_conf()
    made.reload()
    made.wait_environ("a.test", "2")
    assert made.environ("b.test")["ppid"] == steady


def test_reload_lets_a_request_under_way_finish(pools):
    made = pools(Vhost("a.test", "games"))
    made.file("a.conf", "pool a { user = games children = 5 }\n")
    made.start()
    docroot = made.stack.httpd.vhosts["a.test"].docroot
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        made.get("a.test", "/hold.php?name=slow&last=fine")))
    thread.start()
    wait_until((docroot / "slow.running").exists, 10, "the script's start")
    made.file("a.conf", "pool a { user = games children = 6 }\n")
    made.reload()
    wait_until(lambda: made.parent_environ("a.test").get("LSAPI_CHILDREN") == "6", 5, "children")
    (docroot / "slow.go").touch()
    thread.join(10)
    assert [a.text for a in answers] == ["fine"]


def test_reload_under_load_loses_no_request(pools):
    """Eight clients, a change of the pool at each of ten reloads: every answer is right."""
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"))
    made.file("a.conf", 'pool a { user = games env = { "A=0" } }\n')
    made.start()
    steady = made.environ("b.test")["ppid"]
    stop = threading.Event()
    names = ("a.test",) * 6 + ("b.test",) * 2
    wrong, counts = [], [0] * len(names)

    def client(number, name):
        while not stop.is_set():
            answer = made.stack.get(name, "/environ.php")
            counts[number] += 1
            if answer.status != 200:
                wrong.append((name, answer.status, answer.text))

    threads = [threading.Thread(target=client, args=pair) for pair in enumerate(names)]
    for thread in threads:
        thread.start()
    for i in range(1, 11):
        # requests of every client before each change, however busy the machine is
        wait_until(lambda n=i: min(counts) > n, 30, "answers")
        made.file("a.conf", f'pool a {{ user = games env = {{ "A={i}" }} }}\n')
        made.reload()
    stop.set()
    for thread in threads:
        thread.join(30)
    assert not wrong, wrong[:3]
    made.wait_environ("a.test", "10")
    assert made.environ("b.test")["ppid"] == steady


@pytest.mark.skipif(bool(LSPHP), reason="a foreign lsphp")
def test_file_that_others_may_write_is_left_out(pools):
    made = pools(Vhost("a.test", "games"))
    bad = made.file("a.conf", 'pool a { user = games env = { "A=1" } }\n')
    os.chmod(bad, 0o666)
    status, output = made.daemon.check()
    assert status == 1 and f"{bad} is writable by group or others" in output
    made.start()
    assert made.environ("a.test")["a"] is False


def explain(made, *argv):
    done = subprocess.run(made.daemon.argv("--explain", *argv), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          env=made.daemon.environ(None))
    return done.returncode, done.stdout.splitlines()


def test_explain_names_file_and_line_of_each_value(pools):
    """What it says is what PHP gets."""
    made = pools(Vhost("a.test", "games"), defaults={"max_idle": "40s"})
    file = made.file("a.conf", """pool a {
        user = games
        vhosts = { "*.test" }
        children = 50
        children_max = 60
        env = { "A=1" }
    }""")
    made.file("b.conf", "pool b { user = mail children = 1 }")
    conf = made.daemon.conf
    idle = 1 + next(i for i, line in enumerate(conf.read_text().splitlines()) if "max_idle" in line)
    status, lines = explain(made, "-u", "games", "-v", "a.test")
    assert status == 0
    for line in (f'# pool "a", {file}:2', f"children = 50  # {file}:4", f"env.A = 1  # {file}:6",
                 f"max_idle = 40  # {conf}:{idle}; Apache's directives are stronger",
                 "max_reqs = 10000  # default; Apache's directives are stronger",
                 "phprc = (not set)  # default; Apache's directives are stronger",
                 f"children_max = 60  # {file}:5", "name = a.test", "scope = vhost",
                 f"# left out: {made.dir}/b.conf:1: children is '1', not within 2 to 10000"):
        assert line in lines
    status, lines = explain(made, "-u", "games")
    assert status == 0 and "# no pool file speaks of it" in lines and "scope = user" in lines
    assert explain(made, "-u", "no-such-user") == (1, ["lsapid: there is no user no-such-user"])
    assert explain(made)[0] == 2
    made.start()
    got = made.parent_environ("a.test")
    assert (got["LSAPI_CHILDREN"], got["LSAPI_MAX_IDLE"], got["A"]) == ("50", "40", "1")
