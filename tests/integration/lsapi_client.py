# SPDX-License-Identifier: Apache-2.0
"""A small LSAPI client for the tests of lsphp.

Requests are encoded here from the description of the wire format alone, so that the codecs in
proto/ and these tests check each other.
"""

import os
import socket
import struct

BEGIN_REQUEST = 1
RESP_HEADER = 3
RESP_STREAM = 4
RESP_END = 5
STDERR_STREAM = 6
REQ_RECEIVED = 7
CONN_CLOSE = 8
USAGE = 64  # lsapid's lsphp alone, and only if the request asks for it

STREAM_MAX = 16384
HEADER_SIZE = 44
INDEX_COUNT = 25

INDEXED = (
    "accept accept-charset accept-encoding accept-language authorization connection content-type "
    "content-length cookie cookie2 host pragma referer user-agent cache-control "
    "if-modified-since if-match if-none-match if-range if-unmodified-since keep-alive range "
    "x-forwarded-for via transfer-encoding"
).split()

INI_USER = b"\x01\x02"
INI_ADMIN = b"\x01\x04"
#: a file of settings, named by a .htaccess or by the server's configuration
INI_FILE = {False: b"\x01\x05lsapi_phpini", True: b"\x01\x06lsapi_phpini"}


class Closed(Exception):
    """The server closed the connection."""


def _entry(key, value):
    return struct.pack(">HH", len(key) + 1, len(value) + 1) + key + b"\0" + value + b"\0"


def _headers(headers, order):
    """Header index, table of unknown headers, raw block."""
    block = b""
    length = [0] * INDEX_COUNT
    offset = [0] * INDEX_COUNT
    unknown = b""
    count = 0
    for name, value in headers:
        name_at = len(block)
        value_at = name_at + len(name) + 2
        block += f"{name}: {value}\r\n".encode()
        if name.lower() in INDEXED:
            index = INDEXED.index(name.lower())
            length[index], offset[index] = len(value.encode()), value_at
        else:
            unknown += struct.pack(order + "4i", name_at, len(name), value_at, len(value.encode()))
            count += 1
    index = struct.pack(f"{order}{INDEX_COUNT}H2x{INDEX_COUNT}i", *length, *offset)
    return index, unknown, count, block + b"\r\n"


def encode_request(
    script, *, method="GET", query="", headers=(), env=(), ini=(), admin_ini=(), ini_files=(),
    body_size=0, special=(),
    order="<",
):
    """One BEGIN_REQUEST packet. @env is added to (and may replace) the usual CGI variables."""
    variables = {
        "SCRIPT_FILENAME": script,
        "SCRIPT_NAME": "/" + os.path.basename(script),
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "DOCUMENT_ROOT": os.path.dirname(script),
        "SERVER_NAME": "site.test",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    variables.update(dict(env))
    special = [(name, b"") for name in special]
    special += [(INI_USER + n.encode(), v.encode()) for n, v in ini]
    special += [(INI_ADMIN + n.encode(), v.encode()) for n, v in admin_ini]
    special += [(INI_FILE[is_trusted], v.encode()) for is_trusted, v in ini_files]

    packet = bytearray(HEADER_SIZE)
    for key, value in special:
        packet += _entry(key, value)
    packet += bytes(4)
    at = {}
    for name, value in variables.items():
        at[name] = len(packet) + 4 + len(name.encode()) + 1
        packet += _entry(name.encode(), value.encode())
    packet += bytes(4)
    packet += bytes(-len(packet) % 8)
    index, unknown, unknown_count, block = _headers(headers, order)
    packet += index + unknown + block
    struct.pack_into(
        order + "2sBBi9i", packet, 0, b"LS", BEGIN_REQUEST, 0 if order == "<" else 1, len(packet),
        len(block), body_size, at["SCRIPT_FILENAME"], at["SCRIPT_NAME"], at["QUERY_STRING"],
        at["REQUEST_METHOD"], unknown_count, len(variables), len(special),
    )
    return bytes(packet)


class Response:
    """What came for one request."""

    def __init__(self):
        self.packets = []  # types, in order
        self.status = None
        self.lines = []
        self.body = b""
        self.stderr = b""
        self.usage = None  # nanoseconds, bytes
        self.pid = None
        self.is_complete = False
        self.closes = False
        self.stream_sizes = []

    def header(self, name):
        values = [v for n, v in (line.split(": ", 1) for line in self.lines)
                  if n.lower() == name.lower()]
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


class Client:
    """One connection."""

    def __init__(self, path, timeout=10.0):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def ask(self, script, body=b"", **fields):
        """Send one request; body_size and a Content-Length follow from @body."""
        headers = list(fields.pop("headers", ()))
        if body:
            headers.append(("Content-Length", str(len(body))))
            fields.setdefault("method", "POST")
            fields.setdefault("body_size", len(body))
        self.send(encode_request(str(script), headers=headers, **fields) + body)

    def packet(self):
        """The next packet: type, payload."""
        while True:
            if len(self.pending) >= 8:
                magic, kind, flags, size = struct.unpack_from("<2sBBi", self.pending)
                assert magic == b"LS", self.pending[:16]
                assert flags == 0 and size >= 8
                if len(self.pending) >= size:
                    payload, self.pending = self.pending[8:size], self.pending[size:]
                    return kind, payload
            data = self.sock.recv(1 << 20)
            if not data:
                raise Closed
            self.pending += data

    def receive(self):
        """One response. What came before a close is in the response; is_complete tells."""
        r = Response()
        while not r.is_complete:
            try:
                kind, payload = self.packet()
            except (Closed, ConnectionResetError):
                r.closes = True
                return r
            r.packets.append(kind)
            if kind == RESP_HEADER:
                r.status, r.lines = self._lines(payload)
            elif kind == RESP_STREAM:
                r.body += payload
                r.stream_sizes.append(len(payload))
            elif kind == STDERR_STREAM and payload[:4] == b"\0PID":
                r.pid = struct.unpack("<i", payload[4:])[0]
            elif kind == STDERR_STREAM:
                r.stderr += payload
            elif kind == USAGE:
                r.usage = struct.unpack("<QQ", payload)
            elif kind == RESP_END:
                r.is_complete = True
        if self.pending[2:3] == bytes([CONN_CLOSE]):
            r.packets.append(self.packet()[0])
            r.closes = True
        return r

    @staticmethod
    def _lines(payload):
        count, status = struct.unpack_from("<ii", payload)
        sizes = struct.unpack_from(f"<{count}H", payload, 8)
        at = 8 + 2 * count
        lines = []
        for size in sizes:
            line = payload[at:at + size]
            assert line.endswith(b"\0"), line
            lines.append(line[:-1].decode())
            at += size
        assert at == len(payload)
        return status, lines

    def get(self, script, body=b"", **fields):
        self.ask(script, body, **fields)
        return self.receive()

    def is_closed(self, timeout=5.0):
        """True if the server closes within @timeout, with nothing more to say."""
        self.sock.settimeout(timeout)
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
