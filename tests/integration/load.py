# SPDX-License-Identifier: Apache-2.0
"""Many requests at once over many sites, every answer compared byte for byte.

Runs in processes of its own (one per processor), so that one interpreter's lock is not what is
measured. python3 load.py PORT REQUESTS CONNECTIONS SEED SITE... prints one JSON line.
"""

import hashlib
import json
import random
import socket
import sys
import threading
import time

CHUNK = 3000


def body_of(number, size):
    block = hashlib.sha512(str(number).encode()).digest()
    return (block * (size // len(block) + 1))[:size]


def build(number, vhost, dice):
    """(request bytes, expected body) of one request: GET, POST with a length, or chunked."""
    kind = dice.randrange(4)
    head = f" /mirror.php?n={number} HTTP/1.1\r\nHost: {vhost}\r\n"
    if kind < 2:
        return f"GET{head}\r\n".encode(), b""
    size = dice.choice((0, 1, 100, 1000, 8192, 20000, 70000))
    body = body_of(number, size)
    head += "Content-Type: application/octet-stream\r\n"
    if kind == 2:
        return f"POST{head}Content-Length: {size}\r\n\r\n".encode() + body, body
    parts = [body[i:i + CHUNK] for i in range(0, size, CHUNK)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    return f"POST{head}Transfer-Encoding: chunked\r\n\r\n".encode() + framed, body


class Connection:
    """A kept connection that reads whole answers, framed either way."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""
        self.answers = 0

    def fill(self):
        more = self.socket.recv(262144)
        if not more:
            raise EOFError("connection ended inside an answer")
        self.data += more

    def take(self, size):
        while len(self.data) < size:
            self.fill()
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def line(self):
        while b"\r\n" not in self.data:
            self.fill()
        line, self.data = self.data.split(b"\r\n", 1)
        return line

    def answer(self):
        """(status, {header: value}, body)"""
        status = int(self.line().split()[1])
        headers = {}
        while True:
            line = self.line()
            if not line:
                break
            name, _, value = line.partition(b": ")
            headers[name.lower()] = value
        if b"content-length" in headers:
            self.answers += 1
            return status, headers, self.take(int(headers[b"content-length"]))
        parts = []
        while True:
            size = int(self.line(), 16)
            parts.append(self.take(size))
            self.line()
            if not size:
                self.answers += 1
                return status, headers, b"".join(parts)


class Tally:
    """What one process has seen."""

    def __init__(self):
        self.lock = threading.Lock()
        self.good = 0
        self.closed = 0  # kept connections that httpd closed while they were idle
        self.bad = []

    def note(self, problem):
        with self.lock:
            if problem:
                self.bad.append(problem)
            else:
                self.good += 1


def check(number, expected, status, headers, body):
    if status != 200:
        return f"request {number}: status {status}: {body[:200]!r}"
    if headers.get(b"x-query") != f"n={number}".encode():
        return f"request {number}: answer of {headers.get(b'x-query')!r}"
    if body != expected:
        return f"request {number}: body of {len(body)} instead of {len(expected)} bytes, or other"
    return None


def work(port, numbers, vhosts, seed, tally):
    dice = random.Random(seed)
    connection = Connection(port)
    for number in numbers:
        request, expected = build(number, dice.choice(vhosts), dice)
        while True:
            try:
                connection.socket.sendall(request)
                tally.note(check(number, expected, *connection.answer()))
            except (OSError, EOFError) as why:
                was_kept = connection.answers > 0 and not connection.data
                connection = Connection(port)
                if was_kept:  # httpd may close a kept connection just as it is used again
                    tally.closed += 1
                    continue
                tally.note(f"request {number}: {why!r}")
            break


def main():
    port, count, connections, seed = map(int, sys.argv[1:5])
    vhosts = sys.argv[5:]
    tally = Tally()
    first = seed * 10000000
    threads = [threading.Thread(target=work, args=(
        port, range(first + i, first + count, connections), vhosts, seed * 1000 + i, tally))
        for i in range(connections)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"good": tally.good, "bad": tally.bad[:20], "bad_count": len(tally.bad),
                      "closed": tally.closed,
                      "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
