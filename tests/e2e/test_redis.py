"""Breaks a real Redis deployment with Sentinels and looks at what the exporter and the alerts make of it."""
import concurrent.futures
import subprocess
import time

import pytest

from deployment import wait_until
from redis_client import RedisClient
from servers import program

SERVICE = "redis"
pytestmark = pytest.mark.usefixtures("repaired")


@pytest.fixture
def client(stack):
    return lambda address: RedisClient(address, stack.secret("redis-default"))


def healthy(page):
    return page.replicates(members=6)


def primary_of(page):
    """The one master that answers."""
    [master] = [m for m in page.members_with_role("master") if page.value("member_up", member=m) == 1]
    return master


def write_until_accepted(client, address, key, seconds):
    wait_until(lambda: client(address).ask("SET", key, "v") == "OK", seconds, f"{address} accepts a write")


def test_the_whole_deployment_is_found_from_one_member(stack, watched):
    page = watched.scrape()
    nodes = [n["address"] for n in stack.status()["nodes"].values() if n["service"] == "redis"]
    assert sorted(labels["member"] for labels, value in page.all("member_up") if value == 1) == sorted(nodes)
    assert page.value("up", service="redis", cluster="gogotex") == 1
    assert len(page.members_with_role("replica")) == 2
    assert len(page.members_with_role("sentinel")) == 3
    assert all(value == 0 for _, value in page.all("replication_lag_bytes"))
    assert page.value("data_at_risk_bytes") == 0


@pytest.mark.parametrize("node", ["redis-2", "sentinel-1"])
def test_any_other_member_leads_to_the_same_deployment(stack, watched, node):
    arguments = stack.status()["exporters"]["redis"]["arguments"]
    seed = [f"--redis.addr={stack.address(node)}", *[a for a in arguments if not a.startswith("--redis.addr")]]
    other = stack.exporter("redis", seed)
    page = other.wait(healthy, 20, "all members are found")
    up = lambda p: sorted(labels["member"] for labels, _ in p.all("member_up"))  # noqa: E731
    assert up(page) == up(watched.scrape())
    other.stop()


def test_a_killed_replica_raises_the_alert(stack, watched, alerts):
    replica = watched.scrape().members_with_role("replica")[0]
    stack.run("kill", stack.node_at(replica))
    page = watched.wait(lambda p: p.value("member_up", member=replica) == 0, 10, "the replica is seen to be down")
    assert page.errors(replica) == ["connect"]
    assert page.value("failures_tolerated", operation="write") == 0
    assert page.value("writable") == 1
    fired = alerts.wait_firing("RedisReplicaDisconnected")
    assert fired[0]["labels"]["cluster"] == "gogotex"
    stack.run("start", stack.node_at(replica))
    watched.wait(healthy, 60, "the replica is back")
    alerts.wait_resolved("RedisReplicaDisconnected")


def test_the_exporter_follows_a_failover(stack, watched, client):
    before = watched.scrape()
    old = primary_of(before)
    stack.run("kill", stack.node_at(old))
    during = watched.wait(lambda p: p.value("primaries") == 0, 10, "no primary is left")
    assert during.value("writable") == 0
    assert during.value("write_blocked", reason="no_primary") == 1
    after = watched.wait(
        lambda p: p.value("primaries") == 1 and p.value("term") > before.value("term"), 60, "a replica is promoted"
    )
    new = primary_of(after)
    assert new != old
    write_until_accepted(client, new, "after-failover", 60)
    watched.wait(lambda p: p.value("writable") == 1, 20, "writes are possible again")
    stack.run("start", stack.node_at(old))
    back = watched.wait(healthy, 60, "the old master is back as a replica")
    assert old in back.members_with_role("replica")


def test_a_paused_replica_falls_behind_second_by_second(stack, watched, client):
    page = watched.scrape()
    replica, master = page.members_with_role("replica")[0], primary_of(page)
    stack.run("pause", stack.node_at(replica))
    paused = time.monotonic()
    client(master).ask("SET", "while-paused", "v")
    watched.wait(lambda p: p.errors(replica) == ["timeout"], 15, "the replica is seen to be paused")
    for target in (14, 16, 18):
        page = watched.wait(
            lambda p: (p.value("replication_lag_seconds", member=replica) or 0) >= target, 30, f"{target} s of lag"
        )
        elapsed = time.monotonic() - paused
        assert abs(page.value("replication_lag_seconds", member=replica) - elapsed) < 1.5
    assert page.value("replication_lag_bytes", member=replica) > 0
    stack.run("resume", stack.node_at(replica))
    watched.wait(lambda p: p.value("replication_lag_seconds", member=replica) == 0, 30, "the replica has caught up")


