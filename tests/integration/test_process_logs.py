# SPDX-License-Identifier: Apache-2.0
"""Where goes what PHP logs, at which level, and what is told of a process that runs for too long."""

import grp
import re
import stat

import pytest

from harness import IS_FOREIGN_LSPHP, Vhost
from place import IS_ROOT, wait_until

pytestmark = pytest.mark.single_user

OWN = "lsapi_backend_use_own_log On"
SAY = "<?php error_log('logged word'); file_put_contents('php://stderr', \"raw word\\n\"); echo 1;"
#: of a runaway: where it waits, and a file that it has open
STUCK = """<?php $f = fopen(__DIR__ . '/open.file', 'w');
file_put_contents(__DIR__ . '/pid', getmypid());
while (true) { usleep(50000); }"""


def script(made, vhost, name, text):
    site = made.httpd.vhosts[vhost]
    return made.place.file(site.docroot / name, text, site.owner)


def has(path, words):
    return path.exists() and words in path.read_text(errors="replace")


def start(stack, *vhosts, **how):
    made = stack(*vhosts, start=False, **how)
    made.logs_dir = made.place.path / "logs"
    made.daemon.settings["log_dir"] = made.logs_dir
    made.daemon.write_conf()
    made.start()
    for vhost in made.httpd.vhosts:
        script(made, vhost, "say.php", SAY)
    return made


def own_file(made, vhost, name=None):
    return made.logs_dir / f"{name or vhost}-{made.httpd.vhosts[vhost].owner.pw_uid}.log"


@pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="it sends its messages to Apache")
def test_own_log_of_each_virtual_host(stack):
    """B56: with the directive all that PHP logs is in one file for each site, else in error_log."""
    made = start(stack, Vhost("A.test", "games", extra=OWN), Vhost("b.test", "mail", extra=OWN),
                 Vhost("c.test", "man"),
                 Vhost("account.test", "news", extra=f"{OWN}\nlsapi_per_user On"))
    for vhost in made.httpd.vhosts:
        assert made.get(vhost, "/say.php").status == 200
    files = {"A.test": own_file(made, "A.test", "a.test"), "b.test": own_file(made, "b.test"),
             "account.test": own_file(made, "account.test", "user")}
    for vhost, path in files.items():
        for words in ("raw word", "logged word"):
            wait_until(lambda p=path, w=words: has(p, w), 10, f"{words} in {path}")
        assert "logged word" not in made.httpd.text(vhost)
    made.httpd.wait_log("logged word", "c.test")
    made.daemon.wait_log('text="raw word"')
    assert made.daemon.text().count('text="raw word"') == 1, "of c.test alone"
    assert sorted(p.name for p in made.logs_dir.iterdir()) == sorted(
        p.name for p in files.values())


def test_browsers_do_not_choose_how_many_logs_there_are(stack):
    """With a pool for each Host the log is still that of the virtual host."""
    made = start(stack, Vhost("a.test", "games", extra=f"{OWN}\nlsapi_use_req_hostname On\n"
                              "ServerAlias *.test"))
    for host in ("a.test", "b.test", "c.test"):
        assert made.get(host, "/say.php").status == 200
    assert len(made.ctl.status()["pools"]) == 3
    path = own_file(made, "a.test")
    wait_until(lambda: path.exists() and path.read_text().count("raw word") == 3, 10, "all lines")
    assert [p.name for p in made.logs_dir.iterdir()] == [path.name]


@pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="it sends its messages to Apache")
def test_common_own_log(stack):
    """B56: one file for all that say so; root alone reads what several users have logged."""
    common = f"{OWN}\nlsapi_backend_common_own_log On"
    made = start(stack, Vhost("a.test", "games", extra=common), Vhost("b.test", "mail"),
                 Vhost("c.test", "man", extra="lsapi_backend_common_own_log On"),
                 Vhost("d.test", "news", extra="lsapi_backend_use_own_log Off\n"
                       "lsapi_backend_common_own_log On"), extra="")
    for vhost in made.httpd.vhosts:
        assert made.get(vhost, "/say.php").status == 200
    path = made.logs_dir / "lsphp.log"
    wait_until(lambda: has(path, "raw word") and has(path, "logged word"), 10, "both words")
    assert {line.split()[1].split("[")[0] for line in path.read_text().splitlines()} == {"a.test"}
    for vhost in ("b.test", "c.test", "d.test"):
        made.httpd.wait_log("logged word", vhost)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    if IS_ROOT:
        assert (path.stat().st_uid, path.stat().st_gid) == (0, 0)


@pytest.mark.skipif(not IS_ROOT, reason="only root makes files for others")
def test_own_log_is_for_its_owner_to_read(stack):
    made = start(stack, Vhost("a.test", "games", extra=OWN))
    assert made.get("a.test", "/say.php").status == 200
    path = own_file(made, "a.test")
    wait_until(lambda: has(path, "raw word"), 10, f"a line in {path}")
    found = path.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (
        0o640, 0, grp.getgrnam("games").gr_gid)


