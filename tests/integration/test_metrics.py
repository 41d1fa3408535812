# SPDX-License-Identifier: Apache-2.0
"""Metrics: what a monitoring system reads, and that nobody can harm lsapid by reading."""

import grp
import http.client
import os
import re
import socket
import stat
import threading
from pathlib import Path

import pytest

from harness import Vhost
from holder import Holder
from place import wait_until

parser = pytest.importorskip("prometheus_client.openmetrics.parser")
MANUAL = Path(__file__).parents[2] / "daemon" / "config" / "lsapid.conf.5.scd"
TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def manual():
    """Name of each family in lsapid.conf(5): (type, what it says)."""
    text = MANUAL.read_text().replace("\\_", "_")
    rows = re.findall(r"^\|  _(lsapid_\w+)_\n:  (\w+)\n:  (.*)$", text, re.MULTILINE)
    return {name: (kind, words) for name, kind, words in rows}


class Unix(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Metrics:
    """One reading: a number by name and labels, and the families."""

    def __init__(self, text):
        self.families = {f.name: f for f in parser.text_string_to_metric_families(text)}
        self.samples = [s for f in self.families.values() for s in f.samples]

    def get(self, name, **labels):
        found = [s.value for s in self.samples
                 if s.name == name and labels.items() <= s.labels.items()]
        assert len(found) == 1, (name, labels, found)
        return found[0]

    def pools(self):
        return {s.labels["pool"] for s in self.samples if s.name == "lsapid_pool_running"}


def answer(connection, target="/metrics", method="GET"):
    connection.request(method, target)
    done = connection.getresponse()
    return done.status, done.getheader("Content-Type"), done.read().decode()


@pytest.fixture
def served(stack):
    """A stack with metrics on a unix socket, and a function that reads them."""
    def make(*vhosts, **settings):
        made = stack(*vhosts, start=False)
        path = made.daemon.run / "metrics.sock"
        made.daemon.settings.update(metrics=path, admin_socket=made.daemon.run / "admin.sock",
                                    **settings)
        made.daemon.write_conf()
        made.start()

        def read():
            status, kind, text = answer(Unix(path))
            assert (status, kind) == (200, TYPE)
            assert text.endswith("\n# EOF\n")
            return Metrics(text)
        return made, path, read
    return make


@pytest.mark.single_user
@pytest.mark.sanitized
def test_figures_are_those_of_the_requests(served):
    made, _, read = served(Vhost("a.test", "games", extra="lsapi_backend_children 2"))
    site = made.httpd.vhosts["a.test"]
    (site.docroot / "bad.php").write_text("<?php http_response_code(500);")
    assert [made.get("a.test", "/who.php").status for _ in range(3)] == [200] * 3
    assert made.get("a.test", "/bad.php").status == 500
    wait_until(lambda: read().get("lsapid_request_seconds_count") == 4, 10, "four requests")
    seen = read()
    pool = {"pool": "a.test"}
    assert seen.get("lsapid_pool_request_seconds_count", **pool) == 4
    assert seen.get("lsapid_pool_request_seconds_sum", **pool) > 0
    assert seen.get("lsapid_pool_errors_total", **pool) == 1
    assert seen.get("lsapid_errors_total") == 1
    assert seen.get("lsapid_pool_starts_total", kind="cold", **pool) == 1
    assert seen.get("lsapid_pool_start_seconds_count", kind="cold", **pool) == 1
    assert seen.get("lsapid_pool_queue_seconds_count", **pool) == 0
    assert seen.get("lsapid_pools", state="ready") == 1
    assert seen.get("lsapid_pool_running", **pool) == 1
    assert seen.get("lsapid_pool_children_limit", **pool) == 2
    labels = next(s.labels for s in seen.samples if s.name == "lsapid_pool_running")
    assert labels["user"] == site.owner.pw_name and len(labels["spec"]) == 16
    # everything is described, in the manual with the same words, and no two samples are the same
    assert {f.name: (f.type, f.documentation) for f in seen.families.values()} == manual()
    keys = [(s.name, tuple(sorted(s.labels.items()))) for s in seen.samples]
    assert len(keys) == len(set(keys))


@pytest.mark.single_user
def test_requests_that_wait_are_seen_and_timed(served):
    queue = "lsapi_backend_children 2\nlsapi_disable_reject_mode On"
    made, _, read = served(Vhost("a.test", "games", extra=queue))
    held = Holder(made, "a.test", 2)
    assert read().get("lsapid_pool_children_busy", pool="a.test") == 2
    answers = []
    thread = threading.Thread(target=lambda: answers.append(made.get("a.test", "/who.php")))
    thread.start()
    wait_until(lambda: read().get("lsapid_pool_waiting", pool="a.test") == 1, 10, "one that waits")
    held.release()
    thread.join(60)
    assert answers[0].status == 200
    assert read().get("lsapid_pool_queue_seconds_count", pool="a.test") == 1


def test_more_pools_than_names_are_added_up_and_never_go_back(served):
    vhosts = [Vhost(f"s{i}.test", "games") for i in range(4)]
    made, _, read = served(*vhosts, metrics_max_pools=2)
    for _ in range(2):
        for vhost in vhosts:
            assert made.get(vhost.name, "/who.php").status == 200
    wait_until(lambda: read().get("lsapid_request_seconds_count") == 8, 10, "all requests")
    seen = read()
    assert seen.pools() == {"s0.test", "s1.test", "(others)"}
    assert seen.get("lsapid_pool_request_seconds_count", pool="(others)") == 4
    assert seen.get("lsapid_pool_starts_total", pool="(others)", kind="cold") == 2


def test_socket_is_for_root_and_admin_group(served):
    made, path, _ = served(Vhost("a.test", "games"), admin_group="dialout")
    seen = path.stat()
    assert (seen.st_uid, stat.S_IMODE(seen.st_mode)) == (0, 0o660)
    assert seen.st_gid == grp.getgrnam("dialout").gr_gid
    made.daemon.stop()
    assert not path.exists()


def test_address_of_loopback_and_what_it_refuses(stack):
    made = stack(Vhost("a.test", "games"), start=False)
    port = free_port()
    made.daemon.settings["metrics"] = f"127.0.0.1:{port}"
    made.daemon.write_conf()
    made.start()

    def ask(*what):
        return answer(http.client.HTTPConnection("127.0.0.1", port, timeout=20), *what)
    assert ask()[:2] == (200, TYPE)
    status, kind, text = ask("/metrics", "HEAD")
    assert (status, kind, text) == (200, TYPE, "")
    assert ask("/")[0] == 404
    assert ask("/metrics", "POST")[0] in (405, 501)
    # a request that never ends, and headers without end
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        try:
            client.sendall(b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 100000 + b"\r\n\r\n")
            assert b" 200 " not in client.recv(4096)
        except ConnectionError:  # closed before all of it was sent
            pass
    # many at once: the others wait, and PHP is served
    idle = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(15)]
    assert made.get("a.test", "/who.php").status == 200
    for client in idle:
        client.close()
    wait_until(lambda: ask()[0] == 200, 20, "metrics again")


