# SPDX-License-Identifier: Apache-2.0
"""The same scripts by mod_lsapi and by mod_php of one Apache: the same answers, byte for byte.

Statuses with their words, headers in order, bodies. What differs on purpose is in DIFFERENT, with
the reason, and has to differ.
"""

import base64
import http.client
import io
import os
import re
import subprocess

import pytest

from client import Raw
from harness import IS_FOREIGN_LSPHP, Vhost

REFERENCE = os.environ.get("LSAPID_REFERENCE", "")
WHY_NOT = os.environ.get("LSAPID_NO_REFERENCE") or "tests/run unpacks mod_php; it did not run"
pytestmark = pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="a foreign lsphp differs in its own ways")

SHOW = r"""<?php
$names = ['REQUEST_METHOD', 'REMOTE_USER', 'AUTH_TYPE', 'PHP_AUTH_USER', 'PHP_AUTH_PW',
	'PHP_AUTH_DIGEST', 'PATH_INFO', 'PATH_TRANSLATED', 'ORIG_PATH_INFO', 'ORIG_SCRIPT_NAME',
	'HTTPS', 'REDIRECT_STATUS', 'REDIRECT_URL', 'REDIRECT_QUERY_STRING', 'CONTENT_TYPE',
	'QUERY_STRING', 'HTTP_COOKIE', 'HTTP_CONNECTION', 'HTTP_TE', 'HTTP_EXPECT', 'HTTP_X_OWN',
	'SCRIPT_NAME', 'PHP_SELF', 'REQUEST_URI', 'CONTEXT_PREFIX', 'REMOTE_ADDR',
	'SERVER_PROTOCOL', 'argc'];
foreach ($names as $name)
	if (isset($_SERVER[$name]))
		echo "$name=", $_SERVER[$name], "\n";
echo getenv('REQUEST_METHOD'), ' ', strlen(file_get_contents('php://input')), "\n";
echo json_encode([$_GET, $_POST, $_COOKIE, $argv ?? null,
	array_map(fn($f) => [$f['name'], $f['size'], $f['error']], $_FILES)]);
"""
LANGUAGE = r"""<?php
interface Shape { public function area(): int; }
abstract class Base implements Shape {
	public static int $made = 0;
	public function __construct(protected int $side) { self::$made++; }
	public function __destruct() { echo "gone {$this->side}\n"; }
}
final class Square extends Base { public function area(): int { return $this->side ** 2; } }
function depth(int $n): int { return $n ? 1 + depth($n - 1) : 0; }
function &counter() { static $n = 0; $n++; return $n; }
$GLOBALS['shared'] = 'seen'; function shared() { global $shared; return $shared; }
$s = new Square(3); echo $s->area(), ' ', Base::$made, ' ', depth(2000), ' ', shared(), "\n";
unset($s);
for ($i = 0; $i < 3; $i++) { counter();
	switch ($i) { case 1: echo "one\n"; break; default: echo "$i\n"; } }
echo counter(), ' ', eval('return 6 * 7;'), ' ', include 'part.inc', ' ', PHP_EOL;
echo preg_replace_callback('/(\w)(\w+)/', fn($m) => strtoupper($m[1]) . $m[2], 'some words here'), "\n";
echo sprintf('%05.2f %x %s', 3.14159, 255, strrev('abc')), ' ', md5('a'), ' ', basename(__FILE__), "\n";
$i = 3; do { echo $i--; } while ($i); while ($i < 2) echo ++$i; echo "\n";
try { intdiv(1, 0); } catch (DivisionByZeroError $e) { echo get_class($e), "\n"; }
finally { echo "at last\n"; }
register_shutdown_function(function () { echo 'shut'; });
ob_start(fn($text) => strtoupper($text)); echo 'loud '; ob_end_flush();
echo str_repeat('0123456789abcdef', 4000), "\n"; exit(3);
"""
HEADERS = r"""<?php
switch ($_GET['t']) {
case 'cookies': setcookie('a', 'b c', 0, '/'); setrawcookie('d', 'e');
	setcookie('gone', '', 1); break;
case 'many': for ($i = 0; $i < 90; $i++) header("Set-Cookie: c$i=$i", false); break;
case 'words': header('HTTP/1.1 404 My Own Words'); break;
case 'unknown': header('HTTP/1.1 599 Custom'); break;
case 'old': header('HTTP/1.0 202 Yes'); break;
case 'crlf': @header("X-A: a\r\nX-B: c"); break;
case 'nul': @header("X-A: a\0b"); break;
case 'twice': header('X-A: 1'); header('X-A: 2', false);
	header('Vary: a'); header('Vary: b', false); break;
case 'challenge': header('WWW-Authenticate: Basic realm=a', false);
	header('WWW-Authenticate: Digest realm=b', false); http_response_code(401); break;
case 'untyped': header_remove('Content-Type'); ini_set('default_mimetype', ''); break;
case 'type': header('Content-Type: image/png'); break;
case 'long': header('X-Long: ' . str_repeat('v', 30000)); break;
case 'removed': header('X-Mine: x'); header_remove('X-Mine'); break;
case 'baddate': header('Last-Modified: garbage'); break;
case 'status': header('Status: 299 Foo'); break;
case 'code': http_response_code((int)$_GET['c']); break;
case 'location': header('Location: ' . $_GET['to']); break;
case 'modified': header('Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT');
	header('ETag: "abc"'); break;
}
echo $_GET['b'] ?? '';
"""
ERROR = r"""<?php
header('X-Seen: ' . $_SERVER['REDIRECT_STATUS']);
if (isset($_GET['c'])) http_response_code((int)$_GET['c']);
echo 'error ', $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['REDIRECT_URL'], ' ', json_encode($_POST);
"""
FILES = {
    "show.php": SHOW, "in/show.php": SHOW, "auth/show.php": SHOW, "neg/thing.php": SHOW,
    "dir/index.php": SHOW, "language.php": LANGUAGE, "headers.php": HEADERS, "error.php": ERROR,
    "part.inc": "<?php return 'part of ' . basename(__DIR__) . count(get_included_files());",
    "flush.php": "<?php while (ob_get_level()) ob_end_clean(); echo 'one'; flush(); echo 'two';",
    "fatal.php": "<?php ini_set('display_errors', 1); echo 'begun'; nothing();",
    "auth/.htaccess": "AuthType Basic\nAuthName x\nAuthUserFile %(users)s\nRequire valid-user\n",
    "neg/.htaccess": "Options +MultiViews\n",
    "err/.htaccess": "ErrorDocument 404 /error.php\n",
    "gone/.htaccess": "ErrorDocument 404 /error.php?c=410\n",
    "rw/.htaccess": "RewriteEngine On\nRewriteRule ^p/(.*)$ /show.php/$1?q=$1 [QSA]\n"
                    "RewriteRule ^out$ /show.php [R=303]\nRewriteRule ^no$ - [F]\n",
}
FORM = "Content-Type: application/x-www-form-urlencoded"
PARTS = ('--B\r\nContent-Disposition: form-data; name="w"\r\n\r\nv\r\n--B\r\nContent-Disposition: '
         'form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B--\r\n')


