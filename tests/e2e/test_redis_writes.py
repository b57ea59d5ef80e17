"""Plain replication without Sentinels, a chained replica, and every reason for which a real master refuses a write."""
import os
import pathlib
import resource
import signal
import subprocess
import tempfile

import pytest

from deployment import Exporter, free_port, wait_until
from redis_client import RedisClient
from servers import program


class Server:
    def __init__(self, folder, *lines):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.folder = pathlib.Path(folder) / str(self.port)
        self.folder.mkdir()
        common = [f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", "save ''", "repl-diskless-sync-delay 0"]
        (self.folder / "redis.conf").write_text("\n".join([*common, *lines]) + "\n")
        self.client = RedisClient(self.address, pathlib.Path(folder) / "password")
        self.process = None

    def start(self, file_limit=None, wait=True):
        def limit():
            # A write beyond the limit fails instead of ending the process.
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

        with open(self.folder / "log", "a") as log:
            self.process = subprocess.Popen([program("REDIS_SERVER"), self.folder / "redis.conf"], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, preexec_fn=limit if file_limit else None)
        if wait:
            wait_until(lambda: self.client.ask("PING") == "PONG", 20, f"{self.address} answers")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def set(self, **settings):
        for name, value in settings.items():
            assert self.client.ask("CONFIG", "SET", name.replace("_", "-"), str(value)) == "OK"


class Place:
    """A folder with servers and exporters that end with it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="replicawatch-test-")
        pathlib.Path(self.folder, "password").write_text("none is wanted")
        self.servers = []
        self.exporters = []

    def server(self, *lines):
        self.servers.append(Server(self.folder, *lines))
        return self.servers[-1]

    def exporter(self, server):
        self.exporters.append(Exporter("redis", [f"--redis.addr={server.address}"], self.folder))
        return self.exporters[-1]

    def purge(self):
        for server in self.servers:
            server.stop()
        for exporter in self.exporters:
            exporter.process.kill()
            exporter.process.wait()
        subprocess.run(["rm", "-rf", self.folder], check=True)


@pytest.fixture(scope="module")
def place():
    place = Place()
    yield place
    place.purge()


@pytest.fixture(scope="module")
def chain(place):
    """A master, its replica, and that one's replica; the exporter knows the last alone."""
    master = place.server("enable-protected-configs yes")
    middle = place.server(f"replicaof 127.0.0.1 {master.port}")
    last = place.server(f"replicaof 127.0.0.1 {middle.port}")
    for server in (master, middle, last):
        server.start()
    chain = place.exporter(last)
    chain.servers = (master, middle, last)
    chain.wait(healthy, 30, "all three are found")
    return chain


def healthy(page):
    return page.value("members_healthy") == 3 and page.value("writable") == 1


def blocked(page):
    """The reasons that hold."""
    return sorted(labels["reason"] for labels, value in page.all("write_blocked") if value == 1)


def test_a_chained_replica_leads_to_the_master(chain):
    master, middle, last = chain.servers
    page = chain.scrape()
    assert page.members_with_role("master") == [master.address]
    assert page.members_with_role("replica") == sorted([middle.address, last.address])
    assert page.value("primaries") == 1
    # Nobody promotes a replica here.
    assert page.value("failures_tolerated", operation="write") == 0
    assert page.value("failures_tolerated", operation="read") == 2
    for replica in (middle, last):
        assert page.value("replication_lag_bytes", member=replica.address) < 1000
    last.process.send_signal(signal.SIGSTOP)
    try:
        assert master.client.ask("SET", "while-paused", "x" * 5000) == "OK"
        page = chain.wait(lambda page: page.value("member_up", member=last.address) == 0, 15, "it is seen as down")
        assert page.value("replication_lag_bytes", member=last.address) > 5000
        assert page.value("replication_lag_bytes", member=middle.address) < 1000
    finally:
        last.process.send_signal(signal.SIGCONT)
    chain.wait(healthy, 30, "it is back")


def test_too_few_replicas(chain):
    master = chain.servers[0]
    master.set(min_replicas_to_write=2)
    try:
        page = chain.wait(lambda page: page.value("writable") == 0, 10, "writes are refused")
        assert blocked(page) == ["min_replicas"]
        assert master.client.ask("SET", "a", "1").startswith("NOREPLICAS")
        assert page.value("failures_tolerated", operation="write") < 0
        master.set(min_replicas_to_write=1)
        page = chain.wait(healthy, 10, "one is there")
        assert master.client.ask("SET", "a", "1") == "OK"
    finally:
        master.set(min_replicas_to_write=0)


def test_full_memory(chain):
    master = chain.servers[0]
    # Less than an empty server takes.
    master.set(maxmemory_policy="noeviction", maxmemory="100kb")
    try:
        assert master.client.ask("SET", "a", "1").startswith("OOM")
        page = chain.wait(lambda page: page.value("writable") == 0, 10, "writes are refused")
        assert blocked(page) == ["memory"]
        master.set(maxmemory="100mb")
        chain.wait(healthy, 10, "there is room")
        assert master.client.ask("SET", "a", "1") == "OK"
    finally:
        master.set(maxmemory=0)


def test_a_dump_that_fails(chain):
    """Its file is a folder: a folder that can't be written would not stop root."""
    master = chain.servers[0]
    (master.folder / "taken").mkdir()
    master.set(dbfilename="taken", save="3600 1000000")
    try:
        assert "Background saving started" in master.client.ask("BGSAVE")
        page = chain.wait(lambda page: page.value("writable") == 0, 20, "writes are refused")
        assert blocked(page) == ["disk"]
        assert master.client.ask("SET", "a", "1").startswith("MISCONF")
        [status] = [v for name, labels, v in page.samples
                    if name == "redis_rdb_last_bgsave_status" and labels["member"] == master.address]
        assert status == 0
    finally:
        master.set(dbfilename="dump.rdb")
    assert "Background saving started" in master.client.ask("BGSAVE")
    chain.wait(healthy, 20, "the next dump went well")


def test_an_append_only_file_that_fails(place):
    server = place.server("appendonly yes", "appendfsync everysec", "auto-aof-rewrite-percentage 0")
    server.start(file_limit=1_000_000)
    exporter = place.exporter(server)
    exporter.wait(lambda page: page.value("writable") == 1, 10, "it takes writes")
    wait_until(lambda: server.client.ask("SET", os.urandom(4).hex(), "x" * 50_000).startswith("MISCONF"), 20, "the disk is full")
    page = exporter.wait(lambda page: page.value("writable") == 0, 10, "writes are refused")
    assert blocked(page) == ["disk"]
    assert page.value("member_up") == 1
    exporter.stop()


def test_loading(place):
    server = place.server("key-load-delay 200", "loading-process-events-interval-bytes 1024")
    server.start()
    server.client.ask("EVAL", "for i = 1, 40000 do redis.call('SET', 'key:' .. i, string.rep('x', 50)) end", "0")
    assert server.client.ask("SAVE") == "OK"
    exporter = place.exporter(server)
    exporter.wait(lambda page: page.value("writable") == 1, 10, "it takes writes")
    server.stop()
    server.start(wait=False)
    page = exporter.wait(lambda page: blocked(page) == ["loading"], 20, "it loads its data")
    assert page.value("member_up") == 1, "a node that loads is up"
    assert page.errors(server.address) == []
    assert page.value("writable") == 0 and page.value("members_healthy") == 0
    assert server.client.ask("SET", "a", "1").startswith("LOADING")
    exporter.wait(lambda page: page.value("writable") == 1, 40, "it has loaded")
    exporter.stop()
