# SPDX-License-Identifier: Apache-2.0
"""lsphp: what a script sees, and what the client gets."""

import base64
import json
import os
import time
from pathlib import Path

import pytest
from lsapi_client import CONN_CLOSE, RESP_END, RESP_STREAM, STREAM_MAX
from lsphp_server import ours_only
from place import IS_SANITIZED, wait_until

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]

SERVER = "<?php echo json_encode(['server' => $_SERVER, 'env' => getenv()]);"
MIB = 1 << 20


def test_server_variables_come_from_process_then_headers_then_list(lsphp):
    server = lsphp(FROM_PROCESS="p", REMOTE_ADDR="0.0.0.0", LSAPI_SECRET_THING="s",
                   PHP_LSAPI_X="s", HTTP_PROXY="http://evil.test/")
    script = server.script("a.php", SERVER)
    login = base64.b64encode(b"me:pass:word").decode()
    r = server.get(
        script, query="a=1",
        headers=[("Host", "h.test"), ("X-One", "1"), ("Proxy", "http://evil.test/"),
                 ("Authorization", "Basic " + login), ("X-Over", "header")],
        env={"REMOTE_ADDR": "192.0.2.1", "HTTP_X_OVER": "list", "A.B": "dot",
             "HTTP_PROXY": "http://evil.test/"},
    )
    seen = json.loads(r.text)["server"]
    begin = time.time()
    expected = {
        "FROM_PROCESS": "p", "REMOTE_ADDR": "192.0.2.1", "HTTP_HOST": "h.test", "HTTP_X_ONE": "1",
        "HTTP_X_OVER": "list", "A_B": "dot", "PHP_SELF": "/a.php", "SCRIPT_NAME": "/a.php",
        "QUERY_STRING": "a=1", "REQUEST_METHOD": "GET", "PHP_AUTH_USER": "me",
        "PHP_AUTH_PW": "pass:word", "SCRIPT_FILENAME": script,
    }
    assert {k: seen.get(k) for k in expected} == expected
    assert abs(seen["REQUEST_TIME"] - begin) < 5
    assert not [k for k in seen if k.startswith(("LSAPI_", "PHP_LSAPI_"))]


@ours_only
def test_http_proxy_is_never_seen(lsphp):
    server = lsphp(HTTP_PROXY="http://evil.test/")
    script = server.script("a.php", "<?php echo json_encode([$_SERVER, getenv(), $_ENV, "
                                    "getenv('HTTP_PROXY'), getallheaders()]);")
    r = server.get(script, headers=[("X-A", "b")], env={"HTTP_PROXY": "http://evil.test/"},
                   ini=[("variables_order", "EGPCS")])
    assert "evil" not in r.text
    r = server.get(script, headers=[("Proxy", "http://evil.test/")])
    assert "HTTP_PROXY" not in r.text


def test_getenv_knows_the_request(lsphp):
    server = lsphp(FROM_PROCESS="p")
    script = server.script("a.php", "<?php echo getenv('X_LIST'), getenv('HTTP_X_H'), "
                                    "getenv('FROM_PROCESS');")
    assert server.get(script, env={"X_LIST": "l"}, headers=[("X-H", "h")]).text == "lhp"


def test_getenv_costs_no_memory(lsphp):
    server = lsphp()
    script = server.script("a.php", "<?php for ($i = 0; $i < 100000; $i++) getenv('HTTP_X_H');"
                                    "echo getenv('HTTP_X_H');")
    value = "v" * 2000
    r = server.get(script, headers=[("X-H", value)], ini=[("memory_limit", "8M")])
    assert r.text == value


def test_request_headers_keep_names_and_order(lsphp):
    server = lsphp()
    script = server.script("a.php", "<?php echo json_encode([getallheaders(), "
                                    "apache_request_headers(), litespeed_request_headers()]);")
    sent = [("X-First", "1"), ("Host", "h"), ("x-lower", "l"), ("Accept", "*/*")]
    for seen in json.loads(server.get(script, headers=sent).text):
        assert list(seen.items()) == sent


