# SPDX-License-Identifier: Apache-2.0
"""PHP in company: other modules of Apache work on its requests and answers, and it on theirs."""

import gzip
import json
import os
import subprocess

import pytest

from harness import Vhost
FRONT = """<?php
header('Content-Type: application/json');
echo json_encode(['info' => $_SERVER['PATH_INFO'] ?? null, 'name' => $_SERVER['SCRIPT_NAME'],
	'self' => $_SERVER['PHP_SELF'], 'uri' => $_SERVER['REQUEST_URI'], 'get' => $_GET]);
"""
ERROR = """<?php
header('X-Seen: ' . ($_SERVER['REDIRECT_STATUS'] ?? 'none') . ' ' . $_SERVER['REDIRECT_URL']);
if (isset($_GET['own'])) http_response_code(410);
echo 'page of errors, method ' . $_SERVER['REQUEST_METHOD'];
"""
SHOW = """<?php
header('Content-Type: application/json');
echo json_encode(['env' => getenv(), 'server' => $_SERVER, 'ppid' => posix_getppid(),
	'uid' => posix_getuid()]);
"""
COUNT = """<?php
$in = fopen('php://input', 'rb');
for ($size = 0; !feof($in); $size += strlen(fread($in, 1 << 20)));
echo $_SERVER['CONTENT_LENGTH'], ' ', $size;
"""
EXTRA = """
RewriteEngine On
RewriteRule ^/app(/.*)?$ /front.php$1 [QSA,PT]
ErrorDocument 404 /error.php
ErrorDocument 403 /error.php?own
<Location /forbidden>
Require all denied
</Location>
AddOutputFilter INCLUDES .shtml
<Directory />
Options +Includes
</Directory>
<Location /packed>
SetOutputFilter DEFLATE
</Location>
Alias /packed %(docroot)s
<Location /unpack>
SetInputFilter DEFLATE
</Location>
Alias /unpack %(docroot)s
"""


@pytest.fixture(scope="module")
def site():
    """One site with all of it; over HTTP/1.1, HTTP/2 and TLS."""
    from stack import Stack, end_all

    vhost = Vhost("a.test", "games")
    made = Stack([vhost], start=False, modules=["filter", "deflate", "include", "http2", "ssl",
                                                "socache_shmcb"],
                 extra="Protocols h2c http/1.1\nLimitRequestBody 0")
    for name, text in (("front", FRONT), ("error", ERROR), ("show", SHOW), ("count", COUNT)):
        made.place.file(vhost.docroot / f"{name}.php", text, vhost.owner)
    made.place.file(vhost.docroot / "page.shtml",
                    '[<!--#include virtual="/front.php?inner=1" -->,'
                    '<!--#include virtual="/front.php/deep" -->]', vhost.owner)
    vhost.extra = EXTRA % {"docroot": vhost.docroot}
    add_tls(made, vhost)
    made.start()
    yield made
    end_all([made])


def add_tls(made, vhost):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=a.test", "-keyout", made.place.path / "tls.key",
                    "-out", made.place.path / "tls.crt"], check=True, stderr=subprocess.DEVNULL)
    made.tls_port = made.httpd.free_port()
    made.httpd.extra += f"""
Listen 127.0.0.1:{made.tls_port}
<VirtualHost 127.0.0.1:{made.tls_port}>
ServerName a.test
DocumentRoot {vhost.docroot}
{vhost.identity_line()}
Protocols h2 http/1.1
SSLEngine On
SSLOptions +StdEnvVars
SSLCertificateFile {made.place.path}/tls.crt
SSLCertificateKeyFile {made.place.path}/tls.key
</VirtualHost>
"""


def curl(*args):
    done = subprocess.run(["curl", "-sS", "--max-time", "100", "-H", "Host: a.test", *args],
                          stdout=subprocess.PIPE, check=True)
    return done.stdout


@pytest.mark.single_user
@pytest.mark.parametrize("target, info, name", [
    ("/app/users/7?x=1", "/users/7", "/front.php"),
    ("/app", None, "/front.php"),
])
def test_front_controller_behind_rewrite(site, target, info, name):
    seen = json.loads(site.get("a.test", target).text)
    assert (seen["info"], seen["name"], seen["uri"]) == (info, name, target)
    assert seen["get"] == ({"x": "1"} if "x=1" in target else [])


