"""What a node tells of its databases, collections, indexes and operations, and a configuration server of the shards."""
import subprocess

import pytest

from deployment import wait_until
from mongo_set import PASSWORD, MongoSet
from servers import program

ALL = ["dbstats", "collstats", "indexstats", "top", "currentop", "profile"]
ON = [f"--collector.{name}" for name in ALL]

FILL = """
const shop = db.getSiblingDB('shop');
for (const name of ['a', 'b', 'c.old']) shop[name].insertMany([{x: 1}, {x: 2}, {x: 3}]);
shop.a.createIndex({'x.y': -1});
shop.createView('seen', 'a', []);
for (let i = 0; i < 4; ++i) shop.a.find({'x.y': 5}).toArray();
db.getSiblingDB('other').d.insertOne({});
"""


@pytest.fixture(scope="module")
def mongo():
    mongo = MongoSet([{}])
    mongo.shell(FILL)
    yield mongo
    mongo.purge()


def page_with(mongo, exporter, family, **labels):
    return exporter.wait(lambda page: page.all(family, **labels), 60, f"{family} is there")


def test_databases_collections_and_indexes(mongo):
    exporter = mongo.exporter(*ON)
    page = page_with(mongo, exporter, "mongodb_dbstats_objects", database="shop")
    # The list of views is a collection with one document.
    assert page.value("mongodb_dbstats_collections", database="shop") == 4
    assert page.value("mongodb_dbstats_objects", database="shop") == page.value("mongodb_mongod_db_objects_total", database="shop") == 10
    assert page.value("mongodb_dbstats_indexes", database="other") == 1
    assert {labels["database"] for labels, _ in page.all("mongodb_dbstats_dataSize")} == {"admin", "config", "local", "other", "shop"}
    counts = {(labels["database"], labels["collection"]): value for labels, value in page.all("mongodb_collstats_storageStats_count")}
    assert counts == {("shop", "a"): 3, ("shop", "b"): 3, ("shop", "c.old"): 3, ("other", "d"): 1}
    sizes = {labels["index_name"] for labels, _ in page.all("mongodb_collstats_storageStats_indexSizes", collection="a")}
    assert sizes == {"_id_", "x.y_-1"}
    assert page.value("mongodb_indexstats_accesses_ops", collection="a", key_name="x.y_-1") == 4
    assert page.value("mongodb_indexstats_accesses_ops", collection="d", key_name="_id_") == 0
    assert page.value("mongodb_top_insert_count", database="shop", collection="c.old") == 1
    assert page.value("mongodb_top_queries_count", database="shop", collection="a") >= 4
    for name in ALL:
        [(labels, left_out)] = page.all("replicawatch_mongo_objects_left_out", collector=name)
        assert left_out == 0 and set(labels) == {"cluster", "member", "collector"}


def test_what_is_beyond_the_limit_is_counted(mongo):
    exporter = mongo.exporter(*ON, "--mongodb.objects-limit=2")
    page = page_with(mongo, exporter, "mongodb_dbstats_objects")
    assert [labels["database"] for labels, _ in page.all("mongodb_dbstats_objects")] == ["admin", "config"]
    assert page.value("replicawatch_mongo_objects_left_out", collector="dbstats") == 3
    assert len(page.all("mongodb_top_total_count")) == 2
    assert page.value("replicawatch_mongo_objects_left_out", collector="top") > 5


def test_what_there_was_no_time_for_is_counted(mongo):
    """Each collection takes 400 ms: four of them do not fit into a half of two seconds."""
    exporter = mongo.exporter("--collector.collstats", "--scrape.timeout=2s")
    page_with(mongo, exporter, "mongodb_collstats_storageStats_count", collection="d")
    slow = {"failCommands": ["aggregate"], "blockConnection": True, "blockTimeMS": 400, "appName": "replicawatch"}
    mongo.fail_point(mongo.nodes[0], "failCommand", mode="alwaysOn", data=slow)
    try:
        page = exporter.wait(
            lambda page: page.value("replicawatch_mongo_objects_left_out", collector="collstats") > 0, 30, "some are left out"
        )
        told = len(page.all("mongodb_collstats_storageStats_count"))
        assert 0 < told < 4
        assert told + page.value("replicawatch_mongo_objects_left_out", collector="collstats") == 4
        [(_, up)] = page.all("replicawatch_member_up")
        assert up == 1 and not page.all("replicawatch_member_error")
    finally:
        mongo.fail_point(mongo.nodes[0], "failCommand", mode="off")


def test_each_is_asked_for_alone(mongo):
    exporter = mongo.exporter(*ON)
    page_with(mongo, exporter, "mongodb_dbstats_objects")
    status, _, body = exporter.get("/metrics?collect[]=indexstats")
    names = {line.split("{")[0] for line in body.decode().splitlines() if line.startswith(("mongodb_", "replicawatch_mongo_"))}
    assert status == 200 and names == {"mongodb_indexstats_accesses_ops", "replicawatch_mongo_objects_left_out"}


def test_a_probe_tells_them_too(mongo):
    exporter = mongo.exporter(*ON)
    page_with(mongo, exporter, "mongodb_dbstats_objects")
    body = exporter.get(f"/probe?target={mongo.nodes[0].address}")[2].decode()
    lines = [line for line in body.splitlines() if line.startswith("mongodb_collstats_storageStats_count")]
    assert len(lines) == 4 and "member=" not in lines[0] and 'rs_nm="rs0"' in lines[0]
    assert 'replicawatch_mongo_objects_left_out{collector="dbstats"} 0' in body
    assert "mongodb_ss_uptime" in body


