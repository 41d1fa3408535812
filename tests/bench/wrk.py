# SPDX-License-Identifier: Apache-2.0
"""Requests as fast as they are answered, by wrk, and what it says of them."""

import json
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).with_name("wrk.lua")
CONCURRENCY = 8


def start(ground, port, work, seconds, hosts=1):
    """wrk, started: @work is (method, path, bytes of the body, how it is framed)."""
    method, path, size, framing = work
    return subprocess.Popen(
        [ground.wrk, "-t1", f"-c{CONCURRENCY}", f"-d{seconds}s", "--timeout", "20s", "-s", SCRIPT,
         f"http://127.0.0.1:{port}{path}", "--", method, path, str(size), framing, str(hosts)],
        stdout=subprocess.PIPE, text=True,
        env={"LD_LIBRARY_PATH": str(ground.libraries),
             "LUA_PATH": f"{ground.unpacked}/usr/share/luajit-2.1/?.lua"})


def finish(process):
    """What it has printed, when it has ended."""
    with process:
        output = process.stdout.read()
    assert process.returncode == 0, output
    return output


def figures(process):
    """Its last line: requests, duration_us, p99_us, ..."""
    output = finish(process)
    found = json.loads(output.splitlines()[-1])
    assert found["requests"], output
    return found
