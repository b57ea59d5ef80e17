"""What replicawatch-redis tells of connections, settings, modules and files, on real servers: output buffers of replicas, client
lists, CONFIG without its secrets, the size of the dump."""
import os
import signal

import pytest

from deployment import Page
from redis_place import Place
from servers import is_valkey, redis_before_7

SECRET = "hunter2-of-a-test"
ALL = ["--collector.clients", "--collector.modules", "--collector.search", "--collector.config", "--collector.rdb"]


@pytest.fixture
def place():
    place = Place()
    yield place
    place.purge()


def series(page, name, /, **labels):
    return [(have, value) for sample, have, value in page.samples
            if sample == name and all(have.get(key) == wanted for key, wanted in labels.items())]


def test_the_output_buffer_of_a_paused_replica(place):
    """It grows until the master cuts the replica off, whom nobody can ask meanwhile; the other's stays small."""
    limit = 40_000_000
    master = place.server(f"client-output-buffer-limit replica {limit} 0 0", "repl-backlog-size 1mb", "repl-timeout 600")
    paused, other = (place.server(f"replicaof 127.0.0.1 {master.port}") for _ in range(2))
    for server in (master, paused, other):
        server.start()
    exporter = place.exporter(master)

    def buffer(page, server, name="redis_replica_buffer_bytes"):
        return page.value(name, member=server.address)

    page = exporter.wait(
        lambda page: all(buffer(page, server) is not None and page.value("redis_link_up", member=server.address) == 1
                         for server in (paused, other)), 30, "both links are known")
    assert buffer(page, paused, "redis_replica_buffer_headroom_bytes") + buffer(page, paused) == limit
    assert page.value("redis_replica_buffer_limit_bytes", member=other.address, limit="hard") == limit
    assert not page.all("redis_replica_buffer_limit_bytes", limit="soft"), "there is none"

    def write():
        assert master.client.ask("SET", "key", "x" * 1_000_000) == "OK"

    paused.process.send_signal(signal.SIGSTOP)
    try:
        seen = []
        for _ in range(150):
            write()
            page = exporter.scrape("2")
            if buffer(page, paused) is None:
                break
            assert buffer(page, paused) <= limit
            assert buffer(page, paused, "redis_replica_buffer_headroom_bytes") == limit - buffer(page, paused)
            seen.append((buffer(page, paused), buffer(page, other), page.value("redis_largest_replica_buffer_bytes")))
        else:
            raise AssertionError(f"it was never cut off; its buffers: {[paused for paused, *_ in seen]}")
        assert seen[-1][0] > limit / 2
        assert seen[-1][0] == seen[-1][2] > seen[-1][1], "the paused one's is the largest"
        assert page.value("member_up", member=paused.address) == 0
        assert buffer(page, other) is not None
        assert series(page, "redis_client_output_buffer_limit_disconnections_total", member=master.address) in ([], [
            ({"cluster": master.address, "member": master.address}, 1)])
    finally:
        paused.process.send_signal(signal.SIGCONT)
    exporter.wait(lambda page: buffer(page, paused) is not None and page.value("redis_link_up", member=paused.address) == 1, 60,
                  "it is back over a new link")


def test_a_user_who_may_not_list_clients_is_refused_once(place):
    master = place.server()
    replica = place.server(f"replicaof 127.0.0.1 {master.port}")
    for server in (master, replica):
        server.start()
        assert server.client.ask("ACL", "SETUSER", "mon", "on", f">{SECRET}", "-@all", "+info", "+ping", "+config|get",
                                 "+client|setname", "+slowlog", "+subscribe", "resetchannels", "&__sentinel__:hello") == "OK"
    exporter = place.exporter(master, "--redis.user=mon", "--collector.clients", environment={"REDIS_PASSWORD": SECRET})
    denied = "redis_acl_access_denied_cmd_total"
    page = exporter.wait(lambda page: page.value("members_healthy") == 2, 20, "both answer")
    # The replica was asked for the first time at the end of that.
    page = exporter.scrape()
    before = sorted(value for _, value in series(page, denied))
    for _ in range(5):
        page = exporter.scrape()
    assert sorted(value for _, value in series(page, denied)) == before
    assert page.errors(master.address) == page.errors(replica.address) == []
    assert not page.all("redis_replica_buffer_bytes") and not series(page, "redis_connected_client_info")
    assert exporter.log().count('command="CLIENT LIST"') == 2, "once for each node"


@pytest.fixture
def guarded(place):
    """A server with passwords wherever it takes one."""
    with open(os.path.join(place.folder, "password"), "w") as file:
        file.write(SECRET)
    of_files = [] if redis_before_7() else [f"tls-key-file-pass {SECRET}", f"tls-client-key-file-pass {SECRET}"]
    server = place.server(f"requirepass {SECRET}", f"masterauth {SECRET}", f"masteruser login-{SECRET}", "maxclients 1000", *of_files)
    server.start()
    return server


def start_guarded(place, server, *arguments):
    return place.exporter(server, *arguments, environment={"REDIS_PASSWORD": SECRET})


