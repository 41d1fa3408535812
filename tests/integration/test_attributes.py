# SPDX-License-Identifier: Apache-2.0
"""What a pool file gives to the PHP of one pool: group, priority, limits, settings, fresh children."""

import grp
import json
import os
import pwd
import re
import signal
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from harness import Vhost
from place import wait_until
from test_pools import Pools, explain

FACTS = """<?php header('Content-Type: application/json');
$stat = file_get_contents('/proc/self/stat');
echo json_encode([
    'pid' => getmypid(), 'gid' => posix_getgid(), 'groups' => posix_getgroups(),
    'nice' => (int)explode(' ', substr($stat, strrpos($stat, ')') + 2))[16],
    'oom' => (int)file_get_contents('/proc/self/oom_score_adj'),
    'limits' => file_get_contents('/proc/self/limits'),
    'scan' => getenv('PHP_INI_SCAN_DIR'), 'files' => php_ini_scanned_files(),
    'ini' => array_map('ini_get', array_combine($n = explode(',', $_GET['ini'] ?? ''), $n)),
]);"""

NAMES = {"limit_as": "address space", "limit_core": "core file size", "limit_cpu": "cpu time",
         "limit_data": "data size", "limit_fsize": "file size",
         "limit_memlock": "locked memory", "limit_nofile": "open files",
         "limit_nproc": "processes", "limit_stack": "stack size"}


class Attributes(Pools):
    def __init__(self, stack, *vhosts, **how):
        super().__init__(stack, *vhosts, **how)
        for vhost in self.stack.httpd.vhosts.values():
            self.stack.place.file(vhost.docroot / "facts.php", FACTS, vhost.owner)

    def facts(self, vhost, query=""):
        return json.loads(self.get(vhost, "/facts.php?" + query).text)

    def limits(self, vhost):
        """{key: (soft, hard)} as text."""
        text = self.facts(vhost)["limits"]
        return {key: re.search(rf"^Max {name} +(\S+) +(\S+)", text, re.M).groups()
                for key, name in NAMES.items()}


@pytest.fixture
def pools(stack):
    return lambda *vhosts, **how: Attributes(stack, *vhosts, **how)


def own_limit(made, key):
    """What lsapid itself has."""
    text = Path(f"/proc/{made.daemon.pid}/limits").read_text()
    return re.search(rf"^Max {NAMES[key]} +(\S+) +(\S+)", text, re.M).groups()


def can(capability):
    line = next(x for x in Path("/proc/self/status").read_text().splitlines()
                if x.startswith("CapEff"))
    return bool(int(line.split()[1], 16) & 1 << capability)


CAN_RAISE = can(24)  # CAP_SYS_RESOURCE


# --- group ---------------------------------------------------------------------------------------


def test_group_by_name_and_number(pools):
    """Instead of the one that Apache names; the account's own groups stay."""
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "games"), Vhost("c.test", "games"))
    gid = grp.getgrnam("audio").gr_gid
    made.file("a.conf", 'pool a { user = games\n vhosts = { "a.test" }\n group = audio\n }\n')
    made.file("b.conf", f'pool b {{ user = games\n vhosts = {{ "b.test" }}\n group = {gid}\n }}\n')
    made.start()
    a, b, c = (made.facts(f"{x}.test") for x in "abc")
    assert (a["gid"], b["gid"], c["gid"]) == (gid, gid, grp.getgrnam("games").gr_gid)
    assert gid in a["groups"] and gid not in c["groups"]
    status, lines = explain(made, "-u", "games", "-v", "a.test")
    assert status == 0 and f"group = audio  # {made.dir}/a.conf:3" in lines


@pytest.mark.parametrize("group, reason, words", [
    ("no-such-group", "group-unknown", "group no-such-group"),
    ("54321", "group-unknown", "gid 54321"),
    ("root", "gid-floor", "gid 0 (group root)"),
    ("daemon", "gid-floor", "gid 1 (group daemon), gid_min 5"),
])
def test_group_that_may_not_be(pools, group, reason, words):
    made = pools(Vhost("a.test", "games"), settings={"gid_min": 5})
    made.file("a.conf", f"pool a {{ user = games\n group = {group}\n }}\n")
    made.start()
    assert made.stack.get("a.test", "/facts.php").status == 503
    made.stack.httpd.wait_log(words, "a.test")
    assert f": {reason}:" in made.stack.httpd.text("a.test")
    failure = made.pool("a.test")["failure"]
    assert failure["reason"] == reason and words in failure["detail"]


