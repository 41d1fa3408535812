# SPDX-License-Identifier: Apache-2.0
"""PHP that is warm is frozen, and thawed where it would have to be started: with real everything.

Where the host's CRIU does not work these run in the virtual machine only, see tests/vm.
"""

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import criu_helper
import pytest
from harness import Vhost
from place import IS_ROOT, PATIENCE, wait_until

WHY_NOT = criu_helper.why_not()
pytestmark = [pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT)),
              pytest.mark.skipif(not IS_ROOT, reason="CRIU needs root")]

#: in the virtual machine only if that is asked for: LSAPID_VM_LONG=1 tests/run vm
LONG = pytest.mark.long

HITS = """<?php
require __DIR__ . "/classes.php";
echo opcache_get_status(false)["opcache_statistics"]["hits"], " ", ini_get("memory_limit"), " ",
    getenv("X"), " ", posix_geteuid();
if (isset($_GET["wait"])) { while (!file_exists($_GET["wait"])) { usleep(10000); clearstatcache(); } }
"""
CLASSES = "<?php\n" + "\n".join(f"class C{i} {{ function f($x) {{ return $x + {i}; }} }}"
                                for i in range(60))


class Site:
    """A stack whose pools are frozen after three requests and end after two idle seconds."""

    def __init__(self, stack, *vhosts, settings=None, **defaults):
        vhosts = vhosts or [Vhost("a.test", "games")]
        self.stack = stack(*vhosts, start=False)
        self.place, self.daemon = self.stack.place, self.stack.daemon
        self.images = self.place.path / "criu"
        self.ini = self.place.directory("ini")
        self.daemon.settings.update(criu_program=criu_helper.CRIU, **(settings or {}))
        binary, env = self.daemon.handlers["application/x-httpd-lsphp"]
        self.daemon.handlers["application/x-httpd-lsphp"] = (
            binary, [*env, f"PHP_INI_SCAN_DIR=:{self.ini}"], [self.ini])
        self.daemon.defaults.update({"criu": "on", "initial_start": 3, "pgrp_max_idle": "2s",
                                     "criu_images_dir": str(self.images), **defaults})
        self.daemon.write_conf()
        self.stack.httpd.extra = "lsapi_access_log kinds \"%{kind} %{start_us}\""
        for vhost in self.stack.httpd.vhosts.values():
            for name, text in (("hits.php", HITS), ("classes.php", CLASSES)):
                path = self.place.file(vhost.docroot / name, text, vhost.owner)
                os.utime(path, (1, 1))  # opcache leaves alone what has just been written

    def start(self):
        self.stack.start()
        self.daemon.wait_log("criu.state", 20)  # until then no start is measured
        return self

    def get(self, vhost="a.test", query=""):
        answer = self.stack.get(vhost, f"/hits.php{query}")
        assert answer.status == 200, answer.text
        return answer.text.split()

    def hits(self, vhost="a.test"):
        return int(self.get(vhost)[0])

    def pool(self, vhost="a.test"):
        return [p for p in self.stack.ctl.status()["pools"] if p["name"] == vhost][0]

    def started(self, vhost="a.test"):
        """How its last parent was: that is told after it may have answered, and ended since."""
        def told():
            last = re.split(rf" pool.state pool={vhost} .* to=starting ", self.daemon.text())[-1]
            return re.search(rf" pool.start pool={vhost} .* how=(\w+)", last)

        return {"started": "cold", "thawed": "thawed"}[wait_until(told, what="a told start")[1]]

    def wait_state(self, state, vhost="a.test"):
        wait_until(lambda: self.pool(vhost)["state"] == state, 30, f"{vhost} {state}")

    def freeze(self, vhost="a.test"):
        """Warm, frozen, and cold again."""
        done = self.stack.ctl.status()["totals"]["freezes"]

        def is_frozen():
            pool = self.pool(vhost)
            assert not pool["criu"].get("problem"), pool["criu"]["problem"]
            # a parent that was replaced on the way has to count anew
            if pool["state"] == "cold":
                for _ in range(4):
                    self.get(vhost)
            return self.stack.ctl.status()["totals"]["freezes"] > done

        for _ in range(4):
            self.get(vhost)
        wait_until(is_frozen, 30, "a freezing")
        self.wait_state("cold", vhost)

    def order(self, *words):
        return self.stack.ctl.run(*words)[0] == 0

    def image(self):
        found = list(self.images.glob("lsapi_a.test*_criu_imgs/image.*"))
        return found[0] if found else None


@pytest.fixture
def site(stack):
    def make(*vhosts, start=True, **how):
        made = Site(stack, *vhosts, **how)
        return made.start() if start else made

    return make


