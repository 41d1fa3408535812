# SPDX-License-Identifier: Apache-2.0
"""lsapi_access_log: a true line for each request that PHP was to answer, and the same as notes."""

import contextlib
import json
import re
import socket
import struct
import threading
import time

import pytest

from client import Raw
from harness import IS_FOREIGN_LSPHP, Vhost
from place import wait_until

BUSY = """<?php
$end = hrtime(true) + 60e6; while (hrtime(true) < $end) { }
$text = str_repeat('x', 20 << 20); echo 'busy';
"""
PROGRAM = "<?php echo shell_exec('i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done');"
SLEEP = "<?php @ob_end_clean(); echo str_repeat('a', 9000); flush(); usleep(300000); echo 'end';"
NOTES = ("%U|%{lsapi-queue-us}n|%{lsapi-start-us}n|%{lsapi-kind}n|%{lsapi-first-us}n|"
         "%{lsapi-total-us}n|%{lsapi-cpu-us}n|%{lsapi-peak-bytes}n|%{lsapi-pid}n|"
         "%{lsapi-outcome}n|%{lsapi-user}n|%D")
EXIT = "<?php FFI::cdef('void _exit(int);')->_exit(3);"
#: to whatever socket it has: one of them leads to Apache
JUNK = """<?php
$libc = FFI::cdef('long send(int, const char *, long, int);');
for ($fd = 0; $fd < 64; $fd++) { $libc->send($fd, str_repeat('junk', 16), 64, 0x4000); }
"""
SCRIPTS = {"busy.php": BUSY, "exit.php": EXIT, "junk.php": JUNK, "program.php": PROGRAM, "sleep.php": SLEEP,
           "redirect.php": "<?php header('Location: /who.php', true, 200);"}

def vhosts():
    few = "lsapi_backend_children 2\nlsapi_disable_reject_mode "
    return [Vhost("a.test", "games", extra="lsapi_output_buffering Off\nErrorDocument 404 /who.php\n"
                  "RewriteEngine On\nRewriteRule ^/odd /who.php"),
            Vhost("few.test", "mail", extra=few + "Off"),
            Vhost("queue.test", "mail", extra=few + "On\nlsapi_access_log Off\n"
                  "lsapi_access_log queue.json json"),
            Vhost("off.test", "games", extra="lsapi_access_log Off"),
            Vhost("ends.test", "games", extra="php_admin_value ffi.enable 1\n"
                  "lsapi_backend_max_process_time 1"),
            Vhost("kill.test", "games"),
            Vhost("late.test", "mail", extra=few + "On"),
            Vhost("nobody.test", extra="lsapi_use_default_uid Off"),
            Vhost("usage.test", "games", extra="lsapi_measure_usage On\nlsapi_access_log Off"),
            Vhost("limit.test", "games",
                  extra="lsapi_poll_timeout 1\nlsapi_backend_max_process_time 60")]


@pytest.fixture(scope="module")
def site(request):
    """One stack for all of them. Logs are relative to ServerRoot, which is the place."""
    from stack import Stack, end_all
    made = Stack(vhosts(), start=False)
    made.daemon.settings["pools_dir"] = made.place.directory("pools.d")
    user = made.httpd.vhosts["late.test"].owner.pw_name
    made.place.file("pools.d/late.conf", f'pool late {{ user = "{user}"\n queue_wait = 100ms\n'
                    ' vhosts = { "late.test" }\n }\n', mode=0o600)
    made.daemon.write_conf()
    made.httpd.extra = (
        "lsapi_access_log access.json JSON\nlsapi_access_log access.log\n"
        f"lsapi_access_log \"|/usr/bin/tee -a {made.place.path}/piped\" \"%{{uri}} %{{status}}\"\n"
        f"LogFormat \"{NOTES}\" notes\nCustomLog notes.log notes")
    for name in ("off", "usage"):
        made.httpd.vhosts[f"{name}.test"].extra += (
            f"\nCustomLog {name}.log \"%{{lsapi-kind}}n %{{lsapi-cpu-us}}n\"")
    for vhost in made.httpd.vhosts.values():
        for name, text in SCRIPTS.items():
            made.place.file(vhost.docroot / name, text, vhost.owner)
    try:
        yield made.start()
    finally:
        end_all([made])


