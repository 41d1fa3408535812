# SPDX-License-Identifier: Apache-2.0
"""Nobody gets another user's PHP: not by the control socket, not by the pools', not by a request."""

import errno
import json
import os
import pwd
import random
import socket
import struct
import subprocess
from pathlib import Path

import pytest

import control_client as control
from harness import HANDLER, Vhost
from place import APACHE, uid_of, wait_until

SOURCE = Path(control.__file__)
SHARED = {"settings": {"uid_min": 5, "gid_min": 1}}


def as_user(name, *argv):
    account = pwd.getpwnam(name)
    return subprocess.run(
        ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups",
         *map(str, argv)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30,
        check=False)


def hello_as(name, daemon, key):
    done = as_user(name, "/usr/bin/python3", "-c", SOURCE.read_text(), daemon.socket, key.hex())
    return json.loads(done.stdout.splitlines()[-1])


def spec_of(account, **more):
    return {"handler": HANDLER, "uid": account.pw_uid, "gid": account.pw_gid, "scope": "vhost",
            "name": "forged.test", **more}


def right_key(daemon):
    return daemon.key.read_bytes()


@pytest.mark.parametrize("user", ["games", "nobody", "backup"])
def test_other_users_cannot_reach_the_control_socket(shared, user):
    """B27: the socket is root's and the Apache group's."""
    assert hello_as(user, shared.daemon, right_key(shared.daemon)) == {"error": errno.EACCES}


def test_apache_user_needs_the_key(shared):
    """A CGI script that runs as the Apache user cannot ask for another user's PHP."""
    seen = hello_as(APACHE.pw_name, shared.daemon, bytes(32))
    assert seen["answer"] in (control.DENIED, None)
    if seen["answer"]:
        assert seen["reason"][0] == 22
    assert hello_as(APACHE.pw_name, shared.daemon, right_key(shared.daemon)) == {
        "answer": control.WELCOME, "reason": None, "then": []}


def test_scripts_cannot_read_the_key(shared):
    for vhost in ("a.test", "default.test"):
        docroot = shared.httpd.vhosts[vhost].docroot
        shared.place.file(docroot / "steal.php", "<?php echo json_encode(["
                          "@file_get_contents($_GET['path']), @scandir($_GET['dir'])]);")
        answer = shared.get(vhost, f"/steal.php?path={shared.daemon.key}&dir={shared.daemon.run}"
                            "/pools")
        assert json.loads(answer.text) == [False, False]


def test_nothing_before_hello(shared):
    """POOL and LEASE of a client that has not proved itself end its connection."""
    for kind, body in ((control.POOL, control.blob(b"handler=x\0")),
                       (control.LEASE, struct.pack("<III", 1, 0, 0))):
        with control.Control(shared.daemon.socket) as peer:
            answer = peer.ask(kind, body)
            assert answer is None or answer[0] in (control.DENIED, control.REJECT)
            if answer:
                assert control.reason_of(answer)[0] in (21, 22)


def test_wrong_protocol_version(shared):
    with control.Control(shared.daemon.socket) as peer:
        answer = peer.hello(right_key(shared.daemon), version=99)
        assert answer is None or control.reason_of(answer)[0] == 23


