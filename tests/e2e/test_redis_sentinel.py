"""What replicawatch-redis says that takes all Sentinels, or a master and its replicas together, on a real deployment."""
import time

import pytest

from deployment import wait_until
from redis_client import RedisClient

SERVICE = "redis"
FAILOVERS = 20
pytestmark = pytest.mark.usefixtures("repaired")


@pytest.fixture
def client(stack):
    return lambda address: RedisClient(address, stack.secret("redis-default"))


@pytest.fixture
def sentinel(stack):
    return lambda node: RedisClient(stack.address(node), stack.secret("sentinel-default"))


def healthy(page):
    return page.replicates(members=6) and quorums(page, "ok") == 3


def quorums(page, state):
    """How many Sentinels say so."""
    return sum(value for _, value in page.all("redis_sentinel_quorum", state=state))


def copies(master):
    """Full copies that the master has begun."""
    return int(master.ask("INFO", "stats").split("sync_full:")[1].split("\r\n")[0])


def primary_of(page):
    [master] = page.members_with_role("master")
    return master


def test_what_a_healthy_deployment_says(watched):
    page = watched.scrape()
    for replica in page.members_with_role("replica"):
        assert page.value("redis_replica_promotable", member=replica) == 1
        assert page.value("redis_replica_writable", member=replica) == 0
        assert page.value("redis_next_sync", member=replica, kind="partial") == 1
        assert page.value("redis_next_sync", member=replica, kind="full") == 0
    assert page.value("redis_sentinels_known") == page.value("redis_sentinels_usable") == 3
    assert len(page.all("redis_sentinel_tilt")) == 3
    assert all(value == 0 for _, value in page.all("redis_sentinel_master_down"))
    assert page.value("redis_failover_in_progress") == 0
    assert page.value("redis_restart_would_wipe") == 0
    assert page.value("redis_failovers_total") == 0
    assert page.value("last_failover_timestamp_seconds") is None


def test_twenty_failovers_in_a_row(watched, sentinel):
    page = watched.scrape()
    term = page.value("term")
    for number in range(1, FAILOVERS + 1):
        before = time.time()
        old = primary_of(page)
        asked = 0.0

        def over(page):
            # A Sentinel that finds no replica good enough yet gives up without a word: then it is asked again.
            nonlocal asked
            waits = page.value("redis_failover_in_progress") == 0 and page.value("term") == term
            if waits and time.time() - asked > 15:
                sentinel("sentinel-1").ask("SENTINEL", "FAILOVER", "gogotex")
                asked = time.time()
            return healthy(page) and primary_of(page) != old

        page = watched.wait(over, 90, f"failover {number} is over")
        assert page.value("redis_failovers_total") == number
        assert page.value("redis_last_failover_lost_bytes") < 2000, "nobody wrote but the Sentinels, who say hello"
        assert before - 2 <= page.value("last_failover_timestamp_seconds") <= time.time() + 1
        assert 0 < page.value("last_failover_duration_seconds") < 60
        assert page.value("term") > term
        term = page.value("term")
        assert all(value < 2000 for _, value in page.all("replication_lag_bytes"))


def test_another_exporter_tells_of_failovers_before_its_time(stack, watched):
    page = watched.scrape()
    other = stack.exporter("redis")
    fresh = other.wait(healthy, 20, "all members are found")
    assert fresh.value("redis_failovers_total") == 0
    # The Sentinels tell, so that both agree but for a rounded second.
    assert abs(fresh.value("last_failover_timestamp_seconds") - page.value("last_failover_timestamp_seconds")) <= 2
    assert fresh.value("term") == page.value("term")
    other.stop()


def test_sentinels_without_a_quorum(stack, watched):
    for node in ("sentinel-2", "sentinel-3"):
        stack.run("kill", node)
    page = watched.wait(lambda p: quorums(p, "lost") == 1, 20, "the last Sentinel has lost its quorum")
    assert quorums(page, "ok") == 0
    assert page.value("redis_sentinels_known") == 3
    assert page.value("redis_sentinels_usable") == 1
    assert page.value("writable") == 1
    assert page.value("failures_tolerated", operation="write") == -1


def test_replicas_that_would_not_be_promoted(watched, client):
    page = watched.scrape()
    first, second = page.members_with_role("replica")
    try:
        assert client(first).ask("CONFIG", "SET", "replica-priority", "0") == "OK"
        assert client(second).ask("CONFIG", "SET", "replica-read-only", "no") == "OK"
        page = watched.wait(lambda p: p.value("redis_replica_promotable", member=first) == 0, 10, "it is barred")
        assert page.value("redis_replica_barred", member=first, reason="priority") == 1
        assert page.value("redis_replica_promotable", member=second) == 1
        assert page.value("redis_replica_writable", member=second) == 1
        assert page.value("failures_tolerated", operation="write") == 0
    finally:
        client(first).ask("CONFIG", "SET", "replica-priority", "100")
        client(second).ask("CONFIG", "SET", "replica-read-only", "yes")


