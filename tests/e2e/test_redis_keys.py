"""Keys, key groups, streams and scripts, on real servers: what is found, how little of the server it takes, and what a server that
refuses or a script that fails does to the rest."""
import json
import pathlib
import re

import pytest

from deployment import Page, wait_until
from redis_cluster import RedisCluster
from redis_place import Place


@pytest.fixture
def place():
    place = Place()
    yield place
    place.purge()


def value(page, name, **labels):
    found = [value for sample, have, value in page.samples if sample == name and all(have.get(k) == v for k, v in labels.items())]
    assert len(found) <= 1, found
    return found[0] if found else None


def surveyed(exporter, since=None):
    """A page with a survey that is newer than the other page's, if one is given."""
    def holds(page):
        age = value(page, "replicawatch_redis_survey_age_seconds")
        return age is not None

    return exporter.wait(holds, 60, "a survey is finished")


def fill(client, database):
    with client.send(("SELECT", str(database)), *COMMANDS, ("PING",)) as connection:
        stream = connection.makefile("rb")
        while stream.readline() != b"+PONG\r\n":
            pass


COMMANDS = [
    ("SET", "user:1", "12.5"), ("SET", "user:2", 'text with "quotes"'), ("RPUSH", "user:list", "a", "b", "c"),
    ("SADD", "user:set", "a", "b"), ("HSET", "user:hash", "a", "1"), ("ZADD", "user:zset", "1", "a"),
    ("SET", "session:a:1", "x"), ("SET", "session:b:1", "x"), ("SET", "session:b:2", "x"), ("SET", "alone", "1"),
    ("XADD", "events", "1700000000000-1", "f", "v"), ("XADD", "events", "1700000000001-0", "f", "v"),
    ("XGROUP", "CREATE", "events", "readers", "0"), ("XREADGROUP", "GROUP", "readers", "first", "COUNT", "1", "STREAMS", "events", ">"),
]  # fmt: skip


def test_what_is_found(place):
    server = place.server()
    server.start()
    fill(server.client, 0)
    fill(server.client, 3)
    good = pathlib.Path(place.folder, "good.lua")
    good.write_text("return {'answer', '42', 'not a number', 'x'}")
    bad = pathlib.Path(place.folder, "bad.lua")
    bad.write_text("return redis.call('SET', 'a', '1')")
    unknown = pathlib.Path(place.folder, "a.lua")
    unknown.write_text("return redis.call('NONSENSE')")
    empty = pathlib.Path(place.folder, "empty.lua")
    empty.write_text("return {}")
    exporter = place.exporter(
        server, "--redis.check-keys=user:*,db3=user:?", "--redis.check-single-keys=alone,db3=nowhere", "--redis.count-keys=db3=session:*,*",
        "--redis.check-key-groups=^(session):([^,]):,^(user):,^nothing(,)", "--redis.check-streams=*", f"--redis.script={unknown},{good},{bad},{empty}",
        "--redis.export-key-values",
    )  # fmt: skip
    page = surveyed(exporter)
    size = {(have["db"], have["key"]): v for name, have, v in page.samples if name == "redis_key_size"}
    assert size == {
        ("db0", "user:1"): 4, ("db0", "user:2"): 18, ("db0", "user:list"): 3, ("db0", "user:set"): 2, ("db0", "user:hash"): 1,
        ("db0", "user:zset"): 1, ("db0", "alone"): 1, ("db3", "nowhere"): 0, ("db3", "user:1"): 4, ("db3", "user:2"): 18,
    }  # fmt: skip
    assert value(page, "redis_key_value", db="db3", key="user:1") == 12.5
    assert value(page, "redis_key_value_as_string", db="db0", key="user:2", val='text with \\"quotes\\"') == 1
    assert value(page, "redis_key_memory_usage_bytes", db="db0", key="user:list") > 10
    assert value(page, "redis_keys_count", db="db3", key="session:*") == 3
    assert value(page, "redis_keys_count", db="db0", key="*") == 11
    groups = {have["key_group"]: v for name, have, v in page.samples if name == "redis_key_group_count" and have["db"] == "db0"}
    assert groups == {"sessiona": 1, "sessionb": 2, "user": 6, "unclassified": 2}
    assert value(page, "redis_number_of_distinct_key_groups", db="db0") == 4
    assert value(page, "redis_key_group_memory_usage_bytes", db="db3", key_group="user") > 100
    assert value(page, "redis_last_key_groups_scrape_duration_milliseconds") > 0
    stream = {"db": "db0", "stream": "events"}
    assert value(page, "redis_stream_length", **stream) == 2
    assert value(page, "redis_stream_first_entry_id", **stream) == 1700000000000
    assert value(page, "redis_stream_last_entry_id", **stream) == 1700000000001
    assert value(page, "redis_stream_entries_added_total", **stream) == 2
    assert value(page, "redis_stream_group_lag", group="readers", **stream) == 1
    assert value(page, "redis_stream_group_messages_pending", group="readers", **stream) == 1
    assert value(page, "redis_stream_group_consumer_messages_pending", group="readers", consumer="first", **stream) == 1
    assert value(page, "redis_stream_group_consumer_idle_seconds", group="readers", consumer="first", **stream) < 120
    assert {have["filename"]: v for name, have, v in page.samples if name == "redis_script_result"} == {
        str(unknown): 0, str(good): 1, str(bad): 0, str(empty): 2,
    }  # fmt: skip
    assert value(page, "redis_script_values", filename=str(good), key="answer") == 42
    assert value(page, "redis_up") == 1, "a script that fails is no server that is down"
    assert value(page, "replicawatch_redis_survey_truncated") == 0
    assert server.client.ask("EXISTS", "a") == "0"


