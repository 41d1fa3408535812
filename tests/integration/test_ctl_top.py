# SPDX-License-Identifier: Apache-2.0
"""lsapidctl top on a real terminal (tmux), and as text."""

import json
import shutil

import pytest

from harness import Vhost
from holder import Holder
from place import wait_until
from screen import Screen

pytestmark = [pytest.mark.single_user,
              pytest.mark.skipif(not shutil.which("tmux"), reason="no tmux")]
SHARED = {"vhosts": lambda: [Vhost("a.test", "games"), Vhost("b.test", "games")]}


@pytest.fixture(scope="module")
def busy(shared):
    for vhost in ("a.test", "b.test"):
        assert shared.get(vhost, "/who.php").status == 200
    held = Holder(shared, "a.test", 1)
    yield shared
    assert held.release() == [(200, b"end0")]


@pytest.fixture
def screen(busy):
    made = Screen(busy.place, busy.place.bin / "lsapidctl", "-s", busy.daemon.socket, "top",
                  "--delay", "200ms")
    yield made
    made.end()


def test_screen_shows_pools_and_requests(busy, screen):
    lines = screen.shows("POOL", "a.test", "b.test")
    assert lines[3].split()[:4] == ["POOL", "USER", "STATE", "BUSY"]
    assert lines[4].startswith("a.test") and lines[5].startswith("b.test")  # busy first
    screen.type("Tab")
    lines = screen.shows("VHOST", "hold.php")
    child = (busy.httpd.vhosts["a.test"].docroot / "h0.running").read_text().split()[0]
    assert lines[4].split()[:2] == ["a.test", "GET"] and child in lines[4]
    screen.type("q")
    screen.shows("ended with 0")


def test_screen_sorts_filters_and_helps(busy, screen):
    screen.shows("pools by busy")
    screen.type("s")
    screen.shows("pools by cold")
    screen.type("R")
    screen.shows("reversed")
    screen.type("/")
    screen.write("b.t")
    screen.shows("filter: b.t")
    wait_until(lambda: "\na.test" not in screen.text(), 10, "a.test being filtered out")
    screen.shows("\nb.test", "only b.t")
    screen.type("Escape")
    screen.shows("\na.test")
    screen.type("h")
    screen.shows("quit", "only pools that are busy")
    screen.type("Space")
    screen.shows("\na.test")
    screen.type("C-c")
    screen.shows("ended with 0")


def test_screen_follows_the_size_of_the_terminal(busy, screen):
    lines = screen.shows("REQUESTS", "PID")
    assert max(map(len, lines)) > 80
    screen.tmux("resize-window", "-x", "60", "-y", "8")
    wait_until(lambda: "REQUESTS" not in screen.text() and "MEMORY" in screen.text(), 20,
               "fewer columns")
    assert len(screen.text().splitlines()) <= 8
    screen.type("q")
    screen.shows("ended with 0")


def test_screen_outlives_the_daemon(stack):
    made = stack(Vhost("a.test", "games"))
    assert made.get("a.test", "/who.php").status == 200
    screen = Screen(made.place, made.place.bin / "lsapidctl", "-s", made.daemon.socket, "top",
                    "-d", "200ms")
    try:
        screen.shows("a.test")
        made.daemon.stop()
        screen.shows("no answer", "a.test")
        made.daemon.start()
        wait_until(lambda: "no answer" not in screen.text(), 20, "the new daemon")
    finally:
        screen.end()


def test_batch_is_text_for_scripts(busy):
    status, text = busy.ctl.run("top", "--batch", "-n", "2", "--delay", "100ms", "a.test")
    assert status == 0 and "\x1b" not in text
    assert text.count("\nPOOL") == 2 and "b.test" not in text
    second = text.split("\nPOOL")[2].splitlines()[1].split()
    float(second[9])  # the share of a processor is known at the second look
    status, text = busy.ctl.run("top", "--once", "--requests")
    line, = [line for line in text.splitlines() if line.startswith("a.test ")]
    assert "/hold.php?name=h0&last=end0" in line and line.split()[1] == "GET"
    request, = json.loads(busy.ctl.run("top", "--once", "--json")[1])["requests"]
    assert request["method"] == "GET" and request["script"].endswith("/hold.php")
    assert request["since_s"] > 0 and request["rss_kib"] > 0
    assert busy.ctl.run("top")[0] == 2  # no terminal
    assert busy.ctl.run("top", "--once", "--sort", "beauty")[0] == 2