@LONG
def test_a_warm_pool_is_frozen_and_comes_back_with_its_cache(site):
    made = site()
    made.get()
    assert made.image() is None and made.started() == "cold"
    made.freeze()
    assert made.image().stat().st_uid == 0 and made.image().stat().st_mode & 0o77 == 0
    assert made.images.stat().st_mode & 0o777 == 0o700
    hits, *_, uid = made.get()
    assert int(hits) >= 4  # a cold one would have none
    assert int(uid) == made.stack.httpd.vhosts["a.test"].owner.pw_uid
    assert made.started() == "thawed" and made.pool()["criu"]["cold_ms"] > 0
    assert {os.sched_getscheduler(p.pid) for p in made.daemon.lsphp()} == {os.SCHED_BATCH}
    totals = made.stack.ctl.status()["totals"]
    assert (totals["cold_starts"], totals["thawed_starts"]) == (1, 1)
    # and again, from the same image
    made.wait_state("cold")
    assert made.hits() >= 4 and made.started() == "thawed"
    status, listed = made.stack.ctl.run("criu", "list")
    assert status == 0 and "a.test" in listed


def test_both_kinds_of_start_are_measured(site):
    made = site()
    made.freeze()
    # who connects soon after the former parent may have been taken by that
    wait_until(lambda: made.pool()["state_s"] > 2.5, 20, "the former one being forgotten")
    made.get()
    criu = wait_until(lambda: made.pool()["criu"] if "thawed_ms" in made.pool()["criu"] else None,
                      what="the measured start")
    assert criu["started"] == "thawed" and criu["cold_ms"] > 0 and criu["thawed_ms"] > 0
    assert criu["freeze_ms"] > 0 and criu["image_bytes"] > 1000000


@pytest.mark.parametrize("number", [0, 100])
def test_below_initial_start_nothing_is_frozen(site, number):
    made = site(initial_start=number)
    for _ in range(5):
        made.get()
    made.wait_state("cold")
    made.get()
    assert made.started() == "cold" and made.image() is None


def test_auto_leaves_a_quick_pool_alone_and_says_so(site):
    made = site(criu="auto", initial_start=1)
    for _ in range(3):
        made.stack.get("a.test", "/who.php")
    made.wait_state("cold")
    criu = made.pool()["criu"]
    assert made.image() is None or criu["cold_ms"] >= 200
    assert criu["mode"] == "auto" and criu["why_not"]


def is_seen(made):
    """That PHP has changed is noticed a while later: what runs then would be replaced."""
    made.daemon.wait_log("watch.changed", 20)


def change_ini(made):
    (made.ini / "x.ini").write_text("memory_limit=77M\n")
    is_seen(made)


def change_binary(made):
    path = made.place.bin / "lsphp"
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    path.chmod(0o755)
    is_seen(made)


def change_setting(made):
    made.daemon.defaults["limit_nofile"] = 500
    made.daemon.write_conf()
    assert made.stack.ctl.run("reload")[0] == 0


def change_host(made):
    made.daemon.settings["batch_scheduling"] = False
    made.daemon.write_conf()
    assert made.stack.ctl.run("reload")[0] == 0


def spoil_image(made):
    file, = made.image().glob("pages-1.img")
    os.truncate(file, 100)


@pytest.mark.parametrize("change, why", [
    (change_ini, "/ini"), pytest.param(change_binary, "lsphp", marks=LONG),
    pytest.param(change_setting, "limit_nofile", marks=LONG),
    pytest.param(change_host, "batch_scheduling", marks=LONG),
    pytest.param(spoil_image, "pages-1.img", marks=LONG)])
def test_whatever_it_depends_on_has_changed_drops_the_image(site, change, why):
    made = site()
    made.freeze()
    change(made)
    made.get()
    assert made.started() == "cold"
    lines = [line for line in made.daemon.text().splitlines() if "image.dropped" in line]
    assert len(lines) == 1 and why in lines[0]
    if change is change_ini:
        assert made.get()[1] == "77M"
    made.freeze()  # and there is a new one
    made.get()
    assert made.started() == "thawed"


def reset_by_ctl(made):
    assert made.stack.ctl.run("criu", "reset", "a.test")[0] == 0


def reset_all(made):
    assert made.stack.ctl.run("criu", "reset", "--all")[0] == 0


def reset_by_admin_flag(made):
    (made.image().parent / "please.reset").write_text("")


def reset_by_user_flag(made):
    home = Path(made.owner.pw_dir)
    made.place.file(home / "mod_lsapi_reset_me_a.test", "", made.owner)


def reset_by_apache(made):
    made.stack.httpd.stop()
    wait_until(lambda: made.image() is None, 20, "the end of the image")
    made.stack.httpd.start()


