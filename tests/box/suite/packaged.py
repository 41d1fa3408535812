# SPDX-License-Identifier: Apache-2.0
"""lsapid.service as the Debian packages install it, with the programs of the build under test."""

import os
import subprocess
from pathlib import Path

from place import BUILD, ROOT
from service import Service, must

#: where something of ours might be
PLACES = ("/etc", "/usr/lib", "/usr/libexec", "/usr/sbin", "/usr/share", "/var/lib", "/var/log")


class PackagedService(Service):
    """Made once for all tests; @place is where the packages are."""

    names = ("lsapid", "libapache2-mod-lsapi")

    def __init__(self, place):
        # as long as it takes: it is nothing that is waited for
        subprocess.run([ROOT / "etc/package", "--of", BUILD, place], check=True,
                       env={**os.environ, "DPKG_DEB_COMPRESSOR_TYPE": "none"})
        self.packages = [str(path) for name in self.names for path in place.glob(f"{name}_*.deb")]
        self.before = self.files()  # of this machine
        # of a container: that packages start nothing; and an index of manuals, which takes long
        for path in ("/usr/sbin/policy-rc.d", "/var/lib/man-db/auto-update"):
            Path(path).unlink(missing_ok=True)

    def install(self):
        must("dpkg", "--install", *self.packages)

    @staticmethod
    def files():
        return set(must("find", *PLACES, "-xdev", "-iname", "*lsapi*").splitlines())