@pytest.mark.parametrize("owner, reason", [
    (lambda: pwd.struct_passwd(("root", "x", 0, 0, "", "/", "")), {11}),
    (lambda: pwd.getpwnam("daemon"), {11}),                      # below uid_min
    (lambda: pwd.struct_passwd(("x", "x", 60999, 60, "", "/", "")), {13}),
    (lambda: pwd.struct_passwd(("x", "x", 5, 59999, "", "/", "")), {14}),
    (lambda: pwd.struct_passwd(("x", "x", 8, 0, "", "/", "")), {12}),
])
def test_forged_identities_are_refused(shared, owner, reason):
    """B26: not even a peer with the key gets root, a system account or an account that is none."""
    account = owner()
    with control.Control(shared.daemon.socket) as peer:
        assert peer.hello(right_key(shared.daemon))[0] == control.WELCOME
        answer = peer.pool(**spec_of(account))
        if answer[0] == control.POOL_OK:  # accepted as text; the supervisor decides at the start
            pool = struct.unpack_from("<I", answer[2])[0]
            answer = peer.ask(control.LEASE, struct.pack("<III", pool, 0, 0))
            if answer[0] == control.GRANT:
                # the connection waits for a start that is refused: it ends without a byte
                assert socket.socket(fileno=answer[3][0]).recv(16) == b""
                answer = peer.ask(control.LEASE, struct.pack("<III", pool, 0, 0))
        assert answer[0] in (control.DENIED, control.REJECT)
        assert control.reason_of(answer)[0] in reason, control.reason_of(answer)
    assert not [p for p in shared.daemon.lsphp() if uid_of(p.pid) == 0]


def test_unknown_handler_and_foreign_docroot(shared, tmp_path):
    del tmp_path
    games = pwd.getpwnam("games")
    foreign = shared.place.directory("foreign", pwd.getpwnam("mail"))
    with control.Control(shared.daemon.socket) as peer:
        assert peer.hello(right_key(shared.daemon))[0] == control.WELCOME
        for more, reason in (({"handler": "/bin/sh"}, 10), ({"docroot": foreign}, 16)):
            answer = peer.pool(**spec_of(games, **more))
            for _ in range(2):
                if answer[0] in (control.DENIED, control.REJECT):
                    break
                pool = answer_pool(answer)
                answer = lease_until_refused(peer, pool)
            assert control.reason_of(answer)[0] == reason


def answer_pool(answer):
    return struct.unpack_from("<I", answer[2])[0]


def lease_until_refused(peer, pool):
    answer = peer.ask(control.LEASE, struct.pack("<III", pool, 0, 0))
    if answer[0] == control.GRANT:
        assert socket.socket(fileno=answer[3][0]).recv(16) == b""
        answer = peer.ask(control.LEASE, struct.pack("<III", pool, 0, 0))
    return answer


def test_lease_of_another_session_cannot_be_touched(shared):
    """Slots are a session's own: returning what one does not hold ends that session alone."""
    assert shared.get("a.test", "/who.php").status == 200
    with control.Control(shared.daemon.socket) as peer:
        assert peer.hello(right_key(shared.daemon))[0] == control.WELCOME
        for slot in (0, 1, 7, 1023, 1024, 0xffffffff):
            peer.send(control.CLOSE, struct.pack("<IIQI", slot, 2, 1, 0))
            peer.send(control.RETURN, struct.pack("<IQ", slot, 1))
    for _ in range(5):
        assert shared.get("a.test", "/who.php").status == 200


