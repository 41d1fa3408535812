# SPDX-License-Identifier: Apache-2.0
"""Whose PHP runs: every way to say it, their order, and what never says it."""

import json
import pwd
import re
import subprocess

import pytest

import modules
from harness import SUEXEC, Vhost
from place import ROOT

#: directives of two words, strongest first (B23); all beside each other is what panels leave behind
OWNERS = ["lsapi_user_group", "SuExecUserGroup", "suPHP_UserGroup", "RUidGid", "AssignUserID"]
FOREIGN = re.findall(r'^(OWNER|FOREIGN)\("(\w+)", "(\w+)"',
                     (ROOT / "proto/directives_foreign.def").read_text(encoding="utf-8"),
                     re.MULTILINE)
NOBODY = "no-such-account"


def ids(name):
    entry = pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


def who(made, vhost, target="/who.php"):
    answer = made.get(vhost, target)
    assert answer.status == 200, answer.text
    seen = json.loads(answer.text)
    return seen["uid"], seen["gid"]


def without_suexec(made):
    made.httpd.modules = [m for m in made.httpd.modules if m != "suexec"]
    return made


def site(name, extra, owner="games"):
    return Vhost(name, owner, identity=None, extra=extra)


@pytest.mark.parametrize("has_suexec", [True, False])
def test_every_source_alone(stack, has_suexec):
    """B22: by name and by number, with and without the module that a directive was made for."""
    if has_suexec and not SUEXEC.exists():
        pytest.skip("mod_suexec takes SuExecUserGroup only where the suexec binary is installed")
    uid, gid = ids("games")
    lines = [f"{name} games mail" for name in OWNERS]
    lines += [f"{name} #{uid} #{ids('mail')[1]}" for name in OWNERS]
    lines += [f"lsapi_uid_gid {uid} {ids('mail')[1]}", "lsapi_user games mail"]
    own_group = ["lsapi_user games", f"lsapi_user #{uid}"]
    sites = [site(f"s{i}.test", line) for i, line in enumerate(lines + own_group)]
    made = stack(*sites, start=False)
    if not has_suexec:
        without_suexec(made)
    made.start()
    for i, line in enumerate(lines):
        assert who(made, f"s{i}.test") == (uid, ids("mail")[1]), line
    for i, line in enumerate(own_group, len(lines)):
        assert who(made, f"s{i}.test") == (uid, gid), line


@pytest.mark.deadline(300)
@pytest.mark.parametrize("where", ["server", "vhost", "directory"])
def test_order_of_sources(stack, where):
    """B23, B29: in each place the strongest that is written counts, whatever is written after it."""
    check = "lsapi_check_document_root Off"
    made = without_suexec(stack(start=False))
    for i in range(len(OWNERS)):
        # the strongest last but one, the weaker around it
        lines = [f"{name} mail mail" for name in OWNERS[i + 1:]]
        lines.insert(1, f"{OWNERS[i]} games games")
        text = "\n".join(lines)
        vhost = site(f"s{i}.test", f"{check}\n{text if where == 'vhost' else ''}")
        made.httpd.vhosts[vhost.name] = vhost
        made.httpd.prepare(vhost)
        if where == "directory":
            vhost.extra += f"\n<Directory {vhost.docroot}>\n{text}\n</Directory>"
    if where == "server":
        made.httpd.vhosts = {k: v for k, v in made.httpd.vhosts.items() if k == "s0.test"}
        for i in range(len(OWNERS)):
            lines = [f"{name} mail mail" for name in OWNERS[i + 1:]]
            made.httpd.extra = "\n".join([f"{OWNERS[i]} games games", *lines])
            made.start()
            assert who(made, "s0.test") == ids("games"), OWNERS[i]
            made.httpd.stop()
            made.daemon.stop()
        return
    made.start()
    for i in range(len(OWNERS)):
        assert who(made, f"s{i}.test") == ids("games"), OWNERS[i]


def test_a_section_may_have_another_user(stack):
    """B29: one directory of a site, by any of the directives; the rest of it is not touched."""
    vhost = site("a.test", "lsapi_user_group games games\nlsapi_check_document_root Off")
    made = without_suexec(stack(vhost, start=False))
    vhost.extra += f"\n<Directory {vhost.docroot}/in>\nlsapi_user_group mail mail\n</Directory>" \
        "\n<Location /at>\nlsapi_uid_gid %d %d\n</Location>" % ids("man")
    for name in ("in", "at"):
        made.place.directory(f"www-a.test/{name}", vhost.owner)
        made.place.file(vhost.docroot / name / "who.php", (vhost.docroot / "who.php").read_text(),
                        vhost.owner)
    made.start()
    assert who(made, "a.test") == ids("games")
    assert who(made, "a.test", "/in/who.php") == ids("mail")
    assert who(made, "a.test", "/at/who.php") == ids("man")


