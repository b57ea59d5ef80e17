"""Settings read anew while requests go on: clusters that come and go, bad files, passwords that change."""
import http.client
import pathlib
import signal

import pytest

from deployment import Exporter, Page, Repeatedly, wait_until
from redis_place import Place


@pytest.fixture
def place():
    place = Place()
    yield place
    place.purge()


class Configured:
    """An exporter that has its clusters from a file."""

    def __init__(self, place, *arguments):
        self.file = pathlib.Path(place.folder, "replicawatch.yml")
        self.place = place
        self.arguments = arguments
        self.exporter = None

    def write(self, **clusters):
        """Each a name and a server, or several lines of YAML."""
        lines = ["clusters:"]
        for name, of in clusters.items():
            lines += [f"  - name: {name}"] + [f"    {line}" for line in (of if isinstance(of, list) else [f"seeds: [{of.address}]"])]
        self.file.write_text("\n".join(lines) + "\n")

    def start(self):
        self.exporter = Exporter("redis", [f"--config.file={self.file}", *self.arguments], self.place.folder)
        self.place.exporters.append(self.exporter)
        return self.exporter

    def hang_up(self):
        self.exporter.process.send_signal(signal.SIGHUP)


def clusters(page):
    return {labels["cluster"] for labels, _ in page.all("up")}


def reloaded(page):
    return page.value("config_reload_success", file="config")


def connections(server):
    info = dict(line.split(":", 1) for line in server.client.ask("INFO", "stats").splitlines() if ":" in line)
    return int(info["total_connections_received"])


@pytest.fixture
def servers(place):
    servers = [place.server() for _ in range(3)]
    for server in servers:
        server.start()
    return servers


def test_clusters_come_and_go_while_many_scrape(place, servers):
    configured = Configured(place)
    configured.write(one=servers[0], two=servers[1])
    exporter = configured.start()
    page = exporter.wait(lambda p: clusters(p) == {"one", "two"}, 20, "both are watched")
    assert reloaded(page) == 1
    bad = []

    def scrape():
        status, _, body = exporter.get("/metrics")
        if status != 200 or b'replicawatch_up{service="redis",cluster="one"} 1' not in body:
            bad.append((status, body[:2000]))

    with Repeatedly(*[(scrape, 0)] * 4):
        for _ in range(5):
            configured.write(one=servers[0], three=servers[2])
            configured.hang_up()
            exporter.wait(lambda p: clusters(p) == {"one", "three"}, 20, "three has come, two is gone")
            configured.write(one=servers[0], two=servers[1])
            configured.hang_up()
            exporter.wait(lambda p: clusters(p) == {"one", "two"}, 20, "two has come, three is gone")
    assert not bad, bad[0]
    # Nobody holds on to what is gone.
    wait_until(lambda: servers[2].client.ask("CLIENT", "LIST").count("replicawatch") == 0, 20, "no connection is left")
    exporter.stop()


def test_what_did_not_change_is_not_disturbed(place, servers):
    configured = Configured(place)
    configured.write(one=servers[0])
    exporter = configured.start()
    exporter.wait(lambda p: p.value("up", cluster="one") == 1, 20, "it is watched")
    before = connections(servers[0])
    configured.write(one=servers[0], two=servers[1])
    configured.hang_up()
    exporter.wait(lambda p: clusters(p) == {"one", "two"}, 20, "two has come")
    # Each look is a connection of the test itself.
    assert connections(servers[0]) == before + 1


def test_collectors_of_one_cluster_go_over_the_flags(place, servers):
    configured = Configured(place, "--no-collector.replication", "--collector.latency")
    one, two = ([f"seeds: [{server.address}]", f"collectors: {choice}"] for server, choice in zip(
        servers, ("{node: false, latency: false}", "{replication: true}")))
    configured.write(one=one, two=two)
    exporter = configured.start()
    page = exporter.wait(lambda p: clusters(p) == {"one", "two"}, 20, "both are watched")

    def with_family(page, *names):
        return [{labels["cluster"] for name, labels, _ in page.samples if name == family} for family in names]

    families = ("redis_instance_info", "replicawatch_redis_failovers_total", "redis_latency_percentiles_usec")
    servers[1].client.ask("PING")
    page = exporter.wait(lambda p: with_family(p, *families)[2], 20, "latencies are told")
    assert with_family(page, *families) == [{"two"}, {"two"}, {"two"}], page.text
    # A request can only leave out more, for each cluster what it has.
    status, _, body = exporter.get("/metrics?collect[]=replication&collect[]=deployment")
    page = Page(body.decode())
    assert status == 200 and with_family(page, *families) == [set(), {"two"}, set()] and clusters(page) == {"one", "two"}
    assert exporter.get("/metrics?cluster=one&collect[]=replication")[0] == 400
    assert exporter.get("/metrics?collect[]=heartbeat")[0] == 400
    # A changed choice is a changed cluster.
    configured.write(one=[f"seeds: [{servers[0].address}]"], two=two)
    configured.hang_up()
    exporter.wait(lambda p: with_family(p, families[0]) == [{"one", "two"}], 20, "one has its nodes as well")
    exporter.stop()


