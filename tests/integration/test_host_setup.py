# SPDX-License-Identifier: Apache-2.0
"""lsapidctl setup, uninstall and their like, and switch_mod_lsapi, on trees laid out like panels.

Nothing is run in there: what would be run is told.
"""

import json

import pytest

import host_tree
from host_tree import HANDLER_MAP, LSPHP, PANELS, Tree, done, refused
from place import ROOT

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]

DEBIAN_LINKS = ("/etc/apache2/mods-enabled/lsapi.load", "/etc/apache2/mods-enabled/lsapi.conf")
HEADS = {"cpanel_ea3": "cPanel with EasyApache 3", "cpanel_ea4": "cPanel with EasyApache 4",
         "directadmin": "DirectAdmin", "plesk": "Plesk", "interworx": "InterWorx",
         "ispmanager": "ISPManager", "none": "a host without a panel"}
#: what each panel refuses; all the rest it has to do
REFUSED = {
    "none": "setup-light enable-domain disable-domain enable-global disable-global "
            "build-native-lsphp build-native-lsphp-cust",
    "cpanel_ea3": "setup-light",
    "cpanel_ea4": "enable-domain disable-domain disable-global build-native-lsphp "
                  "build-native-lsphp-cust",
    "directadmin": "setup-light enable-domain disable-domain build-native-lsphp "
                   "build-native-lsphp-cust check-php",
    "plesk": "setup-light enable-domain disable-domain enable-global disable-global "
             "build-native-lsphp build-native-lsphp-cust",
}
REFUSED["interworx"] = REFUSED["ispmanager"] = REFUSED["plesk"]
#: of the options that go with others
MORE_REFUSED = {"directadmin": ("verbose", "force")}
NO_DOMAINS = ("none", "cpanel_ea3", "interworx", "ispmanager")
OPERANDS = {"enable-domain": "bob.example", "disable-domain": "bob.example",
            "build-native-lsphp-cust": "/usr/src/php"}
BUILDS = ("build-native-lsphp", "build-native-lsphp-cust")


# --- all panels ------------------------------------------------------------------------------


@pytest.mark.parametrize("panel", PANELS)
def test_setup_and_back(make_host, panel):
    """A dry run changes nothing, a second setup neither, and uninstall leaves every byte."""
    tree = make_host(panel)
    before = tree.snapshot()
    assert "would " in done(tree.ctl("setup", "--dry-run"))
    assert tree.snapshot() == before
    assert f"setup: {HEADS[panel]}, " in done(tree.ctl("setup"))
    after = tree.snapshot()
    assert after != before
    assert "nothing to do" in done(tree.ctl("setup"))
    assert tree.snapshot() == after
    assert "undone" in done(tree.ctl("uninstall"))
    assert tree.snapshot() == before
    assert "nothing to undo" in done(tree.ctl("uninstall"))


@pytest.mark.parametrize("panel", PANELS)
def test_what_the_panel_does_not_support_is_refused(make_host, panel):
    """By switch_mod_lsapi: each option that its table has no + for, and only these."""
    tree = make_host(panel)
    done(tree.switch("--setup"))
    before = tree.snapshot()
    for option in ("setup-light", "enable-domain", "disable-domain", "enable-global",
                   "disable-global", "check-php", "stat", *BUILDS):
        operand = [OPERANDS[option]] if option in OPERANDS else []
        status, output, errors = tree.ctl(f"--{option}", *operand, program="switch_mod_lsapi") \
            if not operand else tree.switch(f"--{option}={operand[0]}")
        if option in REFUSED[panel].split():
            assert status == 1 and not output
            assert errors.startswith(f"switch_mod_lsapi: {option} is not supported on "
                                     f"{HEADS[panel]}; ")
            assert tree.snapshot() == before
        elif option in BUILDS:
            assert status == 1 and "is built on the host that it is for" in errors
        else:
            assert status == 0, (option, errors)
            before = tree.snapshot()
    more = tree.switch("--setup", "--verbose", "--force")
    assert more[0] == (1 if panel == "directadmin" else 0), more
    assert ("verbose is not supported on DirectAdmin" in more[2]) == (panel == "directadmin")