# --- priority ------------------------------------------------------------------------------------


def test_nice_and_oom_score_adj(pools):
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"), Vhost("c.test", "man"),
                 defaults={"nice": 4, "oom_score_adj": 150})
    made.file("a.conf", "pool a { user = games\n nice = -5\n oom_score_adj = 700\n }\n")
    made.file("c.conf", 'pool c { user = man\n nice = ""\n oom_score_adj = ""\n }\n')
    made.start()
    a, b, c = (made.facts(f"{x}.test") for x in "abc")
    assert (a["nice"], a["oom"]) == (-5, 700)
    assert (b["nice"], b["oom"]) == (4, 150)
    assert (c["nice"], c["oom"]) == (os.getpriority(os.PRIO_PROCESS, 0), 0)
    status, lines = explain(made, "-u", "games", "-v", "a.test")
    assert status == 0
    assert f"nice = -5  # {made.dir}/a.conf:2" in lines
    assert f"oom_score_adj = 700  # {made.dir}/a.conf:3" in lines


@pytest.mark.skipif(CAN_RAISE, reason="CAP_SYS_RESOURCE is there: nothing is refused")
def test_refused_wish_is_told_once_and_php_runs(pools):
    """oom_score_adj below what we have, and a limit above our hard one: the most that can be had."""
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"),
                 defaults={"oom_score_adj": -400, "limit_nofile": 1048576})
    made.start()
    hard = own_limit(made, "limit_nofile")[1]
    for name in ("a.test", "b.test"):
        assert made.facts(name)["oom"] == 0
        assert made.limits(name)["limit_nofile"] == (hard, hard)
    told = [line for line in made.daemon.text().splitlines() if " spawn.wish " in line]
    warned = [line for line in told if " warn " in line]
    assert len(told) == 4 and len(warned) == 2, told
    assert "key=oom_score_adj wanted=-400 got=0 errno=EACCES" in "\n".join(warned)
    assert f"key=limit_nofile wanted=1048576 got={hard} errno=EPERM" in "\n".join(warned)


def test_php_of_a_protected_daemon_is_not_protected(pools):
    """A daemon that the kernel is to spare does not spare its PHP, unless it is told to."""
    made = pools(Vhost("a.test", "games"))
    try:
        Path("/proc/self/oom_score_adj").write_text("-1")
    except PermissionError:
        pytest.skip("CAP_SYS_RESOURCE is not there: the daemon cannot be protected")
    try:
        made.start()
    finally:
        Path("/proc/self/oom_score_adj").write_text("0")
    assert Path(f"/proc/{made.daemon.pid}/oom_score_adj").read_text() == "-1\n"
    assert made.facts("a.test")["oom"] == 0


# --- limits --------------------------------------------------------------------------------------


def test_each_limit(pools):
    """Of a pool file, of defaults, and what nobody says: that of lsapid."""
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"),
                 defaults={"limit_fsize": "3M", "limit_nproc": 500})
    file = made.file("a.conf", """pool a {
        user = games
        coredump = on
        limit_as = 2G
        limit_core = 1M
        limit_cpu = 10m
        limit_data = 1G
        limit_fsize = unlimited
        limit_memlock = 16K
        limit_nofile = 200
        limit_nproc = 321
        limit_stack = 4M
    }""")
    made.start()
    got = made.limits("a.test")
    wanted = {"limit_as": 2 << 30, "limit_core": 1 << 20, "limit_data": 1 << 30,
              "limit_memlock": 16384, "limit_nofile": 200, "limit_nproc": 321,
              "limit_stack": 4 << 20, "limit_fsize": "unlimited"}
    core = own_limit(made, "limit_core")[1]
    if not CAN_RAISE and core != "unlimited" and int(core) < 1 << 20:
        wanted["limit_core"] = core
    assert {k: got[k] for k in wanted} == {k: (str(v), str(v)) for k, v in wanted.items()}
    assert got["limit_cpu"] == ("600", "605")
    got = made.limits("b.test")
    assert got["limit_fsize"] == (str(3 << 20),) * 2 and got["limit_nproc"] == ("500",) * 2
    assert got["limit_core"] == ("0", "0")
    for key in ("limit_as", "limit_cpu", "limit_data", "limit_memlock", "limit_stack"):
        assert got[key] == own_limit(made, key)
    status, lines = explain(made, "-u", "games", "-v", "a.test")
    assert status == 0
    for key, value, line in (("limit_as", 2 << 30, 4), ("limit_cpu", 600, 6),
                             ("limit_fsize", "unlimited", 8), ("limit_nproc", 321, 11)):
        assert f"{key} = {value}  # {file}:{line}" in lines
    status, lines = explain(made, "-u", "mail")
    assert "limit_as = (not set)  # default" in lines