@pytest.mark.single_user
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_error_document_keeps_the_error(site, method):
    """B17: the status stays what it was, unless the script says another."""
    answer = site.get("a.test", "/nowhere.txt", method=method, body=b"lost" * 5000)
    assert answer.status == 404
    assert answer.header("X-Seen") == "404 /nowhere.txt"
    assert answer.text == "page of errors, method GET"
    # of a script that is not there, which this module has answered with 404 itself
    assert site.get("a.test", "/nowhere.php").text == "page of errors, method GET"
    answer = site.get("a.test", "/forbidden")
    assert answer.status == 410
    assert answer.header("X-Seen") == "403 /forbidden"


@pytest.mark.single_user
def test_included_pages(site):
    """Subrequests of mod_include: the bodies of the pages, not their type."""
    answer = site.get("a.test", "/page.shtml")
    assert answer.status == 200
    assert answer.header("Content-Type") != "application/json"
    first, second = json.loads(answer.text)
    assert first["get"] == {"inner": "1"}
    assert second["info"] == "/deep"


@pytest.mark.single_user
def test_deflated_answer(site):
    answer = site.get("a.test", "/packed/big.php?bytes=300000",
                      headers={"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert answer.header("Content-Encoding") == "gzip"
    plain = site.get("a.test", "/big.php?bytes=300000").body
    assert gzip.decompress(answer.body) == plain and len(plain) == 300000


@pytest.mark.single_user
@pytest.mark.parametrize("size", [0, 10, 300000])
def test_inflated_request(site, size):
    """PHP sees the length of what it reads, not that of what came over the wire."""
    body = os.urandom(size // 2).hex().encode()
    answer = site.get("a.test", "/unpack/mirror.php", method="POST", body=gzip.compress(body),
                      headers={"Content-Encoding": "gzip"})
    assert answer.status == 200, answer.text
    assert answer.header("X-Content-Length") == str(size)
    assert answer.body == body


@pytest.mark.single_user
def test_http2_in_clear(site):
    base = f"http://127.0.0.1:{site.httpd.port}"
    seen = json.loads(curl("--http2-prior-knowledge", f"{base}/show.php"))["server"]
    assert seen["SERVER_PROTOCOL"] == "HTTP/2.0"
    assert seen["HTTP_HOST"] == "a.test"
    assert "HTTPS" not in seen
    assert curl("--http2-prior-knowledge", "-d", "a body", f"{base}/mirror.php") == b"a body"
    large = curl("--http2-prior-knowledge", f"{base}/big.php?bytes=3000000")
    assert large == site.get("a.test", "/big.php?bytes=3000000").body


@pytest.mark.single_user
def test_many_streams_of_one_connection(site):
    """HTTP/2 requests of one connection run beside each other; each gets its own answer."""
    base = f"https://127.0.0.1:{site.tls_port}/front.php/stream"
    out = [site.place.path / f"stream-{n}" for n in range(30)]
    args = [word for n, path in enumerate(out) for word in ("-o", str(path), f"{base}/{n}")]
    curl("-k", "--http2", "--parallel", "--parallel-max", "30", *args)
    assert [json.loads(path.read_bytes())["info"] for path in out] == [
        f"/stream/{n}" for n in range(30)]


@pytest.mark.single_user
@pytest.mark.parametrize("protocol, name", [("--http1.1", "HTTP/1.1"), ("--http2", "HTTP/2.0")])
def test_tls(site, protocol, name):
    base = f"https://127.0.0.1:{site.tls_port}"
    seen = json.loads(curl("-k", protocol, f"{base}/show.php"))["server"]
    assert seen["HTTPS"] == "on"
    assert seen["SERVER_PROTOCOL"] == name
    assert (seen["REQUEST_SCHEME"], seen["SERVER_PORT"]) == ("https", "443")
    assert seen["SSL_PROTOCOL"].startswith("TLSv1")
    body = os.urandom(200000)
    site.place.file("body", body)
    assert curl("-k", protocol, "--data-binary", f"@{site.place.path}/body",
                f"{base}/mirror.php") == body


@pytest.mark.single_user
@pytest.mark.deadline(300)
def test_body_above_two_gib(site):
    """LSAPI has 31 bits for a length; beyond, PHP goes by Content-Length."""
    size = (2 << 30) + 12345
    free = os.statvfs("/tmp")
    if free.f_bavail * free.f_frsize < 2 * size:
        pytest.skip("PHP would keep 2 GiB in /tmp, where there is no room")
    path = site.place.path / "sparse"
    with open(path, "wb") as file:
        file.truncate(size)
    url = f"http://127.0.0.1:{site.httpd.port}/count.php"
    assert curl("-T", str(path), "-H", "Expect:", "--max-time", "280", url) == b"%d %d" % (
        size, size)
    path.unlink()
    # and the connection carries the next request
    assert site.get("a.test", "/mirror.php?after").header("X-Query") == "after"
