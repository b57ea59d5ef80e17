"""Sets of every shape, each with servers of its own: what replicawatch-mongo makes of them, and of what is done to them."""
import pathlib
import signal
import threading

import pytest

from deployment import wait_until
from mongo_set import MongoSet


def started(members, **more):
    mongo = MongoSet(members, **more)
    exporter = mongo.exporter()
    exporter.wait(lambda page: page.value("primaries") == 1 and page.value("writable") == 1, 60, "the set is watched")
    return mongo, exporter


@pytest.fixture
def start():
    """Starts sets that end with the test."""
    sets = []

    def one(members, **more):
        mongo, exporter = started(members, **more)
        sets.append(mongo)
        return mongo, exporter

    yield one
    for mongo in sets:
        mongo.purge()


def whole(page, members):
    return (
        page.value("primaries") == 1
        and page.value("writable") == 1
        and page.value("members_healthy") == page.value("members_expected") == members
    )


def of(page, name, member, **more):
    return page.value("mongo_" + name, member=member.address, **more)


def mistakes(page):
    return sorted(labels["mistake"] for labels, value in page.all("mongo_config_mistake") if value == 1)


def test_elections_in_a_row(start):
    """Fifty, each by the member that is not primary; scraped all the while: never two primaries."""
    mongo, exporter = start([{}, {}, {}])
    exporter.wait(lambda page: whole(page, 3), 30, "all are there")
    before = exporter.scrape()
    seen = []
    stop = threading.Event()

    def watch():
        while not stop.is_set():
            seen.append(exporter.scrape().value("primaries"))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        mongo.shell(
            """
            const hosts = db.hello().hosts;
            const direct = {};
            for (const host of hosts)
              direct[host] = connect(`mongodb://admin:PASSWORD@${host}/admin?authSource=admin&directConnection=true`);
            let won = 0;
            const end = Date.now() + 240000;
            for (let i = 0; won < 50 && Date.now() < end; ++i) {
              const candidate = direct[hosts[i % hosts.length]];
              if (candidate.hello().isWritablePrimary) continue;
              try {
                if (!candidate.adminCommand({replSetStepUp: 1}).ok) continue;
                for (let tries = 0; tries < 500 && !candidate.hello().isWritablePrimary; ++tries) sleep(10);
                if (candidate.hello().isWritablePrimary) ++won;
              } catch (error) { sleep(50); }
            }
            if (won < 50) throw new Error(`only ${won} elections`);
            """.replace("PASSWORD", "password-of-a-test"),
            timeout=300,
        )
    finally:
        stop.set()
        watching.join()
    assert max(value for value in seen if value is not None) == 1
    page = exporter.wait(lambda page: whole(page, 3), 60, "all is well again")
    assert page.value("term") >= before.value("term") + 50
    won = sum(value for labels, value in page.all("mongo_elections_won_total", reason="stepUpCmd"))
    assert won >= 50
    assert page.value("views", about="primary") == 1


def test_an_arbiter_and_a_delayed_member(start):
    mongo, exporter = start(
        [{}, {}, {"arbiterOnly": True}, {"hidden": True, "priority": 0, "votes": 0, "secondaryDelaySecs": 5}]
    )
    page = exporter.wait(lambda page: whole(page, 4), 60, "all are there")
    arbiter, delayed = mongo.nodes[2], mongo.nodes[3]
    assert page.members_with_role("arbiter") == [arbiter.address]
    assert page.members_with_role("delayed") == [delayed.address]
    assert mistakes(page) == ["votes_without_data"]  # the server's own default is w:1 with so few copies
    # Of two voting copies both are needed for a majority write.
    assert page.value("failures_tolerated", operation="write") == 0
    assert page.value("mongo_electable_members") == 2
    assert page.value("replication_lag_seconds", member=arbiter.address) is None
    mongo.shell("const end = Date.now() + 8000; while (Date.now() < end) { db.getSiblingDB('x').c.insertOne({}); sleep(50); }")
    page = exporter.scrape()
    # Its delay is subtracted: it is as far behind as it should be.
    assert page.value("replication_lag_seconds", member=delayed.address) < 2
    assert page.value("resync_headroom_seconds", member=delayed.address) is not None
    assert page.value("member_up", member=arbiter.address) == 1 and page.errors(arbiter.address) == []


