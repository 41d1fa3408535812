# SPDX-License-Identifier: Apache-2.0
"""A terminal with a command in it, by tmux."""

import subprocess

from place import wait_until


class Screen:
    """A terminal that runs one command; what is to be seen on it."""

    count = 0

    def __init__(self, place, *argv, columns=100, lines=24):
        Screen.count += 1  # the server of an earlier one may still be ending
        self.socket = place.path / f"tmux{Screen.count}"
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(lines), "sh", "-c",
                  '"$@"; echo "ended with $?"; read line', "sh", *map(str, argv))

    def tmux(self, *words):
        return subprocess.run(["tmux", "-u", "-f", "/dev/null", "-S", str(self.socket), *words],
                              stdout=subprocess.PIPE, text=True, check=True).stdout

    def text(self):
        return self.tmux("capture-pane", "-p")

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def write(self, text):
        self.tmux("send-keys", "-l", "--", text)

    def shows(self, *words):
        """Lines of the screen that had all these words."""
        seen = []

        def has_all():
            seen.append(self.text())
            return all(w in seen[-1] for w in words)

        wait_until(has_all, 60, f"{words} on the screen")
        return seen[-1].splitlines()

    def end(self):
        self.tmux("kill-server")
