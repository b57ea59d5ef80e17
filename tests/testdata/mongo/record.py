#!/usr/bin/env python3
"""Records the raw answers of real sets for the unit tests: every topology anew, below this folder.

usage: record.py [TOPOLOGY...]

Needs the environment of scripts/bootstrap --env and the target mongo_record of a build (REPLICAWATCH_BIN).
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "e2e"))

from deployment import BIN, wait_until  # noqa: E402
from mongo_set import PASSWORD, MongoNode, MongoSet  # noqa: E402
from servers import program  # noqa: E402

VERSION = "6.0.5"
PORTS = [27101, 27102, 27103]
MIXED_PORTS = [27111, 27112, 27113, 27114]


def record(topology, nodes, login=True, more=()):
    folder = HERE / VERSION / topology
    folder.mkdir(parents=True, exist_ok=True)
    user = f"replicawatch:{PASSWORD}@" if login else ""
    uri = f"mongodb://{user}{','.join(node.address for node in nodes)}/?authSource=admin"
    subprocess.run([BIN / "mongo_record", uri, folder, *more], check=True)


def elect(mongo, node, peers):
    """The tests know who is primary, and that it is not the first one."""
    wait_until(
        lambda: mongo.shell(
            "try { db.adminCommand({replSetStepUp: 1}); } catch (e) {} print(db.hello().isWritablePrimary);", node
        ).endswith("true"),
        60, f"{node.address} is primary",
    )  # fmt: skip
    caught_up = """
      const members = rs.status().members;
      const primary = members.find(m => m.state == 1);
      print(Boolean(primary) && members.every(m => m.health == 1) && members.find(m => m.self).optime.ts.equals(primary.optime.ts));
    """
    wait_until(lambda: all(mongo.shell(caught_up, each).endswith("true") for each in peers), 60, "all have caught up")


def can_log_in(mongo, node):
    try:
        return mongo.shell("print('in')", node) == "in"
    except AssertionError:
        return False


def healthy(mongo):
    elect(mongo, mongo.nodes[2], mongo.nodes)
    record("healthy", mongo.nodes[:2])
    record("healthy", mongo.nodes[2:], more=["node"])


def lagging(mongo):
    """One member has stopped applying, and the primary goes on writing."""
    elect(mongo, mongo.nodes[2], mongo.nodes)
    mongo.fail_point(mongo.nodes[0], "rsSyncApplyStop", mode="alwaysOn")
    mongo.shell("for (let i = 0; i < 30; ++i) { db.getSiblingDB('x').c.insertOne({i}); sleep(100); }", mongo.nodes[2])
    record("lagging", mongo.nodes)


def one_down(mongo):
    elect(mongo, mongo.nodes[2], mongo.nodes)
    mongo.nodes[0].signal(signal.SIGKILL)
    down = "print(rs.status().members[0].health)"
    wait_until(lambda: mongo.shell(down, mongo.nodes[2]) == mongo.shell(down, mongo.nodes[1]) == "0", 60, "it is seen")
    record("one_down", mongo.nodes[1:])


def no_primary(mongo):
    elect(mongo, mongo.nodes[2], mongo.nodes)
    mongo.nodes[0].signal(signal.SIGKILL)
    mongo.nodes[1].signal(signal.SIGKILL)
    wait_until(lambda: mongo.shell("print(rs.status().myState)", mongo.nodes[2]) == "2", 60, "it stepped down")
    record("no_primary", mongo.nodes[2:])


def mixed(mongo):
    elect(mongo, mongo.nodes[0], mongo.nodes[:2])
    wait_until(lambda: can_log_in(mongo, mongo.nodes[3]), 60, "the delayed member has the users")
    record("mixed", [mongo.nodes[i] for i in (0, 1, 3)])
    record("mixed", mongo.nodes[2:3], login=False)
    for refusal in (HERE / VERSION / "mixed").glob(f"{MIXED_PORTS[2]}.*"):
        if not refusal.name.endswith(".hello.bson"):
            refusal.unlink()


def initial_sync(mongo):
    elect(mongo, mongo.nodes[0], mongo.nodes)
    mongo.shell("const a = []; for (let i = 0; i < 20000; ++i) a.push({i, t: 'x'.repeat(100)}); db.getSiblingDB('x').c.insertMany(a);")
    new = mongo.add_server(PORTS[2], [*mongo.arguments, "--setParameter", "failpoint.initialSyncHangBeforeFinish={'mode':'alwaysOn'}"])
    mongo.reconfigure(f"config.members.push({{_id: 7, host: '{new.address}', priority: 0, votes: 0}})")
    copied = "const m = rs.status().members.find(m => m._id == 7); print(m.state)"
    wait_until(lambda: mongo.shell(copied, mongo.nodes[0]) == "5", 60, "it has begun")
    wait_until(lambda: can_log_in(mongo, new), 60, "the users have been copied")
    record("initial_sync", [new])


def standalone(mongo):
    alone = MongoNode(mongo.folder, 27121, [])
    try:
        wait_until(lambda: b"Waiting for connections" in pathlib.Path(f"{alone.data}.log").read_bytes(), 60, "it listens")
        record("standalone", [alone], login=False)
    finally:
        alone.end()


def surveys(mongo):
    """Databases, collections, indexes, and an operation that takes long."""
    mongo.shell("""
      const shop = db.getSiblingDB('shop');
      for (const name of ['a', 'b', 'c.old']) shop[name].insertMany([{x: 1}, {x: 2}, {x: 3}]);
      for (const name of ['a', 'b', 'c.old']) shop[name].createIndex({'x.y': -1});
      shop.createView('seen', 'a', []);
      shop.c.old.find({'x.y': 1}).toArray();
    """)
    uri = f"mongodb://admin:{PASSWORD}@{mongo.nodes[0].address}/shop?authSource=admin&directConnection=true"
    slow = subprocess.Popen([program("MONGOSH"), uri, "--quiet", "--norc", "--eval", "db.a.find({$where: 'sleep(60000) || true'}).toArray()"])
    try:
        running = "print(db.adminCommand({currentOp: 1, ns: 'shop.a'}).inprog.length)"
        wait_until(lambda: mongo.shell(running) != "0", 60, "the operation is under way")
        record("surveys", mongo.nodes, more=["survey"])
    finally:
        slow.kill()
        slow.wait()
    kept = ("aggregate-", "currentOp", "listDatabases", "listCollections", "dbStats", "count", "top")
    for answer in (HERE / VERSION / "surveys").iterdir():
        if not answer.name.split(".")[1].startswith(kept):
            answer.unlink()


THREE = ([{}, {}, {}], PORTS)
TOPOLOGIES = {
    "healthy": (healthy, *THREE),
    "lagging": (lagging, *THREE),
    "one_down": (one_down, *THREE),
    "no_primary": (no_primary, *THREE),
    "mixed": (
        mixed,
        [{}, {}, {"arbiterOnly": True}, {"hidden": True, "priority": 0, "votes": 0, "secondaryDelaySecs": 20}],
        MIXED_PORTS,
    ),
    "initial_sync": (initial_sync, [{}, {}], PORTS[:2]),
    "surveys": (surveys, [{}], [27131]),
    "standalone": (standalone, [{}], [27120]),
}


def main():
    for topology in sys.argv[1:] or TOPOLOGIES:
        take, members, ports = TOPOLOGIES[topology]
        print(topology, flush=True)
        shutil.rmtree(HERE / VERSION / topology, ignore_errors=True)
        mongo = MongoSet(members, ports)
        try:
            take(mongo)
        finally:
            mongo.purge()


if __name__ == "__main__":
    os.environ.setdefault("REPLICAWATCH_BIN", str(HERE.parents[2] / "build" / "release" / "bin"))
    main()
