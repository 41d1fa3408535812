# SPDX-License-Identifier: Apache-2.0
"""Modules that read or change bodies on their way, between the client and PHP."""

import json
import os
import socket
from pathlib import Path

import pytest

from client import Raw
from harness import Vhost
from place import wait_until

REFERENCE = os.environ.get("LSAPID_REFERENCE", "")
WHY_NOT = os.environ.get("LSAPID_NO_REFERENCE") or \
    "tests/run unpacks mod_security; it did not run"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
POST = "<?php echo json_encode([$_POST, $_SERVER['CONTENT_LENGTH'] ?? null, " \
    "strlen(file_get_contents('php://input')), $_SERVER['REMOTE_ADDR']]);"
EXTRA = """
Alias /sed %(docroot)s
<Location /sed>
SetInputFilter Sed
InputSed "s/mouse/elephant/g"
</Location>
Alias /upper %(docroot)s
<Location /upper>
SetInputFilter BUFFER
SetOutputFilter SUBSTITUTE;BUFFER
Substitute "s/json/JSON/n"
</Location>
RemoteIPHeader X-Client-IP
RemoteIPInternalProxy 127.0.0.1
RequestReadTimeout header=20 body=1,MinRate=500
"""


@pytest.fixture
def site(stack):
    vhost = Vhost("a.test", "games")
    made = stack(vhost, start=False, modules=["filter", "sed", "buffer", "substitute", "remoteip",
                                              "reqtimeout"])
    made.place.file(vhost.docroot / "post.php", POST, vhost.owner)
    vhost.extra = EXTRA % {"docroot": vhost.docroot}
    return made.start()


@pytest.mark.single_user
@pytest.mark.sanitized
@pytest.mark.parametrize("chunked", [False, True])
def test_changed_bodies(site, chunked):
    """PHP reads what the filter made of the body, and is told how long that is."""
    body = b"a=mouse&b=mouse"
    seen = {path: json.loads(site.get("a.test", f"{path}/post.php", method="POST", body=body,
                                      headers=FORM, chunked=chunked).text)
            for path in ("", "/sed", "/upper")}
    assert seen[""][:3] == [{"a": "mouse", "b": "mouse"}, "15", 15]
    # mod_sed ends what it has read with a line end
    assert seen["/sed"][:3] == [{"a": "elephant", "b": "elephant\n"}, "22", 22]
    assert seen["/upper"][:3] == seen[""][:3]
    large = os.urandom(150000).hex().encode()
    for path in ("", "/upper"):
        answer = site.get("a.test", f"{path}/mirror.php", method="POST", body=large,
                          chunked=chunked)
        assert answer.body == large and answer.header("X-Content-Length") == "300000"


@pytest.mark.single_user
def test_address_of_the_client(site):
    """mod_remoteip: PHP sees whom httpd takes for the client."""
    seen = json.loads(site.get("a.test", "/post.php", headers={"X-Client-IP": "10.1.2.3"}).text)
    assert seen[3] == "10.1.2.3"
    assert json.loads(site.get("a.test", "/post.php").text)[3] == "127.0.0.1"


@pytest.mark.single_user
def test_slow_body_is_given_up(site):
    """mod_reqtimeout ends a body that does not come: 408, and PHP is free."""
    with Raw(site.httpd.port) as raw:
        raw.send("POST /mirror.php HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\nhalf")
        assert raw.head()[0] == 408
    site.httpd.wait_log("totBytesRead (4) != bodyLen (100)", "a.test")
    assert site.get("a.test", "/mirror.php?next").header("X-Query") == "next"


SECURITY = """
<IfModule security2_module>
SecRuleEngine On
SecDataDir %(where)s
SecTmpDir %(where)s
SecAuditEngine Off
SecDebugLogLevel 0
SecRequestBodyAccess On
SecRequestBodyLimit 1000000
SecRequestBodyNoFilesLimit 500000
SecRequestBodyLimitAction Reject
SecResponseBodyAccess On
SecResponseBodyMimeType application/octet-stream
SecResponseBodyLimit 2000000
SecResponseBodyLimitAction ProcessPartial
SecRule ARGS_POST "@contains evil" "id:1,phase:2,deny,status:403"
SecRule FILES_NAMES "@streq bad" "id:2,phase:2,deny,status:406"
SecRule RESPONSE_BODY "@contains leaked" "id:3,phase:4,deny,status:451"
SecRule RESPONSE_STATUS "@streq 418" "id:4,phase:3,deny,status:410"
</IfModule>
"""