def test_members_come_and_go_by_reconfiguration(start):
    mongo, exporter = start([{}, {}, {}])
    exporter.wait(lambda page: whole(page, 3), 30, "all are there")
    new = mongo.add_server()
    mongo.reconfigure(f"config.members.push({{_id: 7, host: '{new.address}', priority: 0, votes: 0}})")
    page = exporter.wait(lambda page: whole(page, 4), 60, "the new member is found")
    assert page.value("member_up", member=new.address) == 1
    mongo.reconfigure("config.members[3].votes = 1; config.members[3].priority = 1")
    exporter.wait(lambda page: mistakes(page) == ["even_votes"], 30, "four votes are noticed")
    mongo.reconfigure("config.members = config.members.filter(m => m._id != 7)")
    page = exporter.wait(lambda page: whole(page, 3) and mistakes(page) == [], 30, "it is gone")
    assert page.value("member_up", member=new.address) is None
    assert page.value("views", about="config") == 1


def test_an_initial_sync(start):
    mongo, exporter = start([{}, {}])
    mongo.shell("const a = []; for (let i = 0; i < 50000; ++i) a.push({i, t: 'x'.repeat(100)}); db.getSiblingDB('x').c.insertMany(a);")
    hang = "failpoint.initialSyncHangBeforeFinish={'mode':'alwaysOn'}"
    new = mongo.add_server(arguments=[*mongo.arguments, "--setParameter", hang])
    mongo.reconfigure(f"config.members.push({{_id: 7, host: '{new.address}', priority: 0, votes: 0}})")
    page = exporter.wait(
        lambda page: of(page, "initial_sync_copied_bytes", new) and of(page, "initial_sync_copied_bytes", new) > 5e6, 60,
        "the first copy is under way",
    )  # fmt: skip
    assert page.members_with_role("startup") == [new.address]
    assert of(page, "initial_sync_size_bytes", new) >= 5e6
    assert of(page, "initial_sync_failed_attempts", new) == 0
    assert of(page, "initial_sync_max_failed_attempts", new) == 10
    assert of(page, "initial_sync_elapsed_seconds", new) > 0
    assert page.value("members_healthy") == 2
    mongo.fail_point(new, "initialSyncHangBeforeFinish", mode="off")
    page = exporter.wait(lambda page: whole(page, 3), 60, "it has joined")
    assert of(page, "initial_sync_copied_bytes", new) is None
    assert of(page, "initial_syncs_total", new) == 1


def test_heartbeats_of_one_direction(start):
    """A member hears the others and they do not hear it: nobody but the matrix tells."""
    mongo, exporter = start([{}, {}, {}])
    page = exporter.wait(lambda page: whole(page, 3), 30, "all are there")
    deaf = next(node for node in mongo.nodes if node.address not in page.members_with_role("primary"))
    others = [node for node in mongo.nodes if node is not deaf]

    def sees(page, observer, member):
        return of(page, "member_view_healthy", member, observer=observer.address)

    # It refuses the heartbeats of the others and goes on sending its own.
    mongo.fail_point(
        deaf, "failCommand", mode="alwaysOn",
        data={"failCommands": ["replSetHeartbeat"], "closeConnection": True, "failInternalCommands": True},
    )  # fmt: skip
    page = exporter.wait(
        lambda page: all((sees(page, other, deaf), sees(page, deaf, other)) == (0, 1) for other in others), 60,
        "the others lose it, and it sees them",
    )  # fmt: skip
    assert page.value("member_up", member=deaf.address) == 1
    # It can't acknowledge what the primary can't ask it for.
    assert page.value("members_healthy") == 2
    assert page.value("failures_tolerated", operation="write") == 0
    for other in others:
        # It sends one every 2 s; a busy machine makes that a little more.
        assert of(page, "member_view_heartbeat_received_age_seconds", deaf, observer=other.address) < 5
    mongo.fail_point(deaf, "failCommand", mode="off")
    exporter.wait(lambda page: whole(page, 3), 60, "they hear it again")