def test_port_that_is_taken_stops_nothing(stack):
    made = stack(Vhost("a.test", "games"), start=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        made.daemon.settings["metrics"] = "127.0.0.1:%d" % taken.getsockname()[1]
        made.daemon.write_conf()
        made.start()
        made.daemon.wait_log("metrics.off")
        assert "errno=EADDRINUSE" in made.daemon.text()
        assert made.get("a.test", "/who.php").status == 200


@pytest.mark.parametrize("address", ["0.0.0.0:9797", "192.0.2.1:9797", "9797", "relative.sock"])
def test_other_addresses_are_refused_by_the_check(stack, address):
    made = stack(Vhost("a.test", "games"), start=False)
    made.daemon.settings["metrics"] = address
    made.daemon.write_conf()
    status, output = made.daemon.check()
    assert status == 1 and f"metrics is '{address}'" in output and "127.0.0.1:PORT" in output


def test_a_new_manager_serves_on_the_same_socket(served):
    made, _, read = served(Vhost("a.test", "games"))
    assert made.get("a.test", "/who.php").status == 200
    former = made.daemon.manager()
    os.kill(former, 9)
    wait_until(lambda: made.daemon.manager() not in (None, former), 10, "another manager")
    # a connection that Apache has kept serves without a manager until the former's PHP has ended
    wait_until(lambda: not made.daemon.lsphp(), 20, "the end of the former's PHP")
    assert made.get("a.test", "/who.php").status == 200
    # PHP may have answered before the manager has read that it was started
    wait_until(lambda: read().get("lsapid_pool_starts_total", pool="a.test", kind="cold") == 1,
               10, "the start in the figures")
