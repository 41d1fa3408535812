# SPDX-License-Identifier: Apache-2.0
"""lsapid-criu alone: an lsphp is frozen, comes back as it was, and whatever fails says why."""

import json
import os
import signal
from pathlib import Path

import pytest
from criu_helper import (DONE, ENDED, FAILED, FROZEN, NO_IMAGE, NOBODY, RESTORED, WHY_NOT,
                         bench, find_below, run)
from lsphp_server import BINARY, is_alive, is_ours, ours_only
from place import wait_until

# what CRIU is not needed for is tested in any case
frozen = pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="the supervisor is root")
pytestmark = as_root
__all__ = ["bench"]  # the fixture

HITS = """<?php
function f() { return 1; }
$hits = fn() => opcache_get_status(false)["opcache_statistics"]["hits"];
echo ini_get("memory_limit"), " ", function_exists("opcache_get_status") ? $hits() : "-";
"""
#: says what it is, then waits for a file
SLOW = """<?php
echo "begun "; flush();
while (!file_exists($_GET["until"])) { usleep(10000); clearstatcache(); }
echo "finished";
"""
SAY = """<?php file_put_contents("php://stderr", "said by a script\\n"); echo "said";"""
LINK = """<?php echo readlink("/proc/self/fd/3");"""
PROC = """<?php echo trim(file_get_contents("/proc/$_GET[pid]/comm"));"""


def read_stat(pid, number):
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return int(text.rpartition(")")[2].split()[number - 3])


def read_status(pid, name):
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return line.split(":", 1)[1].split()
    raise AssertionError(name)


def freeze_and_end(bench, **words):
    pid = bench.start()
    bench.get(bench.script("first.php", "<?php echo 1;"))
    report = bench.freeze_idle(pid, **words)
    assert report.result == FROZEN, report
    bench.kill(pid)
    return pid


# --- what works -----------------------------------------------------------------------------------


@frozen
def test_opcache_settings_and_stderr_come_back(bench):
    hits, say, link = (bench.script(name, text) for name, text in
                       (("hits.php", HITS), ("say.php", SAY), ("link.php", LINK)))
    pid = bench.start()
    first = bench.get(hits)
    assert first == "77M 0" or first == "77M -" and not is_ours()
    wanted = [first if "-" in first else f"77M {i}" for i in range(6)]
    assert [bench.get(hits) for _ in range(2)] == wanted[1:3]
    report = bench.freeze_idle(pid)
    assert report.result == FROZEN and report.bytes > 1 << 20, report
    # it goes on
    assert bench.get(hits) == wanted[3]
    bench.kill(pid)
    bench.new_settings("memory_limit = 88M\n")

    job, report = bench.restore()
    assert report.result == RESTORED, report
    assert [bench.get(hits) for _ in range(3)] == wanted[3:6]
    assert bench.get(link) == str(bench.dir / "ini" / "2")
    bench.get(say)
    bench.wait_stderr("said by a script\n")
    lsphp = job.children()[0]
    assert read_status(lsphp, "NSpid")[1] == str(pid)
    os.kill(job.pid, signal.SIGTERM)
    report = job.report()
    assert report.result == ENDED and report.status == 0
    assert job.report() is None
    assert job.wait() == 0
    assert "killed" not in bench.stderr_text


@frozen
def test_how_lsphp_ended_is_told(bench):
    freeze_and_end(bench)
    job, _ = bench.restore()
    os.kill(job.children()[0], signal.SIGKILL)
    report = job.report()
    assert report.result == ENDED and os.WTERMSIG(report.status) == signal.SIGKILL
    assert job.wait() == 0


@pytest.mark.long
@frozen
def test_several_of_one_image_at_once(bench):
    pid = freeze_and_end(bench)
    script = bench.script("pid.php", "<?php echo getmypid();")
    jobs = [bench.restore() for _ in range(3)]
    assert [report.result for _, report in jobs] == [RESTORED] * 3
    parents = [job.children()[0] for job, _ in jobs]
    assert [read_status(p, "NSpid")[1] for p in parents] == [str(pid)] * 3
    assert bench.get(script).isdigit()
    for job, _ in jobs:
        os.kill(job.pid, signal.SIGTERM)
        assert job.wait() == 0


