"""replicawatch-redis on a real Redis Cluster: shards as groups, a failover, a resharding, lost slots."""
import signal

import pytest

from deployment import wait_until
from redis_cluster import RedisCluster
from servers import is_valkey


def healthy(page):
    return (
        len(page.all("writable")) == 3
        and all(value == 1 for _, value in page.all("writable"))
        and all(value == 2 for _, value in page.all("members_healthy"))
        and page.value("redis_cluster_spare_masters") == 1
        and page.value("redis_cluster_slot_maps") == 1
    )


@pytest.fixture(scope="module")
def cluster():
    cluster = RedisCluster()
    yield cluster
    cluster.purge()


@pytest.fixture(scope="module")
def watched(cluster):
    return cluster.exporter(cluster.nodes[4].address)


@pytest.fixture(autouse=True)
def repaired(cluster, watched):
    """A test begins with a good Cluster and leaves none of its nodes down."""
    watched.wait(healthy, 60, "the Cluster is healthy")
    yield
    for node in cluster.nodes:
        if node.process.poll() is None:
            node.signal(signal.SIGCONT)
        else:
            node.start()


def shard_of(page, address):
    """The group that the node is in."""
    [group] = {labels["group"] for labels, _ in page.all("member_role", member=address)}
    return group


def master_of(cluster, page, group):
    [address] = [labels["member"] for labels, value in page.all("member_role", group=group, role="master") if value == 1]
    return next(node for node in cluster.nodes if node.address == address)


def test_a_shard_is_a_group(cluster, watched):
    page = watched.scrape()
    assert page.value("up") == 1
    assert len(page.all("member_up")) == 6 and all(value == 1 for _, value in page.all("member_up"))
    groups = sorted(labels["group"] for labels, _ in page.all("writable"))
    if cluster.nodes[0].client.ask("INFO", "server").split("redis_version:")[1] < "7.2":
        assert groups == ["0", "10922", "5461"]
    for group in groups:
        assert page.value("primaries", group=group) == 1
        assert page.value("members_expected", group=group) == page.value("members_healthy", group=group) == 2
        assert page.value("failures_tolerated", group=group, operation="write") == 1
        assert page.value("views", group=group, about="primary") == 1
        assert page.value("views", group=group, about="config") == 1
    assert len(page.all("replication_lag_seconds")) == 3
    assert page.value("redis_cluster_slots_uncovered") == 0
    assert page.value("redis_cluster_shards_without_replica") == 0
    for state in ("migrating", "importing"):
        assert page.value("redis_cluster_open_slots", state=state) == 0


def test_another_name_for_a_member_is_no_other_member(cluster):
    exporter = cluster.exporter(cluster.nodes[0].address.replace("127.0.0.1", "localhost"))
    page = exporter.wait(healthy, 20, "the Cluster is seen")
    assert sorted(labels["member"] for labels, _ in page.all("member_up")) == sorted(node.address for node in cluster.nodes)


def test_failover(cluster, watched):
    before = watched.scrape()
    group = shard_of(before, cluster.nodes[0].address)
    victim = master_of(cluster, before, group)
    term = before.value("term", group=group)
    # Writes before, during and after: their answers go to nobody, the stream is what matters.
    victim.client.ask("SET", "{06S}key", "value")  # slot 0
    victim.signal(signal.SIGKILL)
    page = watched.wait(lambda page: page.value("primaries", group=group) == 0, 10, "no primary is seen")
    assert page.value("writable", group=group) == 0
    assert page.value("write_blocked", group=group, reason="no_primary") == 1
    assert page.value("member_up", member=victim.address) == 0
    page = watched.wait(
        lambda page: page.value("primaries", group=group) == 1 and page.value("writable", group=group) == 1, 30,
        "the replica is promoted",
    )
    assert page.value("term", group=group) > term
    assert shard_of(page, victim.address) == group, "the old master stays in its shard"
    assert page.value("failures_tolerated", group=group, operation="write") == 0
    assert page.value("redis_cluster_shards_without_replica") == 1
    assert page.value("redis_cluster_spare_masters") == 1
    victim.start()
    page = watched.wait(healthy, 30, "the old master is a replica")
    assert page.value("member_role", group=group, member=victim.address, role="replica") == 1
    assert page.value("primaries", group=group) == 1


