"""Every query of every dashboard, asked of a real Prometheus as Grafana would: it has an answer, or the dashboard says why not.

Watched are a MongoDB replica set, a Redis with Sentinels and another as a Cluster, and a MinIO with TLS, buckets and a canary; the
first two by two exporters each, so that a query that takes two series of one thing for an error would fail.
"""
import json
import os
import pathlib
import sys
import time

import pytest

from deployment import ROOT, Stack, wait_until
from grafana import Prometheus, interpolated, queries, variables
from minio_place import ROOT_PASSWORD, ROOT_USER, MinioPlace
from redis_client import RedisClient
from redis_cluster import RedisCluster

sys.path.insert(0, str(ROOT / "dashboards"))
from generator import boards  # noqa: E402

BOARDS = {name.removesuffix(".json"): board for name, board in boards().items()}
# What a variable has to offer here; the Cluster's and the MinIO's name is an address.
CLUSTERS = {"overview": 4, "mongo": 1, "redis": 2, "minio": 1, "backup": 4, "exporters": 4}
# As a backup script would leave it.
BACKUP = """\
replicawatch_backup_expected_interval_seconds{OF} 3600
replicawatch_backup_last_attempt_timestamp_seconds{OF} NOW
replicawatch_backup_last_success_timestamp_seconds{OF} NOW
replicawatch_backup_last_exit_code{OF} 0
replicawatch_backup_last_duration_seconds{OF} 12
replicawatch_backup_last_size_bytes{OF} 1048576
replicawatch_backup_last_items{OF,kind="objects"} 1
replicawatch_backup_last_verify_timestamp_seconds{OF} NOW
replicawatch_backup_last_verify_mismatches{OF} 0
replicawatch_backup_oldest_retained_timestamp_seconds{OF} NOW
replicawatch_backup_newest_retained_timestamp_seconds{OF} NOW
replicawatch_backup_retained{OF} 1
replicawatch_backup_repository_free_bytes{OF} 1073741824
replicawatch_backup_restore_drill_timestamp_seconds{OF} NOW
replicawatch_backup_restore_drill_duration_seconds{OF} 30
replicawatch_backup_restore_drill_data_age_seconds{OF} 3600
replicawatch_backup_info{OF,method="mirror",encrypted="no"} 1
""".replace("OF", 'service="minio",cluster="store",backup="hourly"')


@pytest.fixture(scope="module")
def stack():
    stack = Stack("mongo", "redis", "monitoring")
    try:
        stack.run("up", "exporters")
        scrape_too(stack, "mongo", stack.address("exporter-mongo"), stack.exporter("mongo").address)
    except BaseException:
        stack.purge()
        raise
    yield stack
    stack.purge()


def scrape_too(stack, service, *addresses):
    """Makes Prometheus scrape these exporters of a service."""
    path = pathlib.Path(stack.folder, "targets", f"replicawatch-{service}.json")
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps([{"targets": list(addresses)}]))
    partial.replace(path)


@pytest.fixture(scope="module")
def minio(stack):
    """Two buckets, one of them declared, and an exporter with a canary that looks at its objects' shards."""
    os.environ["MINIO_SCANNER_SPEED"] = "fastest"
    place = MinioPlace(tls=True)
    try:
        for bucket in ("shop", "canary"):
            place.mc("mb", f"rw/{bucket}")
        place.mc("pipe", "rw/shop/object", stdin="content")
        cluster = {
            "name": "store", "seeds": [place.nodes[0].url], "access_key": ROOT_USER, "secret_key_env": "STORE_SECRET",
            "ca_file": str(place.ca_file), "buckets": {"shop": {"versioning": "off"}, "canary": {}},
            "bucket_survey": {"interval": "1s", "unexpected": True, "uploads": True},
            "canary": {"bucket": "canary", "interval": "1s", "redundancy": True},
        }  # fmt: skip
        path = pathlib.Path(place.folder, "exporter.json")  # JSON is YAML
        path.write_text(json.dumps({"clusters": [cluster]}))
        status = pathlib.Path(place.folder, "status")
        status.mkdir()
        (status / "hourly.prom").write_text(BACKUP.replace("NOW", f"{time.time():.0f}"))
        exporter = place.exporter(
            f"--config.file={path}", f"--backup.status-dir={status}", seed=None, environment={"STORE_SECRET": ROOT_PASSWORD}
        )
        scrape_too(stack, "minio", exporter.address)
        yield place
    finally:
        del os.environ["MINIO_SCANNER_SPEED"]
        place.purge()