@pytest.mark.long
@frozen
def test_priorities_come_back(bench):
    pid = bench.start(nice=5, oom_score_adj=300)
    bench.get(bench.script("first.php", "<?php echo 1;"))
    assert bench.freeze_idle(pid).result == FROZEN
    bench.kill(pid)
    job, report = bench.restore()
    assert report.result == RESTORED, report
    lsphp = job.children()[0]
    assert read_stat(lsphp, 19) == 5
    assert Path(f"/proc/{lsphp}/oom_score_adj").read_text(encoding="ascii").strip() == "300"


@frozen
def test_php_sees_the_processes_that_it_has_seen_before(bench):
    freeze_and_end(bench)
    bench.restore()
    script = bench.script("proc.php", PROC)
    comm = Path(f"/proc/{os.getpid()}/comm").read_text(encoding="ascii").strip()
    assert bench.get(script, query=f"pid={os.getpid()}") == comm


@frozen
def test_init_has_let_go_of_everything(bench):
    freeze_and_end(bench)
    job, _ = bench.restore()
    assert read_status(job.pid, "CapPrm") == read_status(job.pid, "CapBnd") == [f"{1 << 5:016x}"]
    links = {os.readlink(f"/proc/{job.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{job.pid}/fd")}
    assert {link.split(":")[0] for link in links} == {"pipe", "anon_inode"}
    assert len(links) == 2


# --- ends -----------------------------------------------------------------------------------------


@frozen
@ours_only
def test_what_runs_finishes_after_sigterm(bench):
    freeze_and_end(bench)
    job, _ = bench.restore()
    until = bench.dir / "until"
    with bench.connect() as client:
        client.ask(bench.script("slow.php", SLOW), query=f"until={until}")
        assert client.packet()[0]  # it has been accepted
        wait_until(lambda: len(find_below(job.pid)) == 2, what="a busy child")
        os.kill(job.pid, signal.SIGTERM)
        assert job.report().result == ENDED
        # the child is nobody's but init's now
        assert len(find_below(job.pid)) == 1
        until.touch()
        response = client.receive()
        assert response.text.endswith("finished") and response.is_complete
    assert job.wait() == 0


@frozen
def test_nothing_is_left_of_a_killed_init(bench):
    freeze_and_end(bench)
    job, _ = bench.restore()
    with bench.connect() as client:
        client.ask(bench.script("slow.php", SLOW), query="until=/nowhere")
        wait_until(lambda: len(find_below(job.pid)) == 2, what="a busy child")
        below = find_below(job.pid)
        job.kill()
        assert job.wait() == -signal.SIGKILL
        wait_until(lambda: not any(is_alive(pid) for pid in below), what="their end")


@frozen
def test_lsphp_ends_when_nobody_reads_the_reports(bench):
    freeze_and_end(bench)
    job, _ = bench.restore()
    bench.get(bench.script("first.php", "<?php echo 1;"))
    other = os.open(os.devnull, os.O_RDONLY)
    os.dup2(other, job.report_fd)
    os.close(other)
    assert job.wait() == 0


# --- busy -----------------------------------------------------------------------------------------


@frozen
def test_a_kept_connection_is_busy_and_unharmed(bench):
    pid = bench.start()
    script = bench.script("pid.php", "<?php echo getmypid();")
    with bench.connect() as client:
        child = client.get(script).text
        report = bench.freeze(pid)
        assert report.result == FAILED and report.text == "busy"
        assert client.get(script).text == child
        assert find_below(pid) == [int(child)]
    assert not bench.image_files("*")


@frozen
def test_a_running_request_is_busy_and_unharmed(bench):
    pid = bench.start()
    until = bench.dir / "until"
    with bench.connect() as client:
        client.ask(bench.script("slow.php", SLOW), query=f"until={until}")
        wait_until(lambda: find_below(pid), what="a busy child")
        report = bench.freeze(pid)
        assert report.result == FAILED and report.text == "busy"
        until.touch()
        assert client.receive().text == "begun finished"


