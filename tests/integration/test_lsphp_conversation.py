# SPDX-License-Identifier: Apache-2.0
"""lsphp: who acknowledges what and when, and how long a connection lives."""

import os
import signal
import struct
import time

import pytest
from lsapi_client import (
    CONN_CLOSE,
    REQ_RECEIVED,
    RESP_END,
    RESP_HEADER,
    RESP_STREAM,
    STDERR_STREAM,
    USAGE,
    Closed,
    encode_request,
)
from lsphp_server import is_ours, is_waiting, ours_only
from place import wait_until

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]

ANSWER = [RESP_HEADER, RESP_STREAM, RESP_END]
PID = "<?php echo getmypid();"


@pytest.mark.parametrize("notify", [0, 1])
def test_forked_child_sends_pid_and_no_acknowledgement(lsphp, notify):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_ACCEPT_NOTIFY=notify)
    with server.connect() as client:
        kind, payload = client.packet()  # before any request
        assert (kind, payload[:4]) == (STDERR_STREAM, b"\0PID")
        r = client.get(server.script("a.php", PID))
        assert r.packets == ANSWER
        assert r.text == str(struct.unpack("<i", payload[4:])[0])


@pytest.mark.parametrize("notify", [0, 1])
def test_later_requests_are_acknowledged_without_accept_notify_only(lsphp, notify):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_ACCEPT_NOTIFY=notify)
    script = server.script("a.php", PID)
    with server.connect() as client:
        first = client.get(script)
        second = client.get(script)
    assert second.packets == ([] if notify else [REQ_RECEIVED]) + ANSWER
    assert first.text == second.text


@pytest.mark.parametrize("notify", [0, 1])
def test_waiting_child_acknowledges_at_accept_or_per_request(lsphp, notify):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_ACCEPT_NOTIFY=notify)
    script = server.script("a.php", PID)
    first = server.get(script)
    wait_until(lambda: is_waiting(first.pid))
    with server.connect(timeout=0.3) as client:
        pid = [(STDERR_STREAM, b"\0PID" + struct.pack("<i", first.pid))] if is_ours() else []
        if notify:
            for packet in [*pid, (REQ_RECEIVED, b"")]:
                assert client.packet() == packet
        else:
            with pytest.raises(TimeoutError):
                client.packet()
        client.sock.settimeout(10)
        r = client.get(script)
    taken = [STDERR_STREAM] * len(pid) + [REQ_RECEIVED]
    assert r.packets == ([] if notify else taken) + ANSWER
    assert r.text == str(first.pid)


def test_single_process_serves_one_connection_after_the_other(lsphp):
    server = lsphp()
    script = server.script("a.php", PID)
    first, second = server.connect(), server.connect(timeout=0.3)
    assert first.get(script).packets == [REQ_RECEIVED, *ANSWER]
    second.ask(script)
    with pytest.raises(TimeoutError):
        second.packet()
    first.close()
    second.sock.settimeout(10)
    assert second.receive().text == str(server.process.pid)


def test_connected_socket_as_stdin_is_served_until_its_end(lsphp, tmp_path):
    import socket
    import subprocess

    from lsapi_client import Client
    from lsphp_server import BINARY

    script = tmp_path / "a.php"
    script.write_text("<?php echo 'one';")
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([BINARY], stdin=theirs, env={"LSAPI_ALLOW_ROOT": "1",
                                                            "LSAPI_CHILDREN": "9"})
    theirs.close()
    client = Client.__new__(Client)
    client.sock, client.pending = ours, b""
    ours.settimeout(10)
    assert client.get(script).text == "one"
    assert client.get(script).text == "one"
    client.close()
    assert process.wait(10) == 0


def test_big_endian_request_is_understood(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php echo file_get_contents('php://input'), $_GET['q'];")
    r = server.get(script, b"body", order=">", query="q=7", headers=[("X-Y", "z")])
    assert r.text == "body7"


@pytest.mark.parametrize("damage", [
    lambda p: b"XX" + p[2:],
    lambda p: p[:2] + b"\x03" + p[3:],
    lambda p: p[:4] + struct.pack("<i", 70000) + p[8:],
    lambda p: p[:4] + struct.pack("<i", len(p) - 1) + p[8:],
    lambda p: p[:16] + struct.pack("<i", 1 << 20) + p[20:],
    lambda p: p[:36] + struct.pack("<i", 9000) + p[40:],
])
def test_malformed_packet_closes_the_connection_and_nothing_else(lsphp, damage):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_ACCEPT_NOTIFY=1)
    script = server.script("a.php", PID)
    with server.connect() as client:
        good = client.get(script)
        client.send(damage(encode_request(script)))
        assert client.is_closed()
    wait_until(lambda: is_waiting(int(good.text)))
    assert server.get(script).text == good.text  # the same child goes on