@pytest.mark.parametrize("reset", [
    pytest.param(reset_by_ctl, marks=LONG), pytest.param(reset_all, marks=LONG),
    pytest.param(reset_by_admin_flag, marks=LONG), reset_by_user_flag,
    pytest.param(reset_by_apache, marks=LONG)])
def test_each_reset_makes_the_next_start_a_cold_one(accounts, site, reset):
    owner = accounts.add()
    made = site(Vhost("a.test", owner),
                **({"criu_reset_on_restart": True} if reset is reset_by_apache else {}))
    made.owner = owner
    made.freeze()
    reset(made)
    made.get()
    assert made.started() == "cold" and made.image() is None
    if reset is reset_by_user_flag:
        assert not (Path(owner.pw_dir) / "mod_lsapi_reset_me_a.test").exists()


def test_freeze_now_and_its_refusals(site):
    made = site(initial_start=0)
    assert made.stack.ctl.run("criu", "freeze", "a.test")[0] != 0  # nobody knows it yet
    made.get()
    status, text = made.stack.ctl.run("criu", "freeze", "a.test")
    assert status == 0, text
    assert made.image()
    made.wait_state("cold")
    made.get()
    assert made.started() == "thawed"
    status, text = made.stack.ctl.run("criu", "freeze", "a.test")
    assert status != 0 and "image" in text


LARGE = 600


def add_application(made, vhost):
    """Hundreds of classes, as an application has: its own file for each, and an autoloader."""
    source = made.place.directory(vhost.docroot / "src", vhost.owner)
    for i in range(LARGE):
        methods = " ".join(f"function m{k}($x) {{ return $x + {k} * {i}; }}" for k in range(20))
        path = made.place.file(source / f"K{i}.php", f"<?php class K{i} {{ {methods} }}",
                               vhost.owner)
        os.utime(path, (1, 1))
    path = made.place.file(vhost.docroot / "app.php", f"""<?php
spl_autoload_register(function ($name) {{ require __DIR__ . "/src/$name.php"; }});
for ($i = 0, $sum = 0; $i < {LARGE}; $i++) {{ $name = "K$i"; $sum += (new $name)->m3($i); }}
$status = opcache_get_status(false)["opcache_statistics"];
echo $sum, " ", $status["hits"], " ", $status["num_cached_scripts"];
""", vhost.owner)
    os.utime(path, (1, 1))


def test_auto_freezes_an_application_by_itself(site):
    """Whether that is faster it measures, and decides by that; here it only has to be right."""
    made = site(criu="auto", start=False)
    (made.ini / "a.ini").write_text("opcache.max_accelerated_files=4000\n")
    add_application(made, made.stack.httpd.vhosts["a.test"])
    made.start()

    def get():
        return [int(n) for n in made.stack.get("a.test", "/app.php").text.split()]

    first = get()
    for _ in range(3):
        total, hits, scripts = get()
    assert total == first[0] and hits > 3 * LARGE and scripts > LARGE
    wait_until(lambda: made.pool()["criu"]["freezes"], 30, "a freezing")
    made.wait_state("cold")
    wait_until(lambda: made.pool()["state_s"] > 2.5, 20, "the former one being forgotten")
    total, hits, scripts = get()
    assert total == first[0] and hits > 3 * LARGE and scripts > LARGE
    criu = wait_until(lambda: made.pool()["criu"] if "thawed_ms" in made.pool()["criu"] else None,
                      what="the measured start")
    assert criu["started"] == "thawed" and criu["cold_ms"] > 0 and criu["thawed_ms"] > 0
    # the access log of Apache tells them apart, too
    log = made.place.path / "kinds"
    wait_until(lambda: log.read_text().count("\n") == 5, 20, "the last request")
    kinds = [line.split() for line in log.read_text().splitlines()]
    assert [kind for kind, _ in kinds] == ["cold", "warm", "warm", "warm", "restored"]
    assert int(kinds[-1][1]) > 1000  # what it waited for that


class Load:
    """Requests without a pause, from some threads, until the end."""

    def __init__(self, made, vhosts, threads=3):
        self.made, self.answers, self.wrong, self.ended = made, 0, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(vhosts,)) for _ in range(threads)]

    def run(self, vhosts):
        while not self.ended.is_set():
            for vhost in vhosts:
                answer = self.made.stack.get(vhost, "/hits.php")
                self.answers += 1
                if answer.status != 200:
                    self.wrong.append((vhost, answer.status, answer.text[:200]))
                self.ended.wait(self.made.pause)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *what):
        self.ended.set()
        for thread in self.threads:
            thread.join()


