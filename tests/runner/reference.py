# SPDX-License-Identifier: Apache-2.0
"""Debian packages that tests read without having them installed.

mod_php and PHP-FPM would change the machine's own Apache and start a service; WordPress would
pull in both. Unpacked below the build directory they change nothing, and need no root.
"""

import shutil

from result import OUT, Log, need

PACKAGES = (
    "libapache2-mod-php8.2", "php8.2-fpm",  # what $_SERVER is compared with
    "libapache2-mod-security2", "libyajl2", "liblua5.1-0",  # a filter that reads all bodies
    "wordpress", "wordpress-theme-twentytwentythree",  # a real application
    "php-getid3", "libjs-cropper", "libjs-underscore",
)


def unpack():
    """The directory they are unpacked in; None and a reason if they cannot be had."""
    where = OUT / "reference"
    done = where / ".done"
    if done.exists() and done.read_text() == " ".join(PACKAGES):
        return where, None
    missing = need("apt-get", "dpkg-deb")
    if missing:
        return None, f"{missing} is not installed"
    shutil.rmtree(where, ignore_errors=True)
    debs = where / "debs"
    debs.mkdir(parents=True)
    log = Log("reference")
    status, _ = log.run("apt-get", "download", *PACKAGES, must=False, cwd=debs)
    if status:
        return None, f"apt-get download does not give {' '.join(PACKAGES)}: see {log.path}"
    for deb in sorted(debs.glob("*.deb")):
        log.run("dpkg-deb", "--extract", deb, where)
    shutil.rmtree(debs)
    done.write_text(" ".join(PACKAGES))
    return where, None
