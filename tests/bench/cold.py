# SPDX-License-Identifier: Apache-2.0
"""What starts cost: the first request of a site, and that of many sites at once."""

import resource
import socket
import statistics
import subprocess
import threading
import time

from contender import Cgi, Many, Ours
from place import wait_until

STARTS = 15
BURST = 64


def first_byte(port, vhost, path="/hello.php"):
    """Seconds from connect() to the first byte of an answer that is then read to its end."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 60) as peer:
        peer.sendall(f"GET {path} HTTP/1.0\r\nHost: {vhost}\r\n\r\n".encode())
        answer = peer.recv(65536)
        first = time.monotonic() - began
        while part := peer.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"Hello, world"), answer[:300]
    return first


def php_cgi_alone(ground):
    """The same page by php-cgi without any server: (seconds to the first byte, CPU of it unknown)."""
    began = time.monotonic()
    with subprocess.Popen([ground.php_cgi, "-q", ground.docroot / "hello.php"], env=ground.php_env,
                          stdout=subprocess.PIPE) as process:
        assert process.stdout.read(1) == b"H"
        first = time.monotonic() - began
        process.stdout.read()
    return first


def make_cold(server):
    """All of its pools have ended, and the next request has to start one."""
    status, output = server.stack.ctl.run("kill", "--all")
    assert status in (0, 5), output
    wait_until(lambda: not server.stack.daemon.lsphp(), 20, "the end of all lsphp")


def measure(ground, servers):
    """First byte of a site that nobody has visited, and of php-cgi; one after the other in turn."""
    found = {"php-cgi": []}
    cpu = {}
    for _ in range(STARTS):
        found["php-cgi"].append(php_cgi_alone(ground))
        for server in servers:
            if not isinstance(server, (Cgi, Ours)):
                continue
            if isinstance(server, Ours):
                make_cold(server)
            before = server.meter.ns()
            found.setdefault(server.name, []).append(first_byte(server.port, ground.names[0]))
            cpu.setdefault(server.name, []).append((server.meter.ns() - before) / 1e6)
    return {name: {"first_ms": statistics.median(list_) * 1000, "low_ms": min(list_) * 1000,
                   "high_ms": max(list_) * 1000,
                   "cpu_ms": statistics.median(cpu[name]) if name in cpu else None}
            for name, list_ in found.items()}


def burst(server, names):
    """All at once: (seconds until all are answered, milliseconds of CPU)."""
    make_cold(server)
    before, began = server.meter.ns(), time.monotonic()
    failed = []

    def one(name):
        try:
            first_byte(server.port, name)
        except (OSError, AssertionError) as why:
            failed.append((name, why))

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[:3]
    return time.monotonic() - began, (server.meter.ns() - before) / 1e6


def php_cgis(ground, together):
    """So many of php-cgi, without a server: (seconds, milliseconds of CPU)."""
    before, began = children_ms(), time.monotonic()
    running = []
    for _ in range(BURST):
        if len(running) == together:
            running.pop(0).wait()
        running.append(subprocess.Popen(
            [ground.php_cgi, "-q", ground.docroot / "hello.php"], env=ground.php_env,
            stdout=subprocess.DEVNULL))
    for process in running:
        process.wait()
    return time.monotonic() - began, children_ms() - before


def children_ms():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def one_by_one(server, names):
    make_cold(server)
    before, began = server.meter.ns(), time.monotonic()
    for name in names:
        first_byte(server.port, name)
    return time.monotonic() - began, (server.meter.ns() - before) / 1e6


def measure_burst(ground, rounds):
    """64 cold pools at once against 64 cold pools one by one; and what that is without a server.

    Processors that share what computes make each other slow: php-cgi tells how much.
    """
    found = {}
    with Many(ground, BURST) as server:
        names = list(server.httpd.vhosts)
        burst(server, names)  # Apache has its workers, the disk's cache is warm
        for _ in range(rounds):
            for how, run in {"together": lambda: burst(server, names),
                             "one_by_one": lambda: one_by_one(server, names),
                             "php_cgi_together": lambda: php_cgis(ground, BURST),
                             "php_cgi_one_by_one": lambda: php_cgis(ground, 1)}.items():
                found.setdefault(how, []).append(run())
    return {how: {"seconds": statistics.median(s for s, _ in list_),
                  "cpu_ms": statistics.median(c for _, c in list_) / BURST}
            for how, list_ in found.items()}
