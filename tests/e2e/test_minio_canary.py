"""Test writes and reads through each node of a real MinIO: while all is well, with nodes killed and hung, without bucket or rights."""
import pytest

from deployment import wait_until
from minio_place import MinioPlace

BUCKET = "canary"
OPERATIONS = ("put", "get", "head", "delete")
# Of the exporter that may do what the documentation lists, and no more.
USER, PASSWORD = "canary-user", "canary-password"
POLICY = """{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["admin:StorageInfo"]},
  {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], "Resource": ["arn:aws:s3:::canary/*"]}]}"""


@pytest.fixture(scope="module")
def place():
    """Four nodes with one drive each: writes need three, reads two."""
    place = MinioPlace()
    place.mc("mb", f"rw/{BUCKET}")
    place.add_user(USER, PASSWORD, canary=POLICY)
    yield place
    place.purge()


@pytest.fixture(scope="module")
def exporter(place):
    return place.exporter(
        f"--minio.canary.bucket={BUCKET}", "--minio.canary.interval=1s",
        environment={"MINIO_ACCESS_KEY": USER, "MINIO_SECRET_KEY": PASSWORD},
    )  # fmt: skip


@pytest.fixture(autouse=True)
def repaired(place, exporter):
    exporter.wait(healthy, 90, "all operations succeed through all nodes")
    yield
    place.repair()


def healthy(page):
    return len(page.all("minio_canary_success")) == 16 and all(value == 1 for _, value in page.all("minio_canary_success"))


def success(page, node, operation):
    return page.value("minio_canary_success", member=node.address, operation=operation)


def error(page, node, operation):
    return [labels["code"] for labels, _ in page.all("minio_canary_error", member=node.address, operation=operation)]


def attempts(page, node, operation):
    return page.value("minio_canary_attempts_total", member=node.address, operation=operation) or 0


def test_what_a_healthy_cluster_tells(place, exporter):
    page = exporter.scrape()
    for node in place.nodes:
        for operation in OPERATIONS:
            labels = {"member": node.address, "operation": operation}
            assert 0 < page.value("minio_canary_duration_seconds", **labels) < 5
            assert page.value("minio_canary_last_success_timestamp_seconds", **labels) > 1.7e9
            assert error(page, node, operation) == []
        assert page.value("minio_canary_age_seconds", member=node.address) < 30
    put = attempts(page, place.nodes[0], "put")
    exporter.wait(lambda p: attempts(p, place.nodes[0], "put") >= put + 3, 30, "the rounds go on")
    # However many rounds: one object a node stays, and one more may just have been written.
    listed = place.mc("ls", "--recursive", f"rw/{BUCKET}").splitlines()
    assert 4 <= len(listed) <= 8


def test_nothing_is_written_without_a_bucket(place):
    page = place.exporter().wait(lambda p: p.value("writable") == 1, 30, "the cluster is found")
    assert "minio_canary" not in page.text


def test_a_dead_node_fails_alone(place, exporter):
    dead, *others = place.nodes
    dead.kill()
    page = exporter.wait(
        lambda p: error(p, dead, "put") == ["connect"] and all(success(p, node, "put") == 1 for node in others), 60,
        "the dead node's canary fails, the others go on",
    )  # fmt: skip
    assert success(page, dead, "put") == 0
    for operation in ("get", "head", "delete"):
        assert success(page, dead, operation) is None
        assert page.value("minio_canary_last_success_timestamp_seconds", member=dead.address, operation=operation) is not None


def test_without_write_quorum_reads_go_on_and_nothing_is_deleted(place, exporter):
    others = place.nodes[2:]
    for node in place.nodes[:2]:
        node.kill()
    # MinIO refuses at once, or holds the request while it takes a drive of a dead node for there.
    exporter.wait(
        lambda p: all(error(p, node, "put") in (["SlowDownWrite"], ["timeout"]) and success(p, node, "get") == 1 for node in others),
        60, "writes fail, reads go on",
    )  # fmt: skip
    before = exporter.scrape()
    page = exporter.wait(
        lambda p: all(attempts(p, node, "put") >= attempts(before, node, "put") + 3 for node in others), 60, "three more rounds"
    )
    for node in others:
        assert success(page, node, "head") == 1
        assert success(page, node, "delete") is None
        # It would have been held for more than a minute.
        assert attempts(page, node, "delete") == attempts(before, node, "delete")