@pytest.mark.parametrize("panel", PANELS)
def test_stat(make_host, panel):
    """Panel, versions, whether it is on, options, and domains where the panel tells."""
    tree = make_host(panel)
    off = json.loads(done(tree.ctl("stat")))
    assert off["panel"]["id"] == panel and off["panel"]["name"] == HEADS[panel]
    assert off["enabled"] is False
    assert off["library"] == {"path": LSPHP, "version": None}
    assert off["criu"] == {"state": "absent", "version": None}
    done(tree.ctl("setup"))
    done(tree.ctl("enable-global")) if panel == "cpanel_ea4" else None
    on = json.loads(done(tree.switch("--stat")))
    assert on["enabled"] is (panel != "directadmin")
    assert on["options"] == ({} if panel == "directadmin" else {"lsapi_engine": "On"})
    assert (on["module"]["version"] is None) == (panel == "directadmin")
    assert on["domains"] == {
        "cpanel_ea4": {"ea-php74": 1, "ea-php81": 2, "ea-php55": 0},
        "directadmin": {"8.2": 1, "7.4": 0},
        "plesk": {"x-httpd-lsphp-74": 2, "x-httpd-lsphp-plesk-82": 0}}.get(panel)


def test_versions_of_panels(make_host):
    for panel, version in (("cpanel_ea4", "11.110.0.9"), ("plesk", "18.0.60"),
                           ("interworx", "7.13.2"), ("none", None)):
        assert json.loads(done(make_host(panel).ctl("stat")))["panel"]["version"] == version


# --- no panel --------------------------------------------------------------------------------


def test_debian_links_and_no_more(make_host):
    """What a2enmod does; lsapid.conf needs no change, as its own lsphp is there."""
    tree = make_host("none")
    conf = tree.text("/etc/lsapid/lsapid.conf")
    output = done(tree.ctl("setup"))
    for link in DEBIAN_LINKS:
        assert tree.path(link).readlink().as_posix() == "../mods-available/" + link.split("/")[-1]
    assert tree.text("/etc/lsapid/lsapid.conf") == conf and not tree.has(HANDLER_MAP)
    assert "to be run in there: /usr/sbin/lsapid -t" in output
    assert "to be run in there: /usr/sbin/apache2ctl graceful" in output


def test_what_is_in_the_way(make_host):
    """mod_php and PHP-FPM: told, and refused; with --force switched off, and back with uninstall."""
    tree = make_host("none", host_tree.debian_mod_php, host_tree.debian_fpm)
    before = tree.snapshot()
    errors = refused(tree.ctl("setup"))
    assert "/mods-enabled/php8.2.load:2: LoadModule php_module " in errors
    assert "/mods-enabled/php8.2.conf:2: SetHandler application/x-httpd-php: " in errors
    assert "/conf-enabled/php8.2-fpm.conf:4: SetHandler " in errors
    assert "use --force" in errors
    assert tree.snapshot() == before
    done(tree.ctl("setup", "--force"))
    for gone in ("mods-enabled/php8.2.load", "mods-enabled/php8.2.conf",
                 "conf-enabled/php8.2-fpm.conf"):
        assert not tree.has("/etc/apache2/" + gone)
    done(tree.ctl("uninstall"))
    assert tree.snapshot() == before


@pytest.mark.parametrize("module", ["ruid2_module", "mpm_itk_module"])
def test_modules_that_change_the_user(make_host, module):
    """In the way on each panel (B24); of a file that is no link only the lines go."""
    tree = make_host("cpanel_ea4")
    path = "/etc/apache2/conf.modules.d/450_mod_x.conf"
    tree.put(path, f"# users\nLoadModule {module} modules/x.so\nX y\n", 0o640)
    before = tree.snapshot()
    assert f"450_mod_x.conf:2: LoadModule {module} " in refused(tree.ctl("setup"))
    done(tree.ctl("setup", "--force"))
    assert tree.text(path) == f"# users\n#lsapid# LoadModule {module} modules/x.so\nX y\n"
    assert tree.path(path).stat().st_mode & 0o777 == 0o640
    done(tree.ctl("uninstall"))
    assert tree.snapshot() == before


