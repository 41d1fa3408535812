# SPDX-License-Identifier: Apache-2.0
"""HTTP as the tests need it: every byte of the answer, and requests that no library would send."""

import http.client
import socket
from dataclasses import dataclass


@dataclass
class Response:
    status: int
    headers: list  # (name, value) in order
    body: bytes

    def header(self, name):
        """The value of a header, or None; the first if there are several."""
        values = self.all(name)
        return values[0] if values else None

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    @property
    def text(self):
        return self.body.decode(errors="replace")


def request(port, vhost, target, method="GET", body=None, headers=None, chunked=False,
            timeout=60):
    """One request on a connection of its own, read to its end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        return exchange(connection, vhost, target, method, body, headers, chunked)
    finally:
        connection.close()


def exchange(connection, vhost, target, method="GET", body=None, headers=None, chunked=False):
    """One request on a connection that may have served others. A body may be an iterable."""
    fields = {"Host": vhost, **(headers or {})}
    if chunked:
        fields["Transfer-Encoding"] = "chunked"
        body = [body[i:i + 5000] for i in range(0, len(body), 5000)] \
            if isinstance(body, bytes) else body
    connection.request(method, target, body=body, headers=fields, encode_chunked=chunked)
    answer = connection.getresponse()
    return Response(answer.status, answer.getheaders(), answer.read())


class Raw:
    """A connection on which every byte is the test's own."""

    def __init__(self, port, timeout=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def head(self):
        """Status and headers of one answer: (status, {name: value})."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while True:
            line = self.file.readline().strip().decode()
            if not line:
                return status, headers
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()

    def read(self, size):
        return self.file.read(size)

    def close(self):
        self.file.close()
        self.socket.close()