def test_settings_without_secrets(place, guarded):
    exporter = start_guarded(place, guarded, *ALL)
    page = exporter.wait(lambda page: series(page, "redis_config_key_value"), 10, "its settings are there")
    probe = Page(exporter.get(f"/probe?target={guarded.address}")[2].decode())
    for shown in (page, probe):
        keys = {labels["key"] for labels, _ in series(shown, "redis_config_key_value")}
        assert len(keys) > 140 and "maxmemory-policy" in keys
        assert not [key for key in keys if "pass" in key or "auth" in key and key != "tls-auth-clients"]
        [(_, clients)] = series(shown, "redis_config_value", key="maxclients")
        assert clients == 1000
        assert SECRET not in shown.text
    pages = [exporter.get(path)[2].decode() for path in ("/", f"/probe?target={guarded.address}&debug=true")]
    assert SECRET not in exporter.log() + "".join(pages)
    # What this server has not is no failure.
    assert page.errors(guarded.address) == [] and page.value("writable") == 1
    assert {labels["name"] for labels, _ in series(page, "redis_module_info")} <= {"vectorset"}, "which is built into Redis 8"
    assert exporter.log().count("command=FT._LIST") == 2, "once for the watch, once for /probe"


def test_settings_of_a_sentinel(place, guarded):
    sentinel = place.server()
    (sentinel.folder / "redis.conf").write_text(
        f"port {sentinel.port}\nbind 127.0.0.1\ndir {sentinel.folder}\nsentinel monitor g 127.0.0.1 {guarded.port} 1\n"
        f"sentinel auth-pass g {SECRET}\nsentinel sentinel-user default\nsentinel sentinel-pass {SECRET}\n")
    sentinel.start(wait=False, arguments=["--sentinel"])
    exporter = start_guarded(place, sentinel, "--collector.config")
    page = exporter.wait(lambda page: series(page, "redis_sentinel_config_key_value"), 20, "its settings are there")
    assert series(page, "redis_sentinel_config_key_value", key="announce-port", value="0")
    assert series(page, "redis_sentinel_config_value", key="announce-port")
    assert not series(page, "redis_sentinel_config_key_value", key="sentinel-pass")
    assert SECRET not in page.text


def test_clients_by_the_hundred(place, guarded):
    exporter = start_guarded(place, guarded, *ALL)
    page = exporter.wait(lambda page: series(page, "redis_connected_client_info"), 10, "its clients are there")
    assert series(page, "redis_connected_client_info", name="replicawatch")
    assert series(page, "replicawatch_redis_clients_left_out") == [({"cluster": guarded.address, "member": guarded.address}, 0)]
    connections = [guarded.client.send(("CLIENT", "SETNAME", f"c{i}")) for i in range(250)]
    try:
        page = exporter.wait(lambda page: series(page, "replicawatch_redis_clients_left_out")[0][1] >= 50, 10, "some are left out")
        shown = series(page, "redis_connected_client_info")
        assert len(shown) == 200 == len({labels["id"] for labels, _ in shown})
        [(_, connected)] = series(page, "redis_connected_clients")
        assert connected == 200 + series(page, "replicawatch_redis_clients_left_out")[0][1]
        # A second look at a client tells the same time.
        created = dict((labels["id"], value) for labels, value in series(page, "redis_connected_client_created_at_timestamp"))
        for labels, value in series(exporter.scrape(), "redis_connected_client_created_at_timestamp"):
            assert created.get(labels["id"], value) == value
    finally:
        for connection in connections:
            connection.close()


def test_nothing_of_it_by_default(place, guarded):
    exporter = start_guarded(place, guarded)
    page = exporter.wait(lambda page: page.value("writable") == 1, 10, "it is watched")
    probe = Page(exporter.get(f"/probe?target={guarded.address}")[2].decode())
    for shown in (page, probe):
        for name in ("redis_connected_client_info", "redis_config_key_value", "redis_rdb_current_size_bytes", "redis_module_info"):
            assert not series(shown, name)


def test_the_size_of_the_dump(place, guarded):
    exporter = start_guarded(place, guarded, "--collector.rdb")
    exporter.wait(lambda page: page.value("writable") == 1, 10, "it is watched")
    assert not series(exporter.scrape(), "redis_rdb_current_size_bytes"), "there is none"
    assert guarded.client.ask("SET", "key", "x" * 100) == "OK"
    assert guarded.client.ask("SAVE") == "OK"
    [(_, size)] = series(exporter.scrape(), "redis_rdb_current_size_bytes")
    assert size == (guarded.folder / "dump.rdb").stat().st_size


def test_the_command_logs_of_valkey(place, guarded):
    exporter = start_guarded(place, guarded)
    page = exporter.wait(lambda page: page.value("writable") == 1, 10, "it is watched")
    logs = [name for name, *_ in page.samples if name.startswith("redis_commandlog_")]
    [(info, _)] = series(page, "redis_instance_info")
    if is_valkey():
        assert info["valkey_version"] and len(logs) == 9
        [(_, longest)] = series(page, "redis_commandlog_slow_execution_max_len")
        assert longest == 128
    else:
        assert info["valkey_version"] == "" and logs == []
        assert "COMMANDLOG" not in exporter.log()
        assert not series(page, "redis_commands_total", cmd="commandlog|len"), "it was not even asked"
