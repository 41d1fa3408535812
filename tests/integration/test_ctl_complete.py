# SPDX-License-Identifier: Apache-2.0
"""What bash and zsh offer for a command line of lsapidctl, with the Tab key in a real one."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import Vhost
from screen import Screen

pytestmark = [pytest.mark.single_user]
FILES = Path(__file__).resolve().parents[2] / "daemon/ctl/completion"
MANUAL = FILES.parent / "lsapidctl.8.scd"
SHARED = {"vhosts": lambda: [Vhost("a.test", "games"), Vhost("b.test", "games")]}
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], f"source {FILES}/lsapidctl.bash"),
    "zsh": (["zsh", "-f", "-i"], f"fpath=({FILES} $fpath); autoload -U compinit; compinit -u -D"),
}


@pytest.fixture(scope="module")
def known(shared):
    for vhost in ("a.test", "b.test"):
        assert shared.get(vhost, "/who.php").status == 200
    return shared


def offered(made, *words):
    status, text = made.ctl.run("complete", "--", *words)
    assert status == 0
    return [line.split("\t")[0] for line in text.splitlines()]


def shown_by_help(made, *words):
    """Commands and long options that --help prints."""
    status, text = made.ctl.run(*words, "--help")
    assert status == 0
    listed = re.search(r"\nCommands:\n(.*?)\n\n", text, re.DOTALL)
    commands = re.findall(r"^  (\S+)", listed.group(1), re.MULTILINE) if listed else []
    return commands, re.findall(r"^  (?:-\w, |    )(--[\w-]+)", text, re.MULTILINE)


def test_all_commands_and_options_are_offered(known):
    commands, options = shown_by_help(known)
    assert {"status", "top", "ps", "criu"} <= set(commands) and "--json" in options
    assert offered(known, "") == commands
    assert offered(known, "-") == options
    for command in commands:
        below, options = shown_by_help(known, command)
        assert sorted(offered(known, command, "--")) == sorted(options)
        if below:
            assert offered(known, command, "") == below


def test_all_commands_and_options_are_in_the_manual(known):
    """Each command has an entry and stands in the synopsis; options that several have may be told
    once for all. And nothing else does."""
    manual = MANUAL.read_text()
    synopsis = re.search(r"# SYNOPSIS\n(.*?)\n# ", manual, re.DOTALL).group(1)
    commands, options = shown_by_help(known)
    words = {"lsapidctl", *commands}
    for command in commands:
        assert re.search(rf"^\*{command}\*|^\*.*, \*{command}\*", manual, re.MULTILINE), command
        below, more = shown_by_help(known, command)
        words |= set(below)
        options += [o for word in below for o in shown_by_help(known, command, word)[1]] + more
    entries = "\n".join(re.findall(r"^\s*(\*.*)$", manual, re.MULTILINE))
    assert set(re.findall(r"\*[^*]*?(--[\w-]+)", entries)) == set(options)
    assert set(re.findall(r"\*([a-z][a-z-]*)", synopsis)) == words


def test_names_of_pools_and_users_are_offered(known):
    owner = known.httpd.vhosts["a.test"].owner.pw_name
    assert offered(known, "show", "") == ["a.test", "b.test"]
    assert offered(known, "status", "--json", "x", "b") == ["b.test"]
    assert offered(known, "status", "--user", "") == [owner]
    assert offered(known, f"--socket={known.daemon.socket}", "ps", f"--user={owner[:2]}") == [
        f"--user={owner}"]
    assert offered(known, "status", "--state", "d") == ["draining"]
    assert offered(known, "import", "") == []  # files, which the shell knows


def test_without_a_daemon_there_is_silence(stack):
    made = stack(start=False)
    assert made.ctl.run("complete", "--", "show", "") == (0, "")


@pytest.mark.skipif(not shutil.which("tmux"), reason="no tmux")
@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes(known, shell):
    if not shutil.which(shell):
        pytest.skip(f"no {shell}")
    command, setup = SHELLS[shell]
    screen = Screen(known.place, "env", f"PATH={known.place.bin}:{os.environ['PATH']}",
                    "PS1=ready:", "PROMPT=ready:", *command)
    try:
        screen.shows("ready:")
        screen.write(setup + "; clear")
        screen.type("Enter")
        screen.write("lsapidctl criu res")
        screen.type("Tab")
        screen.write("here")
        screen.shows("lsapidctl criu reset here")
        screen.type("C-u")
        screen.write("lsapidctl status --sta")
        screen.type("Tab")
        screen.write("dr")
        screen.type("Tab")
        screen.write("--sort=qu")
        screen.type("Tab")
        screen.shows("lsapidctl status --state draining --sort=queue")
        screen.type("C-u")
        screen.write(f"lsapidctl -s {known.daemon.socket} show b")
        screen.type("Tab")
        screen.shows("show b.test")
        screen.type("C-u")
        screen.write(f"lsapidctl import {FILES}/lsapidctl.ba")
        screen.type("Tab")
        screen.shows("/lsapidctl.bash")
    finally:
        screen.end()


def test_bash_file_is_sound():
    subprocess.run(["bash", "-n", str(FILES / "lsapidctl.bash")], check=True)
