# SPDX-License-Identifier: Apache-2.0
"""LSAPIPath: the path of a script says whose PHP runs it, and nobody can make it say more."""

import json
import os
import pwd

import pytest

from harness import SCRIPTS, Vhost

WHO = (SCRIPTS / "who.php").read_bytes()
ROOT = pwd.getpwnam("root")


class Homes:
    """One site over the homes of all accounts, and an account whose directory it is not."""

    def __init__(self, stack, accounts, pattern, extra=""):
        self.alice, self.bob = accounts.add(), accounts.add()
        self.homes = accounts.homes
        self.made = stack(Vhost("a.test", "games", identity=None), start=False)
        self.vhost = self.made.httpd.vhosts["a.test"]
        self.docroot = self.made.place.directory("www-a.test", ROOT)
        pattern = pattern.format(homes=self.homes)
        # what is weaker must not matter
        self.vhost.extra = f'LSAPIPath "{pattern}"\nAlias /u/ {self.homes}/\n' \
            f"Alias /v {self.homes}/\n" \
            f"lsapi_user_group games games\n{extra}"
        for owner in (self.alice, self.bob):
            self.put(f"{owner.pw_dir}/who.php", owner)

    def put(self, path, owner):
        return self.made.place.file(path, WHO, owner)

    def get(self, target):
        answer = self.made.get("a.test", target)
        return json.loads(answer.text)["user"] if answer.status == 200 else answer.status

    def url(self, owner, rest="who.php"):
        return f"/u/{owner.pw_name}/{rest}"


@pytest.mark.parametrize("pattern", ["{homes}/%u/", "{homes}/%u", "{homes}/([^/]+)/",
                                     "^{homes}/([a-z0-9]+)(/.*)?$"])
def test_account_of_the_path(accounts, stack, pattern):
    """It beats every other source; elsewhere those count. As a template, or a regular expression."""
    site = Homes(stack, accounts, pattern)
    site.made.start()
    assert site.get(site.url(site.alice)) == site.alice.pw_name
    assert site.get(site.url(site.bob)) == site.bob.pw_name
    assert site.get("/who.php") == "games"
    # two slashes in what Alias makes of it
    assert site.get(f"/v/{site.bob.pw_name}/who.php") == site.bob.pw_name
    # and again, from what is remembered
    assert site.get(site.url(site.alice)) == site.alice.pw_name


def test_part_of_a_name_and_a_directory_below(accounts, stack):
    site = Homes(stack, accounts, "{homes}/site-%u.d/www/")
    base = site.made.place.directory(f"{site.homes}/site-{site.alice.pw_name}.d", site.alice)
    for name in ("www", "www/in", "www2"):
        site.made.place.directory(base / name, site.alice)
        site.put(base / name / "who.php", site.alice)
    site.made.start()
    url = f"/u/site-{site.alice.pw_name}.d"
    assert site.get(f"{url}/www/who.php") == site.alice.pw_name
    assert site.get(f"{url}/www/in/who.php") == site.alice.pw_name
    assert site.get(f"{url}/www2/who.php") == "games"
    assert site.get(site.url(site.alice)) == "games"


def test_directory_that_is_not_that_accounts(accounts, stack):
    """503, and nobody else's PHP: no account, another's directory, a link, a directory in between."""
    site = Homes(stack, accounts, "{homes}/(?:sub/)?([^/]+)/")
    homes, alice, bob = site.homes, site.alice, site.bob
    site.made.place.directory(homes / "nobody-has-this", ROOT)
    site.put(homes / "nobody-has-this/who.php", ROOT)
    sub = site.made.place.directory(homes / "sub", alice)
    # alice makes directories with the names of others
    site.made.place.directory(sub / bob.pw_name, alice)
    site.put(sub / bob.pw_name / "who.php", alice)
    (sub / "games").symlink_to(homes / bob.pw_name)
    (homes / "mail").symlink_to(homes / alice.pw_name)
    os.lchown(homes / "mail", pwd.getpwnam("mail").pw_uid, -1)
    site.made.start()
    assert site.get("/u/nobody-has-this/who.php") == 503
    site.made.httpd.wait_log("user-unknown: LSAPIPath ", "a.test")
    assert site.get(f"/u/sub/{bob.pw_name}/who.php") == 503
    assert site.get("/u/sub/games/who.php") == 503
    site.made.httpd.wait_log(f"{homes}/sub is not root's alone (uid {alice.pw_uid}, mode 0755)",
                             "a.test")
    assert site.get("/u/mail/who.php") == 503
    site.made.httpd.wait_log(f"{homes}/mail is a link that is not root's", "a.test")
    os.chown(homes / bob.pw_name, alice.pw_uid, -1)
    assert site.get(site.url(bob)) == 503
    site.made.httpd.wait_log(f"{homes}/{bob.pw_name} belongs to another user (uid {alice.pw_uid}",
                             "a.test")
    assert ": path-owner: LSAPIPath " in site.made.httpd.text("a.test")
    assert [p["name"] for p in site.made.ctl.status()["pools"]] == []
    # root's link to a home is an administrator's way to say where it is
    (homes / "mail").unlink()
    os.rename(homes / alice.pw_name, homes / "moved")
    (homes / alice.pw_name).symlink_to(homes / "moved")
    assert site.get(site.url(alice)) == alice.pw_name


def test_links_and_dots_below_stay_with_the_account(accounts, stack):
    """A link of alice's to bob's page runs as alice: she may read it, or gets nothing."""
    site = Homes(stack, accounts, "{homes}/%u/")
    alice, bob = site.alice, site.bob
    (site.homes / alice.pw_name / "link.php").symlink_to(f"{bob.pw_dir}/who.php")
    (site.homes / alice.pw_name / "dir").symlink_to(bob.pw_dir)
    site.made.start()
    assert site.get(site.url(alice, "link.php")) == alice.pw_name
    assert site.get(site.url(alice, "dir/who.php")) == alice.pw_name
    for target in (f"/u/{alice.pw_name}/../{bob.pw_name}/who.php",
                   f"/u/{alice.pw_name}/%2e%2e/{bob.pw_name}/who.php",
                   f"/u/x/../{alice.pw_name}/dir/../../{bob.pw_name}/who.php"):
        assert site.get(target) in (bob.pw_name, 400, 403, 404), target


@pytest.mark.parametrize("pattern", ["{homes}/", "%u", "home/%u/", "{homes}/%u/%u/", "{homes}/([/",
                                     "([^/]+)/"])
def test_what_is_no_pattern(accounts, stack, pattern):
    """B21: not fatal, told of; and then nobody else's PHP instead."""
    site = Homes(stack, accounts, pattern)
    status, output = site.made.httpd.check()
    assert status == 0 and "neither an absolute path with %u in it once" in output, output
    site.made.start()
    assert site.get(site.url(site.alice)) == 503
    assert site.get("/who.php") == 503
    site.made.httpd.wait_log("Could not determine uid/gid for request: no-identity: LSAPIPath ",
                             "a.test")
