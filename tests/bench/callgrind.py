# SPDX-License-Identifier: Apache-2.0
"""Instructions of a small request, by valgrind's callgrind: what no other load of a machine changes.

Apache with one worker, PHP with two processes. Each is started twice and asked more often the
second time: the difference is the requests' alone. What the kernel does is not in it.
"""

import http.client
import re
import shutil
import subprocess

import client
import contender
from meter import SIDES
from place import Place

FEW, MANY = 100, 400
KINDS = (contender.Static, contender.ModPhp, contender.FpmReuse, contender.Ours)
ONE_WORKER = {
    "event": {"StartServers": 1, "ServerLimit": 1, "ThreadsPerChild": 4, "MaxRequestWorkers": 4,
              "MinSpareThreads": 1, "MaxSpareThreads": 4},
    "prefork": {"StartServers": 1, "MinSpareServers": 1, "MaxSpareServers": 1,
                "MaxRequestWorkers": 1, "ServerLimit": 1},
}
#: all of mod_lsapi, with what it calls in Apache
HANDLER = "shim_handler"


def side_of(log):
    command = re.search(r"^cmd: +(\S+)", log, re.MULTILINE).group(1).rsplit("/", 1)[-1]
    return next((side for start, side in SIDES.items() if command.startswith(start)), None)


def inclusive(path, function):
    """Instructions of a function and all that it calls; 0 if it has never been called."""
    listed = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", path],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                            check=True)
    found = re.search(rf"^ *([\d,]+) .*:{function} \[", listed.stdout, re.MULTILINE)
    return int(found.group(1).replace(",", "")) if found else 0


def read(where):
    """{side, or function: instructions} of all processes that have ended."""
    out = {}
    for path in where.iterdir():
        log = path.read_text(errors="replace")
        total = re.search(r"^(?:totals|summary): (\d+)", log, re.MULTILINE)
        side = side_of(log) if total else None
        if side:
            out[side] = out.get(side, 0) + int(total.group(1))
            if side == "Apache":
                out[HANDLER] = out.get(HANDLER, 0) + inclusive(path, HANDLER)
    return out


def run(ground, kind, requests):
    """What all of a server's processes have done from its start to its end."""
    with_tool = type(kind.__name__, (kind,), {"limits": ONE_WORKER[kind.mpm], "children": 2})
    place = Place()
    where = place.directory("callgrind", mode=0o1777)
    server = with_tool(ground)
    server.tool = ["valgrind", "-q", "--tool=callgrind", "--vgdb=no",
                   f"--callgrind-out-file={where}/%p"]
    try:
        server.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        for _ in range(requests):
            assert client.exchange(connection, ground.names[0], "/hello.php").status == 200
        connection.close()
    finally:
        server.end()
    out = read(where)
    place.end()
    return out


def measure(ground):
    """{contender: {side, or function: instructions of a request}}; None without valgrind."""
    if not shutil.which("valgrind"):
        return None
    out = {}
    for kind in KINDS:
        few, many = run(ground, kind, FEW), run(ground, kind, MANY)
        out[kind.name] = {side: (many[side] - few[side]) / (MANY - FEW) for side in many}
    return out