def test_redhat_files(tmp_path):
    tree = Tree(tmp_path / "host")
    host_tree.redhat_apache(tree)
    tree.php("/opt/alt/php74/usr/bin/lsphp")
    before = tree.snapshot()
    done(tree.ctl("setup"))
    assert tree.text("/etc/httpd/conf.modules.d/90-lsapi.conf") == \
        "LoadModule lsapi_module /usr/lib64/httpd/modules/mod_lsapi.so\n"
    assert tree.text("/etc/httpd/conf.d/lsapi.conf") == host_tree.LSAPI_CONF
    # one written handler makes the implicit one go, so it is written, too
    assert tree.text(HANDLER_MAP) == \
        "application/x-httpd-alt-php74___lsphp /opt/alt/php74/usr/bin/lsphp\n" \
        f"application/x-httpd-lsphp {LSPHP}\n"
    assert f'\nhandler_map = "{HANDLER_MAP}"\n' in tree.text("/etc/lsapid/lsapid.conf")
    done(tree.ctl("uninstall"))
    assert tree.snapshot() == before


def test_a_lsapi_conf_of_another_mod_lsapi_stays(tmp_path):
    """Its file is loaded unchanged, and its LoadModule is not written twice."""
    tree = Tree(tmp_path / "host")
    host_tree.redhat_apache(tree)
    tree.put("/etc/httpd/conf.d/lsapi.conf", "<IfModule lsapi_module>\nlsapi_engine Off\n"
             "lsapi_backend_children 7\n</IfModule>\n")
    tree.put("/etc/httpd/conf.modules.d/20-lsapi.conf", "LoadModule lsapi_module x.so\n")
    before = tree.snapshot()
    assert "lsapi.conf is there already, and stays" in done(tree.ctl("setup"))
    assert tree.snapshot() == before
    seen = json.loads(done(tree.ctl("stat")))
    assert seen["options"] == {"lsapi_engine": "Off", "lsapi_backend_children": "7"}
    assert seen["enabled"] is False


def test_a_native_lsphp_when_there_is_none(make_host):
    """The built-in handler gets the newest PHP that is there; without any it is refused."""
    tree = make_host("none")
    tree.path(LSPHP).unlink()
    before = tree.snapshot()
    assert "there is no lsphp on this host" in refused(tree.ctl("setup"))
    assert tree.snapshot() == before
    tree.php("/opt/alt/php72/usr/bin/lsphp", "/opt/alt/php81/usr/bin/lsphp")
    done(tree.ctl("setup"))
    assert "application/x-httpd-lsphp /opt/alt/php81/usr/bin/lsphp\n" in tree.text(HANDLER_MAP)


def test_missing_parts_are_told_and_nothing_is_left(make_host):
    """Apache, the module, lsapid.conf, lsapid itself: each by its name."""
    for missing, words in (
            ("/etc/apache2/mods-available", "no Apache is configured in"),
            ("/etc/apache2/mods-available/lsapi.load", "install lsapid's module first"),
            ("/etc/lsapid/lsapid.conf", "lsapid.conf can not be read: No such file"),
            ("/usr/sbin/lsapid", "install lsapid first")):
        tree = make_host("none")
        path = tree.path(missing)
        path.rename(path.with_name("gone"))
        before = tree.snapshot()
        errors = refused(tree.ctl("setup"))
        assert words in errors
        assert tree.snapshot() == before, missing
        assert ("all was undone" in errors) == (missing == "/usr/sbin/lsapid")


def test_a_handler_map_that_lsapid_conf_does_not_name_any_more(make_host):
    """It is named again; its lines are not written twice."""
    tree = make_host("cpanel_ea4")
    done(tree.ctl("setup"))
    lines = tree.text(HANDLER_MAP)
    tree.put("/etc/lsapid/lsapid.conf", host_tree.LSAPID_CONF)
    done(tree.ctl("setup"))
    assert tree.text(HANDLER_MAP) == lines
    assert f'handler_map = "{HANDLER_MAP}"' in tree.text("/etc/lsapid/lsapid.conf")


