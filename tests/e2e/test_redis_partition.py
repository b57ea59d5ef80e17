"""A Redis Cluster whose nodes can be cut off from each other while the exporter still reaches them all: each node has a network
namespace of its own, made by the test and gone with it."""
import contextlib
import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from deployment import Exporter, wait_until
from redis_client import RedisClient
from servers import program

SLOTS = 16384
SHARDS = 3
CLONE_NEWNET = 0x40000000


def ip(*words, check=True):
    return subprocess.run(["ip", *map(str, words)], check=check, capture_output=True, text=True)


def enter(namespace_file):
    """Moves this thread, and what it starts from now on, into a network namespace."""
    descriptor = os.open(namespace_file, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(descriptor)


class Networks:
    """A bridge in a namespace of its own, where the test and the exporter are, and a namespace for each node."""

    def __init__(self, count):
        self.prefix = f"rw{os.getpid()}"
        self.hub = f"{self.prefix}-hub"
        self.names = [f"{self.prefix}-{i}" for i in range(count)]
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.made = []
        try:
            self._make(self.hub)
            ip("-n", self.hub, "link", "add", "bridge", "type", "bridge")
            ip("-n", self.hub, "addr", "add", f"{self.address(-1)}/24", "dev", "bridge")
            ip("-n", self.hub, "link", "set", "bridge", "up")
            for i, name in enumerate(self.names):
                self._make(name)
                ip("-n", self.hub, "link", "add", f"port{i}", "type", "veth", "peer", "name", "eth0", "netns", name)
                ip("-n", self.hub, "link", "set", f"port{i}", "master", "bridge", "up")
                ip("-n", name, "addr", "add", f"{self.address(i)}/24", "dev", "eth0")
                ip("-n", name, "link", "set", "eth0", "up")
            enter(f"/run/netns/{self.hub}")
        except BaseException:
            self.purge()
            raise

    def _make(self, name):
        ip("netns", "add", name)
        self.made.append(name)
        ip("-n", name, "link", "set", "lo", "up")

    def address(self, i):
        return f"10.231.77.{i + 2}"

    def cut_off(self, i):
        """From all other nodes, not from the hub."""
        for other in range(len(self.names)):
            if other != i:
                ip("-n", self.names[i], "route", "add", "blackhole", f"{self.address(other)}/32")

    def heal(self, i):
        for other in range(len(self.names)):
            if other != i:
                ip("-n", self.names[i], "route", "del", "blackhole", f"{self.address(other)}/32", check=False)

    def purge(self):
        with contextlib.suppress(OSError):
            ctypes.CDLL(None).setns(self.home, CLONE_NEWNET)
            os.close(self.home)
        for name in self.made:
            ip("netns", "del", name, check=False)


class Cluster:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="replicawatch-test-")
        pathlib.Path(self.folder, "password").write_text("none is wanted")
        self.processes = []
        self.exporter = None
        self.networks = Networks(2 * SHARDS)
        self.addresses = [f"{self.networks.address(i)}:6379" for i in range(2 * SHARDS)]
        self.clients = [RedisClient(address, f"{self.folder}/password") for address in self.addresses]
        try:
            for i in range(2 * SHARDS):
                self._start(i)
            self._join()
        except BaseException:
            self.purge()
            raise

    def _start(self, i):
        folder = pathlib.Path(self.folder, str(i))
        folder.mkdir()
        command = [
            "ip", "netns", "exec", self.networks.names[i], program("REDIS_SERVER"), "--port", "6379", "--bind", "0.0.0.0",
            "--protected-mode", "no", "--dir", folder, "--save", "", "--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
            "--repl-diskless-sync-delay", "0", "--logfile", folder / "log",
        ]  # fmt: skip
        self.processes.append(subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL))
        wait_until(lambda: self.clients[i].ask("PING") == "PONG", 20, f"{self.addresses[i]} answers")

    def _join(self):
        for i, client in enumerate(self.clients):
            if i < SHARDS:
                bounds = range(SLOTS * i // SHARDS, SLOTS * (i + 1) // SHARDS)
                assert client.ask("CLUSTER", "ADDSLOTS", *map(str, bounds)) == "OK"
            assert client.ask("CLUSTER", "SET-CONFIG-EPOCH", str(i + 1)) == "OK"
            assert self.clients[0].ask("CLUSTER", "MEET", self.networks.address(i), "6379") == "OK"
        for i in range(SHARDS):
            master = self.clients[i].ask("CLUSTER", "MYID")
            wait_until(lambda: self.clients[SHARDS + i].ask("CLUSTER", "REPLICATE", master) == "OK", 30, "it replicates")
        for client in self.clients:
            wait_until(lambda: "cluster_state:ok" in client.ask("CLUSTER", "INFO"), 30, "every node sees a good Cluster")

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
def cluster():
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("SKIPPED: network namespaces need root and iproute2: a cut-off master was NOT tested")
    try:
        cluster = Cluster()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"SKIPPED: no network namespaces here ({error}): a cut-off master was NOT tested")
    yield cluster
    cluster.purge()


def test_a_cut_off_master_that_goes_on_claiming_its_slots(cluster):
    exporter = cluster.exporter = Exporter("redis", [f"--redis.addr={cluster.addresses[4]}"], cluster.folder)

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
