# SPDX-License-Identifier: Apache-2.0
"""B19: lsapi_tmpdir, where request bodies lie that have to be complete before PHP is asked."""

import hashlib
import os

import pytest

from harness import Vhost
from place import wait_until

pytestmark = pytest.mark.single_user
BODY = os.urandom(400000)


def open_files(made):
    """Where the open files without a name are that httpd's workers have."""
    found = set()
    for pid in made.httpd.workers():
        try:
            names = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        for name in names:
            try:
                target = os.readlink(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            if target.endswith(" (deleted)"):
                found.add(os.path.dirname(target))
    return found


def post(made, vhost, directory):
    """A chunked body, whose last part comes when the file with the others has been seen."""
    def parts():
        yield BODY[:300000]
        wait_until(lambda: directory in open_files(made), 20, f"a body in {directory}")
        yield BODY[300000:]

    return made.get(vhost, "/hash.php", method="POST", body=parts(), chunked=True)


def test_bodies_are_spooled_there(stack):
    made = stack(Vhost("own.test", "games", extra="lsapi_tmpdir @/spool"), Vhost("main.test", "games"),
                 Vhost("bad.test", "games", extra="lsapi_tmpdir spool"),
                 extra="lsapi_tmpdir @/main", start=False)
    top = str(made.place.path)
    made.httpd.extra = made.httpd.extra.replace("@", top)
    for vhost in made.httpd.vhosts.values():
        vhost.extra = vhost.extra.replace("@", top)
        made.place.file(vhost.docroot / "hash.php",
                        "<?php echo sha1(file_get_contents('php://input'));", vhost.owner)
    for name in ("spool", "main"):
        made.place.directory(name, mode=0o1777)
    made.start()
    expected = hashlib.sha1(BODY).hexdigest()
    for vhost, name in (("own.test", "spool"), ("main.test", "main"), ("bad.test", "main")):
        answer = post(made, vhost, f"{top}/{name}")
        assert (answer.status, answer.text) == (200, expected)
        # nothing with a name was left
        assert not os.listdir(f"{top}/{name}")
    made.httpd.wait_log("lsapi_tmpdir spool: not an absolute path, it is ignored")


def test_default_is_tmp(stack):
    """What is malformed falls back to it."""
    made = stack(Vhost("a.test", "games"), extra="lsapi_tmpdir spool", start=False)
    vhost = made.httpd.vhosts["a.test"]
    made.place.file(vhost.docroot / "hash.php", "<?php echo strlen(file_get_contents('php://input'));",
                    vhost.owner)
    made.start()
    assert post(made, "a.test", "/tmp").text == str(len(BODY))


def test_directory_that_is_not_there(stack):
    made = stack(Vhost("a.test", "games", extra="lsapi_tmpdir /no/such/directory"))
    assert made.get("a.test", "/mirror.php", method="POST", body=BODY, chunked=True).status == 500
    made.httpd.wait_log("can not create a file for the request body in lsapi_tmpdir "
                        "/no/such/directory", "a.test")