def test_lsapid_conf_that_is_wrong_is_not_touched(make_host):
    tree = make_host("cpanel_ea4")
    tree.put("/etc/lsapid/lsapid.conf", "handler_map = \nnonsense {\n")
    before = tree.snapshot()
    assert "/etc/lsapid/lsapid.conf:" in refused(tree.ctl("setup"))
    assert tree.snapshot() == before


# --- commands --------------------------------------------------------------------------------


def test_json_of_what_was_done(make_host):
    """Stable keys; steps are what --verbose says."""
    tree = make_host("none")
    seen = json.loads(done(tree.ctl("setup", "--json", "--dry-run")))
    assert (seen["command"], seen["panel"], seen["is_done"], seen["is_dry_run"]) == \
        ("setup", "none", True, True)
    assert [s for s in seen["steps"] if s.startswith("would link ")]
    seen = json.loads(done(tree.ctl("setup", "--json")))
    assert seen["is_dry_run"] is False
    assert [n for n in seen["notes"] if n.startswith("to be run in there: ")]
    status, output, errors = make_host("none", host_tree.debian_fpm).ctl("setup", "--json")
    assert status == 1 and json.loads(output)["is_done"] is False and errors


def test_check_php(make_host):
    """Handlers of lsapid.conf, and what setup would add; a bad one ends it with 1."""
    tree = make_host("cpanel_ea4")
    seen = json.loads(done(tree.ctl("check-php", "--json")))
    assert [(p["handler"], p["is_configured"]) for p in seen["php"]] == [
        ("application/x-httpd-lsphp", True),
        ("application/x-httpd-ea-php74___lsphp", False),
        ("application/x-httpd-ea-php81___lsphp", False),
        ("application/x-httpd-alt-php72___lsphp", False)]
    done(tree.ctl("setup"))
    tree.path("/opt/cpanel/ea-php74/root/usr/bin/lsphp").chmod(0o775)
    tree.path("/opt/alt/php72/usr/bin/lsphp").chmod(0o644)
    tree.path("/opt/cpanel/ea-php81/root/usr/bin/lsphp").unlink()
    status, output, _ = tree.switch("--check-php")
    assert status == 1
    for words in ("ea-php74/root/usr/bin/lsphp is writable by group or others; chmod go-w",
                  "php72/usr/bin/lsphp is not executable",
                  "ea-php81/root/usr/bin/lsphp does not exist"):
        assert words in output
    status, output, _ = tree.ctl("check-php", "--json")
    assert status == 1 and json.loads(output)["problems"] == 3


def test_words_of_switch_mod_lsapi(make_host):
    """One main option, no more; --help has each."""
    tree = make_host("none")
    for args in (["--verbose"], ["--setup", "--uninstall"], ["--enable-domain"], ["--nonsense"]):
        status, output, errors = tree.switch(*args)
        assert status == 2 and not output and errors.startswith("switch_mod_lsapi: "), args
    output = done(tree.switch("--help"))
    for option in ("setup", "setup-light", "uninstall", "enable-domain DOMAIN",
                   "disable-domain DOMAIN", "enable-global", "disable-global",
                   "build-native-lsphp", "build-native-lsphp-cust SOURCE", "check-php", "verbose",
                   "force", "stat"):
        assert f"--{option} " in output


def test_the_manual_has_the_same_table():
    """A column for each panel, in the order of its head."""
    text = (ROOT / "daemon/ctl/switch_mod_lsapi.8.scd").read_text(encoding="utf-8")
    head, *rows = text.split("```\n")[1].splitlines()
    assert head.split() == ["none", "EA3", "EA4", "DA", "Plesk", "IW", "ISP"]
    panels = ("none", "cpanel_ea3", "cpanel_ea4", "directadmin", "plesk", "interworx",
              "ispmanager")
    assert len(rows) == 13
    for row in rows:
        option = row.split()[0].removeprefix("--")
        for panel, cell in zip(panels, row.split()[-len(panels):]):
            no = option in (*REFUSED[panel].split(), *MORE_REFUSED.get(panel, ()))
            assert (cell == "-") == no, (option, panel)
            assert (cell == "part") == (option == "stat" and panel in NO_DOMAINS)