def rejections(server):
    return {name: int(count) for name, count
            in re.findall(r"cmdstat_([^:]+):.*rejected_calls=(\d+)", server.client.ask("INFO", "commandstats")) if count != "0"}  # fmt: skip


def scans(server):
    found = re.search(r"cmdstat_scan:calls=(\d+)", server.client.ask("INFO", "commandstats"))
    return int(found.group(1)) if found else 0


def test_a_hyperloglog_has_the_size_that_it_counts(place):
    server = place.server()
    server.start()
    assert server.client.ask("PFADD", "seen", *(str(i) for i in range(50))) == "1"
    assert server.client.ask("SET", "text", "HYL and more than sixteen") == "OK"
    page = surveyed(place.exporter(server, "--redis.check-keys=*", "--redis.export-key-values"))
    assert {have["key"]: v for name, have, v in page.samples if name == "redis_key_size"} == {"seen": 50, "text": 25}
    assert value(page, "redis_key_value_as_string", key="seen") is None
    assert "errorstat_WRONGTYPE" not in server.client.ask("INFO", "errorstats")


def test_each_refused_command_is_sent_once(place):
    """Not once for each key, and not again in the next survey."""
    server = place.server("user watch on >watched ~* &* -@all +info +ping +client|setname +scan +type +strlen +config|get +slowlog +subscribe")
    server.start()
    for i in range(200):
        assert server.client.ask("SET", f"key:{i}", "x" * 20) == "OK"
    exporter = place.exporter(server, "--redis.user=watch", "--redis.check-keys=key:*", "--redis.check-key-groups=^(key)", "--redis.survey.interval=1s",
                              "--redis.survey.percent=50", environment={"REDIS_PASSWORD": "watched"})  # fmt: skip
    page = surveyed(exporter)
    assert sum(1 for name, _, _ in page.samples if name == "redis_key_size") == 200
    assert value(page, "redis_key_group_count", key_group="key") == 200
    assert {have["command"] for name, have, _ in page.samples if name == "replicawatch_redis_survey_refused"} == {"MEMORY USAGE", "GETRANGE"}
    rejected = rejections(server)
    assert rejected["memory|usage"] == rejected["getrange"] == 1
    before = scans(server)
    wait_until(lambda: scans(server) >= 3 * before, 60, "two more surveys")
    assert rejections(server)["memory|usage"] == rejections(server)["getrange"] == 1


def test_a_pattern_without_wildcards_is_a_key(place):
    """For which the database is not gone through."""
    server = place.server()
    server.start()
    fill(server.client, 0)
    page = surveyed(place.exporter(server, "--redis.check-keys=alone,absent", "--redis.check-streams=events"))
    assert {have["key"]: v for name, have, v in page.samples if name == "redis_key_size"} == {"alone": 1, "absent": 0}
    assert value(page, "redis_stream_length", stream="events") == 2
    assert scans(server) == 0


