# SPDX-License-Identifier: Apache-2.0
"""lsapidctl import: what it says of a configuration of another mod_lsapi. No daemon takes part."""

import csv
import json
import os
import pty
import re
import subprocess

import pytest

from harness import Ctl
from place import BUILD, ROOT, Place

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]

CTL = BUILD / "daemon/ctl/lsapidctl"
RESULTS = ["works", "no need", "no effect", "note", "value", "context", "syntax",
           "unknown", "to do"]


@pytest.fixture
def place():
    made = Place()
    yield made
    made.end()


def ctl(*args, **how):
    done = subprocess.run([str(CTL), *map(str, args)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=30, check=False, **how)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def findings(*args, **how):
    status, output, _ = ctl("import", "--json", *args, **how)
    seen = json.loads(output)
    assert seen["summary"]["needs_attention"] == (status == 1)
    return seen["findings"]


def test_a_file_that_needs_nothing_done(place):
    """Exit status 0, a line for each line, and a summary."""
    conf = place.file("lsapi.conf", "<IfModule lsapi_module>\r\n  lsapi_engine On\r\n"
                      "  AddType application/x-httpd-lsphp .php\r\n"
                      "  lsapi_avoid_zombies On\r\n  lsapi_sentry Off\r\n</IfModule>\r\n")
    status, output, errors = ctl("import", conf)
    lines = output.splitlines()
    assert (status, errors) == (0, "")
    assert lines[0].startswith(f"{conf}:2: works: lsapi_engine On: ")
    assert lines[2].startswith(f"{conf}:4: no need: lsapi_avoid_zombies On: lsapid reaps")
    assert lines[3].startswith(f"{conf}:5: no effect: lsapi_sentry Off: nothing is ever sent")
    assert "1 file: 4 lines about PHP" in output
    assert lines[-1] == "nothing has to be done"


def test_all_that_may_be_wrong(place):
    """Exit status 1; each with a remedy, the value that counts, and the line as httpd counts it."""
    conf = place.file("a.conf", "\n".join([
        "LoadModule ruid2_module modules/mod_ruid2.so",     # 1
        "lsapi_backend_children \\", "99999",              # 3
        "lsapi_engin On",                                   # 4
        "<VirtualHost *:80>", "lsapi_daemon_socket /x",     # 6
        "<Directory /x>", "lsapi_per_user On", "</Directory>",  # 8
        "lsapi_debug", "</VirtualHost>",                    # 10
        "AddHandler application/x-httpd-ea-php81___lsphp .php", ""]))
    seen = {f["line"]: f for f in findings(conf)}
    assert seen.pop(0)["directive"] == "lsapi_engine"  # nowhere On
    assert {line: f["result"] for line, f in seen.items()} == {
        1: "to do", 3: "value", 4: "unknown", 5: "note", 6: "context", 8: "context", 10: "syntax",
        12: "to do"}
    assert all(f["remedy"] for f in seen.values())
    assert seen[3]["used"] == "10000" and seen[3]["directive"] == "lsapi_backend_children 99999"
    assert "lsapi_engine" in seen[4]["remedy"]
    assert "/opt/cpanel/ea-php81/root/usr/bin/lsphp" in seen[12]["remedy"]
    status, output, _ = ctl("import", conf)
    assert status == 1 and output.splitlines()[-1] == "something has to be done"


def test_columns_on_a_terminal(place):
    conf = place.file("a.conf", "lsapi_engine On\nlsapi_engin On\n")
    ours, theirs = pty.openpty()
    done = subprocess.run([str(CTL), "import", str(conf)], stdout=theirs, timeout=30, check=False)
    os.close(theirs)
    output = b""
    try:
        while chunk := os.read(ours, 65536):
            output += chunk
    except OSError:  # the end of a terminal
        pass
    os.close(ours)
    lines = output.decode().splitlines()
    assert done.returncode == 1
    assert lines[0] == str(conf)
    assert lines[1].split() == ["LINE", "RESULT", "DIRECTIVE", "WHAT", "IT", "DOES", "HERE"]
    assert re.match(r" +1  works +lsapi_engine On  hand requests", lines[2])
    assert lines[4].strip() == "remedy: was lsapi_engine meant?"
    assert lines[4].index("remedy") == lines[1].index("WHAT")


def test_htaccess_by_name_or_by_option(place):
    text = "php_value memory_limit 64M\nphp_admin_value open_basedir /\n"
    by_name, other = place.file(".htaccess", text), place.file("htaccess.txt", text)
    assert [f["result"] for f in findings(by_name)] == ["works", "context"]
    assert [f["result"] for f in findings(other)] == ["works", "works"]
    assert [f["result"] for f in findings("--htaccess", other)] == ["works", "context"]


def test_included_files_are_named_or_followed(place):
    """Relative to ServerRoot, with patterns and directories, and in the section that includes."""
    place.directory("conf.d")
    place.file("conf.d/a.conf", "lsapi_engine On\n")
    place.file("conf.d/b.conf", "lsapi_per_user On\n")
    conf = place.file("httpd.conf", f"ServerRoot {place.path}\nInclude conf.d/a*.conf\n"
                      "IncludeOptional no/such/*.conf\n<Directory />\nInclude conf.d\n"
                      "</Directory>\nlsapi_debug Off\n")
    assert [f["result"] for f in findings(conf)] == ["note", "note", "note", "works"]
    seen = [(f["file"].rpartition("/")[2], f["result"]) for f in findings("--follow", conf)]
    assert seen == [("a.conf", "works"), ("httpd.conf", "note"), ("a.conf", "works"),
                    ("b.conf", "context"), ("httpd.conf", "works")]
    loop = place.file("loop.conf", f"Include {place.path}/loop.conf\n")
    assert [f["result"] for f in findings("--follow", loop)] == ["syntax"]


def test_what_can_not_be_read_is_told_and_the_rest_is_not_lost(place):
    """Exit status 2: a missing file, a directory, a fifo, which nobody waits for."""
    conf = place.file("a.conf", "lsapi_engine On\n")
    os.mkfifo(place.path / "fifo")
    for bad in (place.path / "none", place.path, place.path / "fifo"):
        status, output, errors = ctl("import", bad, conf)
        assert status == 2
        assert errors.startswith(f"lsapidctl: {bad}: ")
        assert "lsapi_engine On" in output
    assert ctl("import")[0] == 2
    status, output, _ = ctl("import", "-", input=b"lsapi_engine On\n")
    assert status == 0 and output.startswith("-:1: works")


def test_bounds_of_a_file(place):
    big = place.file("big.conf", b"")
    os.truncate(big, (64 << 20) + 1)
    status, _, errors = ctl("import", big)
    assert status == 2 and "too large" in errors
    long = place.file("long.conf", "lsapi_engine On\n" + "x" * 100000 + "\nlsapi_debug On\n")
    assert [f["result"] for f in findings(long)] == ["works", "syntax", "works"]


def test_bytes_of_strangers_are_harmless(place):
    """Neither a terminal nor a reader of JSON gets what a user has put into his .htaccess."""
    conf = place.file(".htaccess", b"lsapi_\x1b[2J\xff\xc2\x9b On\nphp_value a \"\x07\xc3\xbc\"\n")
    status, output, _ = ctl("import", conf)
    assert status == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", output)
    assert findings(conf)[1]["directive"] == "php_value a \"?\u00fc\""


def test_every_row_of_the_reference_is_known(place):
    """All directives of the reference product and of its other editions, in one file."""
    with open(ROOT / "tests/golden/directives.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    conf = place.file("all.conf", "".join(f"{row['name']} 1 1\n" for row in rows))
    seen = findings(conf)
    assert len(seen) == len(rows)
    assert not [f for f in seen if f["result"] == "unknown"]
    assert {f["result"] for f in seen} <= set(RESULTS)


def test_the_configuration_that_is_shipped(place):
    """And all that it shows, once it is uncommented."""
    text = (ROOT / "etc/lsapi.conf").read_text()
    assert {f["result"] for f in findings(place.file("a.conf", text))} == {"works"}
    shown = re.sub(r"^( *)#(lsapi_\w+|php_\w+|LSAPIPath)( .*)$", r"\1\2\3", text,
                   flags=re.MULTILINE)
    seen = findings(place.file("b.conf", shown))
    # alice is nobody here
    assert {f["directive"] for f in seen if f["result"] == "to do"} == {
        "lsapi_user_group alice alice", "lsapi_user alice"}
    assert {f["result"] for f in seen} <= {"works", "no need", "no effect", "to do", "note"}


def test_no_daemon_and_no_key_are_needed(place):
    """The other commands say that nobody answers; this one asks nobody."""
    conf = place.file("a.conf", "lsapi_engine On\n")

    class NoDaemon:
        socket = place.path / "no.sock"

    other = Ctl(place, NoDaemon)
    assert other.run("status")[0] == 3
    assert other.run("import", str(conf))[0] == 0
