# SPDX-License-Identifier: Apache-2.0
"""The status page: all that lsapid knows, for whom Require lets in, and no site has a say."""

import json
import os
import re
import signal
import time

import pytest

import browser
import control_client as control
from client import Raw
from harness import HANDLER, Vhost
from place import PATIENCE, wait_until

POOLS = 230
EVIL = "<script>document.title='evil'</script>\"'&.test"
URI = "/hold.php?name=h&x=<script>document.title='evil'</script>\"'%ff\xe9"
ESCAPED = "&lt;script&gt;document.title=&#39;evil&#39;&lt;/script&gt;&quot;&#39;"
PAGE = "<Location {0}>\nSetHandler {1}\nRequire all granted\n</Location>\n"
SHARED = {
    "vhosts": lambda: [Vhost("a.test", "games"), Vhost("b.test", "mail"), Vhost("s.test", "man")],
    "modules": ["status", "include"], "extra": PAGE.format("/lsapi-status", "lsapi-status")
    + PAGE.format("/server-status", "server-status") + "HttpProtocolOptions Unsafe\n"}


def learn(made):
    """Pools as of many sites that nobody visits; they stay when who asked has gone."""
    with control.Control(made.daemon.socket, timeout=60) as peer:
        assert peer.hello(made.daemon.key.read_bytes())[0] == control.WELCOME
        for name in [EVIL, *(f"site{i}.example.org" for i in range(POOLS - 1))]:
            answer = peer.pool(handler=HANDLER, uid=100000, gid=100000, scope="vhost", name=name,
                               children=20, docroot="/home/none")
            assert answer[0] == control.POOL_OK, control.reason_of(answer)