def test_another_key_file(start):
    """A member that was started with another key can't join in, and the others say why."""
    mongo, exporter = start([{}, {}, {}])
    exporter.wait(lambda page: whole(page, 3), 30, "all are there")
    odd = next(node for node in mongo.nodes if node is not mongo.primary(exporter.scrape()))
    odd.signal(signal.SIGKILL)
    other_key = mongo.new_key_file("other")
    right = odd.arguments
    odd.arguments = [other_key if word == mongo.key_file else word for word in right]
    odd.start()
    others = [node for node in mongo.nodes if node is not odd]

    def refused(page):
        return all(of(page, "member_view_unauthenticated", odd, observer=node.address) == 1 for node in others)

    page = exporter.wait(refused, 60, "the others tell that its key is another")
    assert page.value("members_healthy") == 2
    odd.signal(signal.SIGKILL)
    odd.arguments = right
    odd.start()
    page = exporter.wait(lambda page: whole(page, 3), 60, "it is back with the right key")
    assert of(page, "member_view_unauthenticated", odd, observer=others[0].address) == 0


def test_what_holds_writes_up(start):
    mongo, exporter = start([{}, {}, {}])
    page = exporter.wait(lambda page: whole(page, 3), 30, "all are there")
    primary = mongo.primary(page)
    assert of(page, "flow_control_enabled", primary) == 1

    mongo.shell("db.adminCommand({fsync: 1, lock: true})", primary)
    page = exporter.wait(lambda page: page.value("writable") == 0, 30, "the lock is seen")
    assert page.value("write_blocked", reason="fsync_lock") == 1 and of(page, "fsync_locked", primary) == 1
    mongo.shell("db.adminCommand({fsyncUnlock: 1})", primary)
    exporter.wait(lambda page: whole(page, 3), 30, "the lock is gone")

    mongo.shell("db.adminCommand({setUserWriteBlockMode: 1, global: true})")
    page = exporter.wait(lambda page: page.value("write_blocked", reason="read_only") == 1, 30, "the block is seen")
    assert of(page, "user_writes_blocked", primary) == 1
    mongo.shell("db.adminCommand({setUserWriteBlockMode: 1, global: false})")
    exporter.wait(lambda page: whole(page, 3), 30, "the block is gone")

    waited = of(exporter.scrape(), "write_concern_timeouts_total", primary)
    mongo.nodes[1 if primary is mongo.nodes[0] else 0].signal(signal.SIGSTOP)
    mongo.shell(
        "try { db.getSiblingDB('x').c.insertOne({}, {writeConcern: {w: 3, wtimeout: 200}}); } catch (error) {}", primary
    )
    exporter.wait(
        lambda page: of(page, "write_concern_timeouts_total", primary) > waited, 30, "the write that nobody confirmed shows"
    )


def test_chained_replication(start):
    mongo, exporter = start([{}, {}, {}])
    page = exporter.wait(lambda page: whole(page, 3), 30, "all are there")
    primary = mongo.primary(page)
    source, chained = (node for node in mongo.nodes if node is not primary)

    def sources(page, node):
        return [labels["source"] for labels, _ in page.all("mongo_sync_source_info", member=node.address)]

    exporter.wait(lambda page: of(page, "has_sync_source", source) == of(page, "has_sync_source", chained) == 1, 60, "both fetch")

    def chain():
        """Asked again at once it would begin to change over anew each time: on a busy machine it never came to the end."""
        mongo.shell(f"db.adminCommand({{replSetSyncFrom: '{source.address}'}})", chained)
        mongo.shell("db.getSiblingDB('x').c.insertOne({})", primary)
        try:
            return exporter.wait(lambda page: sources(page, chained) == [source.address], 10, "it has changed over")
        except AssertionError:
            return None

    wait_until(chain, 90, "it fetches from the other secondary")
    page = exporter.scrape()
    assert page.value("replication_lag_seconds", member=chained.address) is not None
    assert of(page, "has_sync_source", primary) is None