def test_a_slow_operation_is_told_of_without_its_number(mongo):
    exporter = mongo.exporter("--collector.currentop", "--mongodb.slow-operation=100ms")
    exporter.wait(lambda page: page.all("mongodb_currentop_fsync_lock_state"), 60, "the collector is asked")
    uri = f"mongodb://admin:{PASSWORD}@{mongo.nodes[0].address}/shop?authSource=admin&directConnection=true"
    script = "db.a.find({$where: 'sleep(60000) || true'}).maxTimeMS(60000).toArray()"
    slow = subprocess.Popen([program("MONGOSH"), uri, "--quiet", "--norc", "--eval", script], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        page = page_with(mongo, exporter, "mongodb_currentop_query_uptime")
        [(labels, value)] = page.all("mongodb_currentop_query_uptime")
        assert (labels["ns"], labels["database"], labels["collection"]) == ("shop.a", "shop", "a")
        assert value >= 100_000 and "opid" not in labels
        assert page.value("replicawatch_mongo_slow_operations", op=labels["op"], collection="a") == 1
    finally:
        slow.kill()
        slow.wait()
        mongo.shell("db.adminCommand({currentOp: 1, ns: 'shop.a'}).inprog.forEach(o => db.adminCommand({killOp: 1, op: o.opid}))")


def test_the_profiler_is_counted(mongo):
    exporter = mongo.exporter("--collector.profile")
    page = page_with(mongo, exporter, "mongodb_profile_slow_query_count", database="other")
    assert page.value("mongodb_profile_slow_query_count", database="other") == 0
    mongo.shell("const o = db.getSiblingDB('other'); o.setProfilingLevel(2); o.d.find().toArray(); o.setProfilingLevel(0);")
    exporter.wait(lambda page: page.value("mongodb_profile_slow_query_count", database="other") > 0, 30, "it is counted")


def test_who_may_not_list_databases_still_gets_the_rest(mongo):
    mongo.shell(f"""
      const actions = ['serverStatus', 'replSetGetStatus', 'replSetGetConfig', 'top'];
      db.createRole({{role: 'few', roles: [], privileges: [{{resource: {{cluster: true}}, actions}}]}});
      db.createUser({{user: 'few', pwd: '{PASSWORD}', roles: ['few']}});
    """)
    exporter = mongo.exporter("--collector.node", *ON, user="few")
    page = page_with(mongo, exporter, "mongodb_top_total_count")
    # Diagnostic data wants three rights at once; single answers stand in.
    assert page.all("mongodb_ss_uptime") and page.all("mongodb_rs_members_state")
    assert not page.all("mongodb_sys_cpu_user_ms") and not page.all("mongodb_dbstats_objects")
    [(_, up)] = page.all("replicawatch_member_up")
    assert up == 1
    wait_until(lambda: "command=currentOp" in exporter.log(), 10, "the log says what is refused")


SHARDS = """
const config = db.getSiblingDB('config');
const [orders, items] = [UUID(), UUID()];
config.shards.insertMany([{_id: 's1', host: 's1/x:1', state: 1}, {_id: 's2', host: 's2/y:1', state: 1, draining: true}]);
config.collections.insertMany([{_id: 'shop.orders', uuid: orders, key: {x: 1}}, {_id: 'shop.items.old', uuid: items, key: {x: 1}}]);
let i = 0;
const chunk = (uuid, shard) => config.chunks.insertOne({_id: ObjectId(), uuid, shard, min: {x: i++}, max: {x: i}, lastmod: Timestamp(1, i)});
for (let n = 0; n < 3; ++n) chunk(orders, 's1');
chunk(orders, 's2'); chunk(items, 's2');
config.settings.updateOne({_id: 'balancer'}, {$set: {mode: 'off', stopped: true}}, {upsert: true});
config.changelog.insertMany([{time: new Date(), what: 'split', details: {}}, {time: new Date(), what: 'moveChunk.from', details: {note: 'success'}},
  {time: new Date(0), what: 'split', details: {}}]);
"""


def test_a_configuration_server_tells_of_the_shards():
    mongo = MongoSet([{}], arguments=["--configsvr"], configsvr=True)
    try:
        mongo.shell(SHARDS)
        exporter = mongo.exporter("--collector.shards")
        page = page_with(mongo, exporter, "mongodb_mongos_sharding_shards_total")
        assert page.value("mongodb_mongos_sharding_shards_total") == 2
        assert page.value("mongodb_mongos_sharding_shards_draining_total") == 1
        assert page.value("mongodb_mongos_sharding_chunks_total") == 5
        assert page.value("mongodb_mongos_sharding_shard_chunks_total", shard="s1") == 3
        assert page.value("mongodb_mongos_sharding_collections_total") == 2
        assert page.value("mongodb_mongos_sharding_balancer_enabled") == 0
        chunks = {(labels["database"], labels["collection"], labels["shard"]): value
                  for labels, value in page.all("mongodb_shards_collection_chunks_count")}  # fmt: skip
        assert chunks == {("shop", "orders", "s1"): 3, ("shop", "orders", "s2"): 1, ("shop", "items.old", "s2"): 1}
        events = {labels["event"]: value for labels, value in page.all("mongodb_mongos_sharding_changelog_10min_total")}
        assert events == {"split": 1, "moveChunk.from.success": 1}
        mongo.shell("db.getSiblingDB('config').settings.updateOne({_id: 'balancer'}, {$set: {mode: 'full', stopped: false}})")
        exporter.wait(lambda page: page.value("mongodb_mongos_sharding_balancer_enabled") == 1, 30, "the balancer is on")
    finally:
        mongo.purge()