@pytest.fixture
def guarded(stack):
    """A site behind mod_security, unpacked from Debian's package."""
    modules = Path(f"{REFERENCE}/usr/lib/apache2/modules/mod_security2.so")
    if not REFERENCE or not modules.exists():
        pytest.skip(WHY_NOT)
    libs = f"{REFERENCE}/usr/lib/x86_64-linux-gnu"
    vhost = Vhost("a.test", "games")
    made = stack(vhost, start=False, modules=["unique_id"])
    where = made.place.directory("security", made.httpd.vhosts["a.test"].owner)
    os.chmod(where, 0o777)
    made.httpd.extra = (f"LoadFile {libs}/libyajl.so.2\nLoadFile {libs}/liblua5.1.so.0\n"
                        f"LoadModule security2_module {modules}\n" + SECURITY % {"where": where})
    made.place.file(vhost.docroot / "post.php", POST, vhost.owner)
    return made.start()


@pytest.mark.single_user
def test_bodies_that_mod_security_reads(guarded):
    """What it has read whole comes to PHP whole; what it refuses never comes to PHP."""
    def post(body, headers=None, target="/mirror.php", **how):
        return guarded.get("a.test", target, method="POST", body=body, headers=headers or FORM,
                           **how)

    for size in (0, 10, 100000, 400000):
        for chunked in (False, True):
            body = b"a=" + b"x" * size
            answer = post(body, chunked=chunked)
            assert (answer.status, answer.body) == (200, body), (size, chunked)
            assert answer.header("X-Content-Length") == str(len(body))
    seen = json.loads(post(b"a=1&b=2", target="/post.php").text)
    assert seen[:3] == [{"a": "1", "b": "2"}, "7", 7]
    assert post(b"a=very+evil").status == 403
    assert post(b"a=very+evil", chunked=True).status == 403
    assert post(b"a=" + b"x" * 1100000).status == 413
    multipart = {"Content-Type": "multipart/form-data; boundary=B"}
    for name, status in (("good", 200), ("bad", 406)):
        body = (f'--B\r\nContent-Disposition: form-data; name="{name}"; filename="a.txt"\r\n'
                "Content-Type: text/plain\r\n\r\nhello\r\n--B--\r\n").encode()
        assert post(body, multipart, "/post.php").status == status
    assert post(b"leaked", {"Content-Type": "text/plain"}).status == 451
    assert guarded.get("a.test", "/answer.php?status=418&body=x").status == 410
    assert guarded.get("a.test", "/big.php?bytes=3000000").status == 200
    assert guarded.get("a.test", "/mirror.php?after").header("X-Query") == "after"


ABORT = """<?php
ignore_user_abort((bool)$_GET['ignore']);
register_shutdown_function(function () {
	file_put_contents(__DIR__ . '/' . $_GET['name'] . '.end',
		connection_aborted() . connection_status());
});
while (ob_get_level()) ob_end_flush();
file_put_contents(__DIR__ . '/' . $_GET['name'] . '.begun', '');
for ($i = 0; $i < 3000 && !(connection_aborted() && $_GET['ignore']); $i++) {
	echo str_repeat('x', 20000); flush(); usleep(1000);
}
file_put_contents(__DIR__ . '/' . $_GET['name'] . '.through', '');
"""


@pytest.mark.single_user
@pytest.mark.parametrize("ignore", [0, 1])
def test_client_that_leaves_is_told_to_php(stack, ignore):
    """connection_aborted() is 1; the script ends there, or goes on with ignore_user_abort()."""
    vhost = Vhost("a.test", "games", extra="lsapi_output_buffering Off")
    made = stack(vhost, start=False)
    made.place.file(vhost.docroot / "abort.php", ABORT, vhost.owner)
    made.start()
    with Raw(made.httpd.port) as raw:
        raw.send(f"GET /abort.php?name=n&ignore={ignore} HTTP/1.0\r\nHost: a.test\r\n\r\n")
        assert raw.head()[0] == 200
        raw.read(50000)
        raw.socket.shutdown(socket.SHUT_RDWR)
    ended = vhost.docroot / "n.end"
    wait_until(lambda: ended.exists() and ended.read_text(), 30, "the script's end")
    assert ended.read_text() == "11"
    assert (vhost.docroot / "n.through").exists() == bool(ignore)
    made.httpd.wait_log("the client left before the end of the response", "a.test")
    assert made.get("a.test", "/mirror.php?next").header("X-Query") == "next"