def test_a_replica_that_is_paused(cluster, watched):
    before = watched.scrape()
    replica = next(node for node in cluster.nodes if node.role() == "slave")
    group = shard_of(before, replica.address)
    replica.signal(signal.SIGSTOP)
    page = watched.wait(lambda page: page.value("member_up", member=replica.address) == 0, 15, "it is seen as down")
    assert page.errors(replica.address) == ["timeout"]
    assert page.value("failures_tolerated", group=group, operation="write") == 0
    assert page.value("redis_replica_promotable", group=group, member=replica.address) == 0, page.text
    assert page.value("redis_replica_barred", group=group, member=replica.address, reason="down") == 1
    others = [labels["group"] for labels, _ in page.all("writable") if labels["group"] != group]
    assert [page.value("failures_tolerated", group=other, operation="write") for other in others] == [1, 1]


def test_resharding(cluster, watched):
    before = watched.scrape()
    source = master_of(cluster, before, shard_of(before, cluster.nodes[0].address))
    target = master_of(cluster, before, shard_of(before, cluster.nodes[1].address))
    slot = "100"
    assert target.client.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.id) == "OK"
    assert source.client.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target.id) == "OK"
    page = watched.wait(lambda page: page.value("redis_cluster_open_slots", state="migrating") == 1, 10, "an open slot")
    assert page.value("redis_cluster_open_slots", state="importing") == 1
    for node in (target, source):
        assert node.client.ask("CLUSTER", "SETSLOT", slot, "NODE", target.id) == "OK"
    page = watched.wait(lambda page: page.value("redis_cluster_open_slots", state="migrating") == 0, 10, "no open slot")
    page = watched.wait(healthy, 30, "all nodes know where the slot went")
    assert page.value("redis_cluster_slots_uncovered") == 0
    assert len(page.all("writable")) == 3


def test_a_lost_shard_stops_the_cluster(cluster, watched):
    before = watched.scrape()
    group = shard_of(before, cluster.nodes[2].address)
    master = master_of(cluster, before, group)
    [replica] = [
        node for node in cluster.nodes
        if node is not master and before.all("member_role", group=group, member=node.address)
    ]
    replica.signal(signal.SIGKILL)
    master.signal(signal.SIGKILL)
    # One node learns a moment after the other that the majority has given the master up.
    page = watched.wait(
        lambda page: sum(value for _, value in page.all("write_blocked", reason="cluster_down")) == 2
        and page.value("write_blocked", group=group, reason="no_primary") == 1
        and (page.value("redis_cluster_slots_fail") or 0) > 5000,
        30, "the shard is lost and the others take no writes either",
    )
    assert all(value == 0 for _, value in page.all("writable"))
    assert page.value("failures_tolerated", group=group, operation="write") < 0


def test_one_node_under_the_names_of_redis_exporter(cluster, watched):
    page = watched.scrape()
    info = cluster.nodes[1].info()
    for line in ("cluster_slots_assigned", "cluster_known_nodes", "cluster_size", "cluster_current_epoch"):
        assert page.value(f"replicawatch_{line}") is None
        [value] = [v for name, labels, v in page.samples if name == f"redis_{line}" and labels["member"] == cluster.nodes[1].address]
        assert value == float(info[line])


def test_it_asks_for_nothing_it_may_not(cluster, watched):
    wait_until(lambda: watched.scrape().value("up") == 1, 10, "a scrape")
    for node in cluster.nodes:
        refused = [line for line in node.client.ask("INFO", "errorstats").split("\r\n") if "NOPERM" in line]
        # SLOWLOG GET, and where the server has it CLUSTER MYSHARDID, and three times COMMANDLOG LEN, once for each exporter of
        # this module.
        most = 5 if is_valkey() else 2
        assert sum(int(line.rsplit("=", 1)[1]) for line in refused) <= most * len(cluster.exporters), refused
