"""Settings read anew by the exporters of MongoDB and MinIO, which watch real deployments; test_reload.py does more of it with Redis."""
import os
import pathlib
import signal
import subprocess

import pytest

from deployment import Repeatedly, Stack, wait_until

# How a cluster of the stack is told to the file; SECRET is the path of the secret's file.
CLUSTERS = {
    "mongo": "{{name: {name}, seeds: ['{address}'], options: authSource=admin, user: replicawatch, password_file: {secret}}}",
    "minio": "{{name: {name}, seeds: ['http://{address}'], access_key: replicawatch, secret_key_file: {secret}}}",
}
pytestmark = pytest.mark.parametrize("service", CLUSTERS)


@pytest.fixture(scope="module")
def stack():
    stack = Stack(*CLUSTERS)
    yield stack
    stack.purge()


class Configured:
    """An exporter with a file of its own, and a copy of the secret that it may change."""

    def __init__(self, stack, service, folder):
        self.stack = stack
        self.service = service
        self.file = pathlib.Path(folder, "replicawatch.yml")
        self.secret = pathlib.Path(folder, "secret")
        (given,) = (argument for argument in stack.status()["exporters"][service]["arguments"] if argument.partition("=")[0].endswith("-file"))
        self.secret.write_text(pathlib.Path(given.partition("=")[2]).read_text())
        self.exporter = None

    def write(self, *names):
        of = {"address": self.stack.address(f"{self.service}-1"), "secret": self.secret}
        self.file.write_text("clusters:\n" + "".join(f"  - {CLUSTERS[self.service].format(name=name, **of)}\n" for name in names))

    def start(self):
        self.exporter = self.stack.exporter(self.service, [f"--config.file={self.file}"], {})
        return self.exporter

    def reload(self):
        self.exporter.process.send_signal(signal.SIGHUP)


@pytest.fixture
def configured(stack, service, tmp_path):
    configured = Configured(stack, service, tmp_path)
    yield configured
    if configured.exporter:
        configured.exporter.stop()


def up(page):
    """The clusters that are watched, and whether anybody answers."""
    return {labels["cluster"]: value for labels, value in page.all("up")}


def test_clusters_come_and_go_under_scrapes_and_the_others_go_on(stack, configured):
    configured.write("one", "two")
    exporter = configured.start()
    exporter.wait(lambda p: up(p) == {"one": 1, "two": 1}, 30, "both are watched")
    bad = []

    def scrape():
        status, _, body = exporter.get("/metrics")
        if status != 200 or b'cluster="one"} 1\n' not in body.partition(b"\nreplicawatch_up{")[2]:
            bad.append((status, body[:2000]))

    with Repeatedly(*[(scrape, 0)] * 3):
        for _ in range(3):
            configured.write("one", "three")
            configured.reload()
            exporter.wait(lambda p: up(p) == {"one": 1, "three": 1}, 30, "three has come, two is gone")
            configured.write("one", "two")
            configured.reload()
            exporter.wait(lambda p: up(p) == {"one": 1, "two": 1}, 30, "two has come, three is gone")
    assert not bad, bad[0]


def connections(process):
    """The local ports of its connections."""
    listed = subprocess.run(["ss", "-Htnp", "state", "established"], check=True, capture_output=True, text=True).stdout
    return {line.split()[2] for line in listed.splitlines() if f"pid={process.pid}," in line}


def test_what_did_not_change_keeps_its_connections(service, configured):
    if service == "minio":
        pytest.skip("MinIO's API is HTTP: its connections come and go by themselves")
    configured.write("one")
    exporter = configured.start()
    exporter.wait(lambda p: p.value("members_healthy", cluster="one") == 3, 30, "all of it is watched")
    before = connections(exporter.process)
    assert len(before) >= 3
    configured.write("one", "two")
    configured.reload()
    exporter.wait(lambda p: up(p) == {"one": 1, "two": 1}, 30, "two has come")
    assert before <= connections(exporter.process)


def test_a_bad_file_changes_nothing(configured):
    configured.write("one")
    exporter = configured.start()
    exporter.wait(lambda p: up(p) == {"one": 1}, 30, "it is watched")
    configured.file.write_text(configured.file.read_text().replace("seeds", "sead"))
    configured.reload()
    page = exporter.wait(lambda p: p.value("config_reload_success", file="config") == 0, 20, "the bad file was seen")
    assert up(page) == {"one": 1}
    assert f'{configured.file}:2:' in exporter.log() and "sead" in exporter.log()
    configured.write("two")
    configured.reload()
    exporter.wait(lambda p: p.value("config_reload_success", file="config") == 1 and up(p) == {"two": 1}, 30, "the mended file is used")


def test_a_secret_that_is_refused_is_read_again(configured):
    right = configured.secret.read_text()
    configured.secret.write_text("not-the-right-one\n")
    configured.write("one")
    exporter = configured.start()
    exporter.wait(lambda p: {labels["code"] for labels, _ in p.all("member_error")} == {"auth"}, 30, "the login is refused")
    # As secrets are replaced: whole.
    fresh = configured.secret.with_suffix(".new")
    fresh.write_text(right)
    os.replace(fresh, configured.secret)
    exporter.wait(lambda p: up(p) == {"one": 1} and not p.all("member_error"), 30, "the right one is taken without a reload")
    assert right.strip() not in exporter.log() and "not-the-right-one" not in exporter.log()
    wait_until(lambda: "settings have changed" in exporter.log(), 10, "the change is in the log")
