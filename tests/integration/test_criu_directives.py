# SPDX-License-Identifier: Apache-2.0
"""Directives about frozen PHP: what each gives to which pool, and what httpd says of them.

None of this needs a CRIU that works. What lsapid makes of the values is tested where there is one.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness import Vhost
from place import IS_ROOT
from test_pools import explain

pytestmark = pytest.mark.single_user

KEYS = {"criu", "initial_start", "criu_images_dir", "criu_reset_on_restart", "criu_debug"}


def told(made):
    """What lsapid was told of frozen PHP, by the pool of each site, once all of them were visited."""
    for name in made.httpd.vhosts:
        assert made.get(name, "/who.php").status == 200, made.logs()
    found = {}
    for pool in made.ctl.status()["pools"]:
        entries = dict(entry.split("=", 1) for entry in pool["spec"])
        found[entries.get("name", "")] = {k: v for k, v in entries.items() if k in KEYS}
    return found


def warnings(made):
    """What httpd warns of, as its configuration test says it."""
    made.httpd.write_conf()
    done = subprocess.run(made.httpd.argv("-t"), env=made.httpd.environ(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    return [line.partition("lsapi: ")[2] for line in done.stdout.splitlines()
            if "[lsapi:warn]" in line]


def test_each_site_has_what_is_written_for_it(stack):
    """B63, B64: of the site itself, else of the server; what nobody wrote is left to lsapid."""
    made = stack(Vhost("a.test", "games"),
                 Vhost("on.test", "games", extra="lsapi_criu On\nlsapi_backend_initial_start 3\n"
                       "lsapi_criu_debug On"),
                 Vhost("off.test", "mail", extra="lsapi_criu Off\nlsapi_backend_initial_start 0"))
    assert told(made) == {
        "a.test": {}, "on.test": {"criu": "on", "initial_start": "3", "criu_debug": "1"},
        "off.test": {"criu": "off", "initial_start": "0"}}


def test_of_the_server_for_all_its_sites(stack):
    """B65, B66: directory and reset are httpd's as a whole; a site may still say other numbers."""
    made = stack(Vhost("a.test", "games"),
                 Vhost("b.test", "mail", extra="lsapi_criu Off\nlsapi_criu_debug Off"), start=False)
    images = made.place.directory("images", mode=0o700)
    made.httpd.extra = f"""lsapi_criu On
        lsapi_backend_initial_start 7
        lsapi_criu_debug On
        lsapi_criu_imgs_dir_path {images}/
        lsapi_reset_criu_on_apache_restart On"""
    assert warnings(made) == []
    made.start()
    common = {"initial_start": "7", "criu_images_dir": str(images), "criu_reset_on_restart": "1"}
    assert told(made) == {"a.test": {"criu": "on", "criu_debug": "1", **common},
                          "b.test": {"criu": "off", "criu_debug": "0", **common}}


@pytest.mark.parametrize("name", ["lsapi_reset_criu_on_apache_restart",
                                  "lsapi_reset_criu_on_restart"])
def test_both_names_of_the_reset(stack, name):
    made = stack(Vhost("a.test", "games"), extra=f"{name} On")
    assert told(made) == {"a.test": {"criu_reset_on_restart": "1"}}


def test_what_is_of_the_server_is_ignored_in_a_site(stack):
    """B66: accepted there, warned of, and without effect."""
    lines = ["lsapi_criu_imgs_dir_path /run/other", "lsapi_reset_criu_on_apache_restart On",
             "lsapi_reset_criu_on_restart On"]
    made = stack(Vhost("a.test", "games", extra="\n".join(lines)), start=False)
    seen = warnings(made)
    assert len(seen) == len(lines)
    for line, warning in zip(lines, seen, strict=True):
        assert f"{line.split()[0]} is ignored in a virtual host" in warning
    made.start()
    assert told(made) == {"a.test": {}}


