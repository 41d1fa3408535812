# SPDX-License-Identifier: Apache-2.0
"""The real logrotate with the snippet as it is shipped, but for its paths."""

import re
import subprocess
from pathlib import Path

import pytest

from harness import Vhost
from place import wait_until

SNIPPET = Path(__file__).resolve().parents[2] / "etc" / "logrotate.in"


class Rotated:
    """A stack with the daemon's log and that of a pool in one directory."""

    def __init__(self, stack):
        self.stack = stack(Vhost("a.test", "games"), start=False)
        place, self.daemon = self.stack.place, self.stack.daemon
        self.dir = place.directory("logs", mode=0o711)
        pools = place.directory("pools.d")
        place.file(pools / "a.conf", 'pool "a" {\n\tuser = games\n\tlog = "a.log"\n}\n')
        self.daemon.settings.update(pools_dir=pools, log_dir=self.dir,
                                    log_target=self.dir / "lsapid.log")
        self.daemon.write_conf()
        paths = {"logdir": self.dir, "rundir": self.daemon.run, "sbindir": place.bin}
        text = re.sub("@(\\w+)@", lambda m: str(paths[m.group(1)]), SNIPPET.read_text())
        self.conf = place.file("logrotate.conf", text)
        self.state = place.path / "logrotate.state"

    def rotate(self):
        done = subprocess.run(["logrotate", "-f", "-s", str(self.state), str(self.conf)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        assert (done.returncode, done.stdout) == (0, "")

    def text(self, name):
        path = self.dir / name
        return path.read_text() if path.exists() else ""

    def say(self, word, name):
        assert self.stack.get("a.test", f"/log.php?word={word}").status == 200
        wait_until(lambda: f": raw {word}\n" in self.text(name), 10, f"{word} in {name}")


@pytest.fixture
def made(stack):
    return Rotated(stack)


def test_after_a_rotation_all_lines_are_in_the_new_files(made):
    made.stack.start()
    made.say("one", "a.log")
    made.rotate()
    wait_until(lambda: made.text("lsapid.log").count("log.opened") == 2, 10, "both processes")
    wait_until((made.dir / "a.log").exists, 10, "the pool's new file")
    wait_until(lambda: "type=LOG_FD id=2" in made.text("lsapid.log"), 10, "the manager having it")
    before = {name: made.text(name) for name in ("lsapid.log.1", "a.log.1")}
    made.say("two", "a.log")
    status, _ = made.stack.ctl.run("reload")
    assert status == 0
    wait_until(lambda: "config.applied" in made.text("lsapid.log"), 10, "the reload")
    assert "raw one" in before["a.log.1"] and "supervisor.start" in before["lsapid.log.1"]
    assert "raw one" not in made.text("a.log") and "raw two" not in before["a.log.1"]
    assert {name: made.text(name) for name in before} == before
    for process in (" lsapid: ", " lsapid-manager: "):
        assert process in made.text("lsapid.log")
    made.rotate()
    wait_until((made.dir / "a.log").exists, 10, "the pool's new file")
    assert {p.name for p in made.dir.iterdir()} >= {"a.log.1", "a.log.2.gz", "lsapid.log.2.gz"}


def test_without_lsapid_no_other_process_gets_the_signal(made):
    """The lock keeps the pid of who held it, and that may be anybody's by now."""
    made.dir.joinpath("a.log").write_text("x\n")
    with subprocess.Popen(["sleep", "60"]) as innocent:
        (made.daemon.run / "lock").write_text(f"{innocent.pid}\n")
        made.rotate()
        assert innocent.poll() is None
        innocent.kill()
    assert made.text("a.log.1") == "x\n" and not (made.dir / "a.log").exists()
    (made.daemon.run / "lock").unlink()
    made.dir.joinpath("a.log").write_text("y\n")
    made.rotate()
    assert made.text("a.log.1") == "y\n"
