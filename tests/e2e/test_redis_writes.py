"""Plain replication without Sentinels, a chained replica, and every reason for which a real master refuses a write."""
import os
import signal

import pytest

from deployment import wait_until
from redis_place import Place
from servers import redis_before_7


@pytest.fixture(scope="module")
def place():
    place = Place()
    yield place
    place.purge()


@pytest.fixture(scope="module")
def chain(place):
    """A master, its replica, and that one's replica; the exporter knows the last alone."""
    master = place.server(*([] if redis_before_7() else ["enable-protected-configs yes"]))
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
    # It looks at its clients after each 2 MB.
    server = place.server("key-load-delay 3000", "rdbcompression no")
    server.start()
    server.client.ask("EVAL", "for i = 1, 3000 do redis.call('SET', 'key:' .. i, string.rep('x', 10000)) end", "0")
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