def basic(text):
    return "Authorization: Basic " + base64.b64encode(text.encode()).decode()


def case(target, *headers, method="GET", body=None):
    lines = [f"{method} {target} HTTP/1.1", "Host: SITE", "Connection: close", *headers]
    if body is not None and not re.search("transfer-encoding", " ".join(headers), re.I):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines) + "\r\n\r\n" + (body or "")


CASES = {
    "methods": [case("/show.php", method=m) for m in (
        "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "PROPFIND", "REPORT", "M-SEARCH",
        "BREW", "get", "TRACE", "CONNECT")],
    "language": [case("/language.php"), case("/language.php", method="HEAD"), case("/fatal.php"),
                 case("/flush.php"), "GET /flush.php HTTP/1.0\r\nHost: SITE\r\n\r\n"],
    "arguments": [case(f"/show.php?{query}") for query in (
        "foo+b@r+ARGV+hello%20world", "a[]=1&a[]=2&b.c=3&d+e=4", "x=%00&y=%C3%A4", "", "=1&&b")],
    "credentials": [case(t, header) for t in ("/show.php", "/auth/show.php") for header in (
        basic("user:pass:word"), basic("user:wrong"), "Authorization: Basic !!!",
        "Authorization: Bearer abc.def", "Authorization: Negotiate x",
        'Authorization: Digest username="u", realm="r", nonce="n", uri="/", response="x"')],
    "paths": [case(target) for target in (
        "/show.php/x/y?z", "/show.php/x%2Fy", "/show.php//x", "/show.php/%20x;y=1", "//show.php",
        "/dir/../show.php", "/dir/", "/dir", "/neg/thing", "/neg/thing/info", "/alias/show.php/info",
        "/rw/p/abc/d?z=1", "/rw/out", "/rw/no", "/nowhere.php", "/show.phpx",
        "http://SITE/show.php")],
    "error documents": [case(target, method=method, body=body) for target in (
        "/err/none", "/err/none.php", "/gone/none?y=1") for method, body in (
        ("GET", None), ("POST", "a=b"), ("HEAD", None))],
    "forms": [case("/show.php", FORM, method=m, body="a=1&b[]=2&b[]=3") for m in (
        "POST", "PUT", "PATCH", "GET", "DELETE")] + [
        case("/show.php", "Content-Type: multipart/form-data; boundary=B", method="POST", body=PARTS),
        case("/show.php", "Content-Type: multipart/form-data; boundary=B", method="POST",
             body=PARTS[:-10]),
        case("/show.php", "Content-Type: multipart/form-data", method="POST", body=PARTS),
        case("/show.php", "Content-Type: application/json", method="POST", body='{"a":1}')],
    "framing": [
        case("/show.php", FORM, "Transfer-Encoding: chunked", method="POST",
             body="5\r\na=1&b\r\n2;ext=1\r\n=2\r\n0\r\nX-T: trailer\r\n\r\n"),
        case("/show.php", FORM, "Expect: 100-continue", method="POST", body="a=1"),
        case("/show.php", FORM, "Expect: 200-ok", method="POST", body="a=1"),
        case("/show.php", FORM, "Content-Length: 3", method="POST", body="a=1"),
        case("/show.php", FORM, "Content-Length: 4", method="POST", body="a=1"),
        case("/show.php", FORM, "Transfer-Encoding: gzip", method="POST", body="a=1")],
    "request headers": [case("/show.php", *headers) for headers in (
        ["X-Own: 1", "X-Own: 2"], ["Cookie: a=1", "Cookie: b=2"], ["Cookie: a=1; a=2; b[x]=3; c=%20"],
        ["TE: trailers"], ["Content-Type: a/b"], ["X-Own: " + "v" * 7000], ["Host: again"])],
    "answer headers": [case(f"/headers.php?t={t}&b={b}", method=m) for t in (
        "cookies", "many", "words", "unknown", "old", "crlf", "nul", "twice", "challenge", "untyped",
        "type", "long", "removed", "baddate") for b in ("", "body") for m in ("GET", "HEAD")],
    "statuses": [case(f"/headers.php?t=code&c={c}&b={b}") for c in (
        200, 201, 204, 205, 206, 300, 303, 304, 307, 400, 401, 404, 410, 416, 422, 451, 500, 503)
        for b in ("", "body")],
    "redirects": [case(f"/headers.php?t=location&to={to}") for to in (
        "/show.php", "/show.php%3Fx=1", "http://other.test/", "rel/ative", "//other.test/", "%23f")],
    "ranges": [case(f"/headers.php?t={t}&b=abcdefghijklmnopqrstuvwxyz", *headers) for t in (
        "none", "modified") for headers in (
        ["Range: bytes=0-4"], ["Range: bytes=-3"], ["Range: bytes=100-"],
        ["Range: bytes=5-", 'If-Range: "abc"'], ["Range: bytes=5-", 'If-Range: "no"'],
        ["If-Modified-Since: Tue, 01 Jan 2019 00:00:00 GMT"], ['If-None-Match: "other"'])],
}
# request: (status of ours, status of mod_php, why)
DIFFERENT = {
    case("/headers.php?t=modified&b=x", "If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT"):
        (304, 200, "as mod_cgi and FPM: httpd compares what PHP says of its answer"),
    case("/headers.php?t=modified&b=x", 'If-None-Match: "x", W/"abc"'): (304, 200, "the same"),
    case("/headers.php?t=modified&b=x", 'If-Match: "other"'): (412, 200, "the same"),
    case("/headers.php?t=status&b=x"): (299, 200, "Status is a status, as with CGI and FPM"),
    case("/headers.php?t=code&c=418&b=x"): (418, 500, "httpd sends 500 for codes it does not know"),
    case("/headers.php?t=code&c=999&b=x"): (999, 500, "the same"),
    case("/show.php", FORM, "Content-Length: 10", method="POST", body="a=1").replace(
        "Content-Length: 3\r\n", ""): (400, 200, "a body that breaks off is no request"),
}


