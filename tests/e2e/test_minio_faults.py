"""Nodes and drives of a real MinIO are lost, hung, wiped and healed; the exporter must tell it as it is, and keep what it knew."""
import pathlib

import pytest

from deployment import wait_until
from minio_place import MinioPlace

DRIVES, NODES = 8, 4


@pytest.fixture(scope="module")
def place():
    """Four nodes with two drives each: one set of eight with EC:4, so that writes need five drives and reads four."""
    place = MinioPlace(nodes=NODES, drives=2)
    yield place
    place.purge()


@pytest.fixture(scope="module")
def exporter(place):
    return place.exporter()


@pytest.fixture
def page(place, exporter):
    """The page of the whole deployment, which a test leaves as it was."""
    yield exporter.wait(healthy, 90, "the deployment is healthy")
    place.repair()


def tolerated(page):
    return [page.value("failures_tolerated", operation=name) for name in ("write", "read", "write_nodes", "read_nodes")]


def healthy(page):
    """The nodes' own verdicts and connections come from the background, after the probes."""
    return (
        tolerated(page) == [3, 4, 1, 2]
        and page.value("minio_drives", state="ok") == DRIVES
        and sum(value for _, value in page.all("minio_node_may_be_stopped")) == NODES
        and sum(value for _, value in page.all("minio_node_peer_connected")) == NODES * (NODES - 1)
        and sum(value for _, value in page.all("minio_node_sees_write_quorum")) == NODES
    )


def drives_in(page, state):
    return {(labels["member"], labels["drive"]) for labels, value in page.all("minio_drive_state", state=state) if value == 1}


def names_of_drives(*nodes):
    return {(node.address, str(drive)) for node in nodes for drive in node.drives}


def sizes(page):
    """What must not change while nodes are away: other processes write to the disk, so no free space."""
    return {
        name: sorted((tuple(sorted(labels.items())), value) for labels, value in page.all(name))
        for name in ("minio_drive_total_bytes", "minio_usable_bytes")
    }


def test_what_a_healthy_deployment_tells(place, page):
    assert drives_in(page, "ok") == names_of_drives(*place.nodes)
    assert page.value("minio_write_quorum", **{"class": "STANDARD"}) == 5
    assert page.value("minio_read_quorum", **{"class": "STANDARD"}) == 4
    # REDUCED_REDUNDANCY has one parity shard: seven of eight drives, so that no node may be lost.
    reduced = {labels["operation"]: value for labels, value in page.all("minio_failures_tolerated", **{"class": "REDUCED_REDUNDANCY"})}
    assert reduced == {"write": 1, "read": 1, "write_nodes": 0, "read_nodes": 0}
    # All drives are folders of one disk: together they store what it stores, half of it parity.
    total = page.all("minio_drive_total_bytes")[0][1]
    assert page.value("minio_usable_bytes") == total / DRIVES * 4
    assert 0 < page.value("minio_tightest_drive_free_ratio") < 1
    assert page.value("views", about="version") == page.value("views", about="config") == 1
    starts = [value for _, value in page.all("minio_node_start_time_seconds")]
    assert len(starts) == NODES and max(starts) - min(starts) < 60
    assert all(value > 0 for _, value in page.all("minio_node_requests_limit")) and len(page.all("minio_node_requests_remaining")) == NODES
    assert not page.all("minio_address_answered_by"), "each node answered at its own address"
    assert {value for _, value in page.all("minio_node_ready")} == {1}


def test_one_and_two_nodes_killed(place, exporter, page):
    before = sizes(page)
    third, last = place.nodes[2], place.nodes[3]
    last.kill()
    page = exporter.wait(lambda p: tolerated(p) == [1, 2, 0, 1], 15, "two drives less")
    assert page.errors(last.address) == ["connect"]
    assert drives_in(page, "offline") == names_of_drives(last)
    assert page.value("writable") == 1
    page = exporter.wait(lambda p: sizes(p) == before and p.value("minio_node_may_be_stopped", member=third.address) == 0, 30, "stay")
    # What is known of the dead node is what it was; what it would say itself is left out.
    assert page.value("minio_node_info", member=last.address) == 1
    assert not page.all("minio_node_initialized", member=last.address) and not page.all("minio_node_ready", member=last.address)
    page = exporter.wait(
        lambda p: [value for _, value in p.all("minio_node_peer_connected", peer=last.address)] == [0] * 3, 60, "nobody sees it"
    )
    assert not page.all("minio_node_peer_connected", member=last.address)

    third.kill()
    page = exporter.wait(lambda p: tolerated(p) == [-1, 0, -1, 0], 15, "writes have stopped, reads go on")
    assert page.value("writable") == 0 and page.value("write_blocked", reason="quorum") == 1
    assert sizes(page) == before
    reduced = page.value("minio_failures_tolerated", operation="read", **{"class": "REDUCED_REDUNDANCY"})
    assert reduced == -3, "objects of the other class can't be read, whatever the cluster's own health says"
    third.start()
    last.start()
    exporter.wait(healthy, 90, "both are back")


