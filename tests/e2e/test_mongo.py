"""Breaks a real MongoDB replica set and looks at what the exporter and the alerts make of it."""
import time

import pytest

from servers import run_mongosh, start_mongosh

SERVICE = "mongo"
pytestmark = pytest.mark.usefixtures("repaired")


def healthy(page):
    return page.replicates(members=3)


@pytest.fixture
def writer(stack):
    """Writes ten times a second while a test runs; ends by itself after two minutes."""
    shell = start_mongosh(
        stack,
        """
        const end = Date.now() + 120000;
        print('writing');
        while (Date.now() < end) {
          try {
            db.getSiblingDB('smoke').steady.insertOne({at: new Date()}, {writeConcern: {w: 1}});
          } catch (error) { /* an election */ }
          sleep(100);
        }
        """,
    )
    assert shell.stdout.readline().strip() == "writing"
    yield
    shell.kill()
    shell.wait()


def primary_of(page):
    [primary] = [m for m in page.members_with_role("primary") if page.value("member_up", member=m) == 1]
    return primary


def write_with_majority(stack):
    """Succeeds within a minute or fails the test."""
    run_mongosh(
        stack,
        """
        const end = Date.now() + 60000;
        for (;;) {
          try {
            db.getSiblingDB('smoke').acknowledged.insertOne({}, {writeConcern: {w: 'majority', wtimeout: 5000}});
            quit(0);
          } catch (error) {
            if (Date.now() > end) throw error;
            sleep(200);
          }
        }
        """,
    )


def test_the_whole_set_is_found_from_one_member(stack, watched):
    page = watched.scrape()
    nodes = [n["address"] for n in stack.status()["nodes"].values() if n["service"] == "mongo"]
    assert sorted(labels["member"] for labels, value in page.all("member_up") if value == 1) == sorted(nodes)
    assert page.value("up", service="mongo", cluster="rs0") == 1
    assert len(page.members_with_role("secondary")) == 2
    assert page.value("last_failover_timestamp_seconds", group="rs0") > 1.7e9


def test_the_exporter_follows_an_election(stack, watched):
    before = watched.scrape()
    old = primary_of(before)
    stack.run("kill", stack.node_at(old))
    during = watched.wait(lambda p: p.value("primaries") == 0, 10, "no primary is left")
    assert during.value("writable") == 0
    assert during.value("write_blocked", reason="no_primary") == 1
    after = watched.wait(
        lambda p: p.value("primaries") == 1 and p.value("term") > before.value("term"), 60, "a new primary is elected"
    )
    assert primary_of(after) != old
    assert after.value("failures_tolerated", operation="write") == 0
    assert after.errors(old) == ["connect"]
    write_with_majority(stack)
    assert watched.scrape().value("writable") == 1
    stack.run("start", stack.node_at(old))
    watched.wait(healthy, 60, "the old primary is back")


def test_a_paused_secondary_falls_behind_and_raises_the_alert(stack, watched, writer, alerts):
    secondary = watched.scrape().members_with_role("secondary")[0]
    stack.run("pause", stack.node_at(secondary))
    paused = time.monotonic()
    for target in (12, 14, 16):
        page = watched.wait(
            lambda p: (p.value("replication_lag_seconds", member=secondary) or 0) >= target, 40, f"{target} s of lag"
        )
        elapsed = time.monotonic() - paused
        assert abs(page.value("replication_lag_seconds", member=secondary) - elapsed) < 1.5
    assert page.errors(secondary) == ["timeout"]
    fired = alerts.wait_firing("MongoReplicationLagHigh")
    assert fired[0]["labels"]["member"] == secondary
    stack.run("resume", stack.node_at(secondary))
    watched.wait(lambda p: p.value("replication_lag_seconds", member=secondary) < 2, 60, "the secondary has caught up")
    alerts.wait_resolved("MongoReplicationLagHigh")


@pytest.mark.parametrize("role", ["primary", "secondary"])
def test_a_paused_node_never_costs_more_than_the_budget(stack, watched, role):
    page = watched.scrape()
    member = page.members_with_role(role)[0]
    others = [labels["member"] for labels, _ in page.all("member_up") if labels["member"] != member]
    stack.run("pause", stack.node_at(member))
    began = time.monotonic()
    watched.scrape(timeout_header="10")
    assert time.monotonic() - began < 10
    page = watched.wait(lambda p: p.errors(member) == ["timeout"], 15, f"the paused {role} is named")
    assert page.value("member_up", member=member) == 0
    for other in others:
        assert page.value("member_up", member=other) == 1, other
    stack.run("resume", stack.node_at(member))
    watched.wait(healthy, 90, "the set is healthy again")


def test_two_lost_members_block_the_writes(stack, watched):
    page = watched.scrape()
    for member in page.members_with_role("secondary"):
        stack.run("kill", stack.node_at(member))
    page = watched.wait(lambda p: p.value("writable") == 0, 30, "writes are blocked")
    assert page.value("failures_tolerated", operation="write") == -1
    assert page.value("failures_tolerated", operation="read") == 0


def test_connections_and_logins_are_kept(stack, watched):
    script = "print(JSON.stringify(db.serverStatus().connections.totalCreated))"
    watched.scrape()
    before = int(run_mongosh(stack, script))
    between = int(run_mongosh(stack, script))
    for _ in range(50):
        watched.scrape()
    # What one mongosh costs by itself is known; the scrapes must add nothing to it.
    assert int(run_mongosh(stack, script)) - between <= between - before