def test_limits_do_what_they_say(pools):
    """A file that grows too large, a process too many, and memory that is not given."""
    made = pools(Vhost("a.test", "games"))
    made.file("a.conf", "pool a { user = games\n limit_fsize = 64K\n limit_as = 1G\n }\n")
    docroot = made.stack.httpd.vhosts["a.test"].docroot
    made.stack.place.file(docroot / "write.php", "<?php $f = __DIR__ . '/grown'; "
                          "echo (int)@file_put_contents($f, str_repeat('x', 100000)), ' ', "
                          "filesize($f);", made.stack.httpd.vhosts["a.test"].owner)
    made.stack.place.file(docroot / "eat.php", "<?php ini_set('memory_limit', '-1'); "
                          "echo strlen(str_repeat('x', 2 << 30));",
                          made.stack.httpd.vhosts["a.test"].owner)
    made.start()
    assert made.get("a.test", "/write.php").text.endswith(" 65536")
    assert made.stack.get("a.test", "/eat.php").status >= 500
    assert made.facts("a.test")


def test_coredump_off_is_stronger_than_limit_core(pools):
    made = pools(Vhost("a.test", "games"))
    made.file("a.conf", "pool a { user = games\n limit_core = unlimited\n }\n")
    made.start()
    assert made.limits("a.test")["limit_core"] == ("0", "0")


@pytest.mark.parametrize("line, words", [
    ("nice = 20", "nice is '20', not within -20 to 19"),
    ("nice = low", "nice is 'low', not a whole number"),
    ("oom_score_adj = -1001", "not within -1000 to 1000"),
    ("limit_as = 15M", "not within 16777216 bytes"),
    ("limit_nofile = unlimited", "limit_nofile is 'unlimited', not a number"),
    ("limit_nproc = many", "limit_nproc is 'many', not a number, or unlimited"),
    ("limit_cpu = 100ms", "limit_cpu is '100ms', not a duration"),
    ('php_ini = { "null=1" }', "php_ini has 'null=1', not name=value"),
    ('php_ini = { "memory_limit" }', "php_ini has 'memory_limit', not name=value"),
    ('php_ini = { "a b=1" }', "php_ini has 'a b=1', not name=value"),
    ('php_ini = { "[x]=1" }', "php_ini has '[x]=1', not name=value"),
    ('group = "a b"', "group is 'a b', not the name of an account"),
    ("connection_pool = sometimes", "connection_pool is 'sometimes', not on or off"),
])
def test_value_out_of_its_bounds_names_file_and_line(pools, line, words):
    made = pools(Vhost("a.test", "games"))
    file = made.file("a.conf", f"pool a {{\n user = games\n {line}\n}}\n")
    status, output = made.daemon.check()
    assert status == 1 and f"{file}:3: " in output and words in output


# --- settings of PHP -----------------------------------------------------------------------------


STRANGE = ["it's", "''", '"', 'a"b', "${HOME}", "a\\b", "E_ALL & ~E_NOTICE", "; no comment",
           "[PATH=/]", " padded ", "PHP_VERSION", "none", "100%", "a'${PATH}'b"]