@pytest.mark.parametrize("line, reason", [
    *((f"{name} {NOBODY} games", "user-unknown") for name in OWNERS),
    *((f"{name} games {NOBODY}", "group-unknown") for name in OWNERS),
    ("lsapi_user " + NOBODY, "user-unknown"),
    ("lsapi_user #abc games", "user-unknown"),
    ("lsapi_user_group #4294967295 games", "user-unknown"),
    ("lsapi_uid_gid games games", "user-unknown"),
    ("lsapi_uid_gid 1 -1", "group-unknown"),
    ("lsapi_uid_gid 99999999999 1", "user-unknown"),
])
def test_an_account_that_is_not_there(stack, line, reason):
    """httpd starts, says so, and answers 503: not as anybody else, however much is written below."""
    weaker = [f"{name} games games" for name in OWNERS if not line.startswith(name)]
    weaker = weaker[OWNERS.index(line.split()[0]) if line.split()[0] in OWNERS else 1:]
    made = without_suexec(stack(site("a.test", "\n".join([*weaker, line])),
                                site("b.test", "lsapi_user games"), start=False))
    status, output = made.httpd.check()
    assert status == 0, output
    warned, = [text for text in output.splitlines() if f"{line} (" in text]
    assert f"): {reason}: " in warned and "httpd.conf:" in warned
    made.start()
    assert made.get("a.test", "/who.php").status == 503
    made.httpd.wait_log(f"Could not determine uid/gid for request: {reason}: {line} (", "a.test")
    assert made.get("b.test", "/who.php").status == 200
    assert [p["name"] for p in made.ctl.status()["pools"]] == ["b.test"]


def test_default_user_is_switched_off(stack):
    """B06: no identity, no PHP."""
    made = without_suexec(stack(site("a.test", "lsapi_use_default_uid Off", None),
                                site("b.test", "lsapi_use_default_uid Off\nRUidGid games games"),
                                site("c.test", "", None)))
    assert made.get("a.test", "/who.php").status == 503
    made.httpd.wait_log("Could not determine uid/gid for request: no-identity: ", "a.test")
    assert who(made, "b.test") == ids("games")
    assert who(made, "c.test") == ids("www-data")


def test_use_suexec_off_is_the_user_of_httpd(stack):
    """B30: whatever else is said, of the whole server or one site."""
    lines = "\n".join(f"{name} games games" for name in OWNERS)
    sites = [site("a.test", lines, None), site("b.test", f"{lines}\nlsapi_use_suexec On"),
             site("c.test", f"lsapi_user {NOBODY}", None)]
    made = without_suexec(stack(*sites, extra="lsapi_use_suexec Off"))
    assert who(made, "a.test") == ids("www-data")
    assert who(made, "b.test") == ids("games")
    assert who(made, "c.test") == ids("www-data")


def test_root_and_low_ids_are_refused(stack):
    """B26: by whichever directive."""
    made = without_suexec(stack(
        *(site(f"s{i}.test", f"{name} root root\nlsapi_check_document_root Off")
          for i, name in enumerate(OWNERS)),
        site("gid.test", "lsapi_user_group games root"),
        site("low.test", "lsapi_user_group games games"), site("high.test", "lsapi_user mail",
                                                               "mail"),
        settings={"uid_min": ids("games")[0] + 1}))
    for i in range(len(OWNERS)):
        assert made.get(f"s{i}.test", "/who.php").status == 503
        made.httpd.wait_log(": uid-floor: ", f"s{i}.test")
    for name, reason in (("gid.test", "gid-floor"), ("low.test", "uid-floor")):
        assert made.get(name, "/who.php").status == 503
        made.httpd.wait_log(f": {reason}: ", name)
    assert who(made, "high.test") == ids("mail")


