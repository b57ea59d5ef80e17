"""Real faults on the whole stack, and what the real Prometheus and Alertmanager make of each: which alerts fire, how long after the
fault, who would be called, and that all of it ends.

LIVE_FIRE_TABLE names a file to which what was seen is written, for docs/alerts.md; LIVE_FIRE_RECORD a folder for the series of each
fault, for alerts/tests/replay.
"""
import concurrent.futures
import dataclasses
import json
import os
import time

import pytest

import load
import replay
from deployment import Alerts, Stack, wait_until

# What the machine brings with it, whatever the fault.
OF_THE_MACHINE = {"MinioSpaceLow", "MinioSpaceNearlyGone", "MinioSpaceRunsOut", "MinioInodesLow", "RedisMemoryNearMax"}
WAIT = 150


@dataclasses.dataclass
class Fault:
    service: str
    what: str
    #: What is done to which nodes; a role stands for the node that has it when the fault begins.
    steps: list
    #: Alerts that fire, and those of them that Alertmanager mutes.
    fires: set
    muted: set = dataclasses.field(default_factory=set)
    #: May fire as well: it depends on moments.
    may: set = dataclasses.field(default_factory=set)


FAULTS = [
    Fault("redis", "the master is killed", [("kill", "master")], {"RedisReplicaDisconnected"}),
    Fault("redis", "a replica is killed", [("kill", "replica")], {"RedisReplicaDisconnected"}),
    Fault("redis", "a replica hangs", [("pause", "replica")], {"RedisReplicaDisconnected"}),
    Fault("redis", "two of three Sentinels are killed", [("kill", "sentinel-1"), ("kill", "sentinel-2")],
          {"RedisSentinelQuorumLost", "ReplicaMemberDown"}),
    Fault("redis", "its exporter is killed", [("kill", "exporter-redis")], {"ReplicawatchExporterDown"}),
    Fault("mongo", "the primary is killed", [("kill", "primary")], {"ReplicaMemberDown", "MongoReplicationLagHigh"},
          muted={"MongoReplicationLagHigh"}),
    Fault("mongo", "a secondary hangs", [("pause", "secondary")], {"ReplicaMemberDown", "MongoReplicationLagHigh"},
          muted={"MongoReplicationLagHigh"}),
    # One page, not seven.
    Fault("mongo", "two of three members are killed", [("kill", "primary"), ("kill", "secondary")],
          {"ReplicaGroupNoPrimary", "ReplicaGroupWritesBlocked", "ReplicaMemberDown"},
          muted={"ReplicaGroupWritesBlocked", "ReplicaMemberDown"}),
    Fault("mongo", "all members are killed", [("kill", "mongo-1"), ("kill", "mongo-2"), ("kill", "mongo-3")],
          {"ReplicaClusterUnreachable", "ReplicaMemberDown"}, muted={"ReplicaMemberDown"}),
    Fault("minio", "a node is killed", [("kill", "minio-4")], {"MinioNodeDown", "MinioDegraded"}),
    Fault("minio", "a node hangs", [("pause", "minio-3")], {"MinioNodeDown", "MinioDegraded"}),
    Fault("minio", "two of four nodes are killed", [("kill", "minio-3"), ("kill", "minio-4")],
          {"MinioNodeDown", "MinioDegraded", "ReplicaGroupWritesBlocked"}, muted={"MinioNodeDown", "MinioDegraded"}),
]


@pytest.fixture(scope="module")
def stack():
    stack = Stack("mongo", "redis", "minio", "monitoring")
    try:
        stack.run("up", "exporters")
        yield stack
    finally:
        stack.purge()


def healthy(stack, service):
    """The deployment is whole, as its own exporter sees it."""
    try:
        page = stack.watched(service).scrape()
    except OSError:
        return False
    expected = sum(value for _, value in page.all("members_expected"))
    return (
        expected > 0
        and sum(value for _, value in page.all("members_healthy")) == expected
        and all(value == 1 for _, value in page.all("member_up"))
        and [value for _, value in page.all("writable")] == [1]
    )


def node_of(stack, service, role):
    """The node's name in the stack, by itself or by what it does now."""
    if role in stack.status()["nodes"]:
        return role
    return stack.node_at(stack.watched(service).scrape().members_with_role(role)[0])