@pytest.mark.long
@frozen
def test_idle_children_leave_without_a_word(bench):
    pid = bench.start()
    script = bench.script("pid.php", "<?php echo getmypid();")
    clients = [bench.connect() for _ in range(3)]
    assert len({client.get(script).text for client in clients}) == 3
    children = find_below(pid)
    for client in clients:
        client.close()
    assert bench.freeze_idle(pid).result == FROZEN
    assert not any(is_alive(child) for child in children)
    assert find_below(pid) == []
    bench.get(bench.script("say.php", SAY))
    bench.wait_stderr("said by a script\n")
    assert bench.stderr_text == "said by a script\n"


def ask_until(bench, script, until):
    """A process that asks one time after another: (pid, file with its answers)."""
    path = Path(f"{until}-answers-{os.urandom(4).hex()}")
    pid = os.fork()
    if pid:
        return pid, path
    status = 1
    try:
        answers = []
        while not until.exists():
            try:
                answers.append(bench.get(script))
            except (BrokenPipeError, ConnectionResetError):
                # accepted by a child that leaves: it took no byte, so mod_lsapi asks another one
                answers.append(bench.get(script))
        path.write_text(" ".join(answers))
        status = 0
    finally:
        os._exit(status)


@pytest.mark.long
@frozen
def test_no_request_is_lost_while_it_is_frozen(bench):
    pid = bench.start()
    script = bench.script("page.php", "<?php usleep(1000); echo 'page';")
    until = bench.dir / "until"
    askers = [ask_until(bench, script, until) for _ in range(2)]
    reports = [bench.freeze(pid) for _ in range(20)]
    until.touch()
    for asker, path in askers:
        assert os.waitpid(asker, 0)[1] == 0
        answers = path.read_text().split()
        assert len(answers) >= 20 and set(answers) == {"page"}
    assert {r.text for r in reports} <= {"busy", ""}, reports
    assert bench.freeze_idle(pid).result == FROZEN


# --- failures -------------------------------------------------------------------------------------


def test_no_image(bench):
    job, report = bench.restore(program="/usr/bin/true")
    assert report.result == NO_IMAGE and report.text == ""
    assert job.wait() == 0


@frozen
def test_another_fact_drops_the_image(bench):
    freeze_and_end(bench)
    bench.facts["env.TZ"] = "UTC"
    job, report = bench.restore()
    assert report.result == NO_IMAGE and "env.TZ" in report.text
    assert job.wait() == 0
    _, report = bench.restore()
    assert report.result == NO_IMAGE and report.text == ""


@frozen
def test_an_image_depends_on_all_that_php_has_loaded(bench):
    """The binary, and each library and extension."""
    pid = bench.start()
    bench.get(bench.script("first.php", "<?php echo 1;"))
    assert bench.freeze_idle(pid).result == FROZEN
    maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
    loaded = {line.split()[5] for line in maps if len(line.split()) == 6 and "r-xp" in line}
    loaded = {path for path in loaded if path.startswith("/")}
    assert any("libc.so" in path for path in loaded) and os.path.realpath(BINARY) in loaded
    manifest, = bench.image_files("manifest")
    words = manifest.read_bytes()
    assert [p for p in sorted(loaded) if p.encode() not in words] == []