def lines(made, name):
    path = made.place.path / name
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def line_of(made, uri, host="a.test", log="access.json"):
    """What is logged of the last request for @uri; httpd logs after it has answered."""
    def find():
        found = [json.loads(x) for x in lines(made, log)]
        return [x for x in found if (x["uri"], x["vhost"]) == (uri, host)]
    return wait_until(find, 10, f"a line of {host}{uri}")[-1]


@pytest.mark.single_user
@pytest.mark.sanitized
def test_figures_of_requests(site):
    """Cold and warm, quick and slow: who, what, for how long, at which cost."""
    site.get("a.test", "/who.php?first=1&x=%22")
    cold = line_of(site, "/who.php")
    owner = site.httpd.vhosts["a.test"].owner.pw_name
    assert {k: cold[k] for k in ("client", "method", "query", "status", "outcome", "user")} == {
        "client": "127.0.0.1", "method": "GET", "query": "first=1&x=%22", "status": 200,
        "outcome": "ok", "user": owner}
    assert cold["script"] == str(site.httpd.vhosts["a.test"].docroot / "who.php")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d", cold["time"])
    assert cold["kind"] == "cold" and 0 < cold["start_us"] < cold["first_us"] <= cold["total_us"]
    # the daemon may see up to 0.1 s later than Apache that it serves
    wait_until(lambda: [p["state"] for p in site.ctl.status()["pools"] if p["name"] == "a.test"]
               == ["ready"], 10, "a ready pool")
    answer = site.get("a.test", "/busy.php", method="POST", body=b"y" * 100000)
    warm = line_of(site, "/busy.php")
    assert (warm["kind"], warm["bytes"], warm["method"]) == ("warm", 4, "POST")
    assert answer.text == "busy" and warm["pid"] != 0
    assert 50000 < warm["cpu_us"] < 10000000 and warm["total_us"] > 60000
    assert IS_FOREIGN_LSPHP or 20 << 20 < warm["peak_bytes"] < 200 << 20
    site.get("a.test", "/sleep.php")
    slow = line_of(site, "/sleep.php")
    assert slow["total_us"] - slow["first_us"] > 250000 and slow["bytes"] == 9003
    assert slow["cpu_us"] < 200000
    site.get("a.test", "/program.php")
    assert IS_FOREIGN_LSPHP or line_of(site, "/program.php")["cpu_us"] > 5000


@pytest.mark.single_user
def test_pid_is_that_of_php(site):
    for i in range(3):
        pid = json.loads(site.get("a.test", f"/who.php/{i}").text)["pid"]
        assert line_of(site, f"/who.php/{i}")["pid"] == pid


@pytest.mark.single_user
@pytest.mark.sanitized
def test_outcomes(site):
    """Whatever becomes of a request, one word says it, and what is not known is null."""
    assert site.get("a.test", "/crash.php").status == 503
    died = line_of(site, "/crash.php")
    # another lsphp does not say by what
    assert died["outcome"] == ("died" if IS_FOREIGN_LSPHP else "killed:9") and died["status"] == 503
    assert died["first_us"] is None and died["cpu_us"] is None and died["peak_bytes"] is None
    assert site.get("a.test", "/none.php").status == 404
    # what was asked for, and the page for it: each is PHP's
    wait_until(lambda: sum("/none.php" in x for x in lines(site, "access.log")) == 2, 10)
    found = [x for x in map(json.loads, lines(site, "access.json")) if x["uri"] == "/none.php"]
    assert [(x["outcome"], x["script"].rsplit("/", 1)[1]) for x in found] == [
        ("no-script", "none.php"), ("ok", "who.php")]
    assert site.get("limit.test", "/sleep.php").status == 200
    site.place.file(site.httpd.vhosts["limit.test"].docroot / "long.php",
                    "<?php sleep(30);", site.httpd.vhosts["limit.test"].owner)
    assert site.get("limit.test", "/long.php").status == 504
    late = line_of(site, "/long.php", "limit.test")
    assert late["outcome"] == "timeout" and late["total_us"] > 900000 and late["pid"]
    with Raw(site.httpd.port) as client:
        client.send("GET /hold.php?name=h&first=x HTTP/1.1\r\nHost: a.test\r\n\r\n")
        client.head()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    site.place.file(site.httpd.vhosts["a.test"].docroot / "h.go", "")
    assert line_of(site, "/hold.php")["outcome"] == "aborted"
    site.get("a.test", "/redirect.php")
    assert wait_until(lambda: [x for x in map(json.loads, lines(site, "access.json"))
                               if x["uri"] == "/redirect.php"][1:], 10)[0]["script"].endswith(
        "who.php")