def test_response_headers_and_status(lsphp):
    server = lsphp()
    script = server.script("a.php", """<?php
        http_response_code(418); header('X-A: 1');
        header('Set-Cookie: a=1', false); header('Set-Cookie: b=2', false);
        echo json_encode([litespeed_response_headers(), apache_response_headers()]);""")
    r = server.get(script)
    assert r.status == 418
    assert [line for line in r.lines if line.startswith("Set-Cookie")] == \
        ["Set-Cookie: a=1", "Set-Cookie: b=2"]
    assert r.header("Content-type") == "text/html; charset=UTF-8"
    assert json.loads(r.text)[0]["X-A"] == "1"


def test_redirect_is_an_ordinary_header(lsphp):
    server = lsphp()
    r = server.get(server.script("a.php", "<?php header('Location: /b');"))
    assert (r.status, r.header("Location"), r.body) == (302, "/b", b"")


def test_head_has_headers_and_no_body(lsphp):
    server = lsphp()
    r = server.get(server.script("a.php", "<?php header('X-A: 1'); echo 'body';"), method="HEAD")
    assert (r.header("X-A"), r.body, r.is_complete) == ("1", b"", True)
    assert RESP_STREAM not in r.packets


@pytest.mark.parametrize("size", [0, 1, 8192, 16384, 16385, 65536, 131072, 131073, 3 * MIB + 7])
@pytest.mark.parametrize("piece", [1000, 200000, 4 * MIB])
def test_output_of_any_size_arrives_intact(lsphp, size, piece):
    server = lsphp()
    script = server.script("a.php", """<?php
        for ($i = 0; $i < $_GET['size']; $i += $_GET['piece']) {
            $n = min($_GET['piece'], $_GET['size'] - $i);
            echo substr(str_repeat(sprintf('%08d', $i % 99999999), intdiv($n, 8) + 1), 0, $n);
        }""")
    r = server.get(script, query=f"size={size}&piece={piece}", ini=[("output_buffering", "0")])
    expected = b"".join(
        (b"%08d" % (i % 99999999) * (n // 8 + 1))[:n]
        for i in range(0, size, piece) for n in [min(piece, size - i)]
    )
    assert r.body == expected
    assert max(r.stream_sizes, default=0) <= STREAM_MAX


def test_flush_sends_at_once(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php echo 'early'; flush(); $go = __FILE__ . '.go'; "
                           "for ($i = 0; $i < 3000 && !file_exists($go); $i++) "
                           "{ usleep(10000); clearstatcache(); } echo $i < 3000 ? 'late' : 'never';")
    with server.connect() as client:
        client.ask(script, ini=[("output_buffering", "0")])
        while client.packet() != (RESP_STREAM, b"early"):
            pass
        Path(f"{script}.go").touch()  # it waits for our having seen the first word
        assert client.receive().body == b"late"


@pytest.mark.parametrize("size", [7, 70000, MIB, 12 * MIB])
def test_body_arrives_intact(lsphp, size):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php $b = file_get_contents('php://input'); "
                                    "echo strlen($b), ' ', md5($b);")
    import hashlib
    body = os.urandom(1000) * (size // 1000 + 1)
    body = body[:size]
    with server.connect() as client:
        for _ in range(2):
            assert client.get(script, body).text == f"{size} {hashlib.md5(body).hexdigest()}"


def test_body_length_by_header(lsphp):
    server = lsphp()
    script = server.script("a.php", "<?php echo file_get_contents('php://input');")
    assert server.get(script, b"by header", body_size=-2).text == "by header"


def test_body_of_unannounced_length_is_empty(lsphp):
    server = lsphp()
    script = server.script("a.php", "<?php var_dump(file_get_contents('php://input'));")
    assert 'string(0) ""' in server.get(script, method="POST", body_size=-1).text


def test_form_and_upload(lsphp):
    server = lsphp()
    script = server.script("a.php", """<?php
        $f = $_FILES['f'] ?? null;
        echo json_encode([$_POST, $f ? [$f['name'], md5_file($f['tmp_name'])] : null]);""")
    form = server.get(script, b"a=1&b%5B%5D=2",
                      headers=[("Content-Type", "application/x-www-form-urlencoded")])
    assert json.loads(form.text)[0] == {"a": "1", "b": ["2"]}
    import hashlib
    content = os.urandom(1500000)
    body = (b'--BB\r\nContent-Disposition: form-data; name="t"\r\n\r\ntext\r\n'
            b'--BB\r\nContent-Disposition: form-data; name="f"; filename="x.bin"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--BB--\r\n")
    r = server.get(script, body, headers=[("Content-Type", "multipart/form-data; boundary=BB")])
    assert json.loads(r.text) == [{"t": "text"}, ["x.bin", hashlib.md5(content).hexdigest()]]


def test_unread_body_does_not_disturb_the_next_request(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php echo 'ok';")
    with server.connect() as client:
        for _ in range(3):
            r = client.get(script, b"x" * 300000,
                           headers=[("Content-Type", "application/octet-stream")])
            assert (r.text, r.closes) == ("ok", False)


@ours_only
def test_large_unread_body_ends_the_connection(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php echo 'ok';")
    with server.connect() as client:
        client.ask(script, headers=[("Content-Type", "text/plain")], method="POST",
                   body_size=50 * MIB)
        r = client.receive()
        assert r.text == "ok"
        assert r.packets[-2:] == [RESP_END, CONN_CLOSE]


def test_slow_body_outlasts_the_idle_time(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_MAX_IDLE=1)
    script = server.script("a.php", "<?php echo file_get_contents('php://input');")
    with server.connect() as client:
        client.ask(script, method="POST", body_size=8)
        client.send(b"slow")
        time.sleep(2.2)
        client.send(b"body")
        assert client.receive().text == "slowbody"


def test_truncated_body_is_seen_shorter(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    import socket
    script = server.script("a.php", "<?php echo file_get_contents('php://input');")
    with server.connect() as client:
        client.ask(script, method="POST", body_size=1000)
        client.send(b"part")
        client.sock.shutdown(socket.SHUT_WR)
        assert client.receive().text == "part"


def test_finish_request_ends_the_response_and_not_the_script(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    mark = os.path.join(server.dir, "mark")
    script = server.script("a.php", f"""<?php
        echo 'sent';
        $done = litespeed_finish_request();
        echo 'lost';
        usleep(300000);
        file_put_contents('{mark}', var_export($done, true) . connection_status());""")
    with server.connect() as client:
        r = client.get(script)
        assert (r.text, r.packets[-2:]) == ("sent", [RESP_END, CONN_CLOSE])
        assert not os.path.exists(mark)
        assert client.is_closed(timeout=0.2)
    wait_until(lambda: os.path.exists(mark) and os.path.getsize(mark))
    with open(mark, encoding="ascii") as f:
        assert f.read() == "true0"
    assert server.get(script).is_complete


@pytest.mark.parametrize("ignores", [0, 1])
def test_gone_client_aborts_the_script_unless_it_ignores_that(lsphp, ignores):
    server = lsphp(LSAPI_CHILDREN=2)
    mark = os.path.join(server.dir, "mark")
    script = server.script("a.php", f"""<?php
        ignore_user_abort({ignores});
        register_shutdown_function(function () {{ global $n;
            file_put_contents('{mark}', json_encode([$n, connection_status()])); }});
        for ($n = 0; $n < 20; $n++) {{ echo str_repeat('x', 100); flush(); usleep(20000); }}""")
    with server.connect() as client:
        client.ask(script, ini=[("output_buffering", "0")])
        client.packet()
    wait_until(lambda: os.path.exists(mark) and os.path.getsize(mark))
    with open(mark, encoding="ascii") as f:
        count, status = json.load(f)
    assert status == 1
    assert count == 20 if ignores else count < 20
    assert server.get(server.script("b.php", "<?php echo 'on';")).text == "on"


def test_log_goes_over_the_connection(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php error_log('the line'); echo 'out';")
    r = server.get(script, admin_ini=[("log_errors", "1")])
    assert b"the line" in r.stderr
    assert r.text == "out"
    assert "the line" not in server.log()


@ours_only
def test_long_log_line_arrives_whole(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php error_log(str_repeat('y', 40000) . 'END');")
    r = server.get(script, admin_ini=[("log_errors", "1"), ("log_errors_max_len", "0")])
    assert r.stderr == b"y" * 40000 + b"END\n"


def test_errors_and_limits_leave_the_child_usable(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    fatal = server.script("f.php", "<?php throw new Exception('x');")
    memory = server.script("m.php", "<?php $a = str_repeat('x', 50 << 20);")
    slow = server.script("t.php", "<?php while (true);")
    good = server.script("g.php", "<?php exit(3);")
    with server.connect() as client:
        quiet = [("display_errors", "0")]
        assert client.get(fatal, ini=quiet).status == 500
        assert client.get(memory, ini=[*quiet, ("memory_limit", "8M")]).status == 500
        assert client.get(slow, ini=[*quiet, ("max_execution_time", "1")]).status == 500
        r = client.get(good)
        assert (r.status, r.is_complete) == (200, True)


def test_script_runs_in_its_directory(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("deep/a.php", "<?php echo getcwd(); chdir('/');")
    with server.connect() as client:
        for _ in range(2):
            assert client.get(script).text == os.path.join(server.dir, "deep")


def test_standard_streams_are_not_the_connection(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", """<?php
        file_put_contents('php://stdout', "to stdout\\n");
        file_put_contents('php://stderr', "to stderr\\n");
        echo PHP_SAPI, readlink('/proc/self/fd/0'), var_export(defined('STDIN'), true);""")
    assert server.get(script).text == "litespeed/dev/nullfalse"
    assert "to stdout" in server.log() and "to stderr" in server.log()


@ours_only
def test_title_shows_the_running_script(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php echo file_get_contents('/proc/self/cmdline');")
    with server.connect() as client:
        r = client.get(script)
        assert r.text.rstrip("\0") == f"lsphp:{script}"[-70:]
        with open(f"/proc/{r.pid}/cmdline", encoding="ascii") as f:
            wait_until(lambda: f.seek(0) == 0 and f.read().startswith("lsphp:xxxx"))


def test_opcache_is_shared_by_the_children(lsphp):
    server = lsphp(LSAPI_CHILDREN=3, LSAPI_EXTRA_CHILDREN=0)
    script = server.script("a.php", """<?php $s = opcache_get_status();
        echo json_encode([getmypid(), $s['opcache_statistics']['hits'] ?? null]);""")
    clients = [server.connect() for _ in range(3)]
    seen = [json.loads(c.get(script).text) for c in clients]
    assert len({pid for pid, _ in seen}) == 3
    assert seen[2][1] >= 2


@pytest.mark.skipif(IS_SANITIZED, reason="PHP itself leaks when it preloads")
def test_what_is_preloaded_is_in_every_child(lsphp):
    server = lsphp(start=False)
    preload = server.script("preload.php", "<?php class Preloaded { const NUMBER = 42; }\n"
                            "function preloaded() { return 'yes'; }")
    args = ["-d", f"opcache.preload={preload}"]
    if os.geteuid() == 0:
        args += ["-d", "opcache.preload_user=root"]  # PHP wants it said
    server.process = server.start(args, None, {"LSAPI_CHILDREN": 2, "LSAPI_EXTRA_CHILDREN": 0})
    script = server.script("a.php", "<?php echo json_encode([getmypid(), preloaded(), "
                           "Preloaded::NUMBER, get_included_files()]);")
    seen = [json.loads(client.get(script).text) for client in (server.connect(), server.connect())]
    assert len({pid for pid, *_ in seen}) == 2
    assert [rest for _, *rest in seen] == [["yes", 42, [script]]] * 2


@ours_only
def test_phpinfo_works(lsphp):
    server = lsphp()
    r = server.get(server.script("a.php", "<?php phpinfo();"))
    assert "LSAPI server" in r.text and "litespeed" not in r.text.split("Server API", 1)[0][-1:]