@pytest.mark.parametrize("count", [1, 2])
def test_hung_nodes_hold_no_other_one_and_no_scrape(place, exporter, count):
    hung, others = place.nodes[:count], place.nodes[count:]
    for node in hung:
        node.pause()
    before = exporter.scrape()

    def told(page):
        """Each node went on to be asked, and the hung ones' canaries have failed by time."""
        return all(error(page, node, "put") == ["timeout"] for node in hung) and all(
            attempts(page, node, "put") >= attempts(before, node, "put") + 2 for node in place.nodes
        )

    page = exporter.wait(told, 90, "rounds through all nodes go on")
    for node in place.nodes:
        for operation in OPERATIONS:
            took = page.value("minio_canary_duration_seconds", member=node.address, operation=operation)
            assert took is None or took < 6
    assert {labels["member"] for labels, value in page.all("member_up") if value == 1} == {node.address for node in others}


def test_a_missing_bucket_and_a_missing_right_have_their_codes(place):
    key = {"MINIO_ACCESS_KEY": USER, "MINIO_SECRET_KEY": PASSWORD}
    for bucket, environment, code in (("no-such-bucket", None, "NoSuchBucket"), ("other", key, "AccessDenied")):
        exporter = place.exporter(f"--minio.canary.bucket={bucket}", "--minio.canary.interval=1s", environment=environment)
        page = exporter.wait(
            lambda p: [error(p, node, "put") for node in place.nodes] == [[code]] * 4, 30, f"{code} through all nodes"
        )
        assert not page.all("minio_canary_success", operation="delete")
        assert not page.all("minio_canary_redundancy_success")


@pytest.fixture
def redundancy(place, tmp_path):
    """An exporter that looks at the shards of its objects too."""
    secret = tmp_path / "secret"
    secret.write_text("password-of-a-test")
    config = tmp_path / "config.yml"
    config.write_text(f"""
clusters:
  - name: ring
    seeds: ["{place.nodes[0].url}"]
    access_key: root-of-a-test
    secret_key_file: {secret}
    canary: {{bucket: {BUCKET}, prefix: redundancy/test, interval: 1s, redundancy: true}}
""")
    exporter = place.exporter(f"--config.file={config}", seed=None)
    exporter.wait(lambda p: (p.value("minio_canary_objects") or 0) >= 3, 60, "some objects are written and looked at")
    return exporter


def test_what_was_written_without_a_node_stays_short_until_it_is_read(place, redundancy):
    lost = place.nodes[3]
    page = redundancy.scrape()
    assert page.value("minio_canary_objects_under_replicated") == 0
    assert page.value("minio_canary_data_blocks") == page.value("minio_canary_parity_blocks") == 2
    lost.kill()
    redundancy.wait(lambda p: p.value("minio_canary_shards_present") == 3, 60, "a shard of each object is away")
    count = redundancy.scrape().value("minio_canary_objects")
    redundancy.wait(lambda p: p.value("minio_canary_objects") >= min(count + 2, 16), 60, "objects are written meanwhile")
    lost.start()
    page = redundancy.wait(
        lambda p: (p.value("minio_canary_objects_under_replicated") or 0) > 0 and p.value("failures_tolerated", operation="write") == 1,
        60, "all drives are there again, and objects miss shards",
    )  # fmt: skip
    assert page.value("minio_canary_shards_present") == 3
    assert page.value("minio_drives", state="ok") == 4

    # Reading repairs, and the look at it did not.
    def healed():
        for name in place.mc("ls", "--recursive", f"rw/{BUCKET}/redundancy/test/ring/").split():
            if name.isdigit():
                place.mc("cat", f"rw/{BUCKET}/redundancy/test/ring/{name}")
        page = redundancy.scrape()
        return page.value("minio_canary_objects_under_replicated") == 0 and page.value("minio_canary_shards_present") == 4

    wait_until(healed, 60, "the objects are whole again once they were read")


def test_the_redundancy_wants_a_right_of_its_own(place, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    config = tmp_path / "config.yml"
    config.write_text(f"""
clusters:
  - seeds: ["{place.nodes[0].url}"]
    access_key: {USER}
    secret_key_file: {secret}
    canary: {{bucket: {BUCKET}, prefix: rightless, interval: 1s, redundancy: true}}
""")
    exporter = place.exporter(f"--config.file={config}", seed=None)
    page = exporter.wait(lambda p: p.value("minio_canary_redundancy_success") == 0, 30, "the look is refused")
    assert not page.all("minio_canary_objects")
    exporter.wait(healthy, 30, "the rest of the canary goes on")
    assert "AccessDenied" in exporter.log()