def test_outcomes_of_what_ends_by_itself_or_is_ended(site):
    for name, status, outcome in (("exit", 503, "died"), ("junk", 502, "protocol")):
        if not IS_FOREIGN_LSPHP:  # FFI is of Debian's PHP
            assert site.get("ends.test", f"/{name}.php").status == status
            assert line_of(site, f"/{name}.php", "ends.test")["outcome"] == outcome
    assert site.get("ends.test", "/hold.php?name=long").status == 503
    assert line_of(site, "/hold.php", "ends.test")["outcome"] == "runaway"
    _, threads, root = fill(site, "kill.test", 1)
    wait_until(lambda: len(list(root.glob("in-*"))) == 1, 20)
    assert site.ctl.run("kill", "kill.test")[0] == 0
    threads[0].join()
    assert line_of(site, "/wait.php", "kill.test")["outcome"] == "ended"


def test_outcomes_without_php(site):
    """It does not come so far: no place in the queue, no account, a body that is none."""
    gate, threads, root = fill(site, "late.test", 2)
    wait_until(lambda: len(list(root.glob("in-*"))) == 2, 20)
    site.get("late.test", "/who.php")
    gate.unlink()
    for thread in threads:
        thread.join()
    assert line_of(site, "/who.php", "late.test")["outcome"] == "refused:queue-timeout"
    assert site.get("nobody.test", "/who.php").status == 503
    assert line_of(site, "/who.php", "nobody.test")["outcome"] == "refused:no-identity"
    with Raw(site.httpd.port) as client:
        client.send("POST /mirror.php HTTP/1.1\r\nHost: a.test\r\n"
                    "Transfer-Encoding: chunked\r\n\r\nno number\r\n")
        assert client.head()[0] == 400
    assert line_of(site, "/mirror.php")["outcome"] == "bad-request"


def fill(made, host, count):
    """Requests that hold all children of a site, until the gate is removed."""
    vhost = made.httpd.vhosts[host]
    gate = made.place.file(vhost.docroot / "gate", "", vhost.owner)
    made.place.file(vhost.docroot / "wait.php", "<?php touch(__DIR__ . '/in-' . getmypid()); while "
                    "(file_exists(__DIR__ . '/gate')) { usleep(10000); clearstatcache(); }",
                    vhost.owner)
    threads = [threading.Thread(target=made.get, args=(host, f"/wait.php?{i}"))
               for i in range(count)]
    for thread in threads:
        thread.start()
    return gate, threads, vhost.docroot


def test_refused_and_queued(site):
    gate, threads, root = fill(site, "few.test", 2)
    wait_until(lambda: len(list(root.glob("in-*"))) == 2, 20)
    assert site.get("few.test", "/who.php").status == 507
    gate.unlink()
    for thread in threads:
        thread.join()
    refused = line_of(site, "/who.php", "few.test")
    assert refused["outcome"] == "refused:busy" and refused["status"] == 507
    assert refused["kind"] is None and refused["pid"] is None and refused["start_us"] is None
    gate, threads, root = fill(site, "queue.test", 3)
    wait_until(lambda: len(list(root.glob("in-*"))) == 2, 20)
    wait_until(lambda: any(p["waiting"] == 1 for p in site.ctl.status()["pools"]), 10)
    time.sleep(0.3)  # what it waits at least
    gate.unlink()
    for thread in threads:
        thread.join()
    waits = wait_until(lambda: [x["queue_us"] for x in map(json.loads, lines(site, "queue.json"))
                                if x["uri"] == "/wait.php"][2:] and sorted(
        x["queue_us"] for x in map(json.loads, lines(site, "queue.json"))), 10)
    assert waits[-1] > 300000 > waits[1], waits


def or_dash(figure):
    return "-" if figure is None else str(figure)