@pytest.fixture(scope="module")
def cluster(stack):
    cluster = RedisCluster()
    try:
        for node in cluster.nodes:
            assert node.client.ask("CONFIG", "SET", "maxmemory", "100mb") == "OK"
        exporter = cluster.exporter(cluster.nodes[0].address)
        scrape_too(stack, "redis", stack.address("exporter-redis"), stack.exporter("redis").address, exporter.address)
        yield cluster
    finally:
        cluster.purge()


@pytest.fixture(scope="module")
def prometheus(stack, cluster, minio):
    """Every query that should have an answer has had one."""
    prometheus = Prometheus(stack.status()["prometheus"])
    waiting = [asked for asked in every_query() if not asked.query.get("empty")]

    def all_answered():
        now = prometheus.now()
        waiting[:] = [asked for asked in waiting if not asked.series(prometheus, now)]
        return not waiting

    try:
        wait_until(all_answered, 60, "every query has an answer")
    except AssertionError as error:
        raise AssertionError("\n".join([str(error), *map(str, waiting)])) from None
    return prometheus


class Asked:
    """A query of a dashboard, of all that its variables offer or of what is chosen."""

    def __init__(self, name, title, query):
        self.name, self.title, self.query = name, title, query
        self.everything = {variable: None for variable, _, _ in variables(BOARDS[name])}

    def series(self, prometheus, now, **chosen):
        return prometheus.series(self.query, interpolated(self.query["expr"], self.everything | chosen), now)

    def __str__(self):
        return f"{self.name}: {self.title}: {self.query['expr']}"


def every_query():
    return [Asked(name, title, query) for name, board in BOARDS.items() for title, query in queries(board)]


def test_what_claims_to_be_empty_is(prometheus):
    now = prometheus.now()
    claims = [(asked, asked.series(prometheus, now)) for asked in every_query() if asked.query.get("empty")]
    assert claims
    assert not [f"{asked}: {asked.query['empty']}, says the dashboard, but: {series}" for asked, series in claims if series]


def test_two_exporters_draw_one_line(prometheus):
    now = prometheus.now()
    for asked in every_query():
        if "$instance" not in asked.query["expr"]:
            drawn = asked.series(prometheus, now)
            assert not [series for series in drawn if {"job", "instance"} & dict(series).keys()], str(asked)


def test_variables_offer_what_is_watched(prometheus):
    for name, board in BOARDS.items():
        offered = {}
        for variable, selector, label in variables(board):
            offered[variable] = prometheus.label_values(interpolated(selector, {"service": None}), label)
        assert len(offered["cluster"]) == CLUSTERS[name], (name, offered)
        assert offered.get("service", ["minio", "mongo", "redis"]) == ["minio", "mongo", "redis"]


def test_a_choice_of_clusters_is_a_part_of_the_answer(prometheus):
    """Each cluster alone, and two at once, whose names have characters that mean something in an expression."""
    now = prometheus.now()
    for name in ("redis", "overview"):
        [(selector, label)] = [found[1:] for found in variables(BOARDS[name]) if found[0] == "cluster"]
        clusters = prometheus.label_values(interpolated(selector, {"service": None}), label)
        for asked in every_query():
            if asked.name != name or "$cluster" not in asked.query["expr"]:
                continue
            whole = asked.series(prometheus, now)
            parts = [asked.series(prometheus, now, cluster=[cluster]) for cluster in clusters]
            assert set().union(*parts) == whole == asked.series(prometheus, now, cluster=clusters), str(asked)
            for cluster, part in zip(clusters, parts):
                assert all(dict(series).get("cluster") == cluster for series in part), (str(asked), cluster, part)


def test_a_failover_is_marked_and_told(prometheus, stack):
    """What had no answer before has one."""
    wanted = [asked for asked in every_query() if asked.name == "redis" and (
        asked.title in ("annotation Elections", "annotation Failovers", "annotation Changes of role", "Since the last failover",
                        "It took", "Lost with the last failover"))]
    assert len(wanted) == 6
    sentinel = RedisClient(stack.address("sentinel-1"), stack.secret("sentinel-default"))
    wait_until(lambda: sentinel.ask("SENTINEL", "FAILOVER", "gogotex") == "OK", 30, "the Sentinel begins a failover")

    def all_answered():
        now = prometheus.now()
        wanted[:] = [asked for asked in wanted if not asked.series(prometheus, now)]
        return not wanted

    try:
        wait_until(all_answered, 60, "the failover shows")
    except AssertionError as error:
        raise AssertionError("\n".join([str(error), *map(str, wanted)])) from None