def test_garbage_harms_its_sender_only(shared):
    """Malformed datagrams of every kind: that client is dropped, and nobody else notices."""
    manager = shared.daemon.manager()
    dice = random.Random(7)
    good = control.message(control.HELLO, 1, struct.pack("<I", 1) + right_key(shared.daemon)
                           + control.blob(b"x"))
    for number in range(200):
        data = bytearray(good)
        for _ in range(dice.randrange(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        data = bytes(data[:dice.randrange(len(data) + 1)]) if number % 2 else bytes(data)
        with control.Control(shared.daemon.socket, timeout=0.05) as peer:
            try:
                peer.socket.send(data or b"\0")
                peer.receive()
            except OSError:
                pass
    assert shared.daemon.manager() == manager
    assert shared.get("a.test", "/who.php").status == 200


def test_descriptors_nobody_asked_for_are_closed(shared):
    manager = shared.daemon.manager()
    before = len(os.listdir(f"/proc/{manager}/fd"))
    for _ in range(20):
        with control.Control(shared.daemon.socket) as peer:
            with open("/dev/null", "rb") as null:
                socket.send_fds(peer.socket, [control.message(control.HELLO, 1)],
                                [null.fileno()] * 4)
            peer.receive()
    wait_until(lambda: len(os.listdir(f"/proc/{manager}/fd")) <= before, 5, "closed descriptors")


def test_pool_sockets_are_out_of_reach(shared):
    """B55: whoever can connect to lsphp's socket can set any ini value; so nobody can."""
    assert shared.get("a.test", "/who.php").status == 200
    pools = shared.daemon.run / "pools"
    assert list(pools.iterdir())
    for user in ("games", "mail", APACHE.pw_name):
        done = as_user(user, "ls", pools)
        assert done.returncode != 0
        assert "Permission denied" in done.stdout


def test_processes_have_the_privilege_they_need_and_no_more(shared):
    """The manager runs as its account without capabilities; lsphp as the site's owner."""
    assert shared.get("a.test", "/who.php").status == 200

    def status(pid):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    nobody = pwd.getpwnam("nobody")
    manager = status(shared.daemon.manager())
    assert set(manager["Uid"].split()) == {str(nobody.pw_uid)}
    assert int(manager["CapPrm"], 16) == 0
    assert manager["NoNewPrivs"] == "1"
    games = shared.httpd.vhosts["a.test"].owner
    for process in shared.daemon.lsphp():
        seen = status(process.pid)
        assert set(seen["Uid"].split()) <= {str(games.pw_uid), str(APACHE.pw_uid)}
        assert int(seen["CapEff"], 16) == 0
    parents = [status(p.pid) for p in shared.daemon.parents()]
    assert str(games.pw_uid) in {p["Uid"].split()[0] for p in parents}


def test_lsphp_inherits_no_descriptor_of_the_daemon(shared):
    """Listener, standard error, and nothing else: no control socket, no other pool's listener."""
    answer = shared.get("a.test", "/who.php")
    parent = json.loads(answer.text)["ppid"]
    links = [os.readlink(f"/proc/{parent}/fd/{fd}") for fd in os.listdir(f"/proc/{parent}/fd")]
    sockets = [link for link in links if link.startswith("socket:")]
    assert len(sockets) == 1, links
    assert not [link for link in links if "memfd:" in link or str(shared.place.path) in link], links


def test_environment_of_php_is_minimal(shared):
    """B47, B48: TEMP, TMP and PATH, and nothing of ours."""
    seen = json.loads(shared.get("a.test", "/server.php").text)
    assert not [n for n in seen["env"] if n.startswith(("LSAPI_", "LSPHP_", "LSAPID_"))]
    assert seen["server"]["PATH"] == "/usr/local/bin:/usr/bin:/bin"
    assert seen["server"]["TEMP"] == seen["server"]["TMP"] == "/tmp"
    for name in ("NOTIFY_SOCKET", "LISTEN_FDS", "HOME", "LD_PRELOAD", "PWD_OF_DAEMON"):
        assert name not in seen["server"]


@pytest.mark.parametrize("extra, words", [
    ("lsapi_uid_gid 0 0", ""),
    ("lsapi_uid_gid 1 1", ""),
])
def test_sites_of_forbidden_users_get_503(stack, extra, words):
    made = stack(Vhost("a.test", extra=extra), settings={"uid_min": 5})
    assert made.get("a.test", "/who.php").status in (500, 503)
    assert words in made.httpd.text("a.test")
    assert not made.daemon.lsphp()


def test_foreign_document_root_gets_503(stack):
    """B08: the document root belongs to somebody else."""
    made = stack(Vhost("a.test", "games"), start=False)
    mail = pwd.getpwnam("mail")
    os.chown(made.httpd.vhosts["a.test"].docroot, mail.pw_uid, mail.pw_gid)
    made.start()
    assert made.get("a.test", "/who.php").status == 503
    assert not made.daemon.lsphp()