def test_a_rollback(start):
    """What only the old primary had is undone when it comes back, and the members count it."""
    mongo, exporter = start([{}, {}, {}])
    page = exporter.wait(lambda page: whole(page, 3), 30, "all are there")
    old = mongo.primary(page)
    others = [node for node in mongo.nodes if node is not old]
    before = of(page, "rollback_id", old)
    for node in others:
        mongo.fail_point(node, "stopReplProducer", mode="alwaysOn")
    # A fetch that is under way may still bring some of it; until nobody but the old one has the last write.
    mongo.shell("for (let i = 0; i < 20; ++i) { db.getSiblingDB('x').lost.insertOne({i}, {writeConcern: {w: 1}}); sleep(100); }", old)
    old.signal(signal.SIGKILL)
    for node in others:
        mongo.fail_point(node, "stopReplProducer", mode="off")
    page = exporter.wait(lambda page: page.value("primaries") == 1 and page.value("term") > 1, 60, "another one is elected")
    wait_until(lambda: mongo.primary(exporter.scrape()) is not old, 60, "it is not the old one")
    mongo.shell("db.getSiblingDB('x').kept.insertOne({}, {writeConcern: {w: 'majority', wtimeout: 20000}})", mongo.primary(exporter.scrape()))
    old.start()
    page = exporter.wait(lambda page: whole(page, 3) and of(page, "rollback_id", old) > before, 90, "the id has risen")
    # As it does with a start after a crash alone, which is no rollback.
    page = exporter.wait(lambda page: page.all("mongo_last_transition_info", member=old.address), 30, "what it went through")
    assert [labels["transition"] for labels, _ in page.all("mongo_last_transition_info", member=old.address)] == ["rollback"]


def test_a_standalone_server(start):
    """No set, no login."""
    mongo, _ = start([{}])
    alone = mongo.add_server(arguments=[])
    exporter = mongo.exporter(seed=1, user=None)
    page = exporter.wait(lambda page: page.value("up") == 1 and page.value("writable") == 1, 60, "it is watched")
    assert page.value("members_expected") is None or page.value("members_expected") == 1
    assert page.value("primaries", group="standalone") == 1
    assert page.value("failures_tolerated", operation="write") == 0
    assert page.errors(alone.address) == []


MINIMAL_ROLE = """
db.createRole({role: 'replicawatch', roles: [], privileges: [
  {resource: {cluster: true}, actions: ['serverStatus', 'replSetGetStatus', 'replSetGetConfig', 'getParameter', 'inprog']},
  {resource: {db: 'local', collection: 'oplog.rs'}, actions: ['collStats']},
]})"""


def test_privileges(start):
    """The role of docs/mongo.md is enough; less is said at the start; without a login there is what hello tells."""
    docs = (pathlib.Path(__file__).resolve().parents[2] / "docs/mongo.md").read_text()
    assert "".join(MINIMAL_ROLE.split()) in "".join(docs.split()), "the documents have the role that is tested"
    mongo, _ = start([{}, {}, {}])
    mongo.shell(
        MINIMAL_ROLE + """;
        db.createUser({user: 'least', pwd: 'password-of-a-test', roles: ['replicawatch']}, {w: 3});
        db.createRole({role: 'less', roles: [], privileges: [{resource: {cluster: true}, actions: ['replSetGetStatus']}]});
        db.createUser({user: 'less', pwd: 'password-of-a-test', roles: ['less']}, {w: 3});"""
    )
    usual = mongo.exporter("--collector.node").wait(lambda page: whole(page, 3), 60, "clusterMonitor sees the set")
    least = mongo.exporter("--collector.node", user="least")
    page = least.wait(lambda page: whole(page, 3), 60, "the minimal role sees the set")
    assert {name for name, _, _ in page.samples} == {name for name, _, _ in usual.samples}
    assert "lacks a privilege" not in least.log()

    less = mongo.exporter(user="less")
    page = less.wait(lambda page: page.value("primaries") == 1 and page.value("member_up", member=mongo.nodes[0].address) == 1, 60, "hello and status")
    wait_until(lambda: less.log().count("lacks a privilege") == 5 * 3, 30, "what is missing is said, for each member")
    assert page.value("mongo_flow_control_enabled", member=mongo.nodes[0].address) is None
    assert page.errors(mongo.nodes[0].address) == ["permission"]

    without = mongo.exporter(user=None)
    page = without.wait(lambda page: page.value("primaries") == 1 and len(page.all("member_up")) == 3, 60, "hello is enough for the roles")
    assert len(page.members_with_role("secondary")) == 2
    assert page.value("replication_lag_seconds", member=page.members_with_role("secondary")[0]) is not None
