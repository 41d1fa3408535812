# SPDX-License-Identifier: Apache-2.0
"""lsapi_target_perm and lsapi_paranoid: what is looked at, and that nothing gets around it."""

import os
import pwd

import pytest

from harness import Vhost

HELLO = "<?php echo 'ran';"
#: another user's, and one who may be somebody else for a test without root
OTHER = "mail"


class Site:
    """One site and what is put into it."""

    def __init__(self, stack, extra, **how):
        self.vhost = Vhost("a.test", "games", extra=extra)
        self.made = stack(self.vhost, start=False, **how)
        self.docroot = self.vhost.docroot

    def put(self, name, owner=None, mode=0o644):
        owner = pwd.getpwnam(owner) if owner else self.vhost.owner
        return self.made.place.file(self.docroot / name, HELLO, owner, mode)

    def directory(self, name, owner=None, mode=0o755):
        owner = pwd.getpwnam(owner) if owner else self.vhost.owner
        return self.made.place.directory(f"{self.docroot.name}/{name}", owner, mode)

    def get(self, target):
        answer = self.made.get("a.test", target)
        assert answer.status != 200 or answer.text == "ran", answer.text
        return answer.status

    def refusal(self, words):
        self.made.httpd.wait_log(words, "a.test")
        return [x for x in self.made.httpd.text("a.test").splitlines() if words in x][0]


@pytest.mark.parametrize("name", ["lsapi_target_perm", "lsapi_check_owner", "lsapi_check_script"])
def test_script_of_somebody_else(stack, name):
    """B07: by whatever way it comes: by itself, by a link, by .. in a link, by a rewritten path."""
    site = Site(stack, f"{name} On\nRewriteEngine On\nRewriteRule ^/rewritten$ /foreign.php [L]\n"
                "Alias /aliased {0}/foreign.php\nErrorDocument 404 /foreign.php")
    site.vhost.extra = site.vhost.extra.format(site.docroot)
    own, foreign = site.put("own.php"), site.put("foreign.php", OTHER)
    site.put("root.php", "root")
    site.directory("in")
    (site.docroot / "link.php").symlink_to(foreign)
    (site.docroot / "in/up.php").symlink_to("../in/../foreign.php")
    (site.docroot / "chain.php").symlink_to("in/up.php")
    (site.docroot / "good.php").symlink_to(own)
    os.lchown(site.docroot / "good.php", pwd.getpwnam(OTHER).pw_uid, -1)
    os.link(foreign, site.docroot / "hard.php")
    site.made.start()
    assert site.get("/own.php") == 200
    assert site.get("/good.php") == 200, "who made a link is not what counts"
    for target in ("/foreign.php", "/link.php", "/in/up.php", "/chain.php", "/hard.php",
                   "/root.php", "/rewritten", "/aliased", "/in/../foreign.php", "/foreign.php/info",
                   "/%66oreign.php", "//foreign.php"):
        assert site.get(target) == 503, target
    # the page of an error runs nobody's script either, and the error stays one
    assert site.get("/nowhere.txt") in (404, 503)
    uid, other = site.vhost.owner.pw_uid, pwd.getpwnam(OTHER).pw_uid
    words = f"Own id for script file ({site.docroot}/link.php) is {other}; should be {uid}"
    line = site.refusal(words)
    assert ": script-owner: " in line and "lsapi_target_perm Off" in line


def test_target_perm_of_the_default_user(stack):
    """B07, B28: without an identity the scripts have to be the Apache user's."""
    made = stack(Vhost("a.test"), extra="lsapi_target_perm On", start=False)
    vhost = made.httpd.vhosts["a.test"]
    made.place.file(vhost.docroot / "own.php", HELLO, pwd.getpwnam("www-data"))
    made.place.file(vhost.docroot / "foreign.php", HELLO, pwd.getpwnam("games"))
    made.start()
    assert made.get("a.test", "/own.php").status == 200
    assert made.get("a.test", "/foreign.php").status == 503


def test_checks_are_off_unless_asked_for(stack):
    site = Site(stack, "")
    site.put("foreign.php", OTHER)
    site.put("loose.php", mode=0o666)
    site.made.start()
    assert site.get("/foreign.php") == 200
    assert site.get("/loose.php") == 200


