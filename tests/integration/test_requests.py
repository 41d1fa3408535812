# SPDX-License-Identifier: Apache-2.0
"""Requests and answers pass through unchanged, whatever their method, length and framing."""

import hashlib
import http.client
import os

import pytest

import client
from harness import IS_FOREIGN_LSPHP, Vhost
from place import wait_until

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]
SHARED = {"vhosts": lambda: [Vhost("a.test", "games"), Vhost("unbuffered.test", "mail",
                             extra="lsapi_output_buffering Off")]}


def body_of(size):
    """Bytes of which no two blocks are equal; every value occurs."""
    blocks = (hashlib.sha512(str(i).encode()).digest() for i in range(size // 64 + 1))
    return b"".join(blocks)[:size]


def block_text(size):
    """What big.php sends."""
    return b"".join(b"%015d\n" % block * 512 for block in range(size // 8192 + 1))[:size]


@pytest.mark.parametrize("size", [0, 1, 7, 8192, 16384, 16385, 65535, 65536, 1 << 20])
@pytest.mark.parametrize("chunked", [False, True])
def test_posted_body_comes_back(shared, size, chunked):
    """B20: with a length or chunked, PHP reads every byte, and knows how many there are."""
    body = body_of(size)
    answer = shared.get("a.test", "/mirror.php?a=1&b=%20", method="POST", body=body,
                        chunked=chunked, headers={"Content-Type": "application/octet-stream"})
    assert answer.status == 200, answer.text[:500]
    assert answer.header("X-Method") == "POST"
    assert answer.header("X-Content-Length") == str(size)
    assert answer.header("X-Query") == "a=1&b=%20"
    assert answer.body == body


@pytest.mark.deadline(240)
def test_large_upload_and_download(shared):
    """40 MiB up by multipart, 64 MiB down: the same bytes at the other end."""
    content = body_of(40 << 20)
    boundary = b"between-two-parts"
    body = b"".join((
        b"--", boundary, b'\r\nContent-Disposition: form-data; name="word"\r\n\r\nhello\r\n--',
        boundary, b'\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n", content, b"\r\n--", boundary, b"--\r\n"))
    php = "php_value upload_max_filesize 64M\nphp_value post_max_size 80M\n"
    docroot = shared.httpd.vhosts["a.test"].docroot
    shared.place.file(docroot / ".htaccess", php)
    try:
        answer = shared.get("a.test", "/upload.php", method="POST", body=body, headers={
            "Content-Type": "multipart/form-data; boundary=" + boundary.decode()})
    finally:
        os.unlink(docroot / ".htaccess")
    assert answer.status == 200, answer.text[:500]
    assert f'"sha1":"{hashlib.sha1(content).hexdigest()}"' in answer.text, answer.text
    assert '"word":"hello"' in answer.text

    size = 64 << 20
    answer = shared.get("a.test", f"/big.php?bytes={size}")
    assert answer.status == 200
    assert len(answer.body) == size
    assert answer.body == block_text(size)


@pytest.mark.parametrize("size", [0, 1, 8191, 8192, 8193, 16384, 100000, 3000000])
def test_downloads_of_every_kind_of_length(shared, size):
    for target in (f"/big.php?bytes={size}", f"/big.php?bytes={size}&length=1"):
        answer = shared.get("a.test", target)
        assert answer.status == 200
        assert answer.body == block_text(size)


def test_kept_connection_serves_many_requests(shared):
    """One browser connection, one hundred requests of changing kind: each gets its own answer."""
    connection = http.client.HTTPConnection("127.0.0.1", shared.httpd.port, timeout=30)
    for number in range(100):
        body = body_of(number * 37)
        how = {"method": "POST", "body": body, "chunked": number % 3 == 0} if number % 2 else {}
        answer = client.exchange(connection, "a.test", f"/mirror.php?n={number}", **how)
        assert answer.header("X-Query") == f"n={number}"
        assert answer.body == (body if number % 2 else b"")
    connection.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND",
                                    "REPORT", "M-SEARCH", "BREW", "get"])
def test_methods(shared, method):
    answer = shared.get("a.test", "/mirror.php", method=method, body=b"some body")
    assert answer.status == 200
    assert answer.header("X-Method") == method
    assert answer.body == b"some body"


def test_head_has_the_headers_and_no_body(shared):
    with client.Raw(shared.httpd.port) as raw:
        raw.send("HEAD /big.php?bytes=5000&length=1 HTTP/1.1\r\nHost: a.test\r\n\r\n"
                 "GET /mirror.php?after HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        status, headers = raw.head()
        assert status == 200
        assert headers["content-length"] == "5000"
        # the next answer begins right behind the headers
        status, headers = raw.head()
        assert status == 200
        assert headers["x-query"] == "after"


def test_expect_100_continue(shared):
    """B20: the client is told to go on, and then the body arrives whole."""
    with client.Raw(shared.httpd.port) as raw:
        raw.send("POST /mirror.php HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n"
                 "Expect: 100-continue\r\nConnection: close\r\n\r\n")
        status, _ = raw.head()
        assert status == 100
        raw.send("0123456789")
        status, headers = raw.head()
        assert status == 200
        assert raw.read(int(headers.get("content-length", 10))).endswith(b"0123456789")


def test_several_headers_of_one_name(shared):
    """Several Set-Cookie lines stay several lines, in order."""
    answer = shared.get("a.test", "/answer.php?header[]=Set-Cookie:%20a=1&header[]=Set-Cookie:"
                        "%20b=2;%20path=/&header[]=Set-Cookie:%20c=3&header[]=X-Own:%20yes&body=x")
    assert answer.all("Set-Cookie") == ["a=1", "b=2; path=/", "c=3"]
    assert answer.header("X-Own") == "yes"
    assert answer.body == b"x"


@pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="a foreign lsphp may say nothing")
def test_headers_that_lsapi_has_no_room_for(shared):
    """1000 lines of 32 KiB at most: others are left out and told of, the rest is sent."""
    cookies = "<?php for ($i = 0; $i < 1200; $i++) header(\"Set-Cookie: c$i=$i\", false);\n" \
        "header('X-Long: ' . str_repeat('v', 40000)); echo 'body';"
    vhost = shared.httpd.vhosts["a.test"]
    shared.place.file(vhost.docroot / "cookies.php", cookies, vhost.owner)
    with client.Raw(shared.httpd.port) as raw:
        raw.send("GET /cookies.php HTTP/1.0\r\nHost: a.test\r\n\r\n")
        answer = raw.file.read()
    assert answer.startswith(b"HTTP/1.1 200 OK") and answer.endswith(b"\r\n\r\nbody")
    assert answer.count(b"\r\nSet-Cookie: ") == 999
    assert b"\r\nContent-Type: text/html" in answer and b"X-Long" not in answer
    shared.httpd.wait_log("202 response headers are not sent", "a.test")


@pytest.mark.parametrize("status", [200, 201, 204, 206, 301, 302, 304, 400, 401, 403, 404, 410, 418,
                                    422, 451, 500, 502, 503, 507, 599])
def test_status_codes(shared, status):
    answer = shared.get("a.test", f"/answer.php?status={status}&body=text")
    assert answer.status == status
    if status not in (204, 304):
        assert answer.body == b"text"


@pytest.mark.parametrize("header, status", [
    ("Location:%20http://elsewhere.test/x", 302),
    ("Location:%20/relative", 302),
])
def test_location_of_another_place(shared, header, status):
    """An absolute URL is a redirect of the client; PHP sets 302 by itself."""
    answer = shared.get("a.test", f"/answer.php?header[]={header}")
    assert answer.status == status
    assert answer.header("Location")


def test_content_type_and_length(shared):
    answer = shared.get("a.test", "/answer.php?header[]=Content-Type:%20text/plain;charset=koi8-r"
                        "&header[]=Content-Length:%204&body=text")
    assert answer.header("Content-Type") == "text/plain;charset=koi8-r"
    assert answer.all("Content-Length") == ["4"]


def test_flushed_output_comes_at_once(shared):
    """B18: what PHP flushes is at the client before the script goes on."""
    docroot = shared.httpd.vhosts["unbuffered.test"].docroot
    with client.Raw(shared.httpd.port) as raw:
        raw.send("GET /hold.php?name=flush&first=early&last=late HTTP/1.0\r\n"
                 "Host: unbuffered.test\r\n\r\n")
        status, _ = raw.head()
        assert status == 200
        assert raw.read(5) == b"early"
        assert not (docroot / "flush.go").exists()
        (docroot / "flush.go").touch()
        assert raw.file.read() == b"late"


def test_errors_go_to_the_log_of_their_site(shared):
    """B56: PHP's log and standard error are in that virtual host's error log, and in no other."""
    assert shared.get("a.test", "/log.php?word=apple").body == b"logged"
    assert shared.get("unbuffered.test", "/log.php?word=pear").body == b"logged"
    shared.httpd.wait_log("logged apple", "a.test")
    shared.httpd.wait_log("logged pear", "unbuffered.test")
    assert "pear" not in shared.httpd.text("a.test")
    assert "apple" not in shared.httpd.text("unbuffered.test")


def test_client_that_leaves_is_noticed(shared):
    """The backend is told, its connection not used again, and the next request is served."""
    docroot = shared.httpd.vhosts["unbuffered.test"].docroot
    with client.Raw(shared.httpd.port) as raw:
        raw.send("GET /big.php?bytes=500000000 HTTP/1.0\r\nHost: unbuffered.test\r\n\r\n")
        assert raw.head()[0] == 200
        assert raw.read(100000) == block_text(100000)
    busy = [p.pid for p in shared.daemon.children()]
    for number in range(20):
        answer = shared.get("unbuffered.test", f"/mirror.php?n={number}")
        assert answer.header("X-Query") == f"n={number}"
        assert answer.body == b""
    assert busy
    wait_until(lambda: docroot.exists(), 1)


def test_upload_cut_short(shared):
    """B15: the client announces more than it sends; nothing hangs, the log has both numbers."""
    with client.Raw(shared.httpd.port) as raw:
        raw.send("POST /mirror.php HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\n")
        raw.send(b"x" * 40000)
    shared.httpd.wait_log("(40000) != bodyLen (100000)", "a.test")
    assert shared.get("a.test", "/mirror.php?next").header("X-Query") == "next"


def test_request_headers_reach_php(shared):
    answer = shared.get("a.test", "/server.php?x=1", headers={
        "X-Own-Header": "väl ue".encode(), "Cookie": "a=b; c=d", "Accept-Language": "de",
        "Authorization": "Basic dXNlcjpwYXNz", "Proxy": "http://evil.test/"})
    text = answer.text
    assert '"HTTP_X_OWN_HEADER"' in text
    assert '"HTTP_ACCEPT_LANGUAGE":"de"' in text
    assert '"cookie":{"a":"b","c":"d"}' in text
    assert '"PHP_AUTH_USER":"user"' in text and '"PHP_AUTH_PW":"pass"' in text
    assert "evil.test" not in text.replace('"Proxy":"http:\\/\\/evil.test\\/"', "")


def test_request_headers_larger_than_a_packet_are_refused(shared):
    """A request packet holds 65,535 bytes: more of headers gets a clear answer, not a hang."""
    many = {f"X-Header-{i}": "v" * 8000 for i in range(12)}
    answer = shared.get("a.test", "/mirror.php", headers=many)
    assert answer.status == 431
    shared.httpd.wait_log("can not be sent to PHP", "a.test")
    assert "at most 65535 bytes in all" in shared.httpd.text("a.test")
    assert shared.get("a.test", "/mirror.php?ok").status == 200


@pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="a foreign lsphp may name another text")
def test_path_info_and_directory_index(shared):
    answer = shared.get("a.test", "/server.php/more/path?q")
    assert '"PATH_INFO":"\\/more\\/path"' in answer.text
    assert '"SCRIPT_NAME":"\\/server.php"' in answer.text
    assert shared.get("a.test", "/").text.startswith("page of a.test for ")
