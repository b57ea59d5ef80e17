"""Masters that are cut off from their peers and go on taking writes, in a Cluster and under Sentinels, while the exporter still
reaches every node."""
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from deployment import Exporter, wait_until
from networks import Networks
from redis_client import RedisClient
from servers import program

SLOTS = 16384
SHARDS = 3
PORT = 6379


class Servers:
    """One in each network."""

    def __init__(self, count):
        self.networks = Networks(count)
        self.folder = tempfile.mkdtemp(prefix="replicawatch-test-")
        pathlib.Path(self.folder, "password").write_text("none is wanted")
        self.processes = []
        self.exporter = None
        self.addresses = [f"{self.networks.address(i)}:{PORT}" for i in range(count)]
        self.clients = [RedisClient(address, f"{self.folder}/password") for address in self.addresses]

    def start(self, i, *lines, arguments=()):
        folder = pathlib.Path(self.folder, str(i))
        folder.mkdir()
        common = [f"port {PORT}", "bind 0.0.0.0", "protected-mode no", f"dir {folder}", f"logfile {folder}/log"]
        (folder / "redis.conf").write_text("\n".join([*common, *lines]) + "\n")
        self.processes.append(subprocess.Popen(
            ["ip", "netns", "exec", self.networks.names[i], program("REDIS_SERVER"), folder / "redis.conf", *arguments],
            stdin=subprocess.DEVNULL))  # fmt: skip
        wait_until(lambda: self.clients[i].ask("PING") == "PONG", 20, f"{self.addresses[i]} answers")

    def watch(self, i):
        self.exporter = Exporter("redis", [f"--redis.addr={self.addresses[i]}"], self.folder)
        return self.exporter

    def purge(self):
        if self.exporter:
            self.exporter.process.kill()
            self.exporter.process.wait()
        for process in self.processes:
            process.kill()
            process.wait()
        self.networks.purge()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def servers():
    servers = Servers(2 * SHARDS)
    yield servers
    servers.purge()


@pytest.fixture
def cluster(servers):
    """Three masters, and a replica of each."""
    for i in range(2 * SHARDS):
        servers.start(i, "save ''", "repl-diskless-sync-delay 0", "cluster-enabled yes", "cluster-node-timeout 2000")
    for i, client in enumerate(servers.clients):
        if i < SHARDS:
            bounds = range(SLOTS * i // SHARDS, SLOTS * (i + 1) // SHARDS)
            assert client.ask("CLUSTER", "ADDSLOTS", *map(str, bounds)) == "OK"
        assert client.ask("CLUSTER", "SET-CONFIG-EPOCH", str(i + 1)) == "OK"
        assert servers.clients[0].ask("CLUSTER", "MEET", servers.networks.address(i), str(PORT)) == "OK"
    for i in range(SHARDS):
        master = servers.clients[i].ask("CLUSTER", "MYID")
        wait_until(lambda: servers.clients[SHARDS + i].ask("CLUSTER", "REPLICATE", master) == "OK", 30, "it replicates")
    for client in servers.clients:
        wait_until(lambda: "cluster_state:ok" in client.ask("CLUSTER", "INFO"), 30, "every node sees a good Cluster")
    return servers


@pytest.fixture
def watched_by_sentinels(servers):
    """A master, two replicas, three Sentinels, in this order."""
    master = servers.networks.address(0)
    for i in range(3):
        servers.start(i, "save ''", "repl-diskless-sync-delay 0", "repl-timeout 5", *([f"replicaof {master} {PORT}"] if i else []))
    for i in range(3, 6):
        servers.start(
            i, f"sentinel monitor group {master} {PORT} 2", "sentinel down-after-milliseconds group 2000",
            "sentinel failover-timeout group 6000", arguments=["--sentinel"],
        )  # fmt: skip
    return servers


def test_a_cut_off_master_that_goes_on_claiming_its_slots(cluster):
    exporter = cluster.watch(4)

    def healthy(page):
        return (
            len(page.all("primaries")) == SHARDS
            and all(value == 1 for _, value in page.all("primaries"))
            and all(value == 1 for _, value in page.all("writable"))
            and all(value == 2 for _, value in page.all("members_healthy"))
        )

    page = exporter.wait(healthy, 60, "the Cluster is healthy")
    old, successor = cluster.addresses[0], cluster.addresses[SHARDS]
    [group] = {labels["group"] for labels, _ in page.all("member_role", member=old)}
    term = page.value("term", group=group)

    cluster.networks.cut_off(0)
    page = exporter.wait(
        lambda page: page.value("primaries", group=group) == 2 and page.value("views", group=group, about="primary") == 2, 60,
        "two nodes claim the slots",
    )  # fmt: skip
    # All answer, which each of them alone would call well.
    assert all(value == 1 for _, value in page.all("member_up"))
    assert page.value("member_role", group=group, member=successor, role="master") == 1
    assert page.value("term", group=group) > term
    others = [value for labels, value in page.all("primaries") if labels["group"] != group]
    assert others == [1, 1]

    cluster.networks.heal(0)
    page = exporter.wait(healthy, 60, "the old master has given in")
    assert page.value("member_role", group=group, member=old, role="replica") == 1
    assert all(value == 1 for _, value in page.all("views", about="primary"))


def test_a_master_cut_off_together_with_a_sentinel(watched_by_sentinels):
    """That Sentinel can't have another one elected, and goes on naming the old master, which goes on taking writes."""
    servers = watched_by_sentinels
    old = servers.addresses[0]
    exporter = servers.watch(3)
    exporter.wait(lambda page: page.replicates(members=6), 60, "it is healthy")

    servers.networks.cut_off(0, 3)
    page = exporter.wait(
        lambda page: page.value("primaries") == 2 and page.value("views", about="primary") == 2, 90, "there are two masters",
    )  # fmt: skip
    assert all(value == 1 for _, value in page.all("member_up"))
    [successor] = set(page.members_with_role("master")) - {old}
    assert servers.clients[0].ask("SET", "key", "of the old one") == "OK"
    assert servers.clients[servers.addresses.index(successor)].ask("SET", "key", "of the new one") == "OK"
    # What the majority says counts: the new master is the one to write to, and the old one is no healthy member.
    lone = servers.addresses[3]
    page = exporter.wait(
        lambda page: page.value("members_healthy") == 5 and page.value("redis_sentinel_quorum", member=lone, state="lost") == 1, 60,
        "the lone Sentinel has no quorum",
    )  # fmt: skip
    assert page.value("writable") == 1
    assert page.value("primaries") == 2

    servers.networks.heal(0, 3)
    page = exporter.wait(lambda page: page.replicates(members=6), 90, "the old master has given in")
    assert page.members_with_role("master") == [successor]
