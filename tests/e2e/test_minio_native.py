"""MinIO's own metrics relayed from real nodes, as the dashboards 13502 and 15306 want them."""
import subprocess

import pytest

from minio_place import MinioPlace
from servers import program

USER, PASSWORD = "native-user", "native-password"
POLICY = """{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["admin:StorageInfo", "admin:Prometheus"]}]}"""

OF_NODES = """
  minio_inter_node_traffic_sent_bytes minio_inter_node_traffic_received_bytes minio_s3_requests_total
  minio_s3_traffic_sent_bytes minio_s3_traffic_received_bytes minio_node_drive_free_bytes minio_node_drive_free_inodes
  minio_node_drive_latency_us minio_node_drive_offline_total minio_node_drive_online_total minio_node_drive_total
  minio_node_drive_total_bytes minio_node_drive_used_bytes minio_node_drive_errors_availability minio_node_drive_errors_timeout
  minio_node_drive_io_waiting
""".split()
OF_CLUSTER = """
  minio_cluster_capacity_usable_free_bytes minio_cluster_capacity_usable_total_bytes minio_cluster_drive_offline_total
  minio_cluster_drive_online_total minio_cluster_health_status minio_cluster_health_erasure_set_healing_drives
  minio_cluster_health_erasure_set_online_drives minio_cluster_health_erasure_set_read_quorum
  minio_cluster_health_erasure_set_write_quorum minio_cluster_health_erasure_set_status minio_cluster_nodes_online_total
  minio_cluster_nodes_offline_total minio_heal_time_last_activity_nano_seconds minio_node_file_descriptor_open_total
  minio_node_go_routine_total minio_node_io_rchar_bytes minio_node_io_wchar_bytes minio_node_process_cpu_total_seconds
  minio_node_process_resident_memory_bytes minio_node_process_starttime_seconds minio_node_syscall_read_total
  minio_node_syscall_write_total minio_node_scanner_bucket_scans_started minio_node_scanner_bucket_scans_finished
  minio_node_scanner_directories_scanned minio_node_scanner_objects_scanned minio_node_scanner_versions_scanned
  minio_bucket_requests_total minio_bucket_requests_inflight_total minio_bucket_requests_ttfb_seconds_distribution
  minio_bucket_traffic_sent_bytes minio_bucket_traffic_received_bytes
""".split()


@pytest.fixture(scope="module")
def place():
    place = MinioPlace()
    place.mc("mb", "rw/data")
    place.mc("pipe", "rw/data/object", stdin="some text")
    for number in range(len(place.nodes)):
        place.mc("cat", "rw/data/object", node=number)
    place.add_user(USER, PASSWORD, native=POLICY)
    yield place
    place.purge()


@pytest.fixture(scope="module")
def exporter(place):
    return place.exporter("--collector.native", environment={"MINIO_ACCESS_KEY": USER, "MINIO_SECRET_KEY": PASSWORD})


@pytest.fixture(autouse=True)
def repaired(place, exporter):
    exporter.wait(lambda p: came_from(p) == addresses(place.nodes), 60, "the pages of all nodes come")
    yield
    place.repair()


def addresses(nodes):
    return {node.address for node in nodes}


def came_from(page):
    return {labels["member"] for labels, value in page.all("minio_native_success") if value == 1}


def relayed(page, name=None):
    """[(name, labels)] of MinIO's own series."""
    return [(have, labels) for have, labels, _ in page.samples if have.startswith("minio_") and name in (None, have)]


def test_what_the_dashboards_query_is_there_and_counted_once(place, exporter):
    def all_there(page):
        # A node leaves out what it has not done in the last minute, as drive latencies.
        place.mc("cat", "rw/data/object")
        return {*OF_NODES, *OF_CLUSTER} <= {name for name, _ in relayed(page)}

    page = exporter.wait(all_there, 90, "all that the dashboards query has come")
    for name in OF_NODES:
        members = {labels.get("member") for _, labels in relayed(page, name)}
        assert members <= addresses(place.nodes), name
    assert len(relayed(page, "minio_node_drive_total")) == 4
    for name in OF_CLUSTER:
        assert not [labels for _, labels in relayed(page, name) if "member" in labels], name
    assert len(relayed(page, "minio_cluster_nodes_online_total")) == 1
    assert len(relayed(page, "minio_node_go_routine_total")) == 4
    assert not [name for name, _, _ in page.samples if name.startswith(("go_", "minio_go_"))]
    for name, labels in relayed(page):
        assert labels["cluster"], name
    for labels, value in page.all("minio_native_page_age_seconds"):
        assert 0 <= value <= 120, labels


def test_each_page_is_that_of_its_member(place, exporter):
    page = exporter.scrape()
    for name, labels in relayed(page):
        if "member" in labels and "server" in labels:
            assert labels["member"] == labels["server"], name


def test_promtool_takes_the_page(place, exporter):
    page = exporter.scrape()
    done = subprocess.run([program("PROMTOOL"), "check", "metrics"], input=page.text, capture_output=True, text=True)
    # 3: it can be read, but MinIO's names are not those that the linter likes.
    assert done.returncode in (0, 3), done.stderr[:2000]
    about_ours = [line for line in done.stderr.splitlines() if line.startswith("replicawatch_")]
    assert about_ours == []
    families = [line.split()[2] for line in page.text.splitlines() if line.startswith("# TYPE ")]
    assert len(families) == len(set(families))


def test_a_scrape_without_it_has_none_of_it(place, exporter):
    status, _, body = exporter.get("/metrics?exclude[]=native")
    assert status == 200
    assert b"\nminio_" not in body
    assert b"replicawatch_minio_native" not in body


@pytest.mark.parametrize("fault", ["pause", "kill"])
def test_a_node_that_is_away_holds_no_page(place, exporter, fault):
    away, *others = place.nodes
    getattr(away, fault)()
    page = exporter.wait(lambda p: came_from(p) == addresses(others), 30, "the page of one node is missing")
    assert page.value("minio_native_success", member=away.address) == 0
    assert {labels["member"] for _, labels in relayed(page, "minio_s3_requests_total") if "member" in labels} == addresses(others)
    # Each scrape of wait() had 10 s; here it has three.
    assert came_from(exporter.scrape(timeout_header="3")) == addresses(others)


def test_off_by_default_and_no_token_is_made(place):
    """The user may do nothing at all, which the exporter would notice if it asked."""
    place.mc("admin", "user", "add", "rw", "nobody", "nobody-password")
    key = {"MINIO_ACCESS_KEY": "nobody", "MINIO_SECRET_KEY": "nobody-password"}
    silent = place.exporter(environment=key)
    page = silent.wait(lambda p: p.value("up") == 1, 30, "a node answers")
    assert not relayed(page)
    assert "admin:Prometheus" not in silent.log()


def test_a_missing_right_is_said_once(place):
    place.mc("admin", "user", "add", "rw", "nobody", "nobody-password")
    exporter = place.exporter(
        "--collector.native", environment={"MINIO_ACCESS_KEY": "nobody", "MINIO_SECRET_KEY": "nobody-password"}
    )
    for _ in range(3):
        page = exporter.wait(lambda p: p.value("up") == 1, 30, "a node answers")
        assert not relayed(page)
    assert page.all("minio_native_success") and not came_from(page)
    assert exporter.log().count("admin:Prometheus is missing") == 1
    assert "nobody-password" not in exporter.log()
