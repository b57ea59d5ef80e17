"""The page at / in a real browser, on a real Redis, one of whose replicas has a name that is out for mischief.

REPLICAWATCH_PICTURES=FOLDER: what it looks like is left there (docs/images)."""
import os
import pathlib

import pytest

from browser import PROGRAM, Browser
from deployment import Exporter
from redis_place import Place

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium: scripts/bootstrap test")

MISCHIEF = "<img src=http://127.0.0.1:1/x onerror=document.title=1>\\\"'&amp;<script>document.title=2</script>"
CLUSTER = "<b>orders</b> & \"more\""
# Wider than any phone, if it could not be broken.
LONG = "<i>" + "x" * 80 + "</i>"


@pytest.fixture(scope="module")
def place():
    place = Place()
    yield place
    place.purge()


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


def deployment(place, name, *announced):
    """A master and a replica, and one for each name that it is to announce."""
    master = place.server()
    master.start()
    for announcement in ("127.0.0.1", *announced):
        escaped = announcement.replace("\\", "\\\\").replace('"', '\\"')
        place.server(f"replicaof 127.0.0.1 {master.port}", f'replica-announce-ip "{escaped}"').start()
    file = pathlib.Path(place.folder, f"{master.port}.yml")
    file.write_text("clusters:\n  - {name: '" + name + f"', seeds: ['{master.address}']" + "}\n")
    exporter = Exporter("redis", [f"--config.file={file}"], place.folder)
    place.exporters.append(exporter)
    exporter.wait(lambda page: len(page.all("member_up")) >= 2 + len(announced), 30, "all members are known")
    return exporter


def shown(browser, exporter, width, **look):
    browser.open(f"http://{exporter.address}/", width, 480, **look)
    assert browser.value("document.documentElement.scrollWidth") <= width
    return browser.value("document.body.innerText")


@pytest.mark.parametrize("width", [390, 320, 1000])
def test_names_are_text_whatever_they_say(place, browser, width):
    if not hasattr(place, "mischievous"):
        place.mischievous = deployment(place, CLUSTER, MISCHIEF, LONG)
    exporter = place.mischievous
    text = shown(browser, exporter, width)
    for name in (CLUSTER, LONG, MISCHIEF):
        assert name in text
    assert browser.value("document.title") == "replicawatch-redis"
    assert browser.value("document.querySelectorAll('img, script, b, i, link, iframe, [onerror]').length") == 0
    assert [event["request"]["url"] for event in browser.seen("Network.requestWillBeSent")] == [f"http://{exporter.address}/"]
    assert browser.seen("Log.entryAdded") == [] and browser.seen("Runtime.exceptionThrown") == []


def test_a_phone_shows_all_of_the_table(place, browser):
    exporter = deployment(place, "orders", "127.0.0.2")
    for width, name in ((390, "landing-phone"), (900, "landing")):
        text = shown(browser, exporter, width)
        for wanted in ("replicawatch-redis", "/metrics", "orders", "writable", "master", "replica", "up"):
            assert wanted in text, wanted
        outside = "[...document.querySelectorAll('td, a, input, button')].filter(e => e.getBoundingClientRect().right > innerWidth).length"
        assert browser.value(outside) == 0
        assert browser.value("parseFloat(getComputedStyle(document.querySelector('td')).fontSize)") >= 14
        folder = os.environ.get("REPLICAWATCH_PICTURES")
        if folder:
            browser.picture(os.path.join(folder, f"{name}.png"))


def contrast(browser, selector):
    """Of a text to the page behind it, as WCAG counts it."""
    return browser.value(
        """(() => {
          const light = text => { const [r, g, b] = text.match(/\\d+/g).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
            return .2126 * r + .7152 * g + .0722 * b + .05; };
          const back = light(getComputedStyle(document.body).backgroundColor);
          return [...document.querySelectorAll('%s')].map(e => light(getComputedStyle(e).color)).map(l => Math.max(l / back, back / l));
        })()"""
        % selector
    )


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_read_by_day_and_by_night(place, browser, dark):
    shown(browser, place.exporters[0], 390, dark=dark)
    ratios = contrast(browser, "h1, h2, a, td, .ok, .bad")
    assert ratios and min(ratios) >= 4.5


def test_the_form_asks_a_node(place, browser):
    exporter = place.exporters[0]
    shown(browser, exporter, 390)
    browser.value(f"document.querySelector('input').value = '{place.servers[0].address}'")
    browser.events.clear()
    browser.value("document.querySelector('form').submit()")
    while not browser.seen("Page.loadEventFired"):
        browser.events.append(browser.read())
    assert "redis_uptime_in_seconds" in browser.value("document.body.innerText")