def test_malformed_values_are_not_fatal(stack):
    """B21: each is told, with what is used instead; and that is what lsapid gets."""
    made = stack(Vhost("a.test", "games", extra="lsapi_criu perhaps\n"
                       "lsapi_backend_initial_start soon\nlsapi_criu_debug 1"),
                 Vhost("b.test", "mail", extra="lsapi_backend_initial_start 99999999999"),
                 extra="lsapi_criu_imgs_dir_path images\nlsapi_reset_criu_on_apache_restart maybe",
                 start=False)
    seen = "\n".join(warnings(made))
    for words in ("lsapi_criu perhaps: neither On nor Off, Off is used",
                  "lsapi_backend_initial_start soon: not a number from 0 to 2000000000, 15 is used",
                  "lsapi_criu_debug 1: neither On nor Off, Off is used",
                  "initial_start 99999999999: not a number from 0 to 2000000000, 2000000000 is used",
                  "lsapi_criu_imgs_dir_path images: not an absolute path, it is ignored",
                  "lsapi_reset_criu_on_apache_restart maybe: neither On nor Off, Off is used"):
        assert words in seen
    made.start()
    assert told(made) == {
        "a.test": {"criu": "off", "initial_start": "15", "criu_debug": "0",
                   "criu_reset_on_restart": "0"},
        "b.test": {"initial_start": "2000000000", "criu_reset_on_restart": "0"}}


def test_links_on_the_way_to_the_images_are_followed(stack):
    """lsapid takes none; /var/run, which the reference's manual names, is one."""
    made = stack(Vhost("a.test", "games"), start=False)
    images = made.place.directory("images", mode=0o700)
    (made.place.path / "link").symlink_to("images")
    made.httpd.extra = f"lsapi_criu_imgs_dir_path {made.place.path}/link/new/"
    assert warnings(made) == []
    made.start()
    assert told(made) == {"a.test": {"criu_images_dir": f"{images}/new"}}


def test_directory_of_an_old_configuration(stack):
    made = stack(Vhost("a.test", "games"), extra="lsapi_criu_imgs_dir_path /var/run/mod_lsapi/")
    assert told(made) == {"a.test": {"criu_images_dir": os.path.realpath("/var/run/mod_lsapi")}}


def test_directory_that_lsapid_will_not_use_is_told_of(stack):
    """The supervisor looks for itself; who configures hears of it before."""
    made = stack(Vhost("a.test", "games"), start=False)
    name = "lsapi_criu_imgs_dir_path"
    images = made.place.directory("images", mode=0o777)
    file = made.place.file("file", "")
    wanted = {images: "others than root may write to it (mode 777), lsapid keeps no images there",
              file: "it is no directory, lsapid keeps no images there",
              file / "below": "its path can not be followed, it is ignored",
              Path("/"): "not the path of a directory, it is ignored",
              Path("/" + "a/" * 600): "too long, it is ignored"}
    if IS_ROOT:
        theirs = made.place.directory("theirs", made.httpd.vhosts["a.test"].owner)
        uid = made.httpd.vhosts["a.test"].owner.pw_uid
        wanted[theirs] = f"it belongs to uid {uid}, not to root, lsapid keeps no images there"
    for path, words in wanted.items():
        made.httpd.extra = f"{name} {path}"
        warning, = warnings(made)
        assert warning.endswith(f"{name} {path}: {words}")
    # one that is too long does not keep the site from being served
    made.httpd.extra = f"{name} {'/a' * 600}"
    made.start()
    assert told(made) == {"a.test": {}}


