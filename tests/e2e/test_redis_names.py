"""Holds the collector `node` against Debian's prometheus-redis-exporter on the same servers: whoever has dashboards and rules
for that one must find every series of it here, under its name, with its labels and of its type."""
import json
import os
import re
import subprocess
import urllib.error
import urllib.request

import pytest

from deployment import Page, free_port, wait_until

SERVICE = "redis"
pytestmark = pytest.mark.usefixtures("repaired")

# What it says of itself, and what our user may not ask (see compose/redis/exporter.acl).
LEFT_OUT = re.compile(
    r"go_|process_|promhttp_|redis_exporter_|redis_target_scrape_request_errors_total$"
    r"|redis_last_key_groups_scrape_duration_milliseconds$|redis_slowlog_last_id$|redis_last_slow_execution_duration_seconds$"
    # Not there yet: LATENCY HISTOGRAM, which Debian 13's 1.69 has and Debian 12's 1.45 has not.
    r"|redis_commands_latencies_usec"
)
# It counts empty databases of a Sentinel, which has none.
NOT_OF_A_SENTINEL = re.compile(r"redis_db_keys")
# 1.45 has it as a gauge, its later versions as the counter that it is.
OTHER_TYPE = {"redis_expired_time_cap_reached_total"}


def healthy(page):
    return page.replicates(members=6)


def reference_page(address, password_file, user=""):
    """What prometheus-redis-exporter says of one node."""
    with open(password_file) as file:
        password = file.read().strip()
    listen = f"127.0.0.1:{free_port()}"
    exporter = subprocess.Popen(
        ["prometheus-redis-exporter", f"-redis.addr=redis://{address}", f"-web.listen-address={listen}"],
        env={**os.environ, "REDIS_USER": user, "REDIS_PASSWORD": password},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    text = None

    def scraped():
        nonlocal text
        try:
            with urllib.request.urlopen(f"http://{listen}/metrics", timeout=12) as answer:
                text = answer.read().decode()
        except urllib.error.URLError:
            return False
        return "redis_up 1" in text

    try:
        wait_until(scraped, 20, f"prometheus-redis-exporter shows {address}")
    finally:
        exporter.kill()
        exporter.wait()
    return text


def types(text):
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


@pytest.mark.parametrize("node", ["redis-1", "redis-2", "sentinel-1"])
def test_every_series_of_redis_exporter_is_there(stack, watched, node):
    address = stack.address(node)
    if node.startswith("sentinel"):
        theirs = reference_page(address, stack.secret("sentinel-exporter"), "replicawatch")
    else:
        theirs = reference_page(address, stack.secret("redis-default"))
    page = watched.scrape()
    ours = {}
    for name, labels, _ in page.samples:
        if labels.get("member") == address:
            ours.setdefault(name, []).append(labels)
    compared = 0
    missing = []
    for name, labels, _ in Page(theirs).samples:
        if LEFT_OUT.match(name) or (node.startswith("sentinel") and NOT_OF_A_SENTINEL.match(name)):
            continue
        compared += 1
        if not any(labels.items() <= have.items() for have in ours.get(name, [])):
            missing.append((name, labels))
    assert not missing
    assert compared > 60
    our_types = types(page.text)
    wrong = {
        name: (kind, our_types[name])
        for name, kind in types(theirs).items()
        if name in our_types and name not in OTHER_TYPE and our_types[name] != kind
    }
    assert not wrong


# What dashboards 763 and the one of the redis-ha chart, both contrib mixins and the awesome rules query, but for a Cluster's.
QUERIED = {
    "redis-1": """up uptime_in_seconds connected_clients blocked_clients memory_used_bytes memory_used_rss_bytes memory_max_bytes
        mem_fragmentation_ratio commands_total commands_duration_seconds_total commands_processed_total keyspace_hits_total
        keyspace_misses_total net_input_bytes_total net_output_bytes_total db_keys db_keys_expiring expired_keys_total
        evicted_keys_total connected_slaves instance_info rdb_last_save_timestamp_seconds total_system_memory_bytes
        config_maxclients rejected_connections_total connected_slave_offset_bytes connected_slave_lag_seconds""",
    "redis-2": "up instance_info slave_info master_link_up master_last_io_seconds_ago slave_repl_offset",
}


@pytest.mark.parametrize("node", QUERIED)
def test_what_known_dashboards_and_rules_query_is_there(stack, watched, node):
    address = stack.address(node)
    have = {name for name, labels, _ in watched.scrape().samples if labels.get("member") == address}
    assert not [name for name in QUERIED[node].split() if "redis_" + name not in have]


@pytest.mark.parametrize("kind", ["text", "map", "map with the user"])
def test_the_environment_that_people_have(stack, kind):
    """REDIS_ADDR, REDIS_USER, REDIS_PASSWORD_FILE: the latter is a JSON object there, of URIs and passwords."""
    address = stack.address("redis-2")
    environment = {"REDIS_ADDR": f"redis://{address}", "REDIS_USER": "replicawatch", "REDIS_PASSWORD_FILE": stack.secret("redis-exporter")}
    if kind != "text":
        with open(stack.secret("redis-exporter")) as file:
            password = file.read().strip()
        user = "replicawatch@" if kind == "map with the user" else ""
        environment["REDIS_PASSWORD_FILE"] = os.path.join(stack.folder, "passwords.json")
        with open(environment["REDIS_PASSWORD_FILE"], "w") as file:
            json.dump({"redis://other:6379": "wrong", f"redis://{user}{address}": password}, file)
        if user:
            del environment["REDIS_USER"]
    exporter = stack.exporter("redis", [], environment)
    page = exporter.wait(lambda page: page.value("writable") == 1, 20, "it has logged in")
    assert page.errors(address) == []
    exporter.stop()
