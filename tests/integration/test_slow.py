# SPDX-License-Identifier: Apache-2.0
"""slow_time: what a request waits for that runs for long; and it never notices."""

import fcntl
import re
import socket
import threading

from harness import Vhost
from place import wait_until

READ = """<?php
$db = stream_socket_client($_GET['peer']); file_put_contents(__DIR__ . '/pid', getmypid());
echo fgets($db);
"""
LOCK = "<?php flock(fopen(__DIR__ . '/lock', 'r'), LOCK_EX); echo 'locked';"


def put(made, name, text):
    vhost = made.httpd.vhosts["a.test"]
    return made.place.file(vhost.docroot / name, text, vhost.owner)


def asked(made, target):
    """A request under way: its thread, and where its answer will be."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(made.get("a.test", target)))
    thread.start()
    return thread, answers


def told(made, uri, file):
    """The line about a request, and those about its process, once one of them has @file."""
    def find():
        lines = made.daemon.text().splitlines()
        at = [i for i, x in enumerate(lines) if " request.slow " in x and uri in x]
        if not at:
            return None
        pid = re.search(r" pid=(\d+) ", lines[at[0]]).group(1)
        dump = [x for x in lines[at[0]:] if "child.dump" in x and f"pid={pid} " in x]
        return (lines[at[0]], dump) if any(file in x for x in dump) else None
    return wait_until(find, 20, f"{uri} told as slow, with {file}")


def test_what_a_slow_request_waits_for(stack):
    """A database by name or by address, a locked file; each answer comes as if nobody had looked."""
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_slow_time 1"), start=False)
    made.daemon.settings["log_dir"] = made.place.directory("logs")
    made.daemon.settings["pools_dir"] = made.place.directory("pools.d")
    user = made.httpd.vhosts["a.test"].owner.pw_name
    made.place.file("pools.d/a.conf", f'pool a {{\n user = "{user}"\n log = "a.log"\n}}\n',
                    mode=0o600)
    made.daemon.write_conf()
    made.start()
    put(made, "read.php", READ)
    put(made, "lock.php", LOCK)
    lock = put(made, "lock", "")
    with socket.create_server(("127.0.0.1", 0)) as tcp, \
            socket.socket(socket.AF_UNIX) as unix, open(lock, "rb") as held:
        unix.bind(str(made.place.path / "db.sock"))
        (made.place.path / "db.sock").chmod(0o777)
        unix.listen()
        fcntl.flock(held, fcntl.LOCK_EX)
        address = f"127.0.0.1:{tcp.getsockname()[1]}"
        for name, server, peer in (("tcp", tcp, f"tcp {address} established"),
                                   ("unix", unix, f"unix {made.place.path}/db.sock established")):
            target = address if name == "tcp" else f"{made.place.path}/db.sock"
            thread, answers = asked(made, f"/read.php?{name}=%0aevent=evil&peer={name}://{target}")
            client = server.accept()[0]
            line, dump = told(made, f"read.php?{name}=", f'peer="{peer}"')
            assert "method=GET" in line and "vhost=a.test" in line and "/read.php" in line
            assert "wchan=" in dump[0] and "stack=" in dump[0] and "syscall=" in dump[0]
            client.sendall(b"data\n")
            thread.join()
            client.close()
            assert (answers[0].status, answers[0].text) == (200, "data\n")
        thread, answers = asked(made, "/lock.php")
        told(made, "uri=/lock.php", f"file={lock}")
        fcntl.flock(held, fcntl.LOCK_UN)
        thread.join()
        assert (answers[0].status, answers[0].text) == (200, "locked")
    assert made.get("a.test", "/who.php").status == 200
    # the site's own log tells the whole story, too, in its order
    log = made.place.path / "logs" / "a.log"
    own = wait_until(lambda: f" file={lock}" in log.read_text() and log.read_text(), 20, "all of it")
    assert own.count("request.slow ") == own.count("child.dump ") == 3
    story = own[own.index("uri=/lock.php"):].splitlines()
    assert "child.dump " in story[1] and " stack=" in story[1]
    assert all(": child.dump_file " in x for x in story[2:])
    for peer in (f"tcp {address} established", f"unix {made.place.path}/db.sock established"):
        assert f'peer="{peer}"' in own
    assert made.daemon.text().count(" request.slow ") == 3  # once each
    assert not re.search("^event=evil", made.daemon.text() + own, re.M)
    assert made.ctl.status()["pools"][0]["slow"] == 3


def test_many_slow_requests(stack):
    """Of a site with many only a few are told of, and how many were left out."""
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_slow_time 1"))
    gate = put(made, "gate", "")
    put(made, "wait.php", "<?php while (file_exists(__DIR__ . '/gate')) "
        "{ usleep(10000); clearstatcache(); }")
    threads = [asked(made, f"/wait.php?{i}")[0] for i in range(30)]
    wait_until(lambda: any(p["slow"] == 30 for p in made.ctl.status()["pools"]), 30, "30 slow requests")
    gate.unlink()
    for thread in threads:
        thread.join()
    lines = [x for x in made.daemon.text().splitlines() if " request.slow " in x]
    assert 5 <= len(lines) < 15, len(lines)