def test_frozen_pools_of_accounts_are_warned_of(stack):
    """B73: once for the server, and for sites that are so by themselves."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"), start=False)
    both = "lsapi_criu On\nlsapi_per_user On"
    words = "lsapi_criu and lsapi_per_user are both On for {}: the sites of an account are frozen"

    def of(server, site):
        made.httpd.extra = server
        made.httpd.vhosts["b.test"].extra = site
        return [text.partition(" in one image")[0] for text in warnings(made)]

    assert of(both, "") == [words.format("the server")]
    assert of("lsapi_criu On", "lsapi_per_user On") == [words.format("b.test")]
    assert of("lsapi_per_user On", "lsapi_criu On") == [words.format("b.test")]
    assert of(both, "lsapi_criu Off") == [words.format("the server")]
    assert of("lsapi_per_user On", "") == []
    assert of("lsapi_per_user On", "lsapi_criu Off") == []
    assert of(both, "") == [words.format("the server")]
    made.start()
    assert told(made) == {"": {"criu": "on"}}


def test_reset_needs_that_httpd_tells_of_its_end(stack):
    """B66: without lsapi_terminate_backends_on_exit lsapid does not hear of a restart."""
    made = stack(Vhost("a.test", "games"), start=False)
    reset = "lsapi_reset_criu_on_apache_restart On\nlsapi_terminate_backends_on_exit "
    made.httpd.extra = reset + "Off"
    warning, = warnings(made)
    assert warning.startswith("lsapi_reset_criu_on_apache_restart has no effect as long as "
                              "lsapi_terminate_backends_on_exit is Off")
    made.httpd.extra = reset + "On"
    assert warnings(made) == []


def test_lsapid_has_the_defaults_and_the_last_word(stack):
    """What the directives do not say is in lsapid.conf; a pool file is stronger than both."""
    made = stack(Vhost("a.test", "games"), start=False)
    pools = made.place.directory("pools.d")
    made.daemon.settings["pools_dir"] = pools
    made.daemon.defaults["initial_start"] = 40
    made.daemon.write_conf()
    owner = made.httpd.vhosts["a.test"].owner.pw_name
    asked = ("-u", owner, "-v", "a.test")

    def values():
        status, lines = explain(made, *asked)
        assert status == 0
        return {line.split()[0]: line.split()[2].strip('"') for line in lines
                if line.split()[0] in KEYS}

    seen = values()
    assert seen.pop("criu_images_dir").endswith("/criu")
    assert seen == {"criu": "auto", "initial_start": "40", "criu_debug": "0",
                    "criu_reset_on_restart": "0"}
    made.place.file(pools / "a.conf",
                    f"pool a {{ user = {owner} criu = off criu_images_dir = \"/run/x\" }}\n")
    assert (values()["criu"], values()["criu_images_dir"]) == ("off", "/run/x")


def test_import_explains_each(stack):
    made = stack(start=False)
    conf = made.place.file("old.conf", """lsapi_criu On
lsapi_criu_socket_path /var/run/criu/criu_service.socket
lsapi_backend_semtimedwait On
lsapi_backend_initial_start 15
lsapi_criu_use_shm Off
lsapi_criu_debug Off
lsapi_criu_imgs_dir_path /var/run/mod_lsapi/
lsapi_reset_criu_on_apache_restart On
""")
    done = subprocess.run([str(made.place.bin / "lsapidctl"), "import", "--json", str(conf)],
                          stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
    found = {f["directive"].split()[0]: f for f in json.loads(done.stdout)["findings"]
             if f["line"]}
    assert {name for name, f in found.items() if f["result"] == "no need"} == {
        "lsapi_criu_socket_path", "lsapi_backend_semtimedwait", "lsapi_criu_use_shm"}
    assert {name for name, f in found.items() if f["result"] == "works"} == {
        "lsapi_criu", "lsapi_backend_initial_start", "lsapi_criu_debug",
        "lsapi_criu_imgs_dir_path", "lsapi_reset_criu_on_apache_restart"}
    assert "criu service" in found["lsapi_criu_socket_path"]["text"]


def test_thawed_php_does_not_take_the_socket_of_its_pool_away(stack):
    """CRIU unlinks the path that a socket was bound to: nobody connects to that one."""
    made = stack(Vhost("a.test", "games"))
    assert made.get("a.test", "/who.php").status == 200
    pools = made.daemon.run / "pools"
    bound = {line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines()
             if str(pools) in line}
    names = {path.name for path in pools.iterdir() if path.name.endswith(".sock")}
    assert bound == {str(pools / name).replace(".sock", ".bind") for name in names}
    assert len(names) == 1