def firing(alerts, service, severities=("critical", "warning")):
    """Names of the alerts of the service that fire, less what is for the record only."""
    return {
        alert["labels"]["alertname"]
        for alert in alerts.all_firing()
        if alert["labels"].get("service") == service and alert["labels"]["severity"] in severities
    } - OF_THE_MACHINE


def muted(alerts, service):
    found = alerts.all_delivered()
    names = {alert["labels"]["alertname"] for alert in found if alert["labels"].get("service") == service}
    heard = {
        alert["labels"]["alertname"]
        for alert in found
        if alert["labels"].get("service") == service and not alert["status"]["inhibitedBy"]
    }
    return names - heard


def run(stack, alerts, fault):
    """What was seen: {alert: seconds after the fault}, what was muted, and how long after the repair all was silent."""
    service = fault.service
    wait_until(lambda: healthy(stack, service) and not firing(alerts, service), 300, f"{fault.what}: {service} is well before it")
    nodes = [(command, node_of(stack, service, role)) for command, role in fault.steps]
    began, wall = time.monotonic(), time.time()
    for command, node in nodes:
        stack.run(command, node)
    seen = {}

    def all_fire():
        for name in firing(alerts, service):
            seen.setdefault(name, time.monotonic() - began)
        return fault.fires <= set(seen)

    # What should fire, and for some time more what should not.
    end = time.monotonic() + WAIT
    while not all_fire() and time.monotonic() < end:
        time.sleep(0.5)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        all_fire()
        time.sleep(0.5)
    silent = muted(alerts, service)
    if folder := os.environ.get("LIVE_FIRE_RECORD"):
        replay.record(folder, stack, alerts.prometheus, service, fault.what, wall - 60, time.time(), firing(alerts, service))
    for command, node in nodes:
        stack.run("resume" if command == "pause" else "start", node)
    repaired = time.monotonic()
    wait_until(lambda: healthy(stack, service) and not firing(alerts, service), 300, f"{fault.what}: all is silent again")
    return {"service": service, "fault": fault.what, "seconds": {name: round(took) for name, took in sorted(seen.items())},
            "muted": sorted(silent), "silent_after": round(time.monotonic() - repaired)}


def test_a_quiet_hour(stack):
    """Nothing fires on a healthy stack under load. QUIET_SECONDS says for how long; a minute is what the suite has time for."""
    alerts = Alerts(stack)
    fired = {}
    with load.on(stack) as written:
        end = time.monotonic() + float(os.environ.get("QUIET_SECONDS", "60"))
        while time.monotonic() < end:
            for service in ("redis", "mongo", "minio"):
                for name in firing(alerts, service):
                    fired.setdefault(name, round(end - time.monotonic()))
            time.sleep(1)  # between two looks
    assert min(written().values()) > 0, "each service was written to"
    assert fired == {}


def test_each_fault_fires_what_it_should_and_nothing_else(stack):
    alerts = Alerts(stack)

    def of_service(service):
        return [(fault, run(stack, alerts, fault)) for fault in FAULTS if fault.service == service]

    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = [result for results in pool.map(of_service, ("redis", "mongo", "minio")) for result in results]
    table = os.environ.get("LIVE_FIRE_TABLE")
    if table:
        with open(table, "w") as file:
            json.dump([seen for _, seen in results], file, indent=1)
            file.write("\n")
    wrong = [seen for fault, seen in results if set(seen["seconds"]) - fault.may != fault.fires or not fault.muted <= set(seen["muted"])]
    assert not wrong, json.dumps(wrong, indent=1)


def test_a_rolling_restart_wakes_nobody(stack):
    """Each node once, one after the other, as an upgrade does it: warnings may come, for a quarter of an hour, nobody is woken. So it is the
    last of the tests here."""
    alerts = Alerts(stack)
    fired = set()

    def quiet(service):
        fired.update(firing(alerts, service, ("critical",)))
        return healthy(stack, service)

    def restart_all(service):
        for node in sorted(name for name, node in stack.status()["nodes"].items() if node["service"] == service):
            wait_until(lambda: quiet(service), 120, f"{service} is well before {node} is restarted")
            stack.run("stop", node)
            stack.run("start", node)
        wait_until(lambda: quiet(service), 120, f"{service} is well again")

    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(restart_all, ("redis", "mongo", "minio")))
    assert fired == set()
