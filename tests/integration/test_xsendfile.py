# SPDX-License-Identifier: Apache-2.0
"""X-Sendfile: httpd sends the file that PHP names, of allowed directories and owners only."""

import hashlib
import os

import pytest

from client import Raw
from harness import Vhost

SEND = """<?php
header('Content-Type: image/x-own'); header('Content-Length: 3'); header('X-Mine: kept');
if (isset($_GET['code'])) http_response_code((int)$_GET['code']);
if (isset($_GET['etag'])) header('ETag: "mine"');
if (isset($_GET['zip'])) header('Content-Encoding: gzip');
header('X-Sendfile: ' . $_GET['file']);
echo 'abc';
"""


def content(size):
    blocks = (hashlib.sha512(str(i).encode()).digest() for i in range(size // 64 + 1))
    return b"".join(blocks)[:size]


@pytest.fixture
def site(stack):
    """Three sites: it is on in a, off in b; c allows more than a."""
    names = {"a.test": "games", "b.test": "games", "c.test": "games"}
    made = stack(*(Vhost(name, owner) for name, owner in names.items()), start=False)
    files = made.place.directory("files", made.httpd.vhosts["a.test"].owner)
    more = made.place.directory("more", made.httpd.vhosts["a.test"].owner)
    for name, vhost in made.httpd.vhosts.items():
        made.place.file(vhost.docroot / "send.php", SEND, vhost.owner)
        vhost.extra = "lsapi_xsendfile " + ("Off" if name == "b.test" else "On")
    made.httpd.vhosts["c.test"].extra += f"\nlsapi_xsendfile_path {more}"
    made.httpd.extra = f"lsapi_xsendfile_path {files}/"
    owner = made.httpd.vhosts["a.test"].owner
    made.files, made.more = files, more
    made.place.file(files / "large", content(3000000), owner)
    made.place.file(files / "empty", b"", owner)
    made.place.file(files / "space d\u00e4r", b"odd name", owner)
    made.place.file(more / "other", b"of the other directory", owner)
    made.place.directory("files/sub", owner)
    os.symlink("../large", files / "sub/inside")
    os.symlink("../../more/other", files / "sub/outside")
    os.symlink("/etc/passwd", files / "passwd")
    os.symlink(more, files / "elsewhere")
    return made


def send(made, path, host="a.test", query="", **how):
    return made.get(host, f"/send.php?file={path}{query}".replace(" ", "%20").replace(
        "\u00e4", "%C3%A4"), **how)


@pytest.mark.single_user
@pytest.mark.sanitized
def test_file_instead_of_output(site):
    site.start()
    answer = send(site, f"{site.files}/large")
    assert (answer.status, answer.body) == (200, content(3000000))
    assert answer.all("Content-Length") == ["3000000"]
    assert answer.header("Content-Type") == "image/x-own" and answer.header("X-Mine") == "kept"
    assert answer.header("X-Sendfile") is None and answer.header("Last-Modified")
    etag = answer.header("ETag")
    assert etag
    for path, body in (("empty", b""), ("space d\u00e4r", b"odd name"),
                       ("sub/inside", content(3000000)), ("sub/../large", content(3000000))):
        answer = send(site, f"{site.files}/{path}")
        assert (answer.status, answer.body) == (200, body), path
    # what PHP says of the file counts; how its own output was packed does not
    answer = send(site, f"{site.files}/empty", query="&code=404&etag&zip")
    assert (answer.status, answer.body) == (404, b"")
    assert answer.header("ETag") == '"mine"' and answer.header("Content-Encoding") is None
    # ranges and conditions are httpd's
    answer = send(site, f"{site.files}/large", headers={"Range": "bytes=1000000-1000009"})
    assert (answer.status, answer.body) == (206, content(3000000)[1000000:1000010])
    assert answer.header("Content-Range") == "bytes 1000000-1000009/3000000"
    answer = send(site, f"{site.files}/large", headers={"Range": "bytes=3000000-"})
    assert answer.status == 416
    answer = send(site, f"{site.files}/large", headers={"If-None-Match": etag})
    assert (answer.status, answer.body) == (304, b"")
    answer = send(site, f"{site.files}/large",
                  headers={"If-Modified-Since": "Wed, 01 Jan 2070 00:00:00 GMT"})
    assert answer.status in (200, 304)
    with Raw(site.httpd.port) as raw:
        raw.send(f"HEAD /send.php?file={site.files}/large HTTP/1.1\r\nHost: a.test\r\n\r\n"
                 "GET /mirror.php?after HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        status, headers = raw.head()
        assert (status, headers["content-length"]) == (200, "3000000")
        status, headers = raw.head()
        assert (status, headers["x-query"]) == (200, "after")


@pytest.mark.single_user
@pytest.mark.sanitized
def test_only_from_allowed_directories(site):
    """No link, no .., no other directory; a virtual host adds to those of the server."""
    site.start()
    os.mkfifo(site.files / "fifo")
    cases = [(f"{site.more}/other", 403), (f"{site.files}/sub/outside", 403),
             (f"{site.files}/passwd", 403), (f"{site.files}/elsewhere/other", 403),
             (f"{site.files}/../more/other", 403), ("/etc/passwd", 403), ("large", 403),
             (f"{site.files}x", 403), (f"{site.files}", 403), (f"{site.files}/sub", 403),
             (f"{site.files}/fifo", 403), (f"{site.files}/none", 404),
             (f"{site.files}/large/x", 404)]
    for path, status in cases:
        answer = send(site, path)
        assert answer.status == status, path
        assert b"root:" not in answer.body and b"other" not in answer.body
        assert answer.header("X-Sendfile") is None
    site.httpd.wait_log("is not below a directory of lsapi_xsendfile_path", "a.test")
    site.httpd.wait_log("a link or .. leads out of its directory", "a.test")
    assert send(site, f"{site.more}/other", "c.test").body == b"of the other directory"
    assert send(site, f"{site.files}/large", "c.test").status == 200
    # where it is off, it is a header, and the output is PHP's
    answer = send(site, f"{site.files}/large", "b.test")
    assert (answer.status, answer.body) == (200, b"abc")
    assert answer.header("X-Sendfile") == f"{site.files}/large"


def test_only_files_of_their_owner(site):
    """httpd may read more than PHP may, and does not read it out."""
    site.start()
    owner = site.httpd.vhosts["a.test"].owner
    for name, uid, mode in (("foreign", 8, 0o644), ("root", 0, 0o644), ("secret", 0, 0o640),
                            ("mine", owner.pw_uid, 0o640), ("hidden", owner.pw_uid, 0o600)):
        (site.files / name).write_bytes(b"text")
        os.chown(site.files / name, uid, 33 if mode == 0o640 else -1)
        os.chmod(site.files / name, mode)
    seen = {name: send(site, f"{site.files}/{name}").status
            for name in ("foreign", "root", "secret", "mine", "hidden")}
    assert seen == {"foreign": 403, "root": 200, "secret": 403, "mine": 200, "hidden": 403}
    site.httpd.wait_log("belongs neither to the user who runs PHP", "a.test")
    site.httpd.wait_log("the user of httpd may not read it", "a.test")


@pytest.mark.single_user
def test_directories_that_are_none(stack):
    """B21: told of and ignored; and a user can not allow one."""
    made = stack(Vhost("a.test", "games", extra="lsapi_xsendfile On\nlsapi_xsendfile_path /\n"
                       "lsapi_xsendfile_path tmp"), start=False)
    vhost = made.httpd.vhosts["a.test"]
    made.place.file(vhost.docroot / "send.php", SEND, vhost.owner)
    for name in ("lsapi_xsendfile_path /tmp", "lsapi_xsendfile On"):
        inner = made.place.directory(f"{vhost.docroot.name}/{name.split()[0]}", vhost.owner)
        made.place.file(inner / ".htaccess", name, vhost.owner)
        made.place.file(inner / "send.php", SEND, vhost.owner)
    status, output = made.httpd.check()
    assert status == 0
    assert "lsapi_xsendfile_path /: all of the host can not be allowed" in output
    assert "lsapi_xsendfile_path tmp: not an absolute path" in output
    made.start()
    assert send(made, f"{vhost.docroot}/send.php").status == 403
    for name in ("lsapi_xsendfile_path", "lsapi_xsendfile"):
        assert made.get("a.test", f"/{name}/send.php?file=/etc/passwd").status == 500