@pytest.mark.parametrize("has_suexec", [True, False])
def test_userdir(accounts, stack, has_suexec):
    """mod_userdir says whose a page is, more strongly than SuExecUserGroup, less than lsapi_*."""
    if has_suexec and not SUEXEC.exists():
        pytest.skip("mod_suexec takes SuExecUserGroup only where the suexec binary is installed")
    alice = accounts.add()
    made = stack(site("a.test", "SuExecUserGroup games games\nUserDir public_html"),
                 site("b.test", "lsapi_user_group games games\nUserDir public_html"),
                 modules=["userdir"], start=False)
    if not has_suexec:
        without_suexec(made)
    for vhost in made.httpd.vhosts.values():
        made.place.directory(vhost.docroot.name, pwd.getpwnam("root"))
    page = made.place.directory(f"{alice.pw_dir}/public_html", alice)
    made.place.file(page / "who.php", (made.httpd.vhosts["a.test"].docroot / "who.php").read_text(),
                    alice)
    made.start()
    assert who(made, "a.test", f"/~{alice.pw_name}/who.php") == (alice.pw_uid, alice.pw_gid)
    assert who(made, "a.test") == ids("games")
    assert who(made, "b.test", f"/~{alice.pw_name}/who.php") == ids("games")


# --- .htaccess ---------------------------------------------------------------------------------


@pytest.mark.parametrize("override", ["AllowOverride All", "AllowOverride None\nAllowOverrideList %s"])
def test_htaccess_never_says_who(stack, override):
    """Not even where the administrator's list has the directive in it."""
    names = [*OWNERS, "lsapi_uid_gid", "lsapi_user"]
    made = without_suexec(stack(site("a.test", ""), start=False))
    vhost = made.httpd.vhosts["a.test"]
    vhost.extra = f"lsapi_user games\n<Directory {vhost.docroot}>\n" \
        f"{override % ' '.join(names) if '%' in override else override}\n</Directory>"
    made.start()
    for name in names:
        value = "%d %d" % ids("mail") if name == "lsapi_uid_gid" else "mail mail"
        made.place.file(vhost.docroot / ".htaccess", f"{name} {value}\n", vhost.owner)
        assert made.get("a.test", "/who.php").status == 500, name
    (vhost.docroot / ".htaccess").unlink()
    assert who(made, "a.test") == ids("games")


# --- directives of modules that are not there ---------------------------------------------------


@pytest.mark.single_user
@pytest.mark.parametrize("where", ["vhost", "directory", ".htaccess"])
def test_directives_of_replaced_modules_are_accepted(stack, where):
    """B25: with whatever arguments, and what takes their place is said at level info."""
    words = ["On", "/usr/bin/php .php", '"a b" c d', "a=b -x 5 -y"]
    lines = [f"{name} {words[i % len(words)]}"
             for i, (kind, name, _) in enumerate(FOREIGN) if kind == "FOREIGN"]
    assert len(lines) > 70
    vhost = Vhost("a.test", "games")
    made = without_suexec(stack(vhost, start=False))
    text = "\n".join(lines)
    if where == ".htaccess":
        made.place.file(vhost.docroot / where, text, vhost.owner)
    else:
        vhost.extra = text if where == "vhost" else \
            f"<Directory {vhost.docroot}>\n{text}\n</Directory>"
    made.httpd.write_conf()
    done = subprocess.run(made.httpd.argv("-t", "-e", "info"), env=made.httpd.environ(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    for kind, name, module in FOREIGN:
        assert kind == "OWNER" or where == ".htaccess" or \
            f"{name} of {module} has no effect; in its place: " in done.stdout, name
    made.start()
    assert made.get("a.test", "/who.php").status == 200


@pytest.mark.single_user
@pytest.mark.parametrize("line", ["RMode stat", "AssignUserIDExpr %{reqenv:X}",
                                  "AssignGroupIDExpr %{reqenv:X}"])
def test_what_would_have_chosen_a_user_is_warned_of(stack, line):
    """At the default level of logs, not only at info."""
    made = without_suexec(stack(Vhost("a.test", "games", extra=f"RMode config\n{line}"),
                                extra="LogLevel warn", start=False))
    status, output = made.httpd.check()
    assert status == 0
    warned, = [text for text in output.splitlines() if "has no effect" in text]
    assert f": {line.split()[0]} of " in warned


@pytest.mark.single_user
def test_a_module_that_is_there_gets_its_directives(stack):
    """Both are given it: the other module acts on it, and ours does not say it has no effect."""
    made = without_suexec(stack(Vhost("a.test", "games", extra="FcgidWrapper x.php .php\n"
                                      "AssignUserID someone else\nFcgidIOTimeout 5"), start=False))
    modules.build(made.place, "mod_fcgid", "fcgid", ["FcgidWrapper", "AssignUserID"])
    made.httpd.extra = modules.load(made.place, "mod_fcgid", "fcgid")
    status, output = made.httpd.check()
    assert status == 0, output
    assert "fcgid: FcgidWrapper(x.php .php)" in output
    assert "fcgid: AssignUserID(someone else)" in output
    assert "FcgidWrapper of mod_fcgid has no effect" not in output
