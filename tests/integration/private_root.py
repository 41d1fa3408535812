# SPDX-License-Identifier: Apache-2.0
"""A root directory of one test: this machine's files, and whatever is done to them is gone with it.

An overlay of / in a mount namespace of its own; commands run in there by chroot. Processes and the
network are those of the machine.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import place
from place import BUILD, ROOT, wait_until

MOUNTS = """
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" none "$1/root"
mount --rbind /proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
echo ready
exec sleep infinity
"""
#: where meson install puts the programs
INSTALLED = {
    "lsapid": "/usr/sbin/lsapid",
    "lsapidctl": "/usr/sbin/lsapidctl",
    "lsapid-manager": "/usr/libexec/lsapid/lsapid-manager",
    "lsphp": "/usr/libexec/lsapid/lsphp",
    "mod_lsapi.so": "/usr/lib/apache2/modules/mod_lsapi.so",
}


class PrivateRoot:
    def __init__(self):
        self.base = Path(tempfile.mkdtemp(prefix="lr", dir="/run"))
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-ec", MOUNTS, "sh",
             str(self.base)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.why_not = "" if self.holder.stdout.readline() == "ready\n" else \
            self.holder.stderr.read().strip()
        #: its files, as we see them
        self.root = Path(f"/proc/{self.holder.pid}/root{self.base}/root")

    def install(self):
        """lsapid, as on a Debian: nothing of it is switched on."""
        for name, path in INSTALLED.items():
            self.copy(BUILD / place.PROGRAMS[name], path, 0o755)
        for name in ("mods-available", "mods-enabled", "conf-available", "conf-enabled"):
            shutil.rmtree(self.root / "etc/apache2" / name, ignore_errors=True)
            (self.root / "etc/apache2" / name).mkdir(parents=True)
        mods = "/etc/apache2/mods-available"
        self.put(f"{mods}/lsapi.load", "LoadModule lsapi_module "
                 "/usr/lib/apache2/modules/mod_lsapi.so\n")
        self.copy(ROOT / "etc/lsapi.conf", f"{mods}/lsapi.conf")
        self.copy(ROOT / "etc/lsapi.conf", "/usr/share/lsapid/lsapi.conf")
        for directory in ("/var/lib/lsapid", "/var/log/lsapid", "/run/lsapid",
                          "/etc/lsapid/pools.d"):
            shutil.rmtree(self.path(directory), ignore_errors=True)
            self.path(directory).mkdir(parents=True)
        # no systemd is running in there, so the account is made as systemd-sysusers would
        self.put("/usr/bin/systemd-sysusers", "#!/bin/sh\necho 'lsapid:x:64999:64999::/:/bin/false' "
                 ">>/etc/passwd\n", 0o755)
        self.put("/etc/lsapid/lsapid.conf", '#handler_map = ""\ncriu_program = ""\nuid_min = 1\n'
                 "gid_min = 1\n")

    def path(self, name):
        return self.root / name.lstrip("/")

    def put(self, name, text, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def copy(self, source, name, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        shutil.copy(source, path)
        path.chmod(mode)

    def text(self, name):
        return self.path(name).read_text(encoding="utf-8")

    def argv(self, *command):
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", "chroot",
                str(self.base / "root"), *map(str, command)]

    def run(self, *command):
        """Exit status, stdout and stderr."""
        done = subprocess.run(self.argv(*command), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=120, check=False, text=True, cwd="/")
        return done.returncode, done.stdout, done.stderr

    def start(self, *command, log):
        with open(log, "ab") as file:
            return subprocess.Popen(self.argv(*command), stdin=subprocess.DEVNULL, stdout=file,
                                    stderr=file, cwd="/")

    def processes(self):
        """Those that have this root; ours outside of it are none of them."""
        inside = os.stat(self.root)
        found = []
        for process in place.all_processes():
            try:
                if os.path.samestat(os.stat(f"/proc/{process.pid}/root"), inside):
                    found.append(process)
            except OSError:
                pass
        return found

    def end(self):
        if not self.why_not:
            for process in self.processes():
                try:
                    os.kill(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            wait_until(lambda: not [p for p in self.processes() if p.state not in "ZX"], 10,
                       "end of what ran in there")
        self.holder.kill()
        self.holder.wait()
        self.base.rmdir()
