# SPDX-License-Identifier: Apache-2.0
"""A client of the control socket in a few lines: what a shim says, and what no shim would say.

Written from proto/control.h, not from its C code: a second reading of the same protocol. It runs
by itself too (python3 -c, as another user): connects, sends HELLO, then what else it is told to,
and prints which answers came.
"""

import array
import json
import socket
import struct
import sys

VERSION = 2
HELLO, WELCOME, POOL, POOL_OK, DENIED, LEASE, GRANT, REJECT = 2, 3, 4, 5, 7, 8, 9, 11
RETURN, QUEUED, CLOSE, CANCEL, TERMINATE, STATUS = 12, 13, 14, 16, 18, 32
RELOAD, DOCUMENT, WHY, CRIU, STEER, SHOW = 34, 33, 36, 38, 40, 42


def message(kind, sequence, body=b"", version=VERSION, length=None):
    length = 12 + len(body) if length is None else length
    return struct.pack("<HHII", kind, version, length, sequence) + body


def blob(data):
    return struct.pack("<I", len(data)) + data


class Control:
    """One connection. Sends whatever it is told; answers are (type, sequence, body, fds)."""

    def __init__(self, path, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.sequence = 0

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.socket.close()

    def send(self, kind, body=b""):
        self.sequence += 1
        self.socket.send(message(kind, self.sequence, body))
        return self.sequence

    def receive(self):
        """The next answer; None when the daemon has closed the connection."""
        try:
            data, ancillary, _, _ = self.socket.recvmsg(70000, socket.CMSG_SPACE(4 * 4))
        except (ConnectionResetError, BrokenPipeError):
            return None
        if not data:
            return None
        fds = array.array("i")
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(content[:len(content) - len(content) % 4])
        kind, _, _, sequence = struct.unpack_from("<HHII", data)
        return kind, sequence, data[12:], list(fds)

    def ask(self, kind, body=b""):
        self.send(kind, body)
        return self.receive()

    def hello(self, key, version=VERSION, name=b"test", instance=0):
        return self.ask(HELLO, struct.pack("<I", version) + key + struct.pack("<Q", instance)
                        + blob(name))

    def pool(self, **entries):
        text = b"".join(f"{k}={v}\0".encode() for k, v in sorted(entries.items()))
        return self.ask(POOL, blob(text))


def reason_of(answer):
    """Number and text of a DENIED or REJECT."""
    kind, _, body, _ = answer
    at = 4 if kind == DENIED else 24
    size = struct.unpack_from("<I", body, at)[0]
    return struct.unpack_from("<I", body)[0], body[at + 4:at + 4 + size].decode()


def steer(action, kind, text=b"", wait_ms=0, flags=0):
    """Body of a STEER."""
    return struct.pack("<IIII", action, kind, flags, wait_ms) + blob(text)


def said(word):
    """Type and body of a message: TYPE or TYPE:HEX."""
    kind, _, body = word.partition(":")
    return int(kind), bytes.fromhex(body)


def talk(path, key, word=None):
    """What comes to HELLO, if there is a key, and to @word."""
    with Control(path) as control:
        answer = control.hello(key) if key else None
        return answer, control.ask(*said(word))[0] if word else None


def main():
    """Arguments: the socket, the key or nothing for no HELLO, what to say, each on a connection."""
    path, key = sys.argv[1], bytes.fromhex(sys.argv[2])
    try:
        then = [talk(path, key, word)[1] for word in sys.argv[3:]]
        answer = talk(path, key)[0]
        print(json.dumps({"answer": answer and answer[0],
                          "reason": reason_of(answer) if answer and answer[0] == DENIED else None,
                          "then": then}))
    except OSError as why:
        print(json.dumps({"error": why.errno}))


if __name__ == "__main__":
    main()
