"""Real buckets changed behind the back of their declaration, and what the exporter makes of it."""
import json
import pathlib
import re
import subprocess

import pytest

from deployment import ROOT, wait_until
from minio_place import ROOT_PASSWORD, ROOT_USER, MinioPlace

LIFECYCLE = (
    "<LifecycleConfiguration><Rule><Filter><Prefix>tmp/</Prefix></Filter><Expiration><Days>30</Days></Expiration>"
    "<Status>Enabled</Status></Rule></LifecycleConfiguration>"
)
LIFECYCLE_OF_MC = {"Rules": [{"ID": "made-up", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 30}}]}
# What `mc anonymous set download` makes, as people write it.
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "read", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/*"},
        {"Effect": "Allow", "Principal": "*", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": "arn:aws:s3:::shop"},
    ],
}
DECLARED = {
    "shop": {
        "versioning": "off", "lock": "off", "quota": "10GiB", "policy": json.dumps(POLICY), "lifecycle": LIFECYCLE,
        "encryption": "none", "replication": "none", "notifications": "none",
    },
    "vault": {"versioning": "enabled", "lock": {"mode": "governance", "days": 30}, "policy": "none", "quota": "none"},
    "source": {"versioning": "enabled", "replication": "any"},
    "mayfly": {"quota": "none"},
}  # fmt: skip


class Watch:
    """An exporter of the place with a file of its own, and what it says."""

    def __init__(self, place, buckets, user=ROOT_USER, password=ROOT_PASSWORD, **survey):
        cluster = {
            "name": "store", "seeds": [place.nodes[0].url], "access_key": user, "secret_key_env": "STORE_SECRET",
            "buckets": buckets, "bucket_survey": {"interval": "1s", **survey},
        }  # fmt: skip
        path = pathlib.Path(place.folder, f"buckets-{len(place.exporters)}.json")  # JSON is YAML
        path.write_text(json.dumps({"clusters": [cluster]}))
        self.exporter = place.exporter(f"--config.file={path}", seed=None, environment={"STORE_SECRET": password})

    def wait(self, condition, what, seconds=120):
        return self.exporter.wait(condition, seconds, what)

    def wait_drift(self, bucket, aspect, value):
        return self.wait(lambda page: drift(page, bucket, aspect) == value, f"drift of {bucket} in {aspect} is {value}")

    def wait_round(self):
        """Until a round is over that began after now."""
        age = self.wait(lambda page: documents_age(page) is not None, "a first round is over")
        before = documents_age(age)
        # The age falls back with each round's end.
        ages = [before]

        def fell(page):
            ages.append(documents_age(page))
            return ages[-1] < ages[-2]

        self.wait(fell, "a round ends")
        return self.wait(fell, "the next round ends")


def drift(page, bucket, aspect):
    return page.value("minio_bucket_drift", bucket=bucket, aspect=aspect)


def documents_age(page):
    return page.value("minio_bucket_age_seconds", about="documents")


def drifting(page):
    return sorted((labels["bucket"], labels["aspect"]) for labels, value in page.all("minio_bucket_drift") if value != 0)


def request(place, node, method, path):
    """A signed request of the S3 API to one node; its answer's text."""
    # The key goes by standard input.
    config = f'user = "{ROOT_USER}:{ROOT_PASSWORD}"\naws-sigv4 = "aws:amz:us-east-1:s3"\n'
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    command = ["curl", "-sS", "--fail-with-body", "--max-time", "20", "-X", method, "-H", f"x-amz-content-sha256: {empty}", "-K", "-"]
    done = subprocess.run([*command, place.nodes[node].url + path], input=config, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def begin_upload(place, node, path):
    """The id of a new multipart upload; nodes find one another again a second or two after a start."""

    def begun():
        try:
            return re.search("<UploadId>(.*?)<", request(place, node, "POST", path + "?uploads="))[1]
        except AssertionError as error:
            if "SlowDownWrite" not in str(error):
                raise
            return None

    return wait_until(begun, 30, "an upload is begun")


@pytest.fixture(scope="module")
def away():
    """Where `source` is replicated to."""
    place = MinioPlace(nodes=1)
    place.mc("mb", "rw/copy")
    place.mc("version", "enable", "rw/copy")
    yield place
    place.purge()


@pytest.fixture(scope="module")
def place(away):
    place = MinioPlace()
    try:
        place.mc("mb", "rw/shop", "rw/source", "rw/mayfly")
        place.mc("mb", "--with-lock", "rw/vault")
        place.mc("retention", "set", "--default", "governance", "30d", "rw/vault")
        # The scanner needs its time to find it.
        place.mc("pipe", "rw/vault/object", stdin="x" * 5000)
        place.mc("quota", "set", "rw/shop", "--size", "10GiB")
        place.mc("anonymous", "set", "download", "rw/shop")
        place.mc("ilm", "import", "rw/shop", stdin=json.dumps(LIFECYCLE_OF_MC))
        place.mc("version", "enable", "rw/source")
        remote = f"http://{ROOT_USER}:{ROOT_PASSWORD}@{away.nodes[0].address}/copy"
        place.mc("replicate", "add", "rw/source", "--remote-bucket", remote, "--priority", "1")
        yield place
    finally:
        place.purge()


@pytest.fixture(scope="module")
def watch(place):
    return Watch(place, DECLARED)


@pytest.fixture
def clean(watch):
    """A test begins where nothing differs from what is declared, and all is known."""
    aspects = sum(len(bucket) for bucket in DECLARED.values())
    return watch.wait(lambda page: len(page.all("minio_bucket_drift")) == aspects and not drifting(page), "nothing differs")


def test_buckets_as_declared_have_no_drift(place, watch, clean):
    page = watch.wait_round()
    assert {labels["bucket"]: value for labels, value in page.all("minio_bucket_exists")} == dict.fromkeys(DECLARED, 1)
    assert {(labels["bucket"], labels["aspect"]): value for labels, value in page.all("minio_bucket_drift")} == {
        (bucket, aspect): 0 for bucket, aspects in DECLARED.items() for aspect in aspects
    }
    assert page.value("minio_buckets_unexpected") == page.value("minio_buckets_left_out") == 0
    assert not page.all("minio_buckets_refused") and not page.all("minio_bucket_unexpected")
    assert page.value("minio_bucket_uploads", bucket="shop") == 0
    assert not page.all("minio_bucket_oldest_upload_timestamp_seconds")
    # In a list of ListBuckets the same time has milliseconds.
    dates = re.findall(r"<Name>(.*?)</Name><CreationDate>.*?(\d\d\.\d{3})Z<", request(place, 1, "GET", "/"))
    for bucket, seconds in dates:
        created = page.value("minio_bucket_created_timestamp_seconds", bucket=bucket)
        assert abs(created % 60 - float(seconds)) < 0.002, bucket


CHANGES = [
    ("shop", "policy", ["anonymous", "set", "none", "rw/shop"], ["anonymous", "set", "download", "rw/shop"]),
    ("shop", "policy", ["anonymous", "set", "public", "rw/shop"], ["anonymous", "set", "download", "rw/shop"]),
    ("vault", "policy", ["anonymous", "set", "upload", "rw/vault"], ["anonymous", "set", "none", "rw/vault"]),
    ("shop", "quota", ["quota", "set", "rw/shop", "--size", "11GiB"], ["quota", "set", "rw/shop", "--size", "10GiB"]),
    ("mayfly", "quota", ["quota", "set", "rw/mayfly", "--size", "1GiB"], ["quota", "clear", "rw/mayfly"]),
    ("shop", "lifecycle", ["ilm", "rule", "rm", "--all", "--force", "rw/shop"], ["ilm", "import", "rw/shop"]),
    (
        "vault", "lock", ["retention", "set", "--default", "governance", "31d", "rw/vault"],
        ["retention", "set", "--default", "governance", "30d", "rw/vault"],
    ),
]  # fmt: skip


@pytest.mark.parametrize("bucket, aspect, change, undo", CHANGES, ids=[f"{c[0]}-{c[1]}-{c[2][-1]}" for c in CHANGES])
def test_a_change_is_drift_of_that_aspect_alone(place, watch, clean, bucket, aspect, change, undo):
    place.mc(*change)
    try:
        page = watch.wait_drift(bucket, aspect, 1)
        assert drifting(page) == [(bucket, aspect)]
    finally:
        place.mc(*undo, stdin=json.dumps(LIFECYCLE_OF_MC))
    watch.wait_drift(bucket, aspect, 0)


def test_versioning_switched_on_and_suspended(place):
    place.mc("mb", "rw/kept")
    watch = Watch(place, {"kept": {"versioning": "enabled"}})
    watch.wait_drift("kept", "versioning", 1)
    place.mc("version", "enable", "rw/kept")
    watch.wait_drift("kept", "versioning", 0)
    place.mc("version", "suspend", "rw/kept")
    watch.wait_drift("kept", "versioning", 1)
    Watch(place, {"kept": {"versioning": "suspended"}}).wait_drift("kept", "versioning", 0)
    place.mc("rb", "--force", "rw/kept")


def test_a_bucket_deleted_and_made_again(place, watch, clean):
    created = clean.value("minio_bucket_created_timestamp_seconds", bucket="mayfly")
    place.mc("rb", "rw/mayfly")
    page = watch.wait(lambda p: p.value("minio_bucket_exists", bucket="mayfly") == 0, "the bucket is missing")
    # What is not there has no drift, no size and no date.
    for family in ("drift", "usage_bytes", "objects", "uploads", "created_timestamp_seconds"):
        assert not page.all(f"minio_bucket_{family}", bucket="mayfly"), family
    assert page.value("minio_bucket_recreations_total", bucket="mayfly") == 0
    place.mc("mb", "rw/mayfly")
    page = watch.wait(lambda p: p.value("minio_bucket_recreations_total", bucket="mayfly") == 1, "it is told from the former")
    assert page.value("minio_bucket_exists", bucket="mayfly") == 1
    assert page.value("minio_bucket_created_timestamp_seconds", bucket="mayfly") > created
    watch.wait_drift("mayfly", "quota", 0)
    assert {labels["bucket"]: value for labels, value in page.all("minio_bucket_recreations_total") if value} == {"mayfly": 1}


def test_a_bucket_that_nobody_declared(place, watch, clean):
    place.mc("mb", "rw/stowaway")
    page = watch.wait(lambda p: p.value("minio_buckets_unexpected") == 1, "it is noticed")
    assert [labels["bucket"] for labels, _ in page.all("minio_bucket_unexpected")] == ["stowaway"]
    place.mc("rb", "rw/stowaway")
    page = watch.wait(lambda p: p.value("minio_buckets_unexpected") == 0, "it is gone")
    assert not page.all("minio_bucket_unexpected")


def test_more_buckets_than_may_be_looked_at(place):
    watch = Watch(place, DECLARED, most_buckets=1, unexpected=False)
    page = watch.wait(lambda p: p.value("minio_buckets_left_out") == 3, "three are left out")
    assert [labels["bucket"] for labels, _ in page.all("minio_bucket_exists")] == ["shop"]
    assert not page.all("minio_buckets_unexpected")


def test_a_multipart_upload_begun_here_and_aborted_there(place, watch, clean):
    upload = begin_upload(place, 1, "/shop/a%20b/large")
    listed = [upload in request(place, node, "GET", "/shop?uploads=") for node in range(4)]
    assert listed == [False, True, False, False], "only the node through which it was begun knows it"
    page = watch.wait(lambda p: p.value("minio_bucket_uploads", bucket="shop") == 1, "it is counted")
    begun = page.value("minio_bucket_oldest_upload_timestamp_seconds", bucket="shop")
    initiated = request(place, 2, "GET", "/shop?prefix=a%20b%2Flarge&uploads=")
    assert float(re.search(r"<Initiated>.*?(\d\d\.\d+)Z<", initiated)[1]) == pytest.approx(begun % 60, abs=0.001)

    # Started anew, the node has forgotten it; the drives have not.
    place.nodes[1].kill()
    place.nodes[1].start()
    place.wait_serving(place.nodes[1])
    assert upload not in request(place, 1, "GET", "/shop?uploads=")
    page = watch.wait_round()
    assert page.value("minio_bucket_uploads", bucket="shop") == 1

    other = begin_upload(place, 1, "/shop/other")
    watch.wait(lambda p: p.value("minio_bucket_uploads", bucket="shop") == 2, "another one")
    request(place, 2, "DELETE", f"/shop/other?uploadId={other}")
    # The first node may go on telling of it for a day.
    watch.wait(lambda p: p.value("minio_bucket_uploads", bucket="shop") == 1, "it is not confirmed")
    request(place, 3, "DELETE", f"/shop/a%20b/large?uploadId={upload}")
    page = watch.wait(lambda p: p.value("minio_bucket_uploads", bucket="shop") == 0, "none is left")
    assert not page.all("minio_bucket_oldest_upload_timestamp_seconds")


def test_replication_that_works_and_that_fails(place, away, watch, clean):
    place.mc("pipe", "rw/source/first", stdin="x")
    wait_until(lambda: "first" in away.mc("ls", "rw/copy"), 60, "it is replicated")
    page = watch.wait(lambda p: p.value("minio_bucket_replication_target_online", bucket="source") == 1, "the target is online")
    [(labels, _)] = page.all("minio_bucket_replication_target_online")
    assert labels["endpoint"] == away.nodes[0].address and labels["target_bucket"] == "copy"
    assert labels["target"].endswith(":copy")
    page = watch.wait(
        lambda p: p.value("minio_bucket_replication_queued_objects", bucket="source") == 0
        and p.value("minio_bucket_replication_failed_objects", bucket="source") is not None,
        "the queue is told",
    )
    # mc finds its own way to the target with PUTs before the rule is there; no failure is counted yet.
    assert page.value("minio_bucket_replication_failed_objects", bucket="source", target=labels["target"]) == 0

    away.nodes[0].kill()
    try:
        for number in range(3):
            place.mc("pipe", f"rw/source/late-{number}", stdin="x" * 1000)
        page = watch.wait(
            lambda p: p.value("minio_bucket_replication_failed_objects", bucket="source") == 3
            and p.value("minio_bucket_replication_target_online", bucket="source") == 0,
            "the failures are told",
        )
        assert page.value("minio_bucket_replication_failed_bytes", bucket="source", target=labels["target"]) == 3000
    finally:
        away.nodes[0].start()
        away.wait_serving()
    watch.wait(lambda p: p.value("minio_bucket_replication_target_online", bucket="source") == 1, "the target is back", 90)


def test_a_hung_node_costs_ages_and_no_answers(place, watch, clean):
    place.nodes[3].pause()
    try:
        watch.wait(lambda p: p.value("member_up", member=place.nodes[3].address) == 0, "it is noticed")
        # accountinfo takes MinIO 10 s and more now: what it alone tells gets older, all else stays fresh.
        page = watch.wait(
            lambda p: p.value("minio_bucket_age_seconds", about="account") > 15
            and p.value("minio_bucket_age_seconds", about="list") < 10
            and documents_age(p) < 10,
            "accountinfo is given up, and nothing else",
            90,
        )
        assert drift(page, "shop", "quota") == 0 and not drifting(page)
        # One that is started now never gets accountinfo: S3 itself tells of versioning and lock.
        fresh = Watch(place, {**DECLARED, "shop": {**DECLARED["shop"], "policy": "none"}})
        page = fresh.wait(lambda p: documents_age(p) is not None, "a first round is over", 90)
        assert drifting(page) == [("shop", "policy")]
        assert {labels["aspect"] for labels, _ in page.all("minio_bucket_drift", bucket="vault")} == {"versioning", "lock", "policy"}
        assert page.value("minio_bucket_exists", bucket="shop") == 1
        assert page.value("minio_bucket_age_seconds", about="account") is None
        assert not page.all("minio_bucket_usage_bytes")
    finally:
        place.nodes[3].resume()
    watch.wait(lambda p: p.value("minio_bucket_age_seconds", about="account") < 10, "accountinfo is back", 60)


def test_what_the_key_may_not_read_is_left_out(place):
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["admin:StorageInfo"]},
            {
                "Effect": "Allow",
                "Action": ["s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetLifecycleConfiguration"],
                "Resource": ["arn:aws:s3:::*"],
            },
            {"Effect": "Deny", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::vault"]},
        ],
    }
    place.add_user("little-user", "little-password", little=json.dumps(policy))
    watch = Watch(place, {**DECLARED, "nowhere": {}}, "little-user", "little-password")
    page = watch.wait_round()
    # Of all buckets accountinfo tells this much to anyone; the lifecycle is permitted.
    assert {labels["aspect"] for labels, _ in page.all("minio_bucket_drift", bucket="shop")} == {
        "versioning", "lock", "quota", "lifecycle",
    }  # fmt: skip
    assert not drifting(page)
    assert page.value("minio_bucket_exists", bucket="nowhere") == 0
    # Neither there nor missing: the key may not even ask.
    assert not page.all("minio_bucket_exists", bucket="vault") and not page.all("minio_bucket_drift", bucket="vault")
    assert not page.all("minio_bucket_uploads")
    refused = {labels["topic"]: value for labels, value in page.all("minio_buckets_refused")}
    assert refused["policy"] == 2 and refused["existence"] == 1 and "lifecycle" not in refused
    assert watch.exporter.log().count("topic=policy") == 1


def test_the_documented_rights_are_enough(place, watch, clean):
    """Those of level 3 and what finds the nodes."""
    policies = ROOT / "compose/minio/policies"
    names = ("replicawatch", "replicawatch-buckets")
    place.add_user("reader", "reader-password", **{name: (policies / f"{name}.json").read_text() for name in names})
    reader = Watch(place, DECLARED, "reader", "reader-password")
    page = reader.wait_round()
    expected = sorted((bucket, aspect) for bucket, aspects in DECLARED.items() for aspect in aspects)
    assert sorted((labels["bucket"], labels["aspect"]) for labels, _ in page.all("minio_bucket_drift")) == expected
    assert not page.all("minio_buckets_refused") and not drifting(page)
    assert page.value("minio_bucket_replication_queued_objects", bucket="source") == 0
    assert len(page.all("minio_bucket_uploads")) == len(DECLARED)
    # A node knows of a target's latency once it has sent something there.
    place.mc("pipe", "rw/source/something", stdin="x")
    reader.wait(lambda p: p.all("minio_bucket_replication_target_latency_seconds", bucket="source"), "the latency is told")


def test_usage_is_told_once_the_scanner_was_there(place, watch, clean):
    page = watch.wait(lambda p: p.value("minio_bucket_objects", bucket="vault") == 1, "the scanner has counted it", 240)
    assert page.value("minio_bucket_usage_bytes", bucket="vault") == 5000