@pytest.fixture(scope="module")
def site():
    if not REFERENCE:
        pytest.skip(WHY_NOT)
    from stack import Stack, end_all

    extra = "php_flag register_argc_argv On\nAlias /alias %s/in\n"
    ours, theirs = Vhost("lsapi.test", "games"), Vhost("mdphp.test")
    made = Stack([ours, theirs], mpm="prefork", start=False, modules=[
        "negotiation", "auth_basic", "authn_file", "authn_core", "authz_user"],
        extra=f"LoadModule php_module {REFERENCE}/usr/lib/apache2/modules/libphp8.2.so\n"
              "PHPIniDir /etc/php/8.2/embed")
    theirs.docroot = ours.docroot
    ours.extra = extra % ours.docroot
    theirs.extra = ours.extra + "lsapi_engine Off\n<FilesMatch \"\\.php$\">\nSetHandler " \
        "application/x-httpd-php\n</FilesMatch>"
    word = subprocess.run(["openssl", "passwd", "-apr1", "pass:word"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    made.place.file("users", f"user:{word}", mode=0o644)
    for name, text in FILES.items():
        made.place.directory(f"{ours.docroot.name}/{name}".rpartition("/")[0], ours.owner)
        made.place.file(ours.docroot / name, text.replace("%(users)s", f"{made.place.path}/users"),
                        ours.owner)
    made.start()
    yield made
    end_all([made])


class Answer(io.BytesIO):
    """Bytes that http.client takes for a connection."""

    def makefile(self, *_):
        return self


#: of the moment, of the connection, or of how large a piece httpd was given
FRAMING = {"date", "server", "connection", "keep-alive", "transfer-encoding", "content-length"}


def ask(site, vhost, request):
    """(status, words, headers, body); the names of both sites are told as SITE.place."""
    with Raw(site.httpd.port) as raw:
        raw.send(request.replace("SITE", vhost))
        if request.split("\r\n\r\n", 1)[1] == "a=1" and "Content-Length: 10" in request:
            raw.socket.shutdown(1)
        data = raw.file.read()
    for name in ("lsapi.test", "mdphp.test"):
        data = data.replace(name.encode(), b"SITE.place")
    if b"HTTP/1.1 100 Continue\r\n\r\n" == data[:25]:
        data = data[25:]
    answer = http.client.HTTPResponse(Answer(data), method=request.split(" ")[0])
    answer.begin()
    headers = [(n.lower(), v) for n, v in answer.getheaders() if n.lower() not in FRAMING]
    return answer.status, answer.reason, headers, answer.read()


def both(site, request):
    return [ask(site, vhost, request) for vhost in ("lsapi.test", "mdphp.test")]


@pytest.mark.parametrize("group", CASES)
def test_same_answers(site, group):
    different = []
    for request in CASES[group]:
        ours, theirs = both(site, request)
        if ours != theirs:
            different.append(f"{request.splitlines()[0]} {request.splitlines()[3:]}\n"
                             f"    {str(ours)[:600]}\n    {str(theirs)[:600]}")
    assert not different, "\n".join(different)


@pytest.mark.parametrize("request_", DIFFERENT)
def test_documented_differences(site, request_):
    ours, theirs, why = DIFFERENT[request_]
    assert [answer[0] for answer in both(site, request_)] == [ours, theirs], why
