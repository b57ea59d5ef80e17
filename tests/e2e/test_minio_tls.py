"""replicawatch-minio on four real nodes that speak TLS alone: certificates that end, have ended, change, or are of somebody else."""
import os
import time

import pytest

from authority import Authority
from deployment import probe, wait_until
from minio_place import MinioPlace

DAY = 24 * 3600
EXPIRY = "minio_node_certificate_expiry_timestamp_seconds"


@pytest.fixture(scope="module")
def place():
    place = MinioPlace(tls=True)
    yield place
    place.purge()


@pytest.fixture(scope="module")
def trusting(place):
    exporter = place.exporter(f"--minio.ca-file={place.ca_file}")
    exporter.wait(healthy, 30, "all is seen over TLS")
    return exporter


def healthy(page):
    return page.value("members_healthy") == 4 and page.value("writable") == 1 and len(page.all(EXPIRY)) == 4


def days_left(page, node):
    return (page.value(EXPIRY, member=node.address) - time.time()) / DAY


def test_all_nodes_over_tls(place, trusting):
    page = trusting.scrape()
    for node in place.nodes:
        assert page.value("member_up", member=node.address) == 1
        assert 1.9 < days_left(page, node) <= 2
    status, text = probe(trusting, place.nodes[2].address, debug="true")
    assert status == 200 and "result: ok" in text and "\nreplicawatch_minio_node_up 1\n" in text
    assert f"\nreplicawatch_{EXPIRY} {page.value(EXPIRY, member=place.nodes[2].address):.0f}\n" in text
    # Nobody who asks can make the exporter send its key without TLS.
    assert probe(trusting, f"http://{place.nodes[2].address}")[0] == 403
    assert probe(trusting, f"https://{place.nodes[2].address}")[0] == 200


def test_a_new_certificate_of_a_running_node(place, trusting):
    """One that is about to end; the exporter's connections were made with the old one and stay."""
    node = place.nodes[0]
    node.certify(days=1)
    page = trusting.wait(lambda page: days_left(page, node) < 1.1, 90, "the new one is seen")
    assert 0.9 < days_left(page, node) < 1
    assert page.value("member_up", member=node.address) == 1 and page.errors(node.address) == []


def test_a_certificate_that_has_ended(place, trusting):
    """The node is refused, by its peers too, and it is said why and when it ended."""
    node = place.nodes[3]
    node.kill()
    node.certify(days=-1)
    node.start()
    trusting.wait(lambda page: days_left(page, node) < 0, 30, "it is read all the same")
    wait_until(lambda: "certificate has expired" in trusting.log(), 30, "the log says so")
    page = trusting.scrape()
    assert page.value("member_up", member=node.address) == 0 and page.errors(node.address) == ["connect"]
    assert page.value("failures_tolerated", operation="write_nodes") == 0
    assert -1.1 < days_left(page, node) < -0.9
    status, text = probe(trusting, node.address, debug="true")
    assert status == 200 and "result: connect, SSL certificate problem: certificate has expired" in text
    assert f"\nreplicawatch_{EXPIRY} " in text and "\nreplicawatch_minio_node_up 0\n" in text

    node.certify()
    trusting.wait(healthy, 90, "a new one, without a restart, mends it")


def test_an_authority_that_is_not_trusted(place):
    """Nothing is watched, nothing but one look at the certificate is asked, and no key is sent."""
    other = os.path.join(place.folder, "other")
    os.mkdir(other)
    node = place.nodes[0]
    exporter = place.exporter(f"--minio.ca-file={Authority(other).path('ca.crt')}")
    page = exporter.wait(lambda page: page.errors(node.address) == ["connect"] and page.all(EXPIRY), 20, "it is refused")
    assert page.value("up") == 0 and days_left(page, node) > 0
    assert "SSL certificate problem" in exporter.log()
    assert not page.all("writable"), "the admin API was not asked"
    exporter.stop()


def test_without_a_file_it_is_the_systems_authorities(place):
    node = place.nodes[0]
    exporter = place.exporter()
    exporter.wait(lambda page: page.errors(node.address) == ["connect"], 20, "it is refused")
    assert "SSL certificate problem" in exporter.log()
    exporter.stop()