def test_keys_that_are_not_published_are_not_looked_for(place, servers):
    survey = "survey: {count: ['*'], interval: 1s}"
    configured = Configured(place)
    configured.write(one=[f"seeds: [{servers[0].address}]", survey],
                     two=[f"seeds: [{servers[1].address}]", survey, "collectors: {keys: false}"])  # fmt: skip
    exporter = configured.start()
    exporter.wait(lambda p: clusters(p) == {"one", "two"}, 20, "both are watched")

    def scans(server):
        return "cmdstat_scan:" in server.client.ask("INFO", "commandstats")

    wait_until(lambda: scans(servers[0]), 20, "keys are looked for")
    exporter.wait(lambda p: any(name == "redis_keys_count" and labels["cluster"] == "one" for name, labels, _ in p.samples), 20, "they are counted")
    assert not scans(servers[1])


def test_a_bad_file_changes_nothing_and_is_told(place, servers):
    configured = Configured(place)
    configured.write(one=servers[0])
    exporter = configured.start()
    exporter.wait(lambda p: p.value("up", cluster="one") == 1, 20, "it is watched")
    configured.file.write_text("clusters:\n  - nmae: one\n")
    configured.hang_up()
    page = exporter.wait(lambda p: reloaded(p) == 0, 20, "the bad file was seen")
    assert clusters(page) == {"one"}
    assert f"{configured.file}:2:" in exporter.log() and "nmae" in exporter.log()
    configured.write(two=servers[1])
    configured.hang_up()
    exporter.wait(lambda p: reloaded(p) == 1 and clusters(p) == {"two"}, 20, "the mended file is used")


def test_reload_by_request(place, servers):
    configured = Configured(place, "--web.enable-lifecycle")
    configured.write(one=servers[0])
    exporter = configured.start()
    configured.write(two=servers[1])
    assert ask(exporter, "POST") == (200, "reloaded\n")
    exporter.wait(lambda p: clusters(p) == {"two"}, 20, "two has come")
    configured.file.write_text("clusters: 1\n")
    status, text = ask(exporter, "POST")
    assert status == 500 and f"{configured.file}:1:" in text
    assert clusters(exporter.scrape()) == {"two"}
    assert ask(exporter, "GET")[0] == 405


def test_a_request_needs_leave(place, servers):
    configured = Configured(place)
    configured.write(one=servers[0])
    exporter = configured.start()
    status, text = ask(exporter, "POST")
    assert status == 403 and "--web.enable-lifecycle" in text


def ask(exporter, method):
    connection = http.client.HTTPConnection(exporter.address, timeout=10)
    connection.request(method, "/-/reload")
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@pytest.mark.parametrize("by", ["file", "flag"])
def test_a_password_changes_without_a_restart(place, servers, by):
    server = servers[0]
    password = pathlib.Path(place.folder, "exporter.password")
    password.write_text("the first one\n")
    server.set(requirepass="the first one")
    server.client.password = "the first one"
    if by == "file":
        configured = Configured(place)
        configured.write(one=[f"seeds: [{server.address}]", f"password_file: {password}"])
        exporter = configured.start()
    else:
        exporter = place.exporter(server, "--cluster.name=one", f"--redis.password-file={password}")
    exporter.wait(lambda p: p.value("up", cluster="one") == 1, 20, "it is watched")
    server.set(requirepass="the second one")
    server.client.password = "the second one"
    server.client.ask("CLIENT", "KILL", "TYPE", "normal")
    exporter.wait(lambda p: p.errors(server.address) == ["auth"], 20, "the old password is refused")
    password.write_text("the second one\n")
    exporter.wait(lambda p: p.value("up", cluster="one") == 1, 30, "the new password is taken from the file")
    assert "the second one" not in exporter.log()