def test_only_replicas(place):
    master = place.server()
    replica = place.server(f"replicaof 127.0.0.1 {master.port}")
    for server in (master, replica):
        server.start()
    assert master.client.ask("SET", "key", "v") == "OK"
    exporter = place.exporter(master, "--redis.count-keys=*", "--redis.survey.interval=1s", "--redis.skip-keys-of-masters")

    def counted(page):
        return [have["member"] for name, have, _ in page.samples if name == "redis_keys_count"]

    exporter.wait(lambda page: counted(page) == [replica.address], 30, "the replica is surveyed")
    assert scans(master) == 0
    # What was found does not outlive the role.
    assert replica.client.ask("REPLICAOF", "NO", "ONE") == "OK"
    exporter.wait(lambda page: counted(page) == [] and page.value("member_up", member=replica.address) == 1, 30, "no replica is left")


def test_values_stay_where_they_are(place):
    server = place.server()
    server.start()
    fill(server.client, 0)
    page = surveyed(place.exporter(server, "--redis.check-keys=user:*"))
    assert value(page, "redis_key_size", key="user:2") == 18
    assert "quotes" not in page.text and not re.search("^redis_key_value", page.text, re.M)


def test_groups_as_the_servers_own_lua_makes_them(place):
    """In every database that has keys."""
    server = place.server()
    server.start()
    keys = ["user:1:cart", "user:2:cart", "user:3", "session_ab_1", "session_ab_2", "session_cd_1", "x y", "9", "a:b:c", "a(b)c", "-", "a,b"]
    for database in (0, 5):
        with server.client.send(("SELECT", str(database)), *(("SET", key, "x" * 100) for key in keys), ("PING",)) as connection:
            stream = connection.makefile("rb")
            while stream.readline() != b"+PONG\r\n":
                pass
    patterns = ["^(user):%d+:?(%a*)", "^(.*)_[^_]+$", "^%d$", "(%b())", "([^,]+)[,]"]
    rule = """local out = {} for _, key in ipairs(redis.call('keys', '*')) do local group = 'unclassified'
      for i = 1, #ARGV do local found = {string.find(key, ARGV[i])}
        if found[1] then group = table.concat({unpack(found, 3, #found)}, '') break end end
      out[group] = (out[group] or 0) + 1 end return cjson.encode(out)"""
    wanted = json.loads(server.client.ask("EVAL", rule, "0", *patterns))
    assert wanted["session_ab"] == 2 and wanted["usercart"] == 2 and wanted[""] == 1
    page = surveyed(place.exporter(server, "--redis.check-key-groups=" + ",".join(patterns)))
    memory = sum(int(server.client.ask("MEMORY", "USAGE", key)) for key in keys)
    for database in ("db0", "db5"):
        assert {have["key_group"]: v for name, have, v in page.samples if name == "redis_key_group_count" and have["db"] == database} == wanted
        assert value(page, "redis_number_of_distinct_key_groups", db=database) == len(wanted)
        assert sum(v for name, have, v in page.samples if name == "redis_key_group_memory_usage_bytes" and have["db"] == database) == memory


def microseconds(server):
    """Of all that the exporter's user makes the server do, by command."""
    found = {}
    with server.client.send(("INFO", "commandstats")) as connection:
        stream = connection.makefile("rb")
        text = stream.read(int(stream.readline()[1:])).decode()
    for name, usec in re.findall(r"cmdstat_(\S+?):calls=\d+,usec=(\d+)", text):
        found[name] = int(usec)
    return found


def test_many_keys_take_a_small_share_of_the_server(place):
    """Half a million keys: the server is busy for the survey a small part of the time that it takes, and pages do not wait for it."""
    server = place.server("enable-debug-command yes")
    server.start()
    assert server.client.ask("DEBUG", "POPULATE", "500000") == "OK"
    exporter = place.exporter(server, "--redis.count-keys=key:*", "--redis.check-keys=key:*")
    pages = 0

    def finished(page):
        nonlocal pages
        pages += 1
        return value(page, "replicawatch_redis_survey_age_seconds") is not None

    page = exporter.wait(finished, 120, "the survey is finished")
    assert pages > 1, "there were whole pages while it went on"
    assert value(page, "redis_keys_count", db="db0", key="key:*") == 500000
    # Two passes over all keys, and the first 1,000 found are looked at.
    assert value(page, "replicawatch_redis_survey_truncated") == 1
    assert sum(1 for name, _, _ in page.samples if name == "redis_key_size") == 1000
    busy = sum(usec for name, usec in microseconds(server).items() if name in ("scan", "type", "strlen", "memory|usage"))
    assert busy / 1e6 < 0.1 * value(page, "replicawatch_redis_survey_duration_seconds")