def test_a_master_that_would_wipe_its_replicas(watched, client):
    master = primary_of(watched.scrape())
    kept = {name: client(master).setting(name) for name in ("appendonly", "save")}
    try:
        client(master).ask("CONFIG", "SET", "appendonly", "no")
        client(master).ask("CONFIG", "SET", "save", "")
        watched.wait(lambda p: p.value("redis_restart_would_wipe") == 1, 10, "it is seen")
    finally:
        for name, value in kept.items():
            client(master).ask("CONFIG", "SET", name, value)
    watched.wait(lambda p: p.value("redis_restart_would_wipe") == 0, 10, "it is mended")


def test_a_paused_replica_is_about_to_need_a_full_copy(stack, watched, client):
    page = watched.scrape()
    master, replica = primary_of(page), page.members_with_role("replica")[0]
    backlog = client(master).setting("repl-backlog-size")
    assert client(master).ask("CONFIG", "SET", "repl-backlog-size", "16384") == "OK"
    try:
        # Redis 6.2 starts it anew: what was on its way then is not in it.
        watched.wait(lambda p: p.value("redis_next_sync", member=replica, kind="partial") == 1, 10, "the replica has all")
        stack.run("pause", stack.node_at(replica))
        watched.wait(lambda p: p.errors(replica) == ["timeout"], 15, "the replica is seen to be paused")
        page = watched.scrape()
        assert page.value("redis_next_sync", member=replica, kind="partial") == 1
        room = page.value("resync_headroom_bytes", member=replica)
        # More than the kernel holds for a connection: that much a paused replica still gets when it wakes up.
        for _ in range(30):
            assert client(master).ask("SET", "key", "x" * 1_000_000) == "OK"
        page = watched.wait(lambda p: p.value("redis_next_sync", member=replica, kind="full") == 1, 10, "it is too late")
        # Blocks of the stream that a slow replica still holds stay in the backlog (7.0): the room need not be used up.
        assert page.value("resync_headroom_bytes", member=replica) < room
        # What was foretold is what happens: one full copy, for this one, when all links break.
        full = copies(client(master))
        client(master).ask("CLIENT", "KILL", "TYPE", "replica")
        stack.run("resume", stack.node_at(replica))
        wait_until(lambda: copies(client(master)) > full, 30, "a full copy")
        watched.wait(healthy, 60, "the replica is back")
        assert copies(client(master)) == full + 1
    finally:
        stack.run("resume", stack.node_at(replica))
        client(master).ask("CONFIG", "SET", "repl-backlog-size", backlog)


def test_the_true_delay_of_a_replica(stack, watched, client):
    """By messages through the replication stream; without the right to send them it says so, once, and leaves it out."""
    arguments = stack.status()["exporters"]["redis"]["arguments"]
    data = [stack.address(f"redis-{i}") for i in (1, 2, 3)]

    def beats(page, name="delay"):
        return {labels["member"]: value for labels, value in page.all(f"redis_heartbeat_{name}_seconds")}

    without = stack.exporter("redis", [*arguments, "--collector.heartbeat"])
    without.wait(lambda page: page.replicates(members=6), 20, "all members are found")
    wait_until(lambda: "PUBLISH" in without.log(), 10, "the refusal is in the log")
    assert beats(without.scrape()) == {}
    assert without.log().count("command=PUBLISH") == 1
    without.stop()

    rights = ("+publish", "&__replicawatch__:heartbeat")
    for address in data:
        assert client(address).ask("ACL", "SETUSER", "replicawatch", *rights) == "OK"
    exporter = stack.exporter("redis", [*arguments, "--collector.heartbeat"])
    page = exporter.wait(lambda page: len(beats(page)) == 2, 20, "both replicas get beats")
    assert sorted(beats(page)) == page.members_with_role("replica")
    assert all(0 < value < 1 for value in beats(page).values())
    assert all(value < 2 for value in beats(page, "age").values())
    keys = client(primary_of(page)).ask("DBSIZE")

    paused = page.members_with_role("replica")[0]
    stack.run("pause", stack.node_at(paused))
    try:
        page = exporter.wait(lambda page: beats(page, "age")[paused] > 3, 20, "its last beat grows old")
        others = {member: age for member, age in beats(page, "age").items() if member != paused}
        assert all(age < 2 for age in others.values())
    finally:
        stack.run("resume", stack.node_at(paused))
    page = exporter.wait(lambda page: beats(page, "age")[paused] < 1 and beats(page)[paused] < 1, 20, "beats come again")
    assert client(primary_of(page)).ask("DBSIZE") == keys, "no key was made"
    exporter.stop()