def test_own_log_never_in_htaccess(stack):
    """Logs, cores and limits are the administrator's: a user's file that asks for them is refused.

    What the reference lets stand there is read, so that the site goes on, and ignored.
    """
    made = start(stack, Vhost("a.test", "games"))
    script(made, "a.test", ".htaccess", f"{OWN}\nlsapi_backend_common_own_log On\n"
           "lsapi_backend_coredump On\n")
    assert made.get("a.test", "/say.php").status == 200
    assert not list(made.logs_dir.glob("*"))
    pool, = made.ctl.status()["pools"]
    assert not [entry for entry in pool["spec"] if "log" in entry or "coredump" in entry]
    for line in ("lsapi_with_connection_pool Off", "lsapi_backend_pgrp_max_reqs 1",
                 "lsapi_max_connection 1", "lsapi_backend_oom_score_adj 1",
                 "lsapi_dump_debug_info On", "lsapi_backend_loglevel_info On"):
        script(made, "a.test", ".htaccess", line + "\n")
        assert made.get("a.test", "/say.php").status == 500, line
        made.httpd.wait_log(f"{line.split()[0]} not allowed here", "a.test")


def test_pool_file_is_stronger_than_the_directive(stack):
    """The pool file's own_log, and its log, win."""
    made = stack(Vhost("a.test", "games", extra=OWN), Vhost("b.test", "games", extra=OWN),
                 start=False)
    made.logs_dir = made.place.path / "logs"
    pools = made.place.directory("pools.d")
    user = made.httpd.vhosts["a.test"].owner.pw_name
    made.place.file(pools / "a.conf", f"""
        pool a {{ user = "{user}"
        vhosts = {{ "a.test" }}
        own_log = off }}
        pool b {{ user = "{user}"
        vhosts = {{ "b.test" }}
        log = "mine.log" }}\n""")
    made.daemon.settings.update(log_dir=made.logs_dir, pools_dir=pools)
    made.daemon.write_conf()
    made.start()
    for vhost in ("a.test", "b.test"):
        script(made, vhost, "say.php", SAY)
        assert made.get(vhost, "/say.php").status == 200
    made.httpd.wait_log("logged word", "a.test")
    wait_until(lambda: has(made.logs_dir / "mine.log", "raw word"), 10, "a line in mine.log")
    assert [p.name for p in made.logs_dir.iterdir()] == ["mine.log"]


def test_level_of_warnings(stack):
    """B57: warnings and notices of PHP at level info, or at warn; errors are errors."""
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_loglevel_info On"),
                 Vhost("b.test", "games"),
                 Vhost("c.test", "games", extra="lsapi_backend_loglevel_info On\nLogLevel warn"))
    for vhost in made.httpd.vhosts:
        script(made, vhost, "warn.php", "<?php ini_set('log_errors', '1'); echo $undefined; "
               "trigger_error('a notice'); trigger_error('old', E_USER_DEPRECATED); "
               "no_such_function();")
        assert made.get(vhost, "/warn.php").status in (200, 500)
        made.httpd.wait_log("Uncaught Error", vhost)
    kinds = {"Undefined variable": "warn", "a notice": "warn", "old": "warn",
             "Uncaught Error": "error"}
    for vhost, warn in (("a.test", "info"), ("b.test", "warn"), ("c.test", None)):
        for words, level in kinds.items():
            levels = set(re.findall(rf"\[lsapi:(\w+)\].*PHP .*{words}", made.httpd.text(vhost)))
            wanted = level if level == "error" else warn
            assert levels == ({wanted} if wanted else set()), (vhost, words)


@pytest.mark.parametrize("wanted", ["On", "Off"])
def test_dump_of_a_runaway(stack, wanted):
    """B59: before it is ended, lsapid's log has where it waits, its directory and its open files."""
    made = stack(Vhost("a.test", "games", extra=f"lsapi_dump_debug_info {wanted}\n"
                       "lsapi_backend_max_process_time 1"))
    site = made.httpd.vhosts["a.test"]
    script(made, "a.test", "stuck.php", STUCK)
    assert made.get("a.test", "/stuck.php", timeout=30).status == 503
    pid = (site.docroot / "pid").read_text()
    made.daemon.wait_log(f"pid={pid} signal=15")
    lines = [x for x in made.daemon.text().splitlines() if "child.dump" in x]
    if wanted == "Off":
        assert not lines
        return
    state = next(x for x in lines if "child.dump " in x)
    assert f"pid={pid} " in state and f"cwd={site.docroot} " in state
    assert "wchan=" in state and "syscall=" in state and "stack=" in state
    assert any(f"file={site.docroot}/open.file" in x for x in lines if "child.dump_file " in x)
    text = made.daemon.text()
    assert text.index("child.dump ") < text.index(f"pid={pid} signal=15")


def test_dump_bounds(stack):
    """However many files it has open, and whatever their names are, the log stays in order."""
    made = stack(Vhost("a.test", "games", extra="lsapi_dump_debug_info On\n"
                       "lsapi_backend_max_process_time 1"))
    script(made, "a.test", "stuck.php", STUCK.replace(
        "$f =", "for ($i = 0; $i < 200; $i++) $all[] = "
        "fopen(__DIR__ . \"/x\\n{$i} event=evil\", 'w'); $f ="))
    assert made.get("a.test", "/stuck.php", timeout=30).status == 503
    made.daemon.wait_log("child.dump_file")
    made.daemon.wait_log("untold=")
    lines = [x for x in made.daemon.text().splitlines() if "child.dump_file " in x]
    assert len(lines) == 49 and not re.search(r"^\d+ event=evil", made.daemon.text(), re.M)
