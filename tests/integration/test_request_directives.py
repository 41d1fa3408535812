# SPDX-License-Identifier: Apache-2.0
"""Directives about single requests: what is told of them, and what PHP is told with them."""

import json
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
        # who is kept from running after send() finds the answer there: first is nothing then
        assert parts[2] > 0 and parts[3] + parts[4] > 0
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


SEEN = """<?php
echo json_encode(['server' => $_SERVER, 'limit' => ini_get('memory_limit'),
	'name' => ini_get('session.name'), 'zone' => ini_get('date.timezone'),
	'flag' => ini_get('html_errors'), 'set' => ini_set('memory_limit', '1G'),
	'admin' => ini_set('date.timezone', 'Asia/Tokyo')]);
"""
PARAMS = r"""
lsapi_param OF_SITE "a site"
lsapi_param FROM_BOTH param
SetEnv FROM_BOTH setenv
lsapi_param SCRIPT_FILENAME /etc/passwd
lsapi_param REMOTE_USER root
lsapi_param PATH /evil
lsapi_param "NO NAME" x
lsapi_param PHP_VALUE 'memory_limit = 64M; session.name="a;b" \n no setting; precision=5'
lsapi_param PHP_FLAG html_errors=on
lsapi_param PHP_ADMIN_VALUE date.timezone=Europe/Oslo
<Location /in>
lsapi_param OF_SECTION here
lsapi_param OF_SITE "a section"
lsapi_param PHP_VALUE memory_limit=96M
</Location>
"""


@pytest.mark.single_user
@pytest.mark.sanitized
def test_parameters(stack):
    """lsapi_param: variables of requests, and PHP's settings; none that httpd itself makes."""
    made = stack(Vhost("a.test", "games", extra=PARAMS), start=False)
    vhost = made.httpd.vhosts["a.test"]
    made.place.file(vhost.docroot / "seen.php", SEEN, vhost.owner)
    inner = made.place.directory(f"{vhost.docroot.name}/in", vhost.owner)
    made.place.file(inner / "seen.php", SEEN, vhost.owner)
    user = made.place.directory(f"{vhost.docroot.name}/user", vhost.owner)
    made.place.file(user / ".htaccess", "lsapi_param OF_USER x", vhost.owner)
    made.place.file(user / "seen.php", SEEN, vhost.owner)
    _, output = made.httpd.check()
    for words in ("lsapi_param SCRIPT_FILENAME: this variable is httpd's",
                  "lsapi_param REMOTE_USER: this variable", "lsapi_param PATH: this variable",
                  "lsapi_param NO NAME: no name of a variable",
                  "lsapi_param PHP_VALUE: not name=value[;name=value...], it is ignored: no setting"
                  ):
        assert words in output, output
    made.start()
    outer, inner = (json.loads(made.get("a.test", f"{path}/seen.php").text) for path in ("", "/in"))
    assert (outer["server"]["OF_SITE"], outer["server"]["FROM_BOTH"]) == ("a site", "param")
    assert "OF_SECTION" not in outer["server"] and "REMOTE_USER" not in outer["server"]
    assert outer["server"]["SCRIPT_FILENAME"] == f"{vhost.docroot}/seen.php"
    assert "/evil" not in outer["server"].get("PATH", "")
    assert (outer["limit"], outer["name"], outer["flag"]) == ("64M", "a;b", "1")
    assert outer["set"] == "64M"
    assert (outer["zone"], outer["admin"]) == ("Europe/Oslo", False)
    assert (inner["server"]["OF_SITE"], inner["server"]["OF_SECTION"]) == ("a section", "here")
    assert (inner["limit"], inner["zone"]) == ("96M", "Europe/Oslo")
    # a user's own file may not: it would speak for httpd
    assert made.get("a.test", "/user/seen.php").status == 500


@pytest.mark.single_user
def test_handler_of_a_section(stack):
    """lsapi_handler: chooses the PHP where a type or nothing is said, never against SetHandler."""
    other = "application/x-httpd-lsphp-other"
    extra = (f'<FilesMatch "\\.(php|page)$">\nlsapi_handler {other}\n</FilesMatch>\n'
             '<Files "set.php">\nSetHandler application/x-httpd-lsphp\n</Files>\n'
             f"<Location /off>\nlsapi_engine Off\nlsapi_handler {other}\n</Location>\n"
             "<Location /bad>\nlsapi_handler server-status\n</Location>\n")
    made = stack(Vhost("a.test", "games", extra=extra), Vhost("b.test", "games"), start=False)
    made.daemon.handlers[other] = (made.place.bin / "lsphp", ["OF_HANDLER=other"])
    made.daemon.write_conf()
    text = "<?php echo 'by ', getenv('OF_HANDLER') ?: 'default';"
    for vhost in made.httpd.vhosts.values():
        for name in ("one.php", "two.page", "set.php", "off/one.txt", "bad/one.txt"):
            made.place.directory(f"{vhost.docroot.name}/{name}".rpartition("/")[0], vhost.owner)
            made.place.file(vhost.docroot / name, text, vhost.owner)
    status, output = made.httpd.check()
    assert status == 0 and "lsapi_handler server-status: not application/x-httpd-" in output
    made.start()
    seen = {name: [made.get(vhost, name).text for vhost in ("a.test", "b.test")]
            for name in ("/one.php", "/two.page", "/set.php", "/off/one.txt", "/bad/one.txt")}
    assert seen == {"/one.php": ["by other", "by default"], "/two.page": ["by other", text],
                    "/set.php": ["by default", "by default"], "/off/one.txt": [text, text],
                    "/bad/one.txt": [text, text]}
    assert made.get("a.test", "/nowhere.page").status == 404
    assert made.get("a.test", "/").text.startswith("page of a.test")
