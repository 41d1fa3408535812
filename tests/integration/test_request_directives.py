# SPDX-License-Identifier: Apache-2.0
"""Directives about single requests: what is told of them, and what PHP is told with them."""

import re

import pytest

from harness import Vhost

TIMES = re.compile(r"lsapi: microseconds: target\((\d+)\) body\((\d+)\) lease\((\d+)\) "
                   r"send\((\d+)\) first\((\d+)\) rest\((\d+)\) total\((\d+)\); tries\((\d+)\) "
                   r"status\((\d+)\) request\(([^)]*)\)")


def times(made, name):
    return TIMES.findall(made.httpd.text(name))


@pytest.mark.single_user
@pytest.mark.sanitized
def test_times_of_requests(stack):
    """lsapi_measure_time: one line for each request, whatever became of it, and for no other."""
    made = stack(Vhost("on.test", "games", extra="LogLevel warn\nlsapi_measure_time On\n"
                       "<Location /who.php>\nlsapi_measure_time Off\n</Location>"),
                 Vhost("off.test", "games"))
    assert made.get("on.test", "/mirror.php", method="POST", body=b"x" * 300000).status == 200
    assert made.get("on.test", "/big.php?bytes=500000").status == 200
    assert made.get("on.test", "/answer.php?status=404").status == 404
    assert made.get("on.test", "/crash.php").status == 503
    assert made.get("on.test", "/who.php").status == 200
    assert made.get("off.test", "/who.php").status == 200
    seen = times(made, "on.test")
    assert [line[7:] for line in seen] == [
        ("1", "200", "POST /mirror.php HTTP/1.1"),
        ("1", "200", "GET /big.php?bytes=500000 HTTP/1.1"),
        ("1", "404", "GET /answer.php?status=404 HTTP/1.1"),
        ("3", "503", "GET /crash.php HTTP/1.1")]
    for line in seen:
        parts = [int(number) for number in line[:7]]
        # each is cut off to whole microseconds
        assert sum(parts[:6]) <= parts[6] <= sum(parts[:6]) + 6
        assert parts[2] > 0 and parts[4] > 0
    assert not times(made, "off.test")


@pytest.mark.single_user
@pytest.mark.sanitized
def test_debug_of_one_host(stack):
    """lsapi_hostname_on_debug: headers and all else only of requests for this host."""
    debug = "ServerAlias one.test two.test\nlsapi_debug On\n"
    made = stack(Vhost("a.test", "games", extra=debug + "lsapi_hostname_on_debug One.test"),
                 Vhost("b.test", "games", extra=debug.replace("one", "three")))
    headers = {"X-Own": "seen", "Cookie": "secret=1"}
    for host in ("two.test", "a.test", "one.test", "b.test"):
        assert made.get(host, "/answer.php?header[]=X-Back:%20there", headers=headers).status == 200
    for name, hosts in (("a.test", ["one.test"]), ("b.test", ["b.test"])):
        text = made.httpd.text(name)
        assert re.findall(r"lsapi: request header Host: (\S+)", text) == hosts
        assert text.count("lsapi: request header X-Own: seen") == 1
        assert text.count("lsapi: answer header X-Back: there") == 1
        assert text.count("lsapi: answered by pid(") == 1
        assert text.count("lsapi: request header Cookie: (8 bytes)") == 1
        assert "secret" not in text
