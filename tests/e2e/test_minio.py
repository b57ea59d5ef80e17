"""Breaks a real distributed MinIO and looks at what the exporter and the alerts make of it."""
import time

import pytest

from servers import run_mc

SERVICE = "minio"
pytestmark = pytest.mark.usefixtures("repaired")
OBJECT = "rw/gogotex/smoke/object"


def healthy(page):
    return (
        page.value("writable", group="0/0") == 1
        and page.value("members_healthy", group="0/0") == page.value("members_expected", group="0/0") == 4
        and page.value("failures_tolerated", group="0/0", operation="write_nodes") == 1
        and page.value("failures_tolerated", group="0/0", operation="read_nodes") == 2
        and sum(value for _, value in page.all("member_up")) == 4
    )


def test_the_whole_deployment_is_found_from_one_node(stack, watched):
    page = watched.scrape()
    nodes = [n["address"] for n in stack.status()["nodes"].values() if n["service"] == "minio"]
    assert sorted(labels["member"] for labels, value in page.all("member_up") if value == 1) == sorted(nodes)
    assert sorted(page.members_with_role("node")) == sorted(nodes)
    assert page.value("failures_tolerated", operation="write") == 1
    assert page.value("failures_tolerated", operation="read") == 2
    assert not page.all("primaries"), "MinIO has no primary"


def test_lost_nodes_raise_the_alerts_and_reads_go_on(stack, watched, alerts):
    run_mc(stack, "minio-1", "pipe", OBJECT, stdin="still here")
    lost = {name: stack.address(name) for name in ("minio-3", "minio-4")}
    stack.run("kill", "minio-4")
    page = watched.wait(
        lambda p: p.value("failures_tolerated", operation="write_nodes") == 0, 15, "the last spare node is counted"
    )
    assert page.errors(lost["minio-4"]) == ["connect"]
    assert page.value("writable") == 1
    assert run_mc(stack, "minio-1", "cat", OBJECT) == "still here"
    assert alerts.wait_firing("MinioNodeDown")[0]["labels"]["member"] == lost["minio-4"]
    alerts.wait_firing("MinioDegraded")

    stack.run("kill", "minio-3")
    page = watched.wait(lambda p: p.value("writable") == 0, 15, "writes are blocked")
    assert page.value("failures_tolerated", operation="write_nodes") == -1
    assert page.value("failures_tolerated", operation="write") == -1
    assert page.value("failures_tolerated", operation="read") == 0
    assert page.value("write_blocked", reason="quorum") == 1
    assert run_mc(stack, "minio-1", "cat", OBJECT) == "still here"

    stack.run("start", "minio-3")
    stack.run("start", "minio-4")
    watched.wait(healthy, 90, "both nodes are back")
    for name in ("MinioNodeDown", "MinioDegraded"):
        alerts.wait_resolved(name)


def test_a_paused_node_never_costs_more_than_the_budget(stack, watched):
    member = stack.address("minio-2")
    others = [stack.address(name) for name in ("minio-1", "minio-3", "minio-4")]
    stack.run("pause", "minio-2")
    began = time.monotonic()
    watched.scrape(timeout_header="10")
    assert time.monotonic() - began < 10
    page = watched.wait(lambda p: p.errors(member) == ["timeout"], 15, "the paused node is named")
    assert page.value("member_up", member=member) == 0
    for other in others:
        assert page.value("member_up", member=other) == 1, other
    assert page.value("failures_tolerated", operation="write_nodes") == 0
    stack.run("resume", "minio-2")
    watched.wait(healthy, 90, "the node answers again")
