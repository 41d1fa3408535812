# SPDX-License-Identifier: Apache-2.0
"""Accounts that live as long as a test: what needs a home directory of the user's own. A plugin."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


class Accounts:
    """Makes users with a group and a home each; end() removes them."""

    def __init__(self):
        self.names = []
        # short, as paths of sockets are; and where nobody but root may rename anything
        self.homes = Path(tempfile.mkdtemp(prefix="lh", dir="/run"))
        self.homes.chmod(0o755)

    def add(self, home=True):
        """A new user: his entry of the passwd database."""
        name = f"lsu{os.getpid()}n{len(self.names)}"
        path = self.homes / name
        subprocess.run(["useradd", "--no-create-home", "--home-dir", str(path), "--user-group",
                        "--shell", "/usr/sbin/nologin", name], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.names.append(name)
        entry = pwd.getpwnam(name)
        if home:
            path.mkdir(mode=0o755)
            os.chown(path, entry.pw_uid, entry.pw_gid)
        return entry

    def end(self):
        for name in self.names:
            subprocess.run(["userdel", name], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        shutil.rmtree(self.homes)


@pytest.fixture
def accounts():
    """Users that are gone with the test."""
    made = Accounts()
    yield made
    made.end()