def test_php_ini_takes_every_value_as_it_is(pools):
    """Nothing in a value is anything but text: no quote, constant, variable, comment or section."""
    made = pools(*(Vhost(f"s{i}.test", "games") for i in range(len(STRANGE))))
    lines = []
    for i, value in enumerate(STRANGE):
        entry = "error_append_string=" + value
        # as libconfuse wants it; ${ is refused by lsapid in single quotes, too
        entry = entry.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\$\\{")
        lines.append(f'pool s{i} {{ user = games\n vhosts = {{ "s{i}.test" }}\n'
                     f' php_ini = {{ "{entry}", "memory_limit=77M" }}\n}}\n')
    made.file("all.conf", "".join(lines))
    assert made.daemon.check() == (0, "configuration ok\n")
    made.start()
    for i, value in enumerate(STRANGE):
        got = made.facts(f"s{i}.test", "ini=error_append_string,memory_limit")["ini"]
        assert got == {"error_append_string": value, "memory_limit": "77M"}


def test_php_ini_is_system_level_and_wins_over_php_ini_files(pools):
    """As the last of php.ini's files: also for what counts at the start only, and per pool."""
    made = pools(Vhost("a.test", "games", extra="php_admin_value memory_limit 99M"),
                 Vhost("b.test", "mail"), Vhost("c.test", "man"))
    made.file("a.conf", 'pool a { user = games\n php_ini = { "memory_limit=64M", '
              '"disable_functions=sleep,usleep", "max_execution_time=11" } }\n')
    made.file("b.conf", 'pool b { user = mail\n php_ini = { "memory_limit=65M" } }\n')
    made.start()
    names = "ini=memory_limit,disable_functions,max_execution_time"
    a, b, c = (made.facts(f"{x}.test", names) for x in "abc")
    assert a["ini"] == {"memory_limit": "99M", "disable_functions": "sleep,usleep",
                        "max_execution_time": "11"}
    assert b["ini"]["memory_limit"] == "65M" and b["ini"]["disable_functions"] == ""
    assert a["scan"] == ":/proc/self/fd/3" and c["scan"] is False
    # behind all that were read before
    assert a["files"].split(",\n")[-1].strip() == "/proc/self/fd/3/pool.ini"
    assert [f for f in a["files"].split(",\n")][:-1] == [
        f for f in (c["files"] or "").strip().split(",\n") if f]


def test_php_ini_keeps_the_scan_directory_of_handler_and_pool(pools):
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"))
    of_pool = made.stack.place.directory("of-pool")
    of_handler = made.stack.place.directory("of-handler")
    for directory in (of_pool, of_handler):
        made.stack.place.file(directory / "x.ini", f"error_append_string={directory.name}\n"
                              "memory_limit=1G\n")
    made.file("a.conf", f'pool a {{ user = games\n env = {{ "PHP_INI_SCAN_DIR=:{of_pool}" }}\n'
              ' php_ini = { "memory_limit=64M" } }\n')
    made.start()
    got = made.facts("a.test", "ini=error_append_string,memory_limit")
    assert got["ini"] == {"error_append_string": "of-pool", "memory_limit": "64M"}
    binary, env = next(iter(made.daemon.handlers.values()))
    made.daemon.handlers = {name: (binary, [*env, f"PHP_INI_SCAN_DIR=:{of_handler}"])
                            for name in made.daemon.handlers}
    made.daemon.write_conf()
    made.reload()
    wait_until(lambda: made.facts("a.test", "ini=error_append_string")["ini"] == {
        "error_append_string": "of-handler"}, 5, "the handler's scan directory, which is stronger")
    assert made.facts("a.test", "ini=memory_limit")["ini"] == {"memory_limit": "64M"}


def test_php_ini_is_nobody_elses_to_read_and_goes_with_its_parent(pools):
    """Not by path, not by the descriptor's way up; and nothing of it is left."""
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"))
    made.file("a.conf", 'pool a { user = games\n php_ini = { "memory_limit=64M" } }\n')
    made.file("b.conf", 'pool b { user = mail\n php_ini = { "memory_limit=65M" } }\n')
    made.start()
    directory = made.daemon.run / "ini"
    for vhost in ("a.test", "b.test"):
        site = made.stack.httpd.vhosts[vhost]
        made.stack.place.file(site.docroot / "sh.php", "<?php echo shell_exec($_GET['do'] . "
                              "' 2>/dev/null || echo refused');", site.owner)

    def shell(vhost, do):
        return made.get(vhost, "/sh.php?do=" + quote(do)).text.strip()

    assert shell("a.test", "cat /proc/self/fd/3/pool.ini") == "memory_limit = '64M'"
    assert shell("b.test", "cat /proc/self/fd/3/pool.ini") == "memory_limit = '65M'"
    assert sorted(os.listdir(directory)) == ["1", "2"]
    for vhost in ("a.test", "b.test"):
        for path in (directory, directory / "1", directory / "2", "/proc/self/fd/3/..",
                     "/proc/self/fd/3/../1", "/proc/self/fd/3/../2"):
            assert shell(vhost, f"ls {path}") == "refused", path
            assert shell(vhost, f"cat {path}/pool.ini") == "refused", path
        for deed in ("chmod u+w /proc/self/fd/3", "touch /proc/self/fd/3/more.ini",
                     "echo x >> /proc/self/fd/3/pool.ini", "rm -f /proc/self/fd/3/pool.ini"):
            assert shell(vhost, deed) == "refused", deed
    parent = made.pool("a.test")["pid"]
    os.kill(parent, signal.SIGKILL)
    wait_until(lambda: os.listdir(directory) == ["2"], 10, "the end of its directory")
    made.facts("a.test")
    assert sorted(os.listdir(directory)) == ["2", "3"]
    made.daemon.kill()
    wait_until(lambda: not made.daemon.lsphp(), 15, "the end of all PHP")
    assert os.listdir(directory)
    made.daemon.start()
    assert os.listdir(directory) == []
    assert made.facts("a.test", "ini=memory_limit")["ini"] == {"memory_limit": "64M"}
    made.daemon.stop()
    assert os.listdir(directory) == []


def test_php_ini_needs_no_way_to_runtime_dir(pools):
    """Only root and the manager may enter it: PHP has its settings all the same."""
    made = pools(Vhost("a.test", "games"))
    made.daemon.socket = made.stack.place.path / "control.sock"
    made.daemon.settings["control_socket"] = made.daemon.socket
    made.daemon.write_conf()
    made.file("a.conf", 'pool a { user = games\n php_ini = { "memory_limit=64M" } }\n')
    os.chown(made.daemon.run, 0, pwd.getpwnam("nobody").pw_gid)
    made.daemon.run.chmod(0o750)
    made.start()
    assert made.daemon.run.stat().st_mode & 0o777 == 0o750
    assert made.facts("a.test", "ini=memory_limit")["ini"] == {"memory_limit": "64M"}


def test_reload_of_php_ini_replaces_the_pool(pools):
    made = pools(Vhost("a.test", "games"))
    made.file("a.conf", 'pool a { user = games\n php_ini = { "memory_limit=64M" } }\n')
    made.start()
    assert made.facts("a.test", "ini=memory_limit")["ini"]["memory_limit"] == "64M"
    made.file("a.conf", 'pool a { user = games\n php_ini = { "memory_limit=66M" } }\n')
    made.reload()
    wait_until(lambda: made.facts("a.test", "ini=memory_limit")["ini"]["memory_limit"] == "66M", 5,
               "the new setting")
    wait_until(lambda: os.listdir(made.daemon.run / "ini") == ["2"], 10, "the end of the first")


# --- without a pool of connections ------------------------------------------------------------


@pytest.mark.deadline(240)
@pytest.mark.parametrize("mpm", ["event", "prefork"])
def test_without_connection_pool_each_request_has_a_child_of_its_own(pools, mpm):
    """B36: under load of clients that keep their connections; none is lost, POST included."""
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"), mpm=mpm)
    made.file("a.conf", "pool a { user = games\n connection_pool = off\n children = 10\n }\n")
    made.start()
    wrong, pids = [], []

    def client(number):
        for i in range(50):
            query = f"n={number}.{i}"
            how = {"method": "POST", "body": b"x" * 3000} if i % 2 else {}
            answer = made.stack.get("a.test", f"/mirror.php?{query}", **how)
            if answer.status != 200 or answer.header("X-Query") != query:
                wrong.append((query, answer.status, answer.text[:200]))
            pids.append(answer.header("X-Pid"))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]
    assert len(pids) == 400 and len(set(pids)) == 400
    wait_until(lambda: made.pool("a.test")["connections"] == 0, 5, "the end of connections")
    kept = {made.get("b.test", "/mirror.php").header("X-Pid") for _ in range(40)}
    assert len(kept) < 40, "the other site keeps its children"
    totals = made.status()["totals"]["closes"]
    assert totals["died"] == totals["protocol"] == 0
    assert totals["done"] >= 400


def test_connection_pool_of_lsapid_conf(pools):
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"),
                 defaults={"connection_pool": False})
    made.file("b.conf", "pool b { user = mail\n connection_pool = on\n }\n")
    made.start()
    assert len({made.get("a.test", "/mirror.php").header("X-Pid") for _ in range(40)}) == 40
    assert len({made.get("b.test", "/mirror.php").header("X-Pid") for _ in range(40)}) < 40
    status, lines = explain(made, "-u", "games", "-v", "a.test")
    assert status == 0 and any(line.startswith("connection_pool = 0  # ") for line in lines)