def test_a_database_that_is_not_there(place):
    """The others are surveyed."""
    server = place.server()
    server.start()
    fill(server.client, 0)
    exporter = place.exporter(server, "--redis.count-keys=db99=*,*", "--redis.check-single-keys=db98=x,alone")
    page = surveyed(exporter)
    assert {have["db"]: v for name, have, v in page.samples if name == "redis_keys_count"} == {"db0": 11}
    assert value(page, "redis_key_size", key="alone") == 1
    assert exporter.log().count("SELECT 99") == 1


def test_consumers_without_end(place):
    """One stream does not fill the page."""
    server = place.server()
    server.start()
    commands = [("XADD", "s", "*", "f", "v")]
    for group in range(10):
        commands.append(("XGROUP", "CREATE", "s", f"g{group}", "0"))
        commands += [("XGROUP", "CREATECONSUMER", "s", f"g{group}", f"c{i}") for i in range(200)]
    with server.client.send(*commands, ("PING",)) as connection:
        stream = connection.makefile("rb")
        while stream.readline() != b"+PONG\r\n":
            pass
    page = surveyed(place.exporter(server, "--redis.check-single-streams=s"))
    assert value(page, "replicawatch_redis_survey_truncated") == 1
    assert 900 < sum(1 for name, _, _ in page.samples if name == "redis_stream_group_consumer_messages_pending") < 1000


def test_keys_that_may_not_be_seen(place):
    """They are left out, and the others are not."""
    server = place.server("user watch on >watched ~user:* &* -@all +info +ping +client|setname +scan +type +strlen +llen +scard +zcard +hlen")
    server.start()
    fill(server.client, 0)
    exporter = place.exporter(server, "--redis.user=watch", "--redis.check-keys=*", "--redis.check-key-groups=^(user)", environment={"REDIS_PASSWORD": "watched"})
    page = surveyed(exporter)
    keys = {have["key"] for name, have, _ in page.samples if name == "redis_key_size"}
    assert keys == {"user:1", "user:2", "user:list", "user:set", "user:hash", "user:zset"}
    assert value(page, "redis_key_group_count", key_group="user") == 6
    assert value(page, "redis_key_group_memory_usage_bytes", key_group="user") is None, "MEMORY is refused: unknown is not 0"


def test_the_environment_of_redis_exporter(place):
    server = place.server()
    server.start()
    fill(server.client, 0)
    exporter = place.exporter(server, environment={"REDIS_EXPORTER_COUNT_KEYS": "*", "REDIS_EXPORTER_CHECK_KEY_GROUPS": "(.*)", "REDIS_EXPORTER_MAX_DISTINCT_KEY_GROUPS": "2"})
    page = surveyed(exporter)
    assert value(page, "redis_keys_count") == 11
    assert value(page, "redis_number_of_distinct_key_groups", db="db0") == 11
    assert sum(1 for name, _, _ in page.samples if name == "redis_key_group_count") == 3, "two and the overflow"
    skipping = place.exporter(server, "--redis.count-keys=*", environment={"REDIS_EXPORTER_SKIP_CHECKKEYS_FOR_ROLE_MASTER": "true"})
    skipping.wait(lambda page: page.value("up") == 1, 30, "it is watched")
    assert value(skipping.scrape(), "redis_keys_count") is None


def test_a_server_that_refuses(place):
    """What is not allowed is asked once, and the rest is found."""
    server = place.server("user watch on >watched ~* &* -@all +info +ping +client|setname +scan +type +strlen +config|get +slowlog|len")
    server.start()
    fill(server.client, 0)
    exporter = place.exporter(
        server, "--redis.user=watch", "--redis.check-keys=session:*", "--redis.check-single-streams=events", environment={"REDIS_PASSWORD": "watched"}
    )
    page = surveyed(exporter)
    assert value(page, "redis_key_size", key="session:a:1") == 1
    assert value(page, "redis_key_memory_usage_bytes", key="session:a:1") is None
    assert value(page, "redis_stream_length") is None
    wait_until(lambda: exporter.log().count("a command is refused") >= 2, 10, "it is said")
    assert exporter.log().count("MEMORY USAGE") == 1
    assert "watched" not in exporter.log()