def test_one_and_two_nodes_hung(place, exporter, page):
    before = sizes(page)
    second, third = place.nodes[1], place.nodes[2]
    for count, hung in enumerate(((second,), (second, third)), start=1):
        hung[-1].pause()
        page = exporter.wait(lambda p: all(p.errors(node.address) == ["timeout"] for node in hung), 15, "hung, not dead")
        assert tolerated(page) == [[1, 2, 0, 1], [-1, 0, -1, 0]][count - 1]
        for node in place.nodes:
            assert page.value("member_up", member=node.address) == (node not in hung), node.address
        assert drives_in(page, "offline") == names_of_drives(*hung)
        assert sizes(page) == before
        assert page.value("minio_inventory_age_seconds") is not None
    for node in (second, third):
        node.resume()
    exporter.wait(healthy, 90, "both go on")


def test_a_drive_lost_and_returned(place, exporter, page):
    node = place.nodes[0]
    drive = (node.address, str(node.drives[1]))
    node.lose_drive(1)
    try:
        page = exporter.wait(lambda p: drive not in drives_in(p, "ok"), 60, "the drive is not ok")
        assert tolerated(page)[1] == 3, "reads can't count on it"
        assert page.value("members_healthy") == NODES - 1
        assert page.value("member_up", member=node.address) == 1
        assert page.value("minio_drive_total_bytes", member=node.address, drive=drive[1]) > 0
    finally:
        node.return_drive(1)
    exporter.wait(healthy, 120, "it is found again")


def test_a_wiped_drive_is_healed(place, exporter, page):
    source = pathlib.Path(place.folder, "objects")
    source.mkdir()
    for number in range(1500):
        (source / f"object-{number}").write_bytes(b"x" * 4096)
    place.mc("mb", "--ignore-existing", "rw/heal")
    place.mc("cp", "--quiet", "--recursive", f"{source}/", "rw/heal")
    node = place.nodes[3]
    drive = (node.address, str(node.drives[0]))
    node.wipe_drive(0)
    seen = {}

    def healed(page):
        for state in ("unformatted", "offline", "healing"):
            if drive in drives_in(page, state):
                seen.setdefault(state, page)
        return "healing" in seen and healthy(page)

    exporter.wait(healed, 180, "healing is seen, and its end")
    page = seen["healing"]
    assert tolerated(page)[0] == 3, "a drive that heals takes writes"
    assert tolerated(page)[1] == 3, "it counts for no reads"
    one = {"member": drive[0], "drive": drive[1]}
    assert page.value("minio_drive_healing", **one) == 1
    assert page.value("minio_drive_healing_stalled", **one) == 0
    started = page.value("minio_drive_healing_start_timestamp_seconds", **one)
    assert started > 1.7e9 and page.value("minio_drive_healing_last_movement_timestamp_seconds", **one) >= started
    assert page.value("minio_drive_healing_failed_objects", **one) == 0
    # Each object is complete again on the drive.
    wait_until(lambda: len(list((node.drives[0] / "heal").glob("*"))) >= 1500, 60, "all objects are on the new drive")


def test_started_without_a_quorum():
    place = MinioPlace(nodes=4, drives=1, start=False)
    try:
        first, second, third, last = place.nodes
        first.start()
        exporter = place.exporter()
        page = exporter.wait(lambda p: p.value("minio_node_initialized", member=first.address) == 0, 60, "it waits for its peers")
        assert page.value("up") == page.value("member_up", member=first.address) == 1
        assert page.all("writable") == [], "of which sets it consists nobody has said yet"
        for node in (second, third, last):
            node.start()
        page = exporter.wait(lambda p: tolerated(p) == [1, 2, 1, 2] and p.value("writable") == 1, 90, "the deployment is up")

        # All are lost, and one comes back: what it waits for is known now.
        for node in place.nodes:
            node.kill()
        page = exporter.wait(lambda p: p.value("up") == 0, 15, "nobody answers")
        assert tolerated(page) == [-3, -2, -3, -2]
        first.start()
        page = exporter.wait(lambda p: p.value("write_blocked", reason="not_initialized") == 1, 60, "one waits for the others")
        assert page.value("write_blocked", reason="quorum") == 1 and page.value("writable") == 0
        assert page.value("minio_node_initialized", member=first.address) == 0
        assert len(page.all("member_up")) == 4
    finally:
        place.purge()


def test_without_a_key_and_behind_a_name_that_is_not_the_nodes(place):
    """Health needs no key; a node that is asked by another name says who it is."""
    node = place.nodes[0]
    exporter = place.exporter(f"--minio.url=http://localhost:{node.port}", seed=None)
    page = exporter.wait(lambda p: p.all("minio_node_may_be_stopped"), 30, "verdicts have come")
    alias = f"localhost:{node.port}"
    assert page.value("member_up", member=alias) == 1
    assert page.value("minio_node_sees_write_quorum", member=alias) == 1
    assert page.value("clock_skew_seconds", member=alias) is not None
    assert page.value("minio_node_requests_limit", member=alias) > 0
    assert not page.all("minio_drives") and not page.all("writable")
    keyed = place.exporter(f"--minio.url=http://localhost:{node.port}", seed=None,
                           environment={"MINIO_ACCESS_KEY": "root-of-a-test", "MINIO_SECRET_KEY": "password-of-a-test"})
    page = keyed.wait(lambda p: p.all("minio_address_answered_by"), 30, "the inventory names the nodes")
    assert page.all("minio_address_answered_by") == [
        ({"service": "minio", "cluster": alias, "address": alias, "member": node.address}, 1)
    ]
    assert sorted(labels["member"] for labels, _ in page.all("member_up")) == sorted(n.address for n in place.nodes)