@pytest.mark.parametrize("role", ["master", "replica", "sentinel"])
def test_a_paused_node_never_costs_more_than_the_budget(stack, watched, role):
    page = watched.scrape()
    member = primary_of(page) if role == "master" else page.members_with_role(role)[0]
    others = [labels["member"] for labels, _ in page.all("member_up") if labels["member"] != member]
    stack.run("pause", stack.node_at(member))
    began = time.monotonic()
    page = watched.scrape(timeout_header="10")
    assert time.monotonic() - began < 10
    page = watched.wait(lambda p: p.errors(member) == ["timeout"], 15, f"the paused {role} is named")
    assert page.value("member_up", member=member) == 0
    for other in others:
        assert page.value("member_up", member=other) == 1, other
    stack.run("resume", stack.node_at(member))
    watched.wait(lambda p: p.value("member_up", member=member) == 1, 20, f"the {role} answers again")
    # The pause of a master was long enough for a failover; wait until it is over.
    watched.wait(healthy, 90, "the deployment is healthy again")


def test_a_closed_connection_makes_no_member_down(stack, watched, client):
    """Sentinel kills all clients of a replica that it promotes or points to another master."""
    page = watched.scrape()
    nodes = [member for role in ("master", "replica") for member in page.members_with_role(role)]
    for _ in range(10):
        for node in nodes:
            client(node).ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        page = watched.scrape()
        assert [page.value("member_up", member=node) for node in nodes] == [1, 1, 1], page.text
    # While the server is busy the questions of the scrape wait before it, and then their connection is killed.
    # (A loop of counts, not of time: from 7.2 on time stands still within a script.)
    busy = "local x = 0 for i = 1, 1e8 do x = x + i end return x"
    with client(nodes[0]).send(["EVAL", busy, "0"], ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]):
        page = watched.scrape()
    assert page.value("member_up", member=nodes[0]) == 1, page.text
    assert not page.errors(nodes[0])


def test_sentinels_that_come_late_are_found(stack, client):
    sentinels = [name for name in stack.status()["nodes"] if name.startswith("sentinel-")]
    stack.run("stop", *sentinels)
    exporter = stack.exporter("redis")
    page = exporter.wait(lambda p: p.value("members_healthy") == 3, 20, "the data nodes are found")
    # The connection over which the exporter listens for Sentinels does not last for ever.
    nodes = [member for role in ("master", "replica") for member in page.members_with_role(role)]
    killed = lambda: [node for node in nodes if client(node).ask("CLIENT", "KILL", "TYPE", "pubsub") == "1"]  # noqa: E731
    wait_until(killed, 10, "the exporter listens on one of them")
    stack.run("start", *sentinels)
    exporter.wait(healthy, 30, "the Sentinels are found")
    exporter.stop()


def test_scrapes_that_wait_are_shared_and_too_many_are_turned_away(stack, watched):
    exporter = stack.exporter("redis", [*stack.status()["exporters"]["redis"]["arguments"], "--web.max-requests=3"])
    member = exporter.wait(healthy, 20, "all members are found").members_with_role("replica")[0]
    stack.run("pause", stack.node_at(member))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(exporter.get, "/metrics") for _ in range(6)]
        # While they wait health does not.
        assert exporter.get("/-/healthy", timeout=2)[0] == 200
        codes = sorted(answer.result()[0] for answer in answers)
    assert codes == [200, 200, 200, 503, 503, 503]
    page = exporter.scrape()
    assert page.value("http_scrapes_shared_total") == 2
    assert page.value("http_scrapes_rejected_total") == 3
    stack.run("resume", stack.node_at(member))
    exporter.stop()


def test_the_page_has_no_fault(stack, watched):
    page = watched.get("/metrics")[2]
    checked = subprocess.run([program("PROMTOOL"), "check", "metrics"], input=page, capture_output=True)
    # The style of redis_* is that of the exporter that they come from.
    ours = [line for line in (checked.stdout + checked.stderr).decode().splitlines() if not line.startswith("redis_")]
    assert checked.returncode in (0, 3) and not ours, ours


def test_connections_are_kept(stack, watched, client):
    page = watched.scrape()
    master = primary_of(page)

    def connections():
        answer = client(master).ask("INFO", "stats")
        return int(answer.split("total_connections_received:")[1].split("\r\n")[0])

    before = connections()
    for _ in range(50):
        watched.scrape()
    # The one that asks for the count is new itself. Sentinels keep theirs.
    assert connections() - before <= 1