def test_each_node_of_a_cluster_has_its_own():
    cluster = RedisCluster()
    try:
        for node in cluster.nodes:
            assert node.client.ask("ACL", "SETUSER", "replicawatch", "~*", "+scan", "+type", "+strlen", "+memory|usage", "+readonly") == "OK"
        for i in range(60):
            for node in cluster.nodes[:3]:
                node.client.ask("SET", f"key:{i}", "1")  # two of the three say MOVED
        exporter = cluster.exporter(cluster.nodes[0].address, "--redis.count-keys=key:*", "--redis.check-single-keys=key:1")

        def counts(page):
            return {have["member"]: v for name, have, v in page.samples if name == "redis_keys_count"}

        page = exporter.wait(lambda page: len(counts(page)) == 6, 60, "all nodes are surveyed")
        of_masters = [counts(page)[node.address] for node in cluster.nodes[:3]]
        assert sum(of_masters) == 60 and min(of_masters) > 0
        assert [counts(page)[node.address] for node in cluster.nodes[3:]] == of_masters
        # The one key is on its master and on that one's replica, who may answer for itself.
        assert sum(1 for name, _, _ in page.samples if name == "redis_key_size") == 2
    finally:
        cluster.purge()


def test_modules_of_the_file(place):
    """A target that a module allows is surveyed from its first probe on."""
    server, seed = place.server(), place.server()
    server.start()
    seed.start()
    fill(server.client, 0)
    file = pathlib.Path(place.folder, "config.yml")
    file.write_text(json.dumps({"modules": {"default": {"allow": [server.address], "survey": {"count": ["*"], "skip_masters": False}}}}))
    exporter = place.exporter(seed, f"--config.file={file}")

    def probe():
        status, _, body = exporter.get(f"/probe?target={server.address}")
        assert status == 200
        return value(Page(body.decode()), "redis_keys_count", db="db0", key="*")

    wait_until(lambda: probe() == 11, 30, "a probe carries the counts")
    # Who asks for more in the query does not get it.
    assert "redis_key_size" not in exporter.get(f"/probe?target={server.address}&check-keys=*")[2].decode()


def test_a_probe_of_a_member_carries_what_its_watcher_found(place):
    """The keys are looked for once."""
    server = place.server()
    server.start()
    fill(server.client, 0)
    exporter = place.exporter(server, "--redis.count-keys=*", "--redis.survey.interval=1h")
    surveyed(exporter)
    before = scans(server)
    page = Page(exporter.get(f"/probe?target={server.address}")[2].decode())
    assert [have for name, have, v in page.samples if name == "redis_keys_count" and v == 11] == [{"db": "db0", "key": "*"}]
    assert value(page, "replicawatch_redis_survey_age_seconds") >= 0
    assert scans(server) == before


def test_a_survey_that_meets_a_busy_server_begins_anew(place):
    """While a script runs the server refuses every command: what was not found then is not left out of the result."""
    server = place.server("busy-reply-threshold 50", "enable-debug-command yes")
    server.start()
    assert server.client.ask("DEBUG", "POPULATE", "50000") == "OK"
    exporter = place.exporter(server, "--redis.count-keys=*", "--redis.survey.percent=1", "--redis.survey.interval=1s", "--log.level=debug")
    wait_until(lambda: scans(server) > 10, 20, "it has begun")
    with server.client.send(("EVAL", "while true do end", "0")):
        wait_until(lambda: (server.client.ask("PING") or "").startswith("BUSY"), 10, "it is busy")
        wait_until(lambda: "a survey was broken off" in exporter.log(), 20, "the survey has met it")
        assert server.client.ask("SCRIPT", "KILL") == "OK"
    page = surveyed(exporter)
    assert value(page, "redis_keys_count") == 50000


@pytest.mark.parametrize(
    "argument, complaint",
    [
        ("--redis.check-keys=db-1=x", "there is no database"),
        ("--redis.check-key-groups=(", 'has a "(" without its'),
        ("--redis.survey.percent=51", "--redis.survey.percent"),
        ("--redis.script=/nowhere/x.lua", "/nowhere/x.lua: can't be read"),
    ],
)
def test_bad_settings(place, argument, complaint):
    server = place.server()
    with pytest.raises(AssertionError, match=re.escape(complaint)):
        place.exporter(server, argument)