@frozen
def test_a_truncated_image_is_dropped(bench):
    freeze_and_end(bench)
    pages = bench.image_files("pages-*.img")[0]
    os.truncate(pages, pages.stat().st_size // 2)
    job, report = bench.restore()
    assert report.result == NO_IMAGE and pages.name in report.text
    assert job.wait() == 0


@pytest.mark.long
@frozen
@pytest.mark.parametrize("debug", [0, 1])
def test_what_criu_cannot_read_fails_with_its_reason(bench, debug):
    freeze_and_end(bench)
    core = bench.image_files("core-*.img")[0]
    times = core.stat()
    core.write_bytes(b"\xff" * times.st_size)
    os.utime(core, ns=(times.st_atime_ns, times.st_mtime_ns))
    job, report = bench.restore(debug=debug)
    assert report.result == FAILED
    assert "core" in report.text or "magic" in report.text, report
    assert job.report() is None
    assert job.wait() == 1
    assert not bench.image_files("*.img")
    assert [log.name for log in bench.image_files("*.log")] == ["restore.log"] * debug
    # and the next start is a cold one
    _, report = bench.restore()
    assert report.result == NO_IMAGE


@frozen
def test_criu_is_missing(bench):
    pid = freeze_and_end(bench)
    missing = bench.dir / "criu"
    job, report = bench.restore(program=missing)
    words = f"{missing} is not there: install the package criu"
    assert report.result == FAILED and report.text == words
    assert job.wait() == 1
    pid = bench.start()
    report = bench.freeze(pid, program=missing)
    assert report.result == FAILED and report.text == words


@frozen
def test_criu_that_others_may_write_is_not_run(bench):
    """It is looked at before each job, not only when lsapid has started."""
    freeze_and_end(bench)
    program = bench.dir / "criu"
    program.write_text(f"#!/bin/sh\ntouch {bench.dir}/has-run\n")
    program.chmod(0o777)
    _, report = bench.restore(program=program)
    assert report.result == FAILED and f"{program} is writable" in report.text
    report = bench.freeze(bench.start(), program=program)
    assert report.result == FAILED and f"{program} is writable" in report.text
    assert not (bench.dir / "has-run").exists()


@frozen
def test_criu_is_something_else(bench):
    pid = bench.start()
    report = bench.freeze(pid, program="/usr/bin/false")
    assert report.result == FAILED and report.text.startswith("/usr/bin/false failed without a word")
    assert bench.get(bench.script("first.php", "<?php echo 1;")) == "1"
    assert not bench.image_files("*")


@frozen
def test_a_process_that_is_gone(bench):
    pid = bench.start()
    bench.kill(pid)
    report = bench.freeze(pid)
    assert report.result == FAILED and report.text == f"process {pid} is not there"


@frozen
def test_a_restored_one_is_not_frozen_again(bench):
    freeze_and_end(bench)
    job, _ = bench.restore()
    lsphp = job.children()[0]
    report = bench.freeze(lsphp)
    assert report.result == FAILED
    assert report.text == f"process {lsphp} is in a namespace of its own"


def test_wrong_arguments(bench):
    job = bench.job("thaw")
    assert job.report().text == 'argument "op=thaw": malformed'
    assert job.wait() == 1


# --- images ---------------------------------------------------------------------------------------


@pytest.mark.long
@frozen
def test_list_and_reset(bench):
    freeze_and_end(bench, cold_ms=1234)
    out = bench.dir / "list.json"
    assert run(bench, "list", out=out).result == DONE
    listed = json.loads(out.read_text())
    assert [(i["pool"], i["is_valid"], i["cold_ms"]) for i in listed["images"]] == \
        [("test", True, 1234)]
    assert run(bench, "reset", pool="other").bytes == 0
    assert run(bench, "reset", pool="test").bytes == 1
    assert bench.restore()[1].result == NO_IMAGE
    assert run(bench, "reset").bytes == 0


@frozen
def test_quota(bench):
    freeze_and_end(bench, max_bytes=1 << 30)
    assert run(bench, "sweep", max_bytes=1 << 30).bytes == 0
    assert run(bench, "sweep", max_bytes=1).bytes > 1 << 20
    assert bench.restore()[1].result == NO_IMAGE
    # a freeze keeps it, too
    freeze_and_end(bench, max_bytes=1)
    wait_until(lambda: not bench.image_files("*.img"), what="the end of an image that is too large")


@frozen
def test_flag_of_the_user(bench):
    freeze_and_end(bench)
    home = bench.dir / "home"
    home.mkdir()
    os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)
    words = {"home": home, "server": "a.test"}
    job, report = bench.restore(**words)
    assert report.result == RESTORED, report
    os.kill(job.pid, signal.SIGTERM)
    assert job.wait() == 0
    flag = home / "mod_lsapi_reset_me_a.test"
    flag.touch()
    os.chown(flag, NOBODY.pw_uid, NOBODY.pw_gid)
    assert bench.restore(home=home, server="b.test")[1].result == RESTORED
    assert bench.restore(**words)[1].result == NO_IMAGE
    assert not flag.exists()
    assert bench.restore(**words)[1].result == NO_IMAGE