def test_owner_that_changes_is_seen_at_once(stack):
    """Nothing of an earlier look is remembered."""
    site = Site(stack, "lsapi_target_perm On")
    path = site.put("own.php")
    site.made.start()
    for _ in range(3):
        assert site.get("/own.php") == 200
        os.chown(path, pwd.getpwnam(OTHER).pw_uid, -1)
        assert site.get("/own.php") == 503
        os.chown(path, site.vhost.owner.pw_uid, -1)


@pytest.mark.single_user
def test_script_that_others_can_write_to(stack):
    """B09: the file itself, by a link too; group-writable is the owner's business."""
    site = Site(stack, "lsapi_paranoid On")
    site.put("good.php")
    site.put("group.php", mode=0o664)
    loose = site.put("loose.php", mode=0o646)
    (site.docroot / "link.php").symlink_to(loose)
    site.made.start()
    assert site.get("/good.php") == 200
    assert site.get("/group.php") == 200
    assert site.get("/loose.php") == 503
    assert site.get("/link.php") == 503
    line = site.refusal(f"Script file ({loose}) is writable by others (mode 0646)")
    assert ": script-unsafe: " in line and "lsapi_paranoid Off" in line
    loose.chmod(0o644)
    assert site.get("/loose.php") == 200


@pytest.mark.single_user
def test_script_that_others_can_exchange(stack):
    """B09: who can write to a directory of its path can put another file in its place."""
    site = Site(stack, "lsapi_paranoid On")
    for name, mode in (("loose", 0o777), ("sticky", 0o1777), ("closed", 0o755), ("group", 0o775)):
        site.directory(name, mode=mode)
        site.put(f"{name}/a.php")
        site.directory(f"{name}/in")
        site.put(f"{name}/in/a.php")
    (site.docroot / "closed/link.php").symlink_to("../loose/a.php")
    (site.docroot / "loose/link.php").symlink_to("../closed/a.php")
    (site.docroot / "way").symlink_to("loose")
    site.made.start()
    assert [site.get(f"/{x}") for x in ("closed/a.php", "closed/in/a.php", "group/a.php")] == \
        [200, 200, 200]
    assert site.get("/sticky/in/a.php") == 200, "as in /tmp: nobody else can rename what is in it"
    for target in ("loose/a.php", "loose/in/a.php", "sticky/a.php", "closed/link.php",
                   "loose/link.php", "way/a.php", "way/in/a.php"):
        assert site.get(f"/{target}") == 503, target
    line = site.refusal(f"Directory ({site.docroot}/loose) of script file "
                        f"({site.docroot}/loose/in/a.php) is writable by others (mode 0777)")
    assert ": script-unsafe: " in line


# --- lsapi_check_document_root ------------------------------------------------------------------


@pytest.mark.parametrize("extra", ["", "lsapi_per_user On"], ids=["vhost", "user"])
def test_document_root_by_a_link_or_dots(stack, extra):
    """B08: what counts is the directory that is there in the end, not who made the way to it."""
    made = stack(Vhost("own.test", "games", extra=extra), Vhost("foreign.test", OTHER),
                 start=False)
    own, foreign = (made.httpd.vhosts[f"{x}.test"].docroot for x in ("own", "foreign"))
    roots = {"link": foreign, "chain": made.place.path / "root-link", "dots": None, "good": own}
    for name, target in roots.items():
        path = made.place.path / f"root-{name}"
        if target:
            path.symlink_to(target)
            os.lchown(path, pwd.getpwnam("games").pw_uid, -1)
        else:
            path = own / ".." / foreign.name
        vhost = Vhost(f"{name}.test", "games", extra=extra, docroot=path)
        vhost.scripts = []
        made.httpd.vhosts[vhost.name] = vhost
        made.httpd.prepare(vhost)
    made.start()
    for name in ("link", "chain", "dots"):
        assert made.get(f"{name}.test", "/who.php").status == 503, name
        made.httpd.wait_log("docroot-owner", f"{name}.test")
    for name in ("good", "own", "foreign"):
        assert made.get(f"{name}.test", "/who.php").status == 200, name