@ours_only
def test_packet_header_may_come_in_pieces(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    packet = encode_request(server.script("a.php", "<?php echo 'whole';"))
    with server.connect() as client:
        client.packet()
        for at in range(12):
            client.send(packet[at:at + 1])
            time.sleep(0.002)
        client.send(packet[12:])
        assert client.receive().text == "whole"


def test_last_request_ends_the_child(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_MAX_REQS=3)
    script = server.script("a.php", PID)
    with server.connect() as client:
        pids = [client.get(script).text for _ in range(3)]
        assert len(set(pids)) == 1
        with pytest.raises((Closed, ConnectionResetError)):
            while client.packet()[0] == CONN_CLOSE:  # optional news
                pass
    wait_until(lambda: server.children() == [])
    assert server.get(script).text != pids[0]


@ours_only
def test_last_response_says_that_the_connection_closes(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_MAX_REQS=2)
    script = server.script("a.php", PID)
    with server.connect() as client:
        assert CONN_CLOSE not in client.get(script).packets
        assert client.get(script).packets[-2:] == [RESP_END, CONN_CLOSE]


def test_idle_connection_ends_after_max_idle(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_MAX_IDLE=1)
    with server.connect() as client:
        client.get(server.script("a.php", PID))
        begin = time.monotonic()
        assert client.is_closed()
        assert 0.8 < time.monotonic() - begin < 3
    wait_until(lambda: server.children() == [])


def test_parent_leaves_after_pgrp_max_idle(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_PGRP_MAX_IDLE=1, LSAPI_KEEP_LISTEN=0)
    server.get(server.script("a.php", PID))
    begin = time.monotonic()
    assert server.process.wait(5) == 0
    assert time.monotonic() - begin > 0.7


def test_keep_listen_off_ends_the_child_with_its_connection(lsphp):
    server = lsphp(LSAPI_CHILDREN=4, LSAPI_KEEP_LISTEN=0)
    script = server.script("a.php", PID)
    first = server.get(script)
    wait_until(lambda: server.children() == [])
    assert server.get(script).pid not in (None, first.pid)


def test_children_never_exceed_their_limit_and_waiting_connections_are_served(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_EXTRA_CHILDREN=0, LSAPI_MAX_IDLE_CHILDREN=2)
    script = server.script("a.php", "<?php usleep(50000); echo getmypid();")
    clients = [server.connect() for _ in range(6)]
    for client in clients:
        client.ask(script)
    pids = set()
    for client in clients:
        r = client.receive()
        assert r.is_complete
        assert len(server.children()) <= 2
        pids.add(r.text)
        client.close()
    assert len(pids) <= 2
    assert "Reached max children process limit: 2" in server.log()


def test_extra_children_are_honoured(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_EXTRA_CHILDREN=1)
    script = server.script("a.php", "<?php usleep(300000); echo getmypid();")
    clients = [server.connect() for _ in range(4)]
    for client in clients:
        client.ask(script)
    wait_until(lambda: len(server.children()) == 3)
    assert {c.receive().is_complete for c in clients[:3]} == {True}
    clients[0].close()
    assert clients[3].receive().is_complete


def test_surplus_idle_connections_are_closed(lsphp):
    server = lsphp(LSAPI_CHILDREN=4, LSAPI_MAX_IDLE_CHILDREN=1)
    script = server.script("a.php", PID)
    clients = [server.connect() for _ in range(4)]
    for client in clients:
        assert client.get(script).is_complete
    wait_until(lambda: len(server.children()) == 1)


def test_busy_limit_closes_the_connection(lsphp):
    server = lsphp(LSAPI_CHILDREN=4, LSAPI_MAX_BUSY_WORKER=2)
    script = server.script("a.php", PID)
    with server.connect() as one:
        assert not one.get(script).closes
        assert not one.get(script).closes
        with server.connect() as two:
            assert two.get(script).is_complete
            assert two.is_closed()


@ours_only
def test_waiting_connections_are_all_served_while_children_come_and_go(lsphp):
    """Nobody sleeps while a connection waits, whoever was woken for it."""
    server = lsphp(LSAPI_CHILDREN=3, LSAPI_EXTRA_CHILDREN=0, LSAPI_MAX_REQS=5)
    script = server.script("a.php", PID)
    for _ in range(30):
        clients = [server.connect() for _ in range(5)]
        for client in clients:
            client.ask(script)
        for client in clients:
            assert client.receive().is_complete
            client.close()


def test_killed_waiting_child_does_not_leave_connections_behind(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", PID)
    for _ in range(10):
        first = server.get(script)
        os.kill(int(first.text), signal.SIGKILL)
        assert server.get(script).is_complete
    assert "was killed by signal: 9" in server.log()


@ours_only
def test_request_of_a_client_that_has_gone_is_not_run(lsphp):
    server = lsphp(LSAPI_CHILDREN=1)
    mark = os.path.join(server.dir, "mark")
    script = server.script("a.php", f"<?php file_put_contents('{mark}', 'x', FILE_APPEND);")
    busy = server.connect()
    assert busy.get(script).is_complete
    gone = server.connect()
    gone.ask(script)
    gone.close()
    busy.close()
    assert server.get(script).is_complete
    with open(mark, encoding="ascii") as f:
        assert f.read() == "xx"


@ours_only
def test_usage_only_for_who_asks(lsphp):
    """CPU time and memory of the one request, in a packet that nobody else ever sees."""
    server = lsphp(LSAPI_CHILDREN=2)
    busy = server.script("busy.php", "<?php $end = hrtime(true) + 3e7; while (hrtime(true) < $end);"
                         "$x = str_repeat('x', 8 << 20); echo count($_SERVER);")
    light = server.script("light.php", "<?php echo 1; if (isset($_GET['early'])) "
                          "litespeed_finish_request();")
    asking = {"special": [b"lsapid_usage"]}
    with server.connect() as client:
        assert client.get(busy).usage is None
        asked = client.get(busy, **asking)
        assert asked.packets[-3:] == [RESP_STREAM, USAGE, RESP_END]
        assert 25e6 < asked.usage[0] < 5e9 and 8 << 20 < asked.usage[1] < 64 << 20
        again = client.get(light, **asking)
        assert again.usage[0] < 25e6 and again.usage[1] < 8 << 20
        unlike = client.get(busy, special=[b"lsapid_usag", b"lsapid_usages", b"other"])
        assert unlike.usage is None and unlike.text == asked.text
        early = client.get(light, query="early=1", **asking)
        assert early.usage and early.packets[-3:] == [USAGE, RESP_END, CONN_CLOSE]