@pytest.mark.single_user
@pytest.mark.sanitized
def test_each_log_has_its_format(site):
    """JSON, the default one, a program's, notes of httpd; and Off is off."""
    site.get("a.test", "/answer.php?status=418")
    last = line_of(site, "/answer.php")
    text = wait_until(lambda: [x for x in lines(site, "access.log") if "/answer.php" in x], 10)[-1]
    assert text == (
        f"{last['time']} 127.0.0.1 a.test {last['user']} \"GET /answer.php\" 418 {last['bytes']} "
        f"queue={last['queue_us']} start={last['start_us']} kind={last['kind']} "
        f"first={last['first_us']} total={last['total_us']} cpu={or_dash(last['cpu_us'])} "
        f"peak={or_dash(last['peak_bytes'])} pid={last['pid']} outcome=ok")
    wait_until(lambda: "/answer.php 418" in lines(site, "piped"), 10)
    note = wait_until(lambda: [x for x in lines(site, "notes.log") if x.startswith("/answer.php|")],
                      10)[-1].split("|")
    keys = ("queue_us", "start_us", "kind", "first_us", "total_us", "cpu_us", "peak_bytes", "pid",
            "outcome", "user")
    assert note[1:11] == [or_dash(last[k]) for k in keys]
    assert int(note[11]) >= last["total_us"]  # httpd's own, which has the whole request
    site.get("off.test", "/who.php")
    assert wait_until(lambda: lines(site, "off.log"), 10)[0] in ("warm -", "cold -")
    site.get("usage.test", "/who.php")
    assert re.fullmatch(r"\w+ \d+", wait_until(lambda: lines(site, "usage.log"), 10)[0])
    assert not any("off.test" in x for x in lines(site, "access.json"))
    assert not any("queue.test" in x for x in lines(site, "access.json"))


@pytest.mark.single_user
@pytest.mark.sanitized
def test_nothing_of_strangers_ends_a_line(site):
    """Names of hosts and files, queries and methods: a line stays one, JSON stays JSON."""
    for target in ("/odd%0a%22,%22status%22:1%1b[2J%ff%c3%a4%e2%80%ae?q=%0a\"'\\\x01\xff",
                   "/odd" + "%22" * 2000):
        with Raw(site.httpd.port) as client:
            client.send(f"GET {target} HTTP/1.0\r\nHost: a.test\r\n\r\n".encode("latin-1"))
            client.file.read()
    wait_until(lambda: [x for x in lines(site, "access.log") if "/odd\\x22" in x], 10)
    odd = [x for x in map(json.loads, lines(site, "access.json")) if x["uri"].startswith("/odd")]
    for line in lines(site, "access.log") + lines(site, "access.json"):
        assert len(line.encode()) < 4096 and not re.search(r"[\x00-\x1f\x7f-\x9f]", line)
    for line in lines(site, "access.log"):
        assert re.fullmatch(r'\S+ \S+ \S+ \S+ "\S+ \S+" \d+ \d+( [a-z]+=\S+){9}', line), line
    assert all(isinstance(x["status"], int) and x["status"] > 1 for x in odd)


def test_bad_formats_and_files(stack):
    """A bad format is told of and left out; a log that does not open keeps httpd from starting."""
    made = stack(Vhost("a.test", "games", extra="lsapi_access_log x.log \"%{pod}\""), start=False)
    status, output = made.httpd.check()
    assert status == 0 and "no format of a log" in output and "httpd.conf" in output
    made.httpd.extra = "lsapi_access_log missing/x.log"
    made.daemon.start()
    with contextlib.suppress(AssertionError):
        made.httpd.start()  # it listens before it opens its logs
    assert made.httpd.process.wait(20) != 0 and "can not be opened" in made.httpd.text()
    made.httpd.extra = ""
    made.httpd.start()
    assert made.get("a.test", "/who.php").status == 200
    assert not (made.place.path / "x.log").exists()
    # and without lsapid
    made.httpd.stop()
    made.httpd.extra = "lsapi_access_log outcomes \"%{outcome}\"\nlsapi_backend_connect_tries 1"
    made.httpd.start()
    made.daemon.stop()
    assert made.get("a.test", "/who.php").status == 503
    assert wait_until(lambda: lines(made, "outcomes"), 10) == ["unavailable"]
