# SPDX-License-Identifier: Apache-2.0
"""A town: hundreds of accounts with a site each, and all of them visited at once.

The accounts are real to the daemon, httpd and PHP, and to nobody else: these run in a mount
namespace of their own, whose /etc is a copy with a longer passwd and group. Nothing of it is on
the machine, so nothing has to be undone. (Single files would not do: a file that is mounted on goes
back to what it was, in every namespace, when useradd of another test renames a new one over it.)
"""

import asyncio
import fcntl
import json
import os
import pwd
import re
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness import Vhost

FIRST_UID = 700000
PATIENCE_S = 200  # for the first bytes of the last site
THREADS = 64  # of each process of httpd
# what PHP has flushed is passed on at once: the sign that a site answers
EXTRA = "lsapi_backend_pgrp_max_idle 1\nlsapi_output_buffering Off"
ENTER = ["unshare", "--mount", "--propagation", "private", "--", "sh", "-ec"]


def why_impossible():
    """The reason why no mount namespace can be made here, or None."""
    done = subprocess.run([*ENTER, "mount --bind /etc /etc"], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip() or "unshare fails" if done.returncode else None


def limits(users):
    """Of httpd: each request of a burst is held by a thread."""
    processes = users // THREADS + 2
    return {"StartServers": processes, "ServerLimit": processes, "ThreadsPerChild": THREADS,
            "MaxRequestWorkers": processes * THREADS, "MinSpareThreads": 1,
            "MaxSpareThreads": processes * THREADS}


def copy_if_there(source, target):
    """useradd has files there that come and go; what not everybody may read stays where it is."""
    with suppress(FileNotFoundError):
        if os.stat(source).st_mode & 0o004:
            shutil.copy2(source, target)


class Town:
    """Accounts u0, u1, ... with a group each, and u0.test, u1.test, ... that belong to them."""

    def __init__(self, place, count, first=FIRST_UID):
        self.place = place
        self.homes = place.directory("home")
        self.owners = [
            pwd.struct_passwd((f"u{i}", "x", first + i, first + i, "", str(self.homes / f"u{i}"),
                               "/bin/false")) for i in range(count)]
        passwd = "".join(":".join(map(str, o)) + "\n" for o in self.owners)
        group = "".join(f"{o.pw_name}:x:{o.pw_gid}:\n" for o in self.owners)
        etc = place.path / "etc"
        shutil.copytree("/etc", etc, symlinks=True, copy_function=copy_if_there)
        (etc / "passwd").write_text(Path("/etc/passwd").read_text() + passwd)
        (etc / "group").write_text(Path("/etc/group").read_text() + group)
        (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")

    def prefix(self):
        """Words before a command that shall know the accounts."""
        return [*ENTER, f'mount --bind {self.place.path}/etc /etc; exec "$@"', "sh"]

    def vhosts(self, **how):
        made = []
        for owner in self.owners:
            home = self.place.directory(f"home/{owner.pw_name}", owner)
            docroot = self.place.directory(home / "www", owner)
            made.append(Vhost(f"{owner.pw_name}.test", owner, group=owner.pw_name,
                              docroot=docroot, scripts=["gate.php"], **how))
        return made


def inhabit(made, users):
    """Give a stack that was not started yet the sites of a town, which is returned."""
    settled = Town(made.place, users)
    made.daemon.prefix = made.httpd.prefix = settled.prefix()
    for vhost in settled.vhosts():
        made.httpd.vhosts[vhost.name] = vhost
        made.httpd.prepare(vhost)
    return settled


@dataclass
class Visit:
    """One request to gate.php: who answered, and when its first and last bytes came."""

    vhost: str
    status: int = 0
    who: dict = field(default_factory=dict)
    rest: bytes = b""
    first_s: float = 0.0
    error: str = ""


async def visit(port, name, target, seen, on_first):
    """Fills @seen; on_first() is called once, also when it fails."""
    began = time.monotonic()
    writer = None
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {target} HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        seen.status = int(head.split()[1])
        if seen.status == 200:
            seen.who = json.loads(await reader.readline())
        seen.first_s = time.monotonic() - began
        on_first()
        on_first = None
        seen.rest = await reader.read()
    except (OSError, EOFError, ValueError) as why:
        seen.error = repr(why)
    finally:
        if on_first:
            on_first()
        if writer:
            writer.close()


class Burst:
    """All sites are visited at the same moment, and held until each of them has answered."""

    def __init__(self, place, port, names):
        self.gate = place.file("gate", "")
        self.port = port
        self.names = names
        self.visits = [Visit(name) for name in names]
        self.seconds = 0.0  # until the last one's first bytes

    @contextmanager
    def closed_gate(self):
        with open(self.gate, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    async def _run(self, while_all_run):
        waiting = len(self.visits)
        everybody = asyncio.Event()

        def on_first():
            nonlocal waiting
            waiting -= 1
            if waiting == 0:
                everybody.set()

        with self.closed_gate():
            began = time.monotonic()
            tasks = [asyncio.create_task(visit(self.port, v.vhost, f"/gate.php?gate={self.gate}",
                                               v, on_first)) for v in self.visits]
            await asyncio.wait_for(everybody.wait(), PATIENCE_S)
            self.seconds = time.monotonic() - began
            while_all_run()
        await asyncio.gather(*tasks)

    def run(self, while_all_run=lambda: None):
        """Returns the visits; @while_all_run is called when every site has a request under way."""
        asyncio.run(self._run(while_all_run))
        return self.visits


STARTED = re.compile(r'spawn\.start pool="?([\w.]+)')
SERVES = re.compile(r'pool\.state .*pool="?([\w.]+).* from=starting ')


def most_starts_at_once(log):
    """Of the daemon's log: parents that were started and were not seen to serve yet."""
    starting, most = set(), 0
    for line in log.splitlines():
        begun, over = STARTED.search(line), SERVES.search(line)
        if begun:
            starting.add(begun.group(1))
            most = max(most, len(starting))
        elif over:
            starting.discard(over.group(1))
    return most