@LONG
def test_no_request_is_lost_while_php_is_frozen_and_thawed(site):
    """Under load it is frozen when there is a gap, and then replaced again and again, thawed."""
    made = site(pgrp_max_idle="60s", pgrp_max_reqs=30)
    made.pause = 0.02
    for _ in range(4):
        made.get()
    with Load(made, ["a.test"]) as load:
        tries = 0
        while not made.image() and tries < 60:  # busy is an answer, too
            tries += 1
            made.stack.ctl.run("criu", "freeze", "a.test")
            made.pause = min(5, made.pause * 1.5)  # until there is a gap
        made.pause = 0.02
        wait_until(lambda: made.stack.ctl.status()["totals"]["thawed_starts"] >= 3 or load.wrong,
                   60, "three thawed starts")
    assert not load.wrong


@LONG
def test_twenty_pools_are_frozen_and_thawed_in_a_burst(site):
    names = [f"s{i}.test" for i in range(20)]
    made = site(*[Vhost(name, "games" if i % 2 else "mail") for i, name in enumerate(names)],
                initial_start=0, pgrp_max_idle="10m")
    for name in names:
        made.get(name)
    # busy is an answer, too
    at_once(lambda name: wait_until(lambda: made.order("criu", "freeze", name), 60,
                                    f"{name} to be frozen"), names)
    assert made.stack.ctl.status()["totals"]["freezes"] == 20
    assert made.order("drain", "--all")
    for name in names:
        made.wait_state("cold", name)
    assert at_once(lambda name: made.stack.get(name, "/hits.php").status, names) == [200] * 20
    totals = made.stack.ctl.status()["totals"]
    assert totals["thawed_starts"] == 20 and totals["cold_starts"] == 20


def at_once(deed, names):
    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(deed, names))


#: -p: criu may be given the real ids of its target, which a shell would make its effective ones
WRAPPER = """#!/bin/bash -p
case "$*" in
check*|*--version*) exec {criu} "$@" ;;
esac
[ -e {flag} ] || exec {criu} "$@"
{deed}
"""


@LONG
@pytest.mark.parametrize("deed", ["exit 1", "kill -9 $$", "exec sleep 600"])
def test_whatever_fails_php_is_started_and_one_line_says_why(site, deed):
    """A failure of each kind when it is thawed, and when it is frozen; and no storm of tries."""
    made = site(settings={"criu_time_limit": f"{3 * PATIENCE:.0f}s"}, start=False)
    flag = made.place.path / "broken"
    wrapper = made.place.bin / "criu"
    wrapper.write_text(WRAPPER.format(criu=criu_helper.CRIU, flag=flag, deed=deed))
    wrapper.chmod(0o755)
    made.daemon.settings["criu_program"] = str(wrapper)
    made.daemon.write_conf()
    made.start()
    made.freeze()
    flag.write_text("")
    for _ in range(3):
        assert made.get()
        assert made.started() == "cold"
        made.wait_state("cold")
    assert made.daemon.text().count("thaw.failed") == 1
    # once more: freezing
    assert made.stack.ctl.run("criu", "reset", "--all")[0] == 0
    made.get()
    assert made.stack.ctl.run("criu", "freeze", "a.test")[0] != 0
    for _ in range(5):
        made.get()
    made.wait_state("cold")
    assert made.get()
    assert made.daemon.text().count("freeze.failed") == 1


@LONG
def test_images_outlive_apache_and_lsapid(site):
    """B65: without lsapi_reset_criu_on_apache_restart."""
    made = site()
    made.freeze()
    made.stack.httpd.stop()
    made.daemon.stop()
    made.stack.start()
    wait_until(lambda: made.order("criu", "check"), 20, "a CRIU that works")
    made.get()
    assert made.started() == "thawed"


def test_a_thawed_child_that_runs_too_long_is_ended(site):
    """Its pid is one of the namespace: the manager has to find the right process."""
    made = site(max_process_time="2s")
    made.freeze()
    made.get()
    assert made.started() == "thawed"
    answer = made.stack.get("a.test", "/hits.php?wait=/nonexistent")
    assert answer.status in (200, 503)
    made.daemon.wait_log("request.runaway", 20)
    assert "child.refused" not in made.daemon.text()
    assert made.get()


@LONG
def test_a_thawed_child_that_is_killed_is_told_by_its_signal(site):
    made = site()
    made.freeze()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        made.stack.get("a.test", "/hits.php?wait=/nonexistent", method="POST")))
    thread.start()
    child = wait_until(lambda: made.daemon.children(), 20, "the child")[0]
    wait_until(lambda: made.pool()["backends"] and made.pool()["backends"][0]["pid"] == child.pid,
               20, "its pid on the host")
    os.kill(child.pid, 9)
    thread.join()
    assert made.started() == "thawed"
    assert answers[0].status == 503
    made.stack.httpd.wait_log("signal: 9", "a.test")