@pytest.fixture(scope="module")
def site(shared):
    """Pools that nobody visits, one that is idle, and one with a request of a strange URI."""
    learn(shared)
    assert shared.get("b.test", "/index.php").status == 200
    docroot = shared.httpd.vhosts["a.test"].docroot
    with Raw(shared.httpd.port) as client:
        client.send(f"GET {URI} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode("latin-1"))
        wait_until((docroot / "h.running").exists, 10, "the request")
        yield shared
        (docroot / "h.go").touch()
        assert client.head()[0] == 200


def page(made, query="", host="s.test", **how):
    return made.get(host, "/lsapi-status" + query, **how)


def lines(answer):
    return dict(line.split(": ", 1) for line in answer.text.splitlines() if ": " in line)


def names(answer):
    """Pools of the table, in order."""
    return re.findall('<tr><th scope="row" data-of="Pool">(.*?)</th>', answer.text)


@pytest.mark.sanitized
def test_content(site):
    answer = page(site)
    assert answer.status == 200, answer.text
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.header("Content-Security-Policy").startswith("default-src 'none'; ")
    assert "unsafe" not in answer.header("Content-Security-Policy")
    # what has something to do comes first, and cold pools are counted only
    assert names(answer) == ["a.test", "b.test"]
    assert f"2 of {POOLS + 2}" in answer.text
    assert re.search(r"<small>since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d</small>", answer.text)
    row = answer.text[answer.text.index('data-of="Pool">a.test'):].split("</tr>")[0]
    assert ">games</td>" in row and HANDLER in row
    # it serves once a first byte has come; what it was asked for may still be held
    assert re.search('data-state="(?:ready|starting)"', row)
    assert re.search('data-of="Busy">1<', row) and re.search('data-of="Limit">120<', row)
    assert "/hold.php" in answer.text and ">GET</td>" in answer.text
    # without a script it comes again as well
    assert '<noscript><meta http-equiv="refresh" content="7"></noscript>' in \
        page(site, "?refresh=7").text
    assert "http-equiv" not in answer.text
    # nothing of elsewhere
    assert not re.search(r"(?:src|href)=\"(?!\?|data:,)|url\(|@import|https?:", answer.text)


@pytest.mark.sanitized
def test_names_are_text(site):
    everything = page(site, "?pools=all").text + page(site, "?pools=all&page=1").text
    assert ESCAPED + "&amp;.test" in everything and everything.count("<script>") == 2
    assert "evil" in page(site).text and ESCAPED in page(site).text
    for query in ("?q=%3Cscript%3Edocument", "?sort=%22%3E%3Cscript%3E", "?q=%ff%00%22%27%3C"):
        text = page(site, query).text
        assert text.count("<script>") == 1 and "\0" not in text, query
    assert names(page(site, "?q=%3Cscript%3Edocument")) == [ESCAPED + "&amp;.test"]


def test_order_and_pages(site):
    assert names(page(site, "?sort=-name")) == ["b.test", "a.test"]
    assert 'aria-sort="descending"' in page(site, "?sort=-name").text
    first, second = (names(page(site, f"?pools=all&sort=name&page={i}")) for i in (0, 1))
    assert len(first) == 200 and len(second) == POOLS + 2 - 200
    assert len({*first, *second}) == POOLS + 2
    assert names(page(site, "?q=site7.ex")) == ["site7.example.org"]


def test_machines(site):
    answer = page(site, "?json")
    assert answer.header("Content-Type") == "application/json"
    document = json.loads(answer.body)
    assert len(document["pools"]) == POOLS + 2 and document["totals"]["pools"] == POOLS + 2
    assert {*document} == {*site.ctl.status()}
    answer = page(site, "?auto")
    assert answer.header("Content-Type") == "text/plain; charset=utf-8"
    told = lines(answer)
    assert (told["LsapiUp"], told["LsapiPools"], told["LsapiPoolsReady"]) == \
        ("1", str(POOLS + 2), "2")
    assert (told["LsapiBusy"], told["LsapiRequests"], told["LsapiStartsCold"]) == ("1", "1", "2")
    assert told["LsapiVersion"] == document["daemon"]["version"]


def test_memory_and_processor(site):
    """As lsapidctl tells them, which reads /proc by itself, too."""
    known = {p["name"]: p for p in site.ctl.status()["pools"] if p["pid"]}
    told = {p["name"]: p for p in json.loads(page(site, "?json").body)["pools"]}
    assert {*known} == {"a.test", "b.test"}
    for name, pool in known.items():
        assert {p["pid"] for p in told[name]["processes"]} == {p["pid"] for p in pool["processes"]}
        assert 0.5 < told[name]["rss_kib"] / pool["rss_kib"] < 2
        assert told[name]["cpu_s"] >= pool["cpu_s"]
    assert told["site7.example.org"]["rss_kib"] is None
    figures = lines(page(site, "?auto"))
    count = sum(len(p["processes"]) for p in known.values())
    assert int(figures["LsapiProcesses"]) == count and int(figures["LsapiMemoryKiB"]) > 1000
    assert int(figures["LsapiCpuSeconds"]) >= 0
    text = page(site).text
    assert len(re.findall(r'data-of="Memory">[\d.]+&#8239;[kM]B<', text)) == 3, "pools, request"
    assert len(re.findall(r'data-of="CPU">[\d.]+&#8239;s<', text)) == 3
    assert names(page(site, "?sort=-memory"))[0] in known


def test_methods(site):
    answer = page(site, method="HEAD")
    assert (answer.status, answer.body) == (200, b"") and answer.header("Content-Security-Policy")
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = page(site, method=method, body=b"x")
        assert answer.status == 405, method
        assert {*answer.header("Allow").replace(" ", "").split(",")} >= {"GET", "HEAD"}


def test_no_htaccess_can_reach_it(site):
    vhost = site.httpd.vhosts["b.test"]
    put = site.place.file
    put(vhost.docroot / "empty.txt", "of b", vhost.owner)
    words = {"handler": "SetHandler lsapi-status", "type": "ForceType lsapi-status",
             "mod_status": "SetHandler server-status",
             "rewrite": "RewriteEngine On\nRewriteRule .* - [H=lsapi-status]",
             "if": "<If \"true\">\nSetHandler lsapi-status\n</If>"}
    for name, text in words.items():
        site.place.directory(vhost.docroot / name, vhost.owner)
        put(vhost.docroot / name / ".htaccess", text, vhost.owner)
        put(vhost.docroot / name / "x.txt", "text", vhost.owner)
        answer = site.get("b.test", f"/{name}/x.txt?auto")
        assert "LsapiPools" not in answer.text and "a.test" not in answer.text, name
    site.httpd.wait_log("lsapi-status is refused: a .htaccess has taken part", "b.test")
    # where a .htaccess has a say, it could open what is closed: nothing is shown there
    put(vhost.docroot / ".htaccess", "SetEnv x y", vhost.owner)
    try:
        assert page(site, host="b.test").status == 403
        assert "Lsapi" not in site.get("b.test", "/server-status?auto").text
    finally:
        os.unlink(vhost.docroot / ".htaccess")
    assert page(site, host="b.test").status == 200
    # a page of the site would have it in the site's own hands
    site.place.directory(vhost.docroot / "ssi", vhost.owner)
    put(vhost.docroot / "ssi/.htaccess", "Options +Includes\nSetOutputFilter INCLUDES\n",
        vhost.owner)
    put(vhost.docroot / "ssi/x.html", '[<!--#include virtual="/lsapi-status?auto" -->]',
        vhost.owner)
    answer = site.get("b.test", "/ssi/x.html")
    assert answer.status == 200 and "Lsapi" not in answer.text and "error" in answer.text


def test_section_of_mod_status(site):
    told = lines(site.get("s.test", "/server-status?auto"))
    assert told["LsapiUp"] == "1" and told["LsapiPools"] == str(POOLS + 2) and "Uptime" in told
    text = site.get("s.test", "/server-status").text
    assert "<h2>lsapid " in text and "Children busy" in text


def test_who_is_stopped_and_what_was_refused(site):
    """On the page, and what lsapidctl status says of it to people."""
    def told():
        status, text = site.ctl.run("status")
        assert status == 0
        return [line for line in text.splitlines() if line.startswith(("stopped ", "log level"))]

    assert told() == [] and "an administrator: " not in page(site).text
    assert site.ctl.run("log-level", "notice")[0] == 0
    assert site.ctl.run("stop", "b.test")[0] == 0
    owner = site.httpd.vhosts["b.test"].owner.pw_name
    assert site.get("b.test", "/index.php").status == 503
    level, stopped = told()
    assert level.startswith("log level: notice, by lsapidctl log-level")
    assert stopped.endswith(f": b.test of {owner}")
    text = page(site).text
    assert f"</b> by an administrator: b.test of {owner}</p>" in text
    assert "<b>Log level notice</b>" in text and ", stopped</small></td>" in text
    row = text[text.index('id="wide-refusals"'):].split("</table>")[0]
    assert 'data-of="Pool">b.test<' in row and 'data-of="Times">stopped 1<' in row
    assert re.search(r'data-of="Last">20\d\d-\d\d-\d\d \d\d:\d\d:\d\d<', row)
    pool, = [p for p in site.ctl.status()["pools"] if p["name"] == "b.test"]
    assert pool["last_refusal"]["reason"] == "stopped"
    # what asks for no pool that can be
    with control.Control(site.daemon.socket) as peer:
        peer.hello(site.daemon.key.read_bytes())
        peer.pool(handler="none", uid=100000, gid=100000, scope="vhost", name="<i>.test",
                  children=20, docroot="/home/none")
    assert 'data-of="Pool">&lt;i&gt;.test<' in page(site).text
    assert site.ctl.run("warm", "b.test")[0] == 0 and site.ctl.run("reload")[0] == 0
    assert told() == []


@pytest.mark.skipif(not browser.PROGRAM, reason="needs chromium")
@pytest.mark.deadline(240)
def test_in_a_browser(site, tmp_path):
    base = f"http://127.0.0.1:{site.httpd.port}"
    shown = browser.Browser()
    try:
        shown.look(1280, 900)
        shown.open(f"{base}/lsapi-status?pools=all")
        first = "document.querySelector('#wide-pools tbody th').textContent"
        assert shown.run(first) == "a.test"
        (tmp_path / "desktop.png").write_bytes(shown.screenshot())
        # sorting by a click, in place
        shown.run("window.mark = 1; scrollTo(0, 500);"
                  "document.querySelector('#processes-all').open = true;"
                  "[...document.querySelectorAll('#wide-pools thead a')][0].click()")
        shown.wait("document.querySelector('[aria-sort=ascending]')")
        ordered = shown.run(first)
        assert ordered.startswith("<script>") and shown.run("scrollY") == 500
        # a refresh keeps order, place, what is open; and it is another answer
        shown.run("const s = document.querySelector('[name=refresh]'); s.innerHTML ="
                  "'<option value=1>'; s.dispatchEvent(new Event('change', {bubbles: true}))")
        shown.wait("location.search.includes('refresh=1')")
        shown.run("document.querySelector('time').textContent = 'old'")
        shown.wait("document.querySelector('time').textContent !== 'old'")
        assert shown.run(first) == ordered and shown.run("scrollY") == 500
        assert shown.run("document.querySelector('#processes-all').open")
        assert shown.run("window.mark") == 1, "the page was loaded anew"
        # what is looked for
        shown.run("const q = document.querySelector('[name=q]'); q.value = 'site7.';"
                  "q.dispatchEvent(new Event('input', {bubbles: true}))")
        shown.wait("document.querySelectorAll('#wide-pools tbody tr').length === 1")
        assert shown.run("document.title").startswith("lsapid: "), "a name has run"
        # a phone; and a dark one
        for name, dark in (("phone", False), ("dark", True)):
            shown.look(375, 700, dark)
            shown.open(f"{base}/lsapi-status?pools=all")
            assert shown.run("document.documentElement.scrollWidth") == 375, name
            (tmp_path / f"{name}.png").write_bytes(shown.screenshot())
        assert shown.run("getComputedStyle(document.body).backgroundColor") != "rgb(247, 247, 245)"
        assert shown.run("document.title").startswith("lsapid: "), "a name has run"
        assert not shown.complaints()
        assert all(url.startswith(base + "/lsapi-status") or url.startswith("data:,")
                   or url == "about:blank" for url in shown.requests()), shown.requests()
    finally:
        shown.end()


def test_daemon_stopped(stack):
    made = stack(Vhost("s.test", "man"), start=False, modules=["status"])
    made.httpd.extra = SHARED["extra"]
    made.start()
    assert page(made).status == 200
    made.daemon.stop()
    answer = page(made)
    assert answer.status == 503 and answer.header("Cache-Control") == "no-store"
    assert "can not be reached" in answer.text and "systemctl start lsapid" in answer.text
    answer = page(made, "?auto")
    assert answer.status == 503 and answer.text.startswith("LsapiUp: 0\n")
    assert page(made, "?json").status == 503 and page(made, method="HEAD").body == b""
    assert lines(made.get("s.test", "/server-status?auto"))["LsapiUp"] == "0"
    made.httpd.wait_log("no status: lsapid can not be reached", "s.test")
    made.daemon.start()
    assert page(made).status == 200


def test_daemon_hangs(stack):
    """Nothing waits for longer than the bound that the manual names, and the rest is served."""
    made = stack(Vhost("s.test", "man"), start=False, settings={"manager_timeout": 0})
    made.httpd.extra = PAGE.format("/lsapi-status", "lsapi-status")
    made.start()
    assert page(made).status == 200
    manager = made.daemon.manager()
    os.kill(manager, signal.SIGSTOP)
    try:
        began = time.monotonic()
        answer = page(made)
        assert time.monotonic() - began < 15 * PATIENCE
    finally:
        os.kill(manager, signal.SIGCONT)
    assert answer.status == 503 and "does not answer" in answer.text
    assert "journalctl -u lsapid" in answer.text
    made.httpd.wait_log("control.sock does not answer", "s.test")
    assert page(made).status == 200


def test_without_mod_status(stack):
    made = stack(Vhost("s.test", "man"), start=False)
    made.httpd.extra = PAGE.format("/lsapi-status", "lsapi-status")
    assert page(made.start()).status == 200
