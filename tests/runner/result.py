# SPDX-License-Identifier: Apache-2.0
"""What a leg of tests/run came to, and the commands it ran, with their output kept in its log."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = Path(os.environ.get("LSAPID_TEST_DIR", ROOT / "build-tests"))


@dataclass
class Result:
    """Counts of one leg; each skip and each failure says why."""

    passed: int = 0
    failures: list = field(default_factory=list)  # (test, text)
    skips: list = field(default_factory=list)  # (test, reason)

    def check(self, name, problem):
        """One test: passed if there is no problem to tell."""
        if problem:
            self.failures.append((name, problem))
        else:
            self.passed += 1


class Failed(Exception):
    """A command that had to succeed did not; the text is the tail of its output."""


class Log:
    """The log file of one leg: every command and what it printed."""

    def __init__(self, leg):
        path = OUT / "logs" / f"{leg}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.file = open(path, "w", encoding="utf-8", errors="replace")

    def run(self, *argv, env=None, must=True, cwd=ROOT):
        """Run a command to its end; returns (status, output)."""
        argv = [str(a) for a in argv]
        self.file.write("$ " + " ".join(argv) + "\n")
        self.file.flush()
        output = []
        with subprocess.Popen(
                argv, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                errors="replace") as process:
            for line in process.stdout:
                # at once: somebody may be reading the log of what takes minutes
                output.append(line)
                self.file.write(line)
                self.file.flush()
        status, text = process.returncode, "".join(output)
        self.file.write(f"-> {status}\n")
        self.file.flush()
        if must and status:
            raise Failed(tail(text) or f"{argv[0]} ended with {status}")
        return status, text


def tail(text, lines=40):
    """The last lines of an output: where the reason stands."""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def need(*tools):
    """Name of the first tool that is missing, or None."""
    for tool in tools:
        if not shutil.which(tool):
            return tool
    return None


def sources(*suffixes):
    """Files of the project (committed, or new and not ignored), with one of the suffixes."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        check=False).stdout.decode().split("\0")
    if not any(listed):  # not a git checkout: everything but build directories
        listed = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*")
                  if p.is_file() and not p.relative_to(ROOT).parts[0].startswith("build")]
    return sorted(ROOT / name for name in set(listed)
                  if name and (not suffixes or name.endswith(suffixes)) and (ROOT / name).is_file())
