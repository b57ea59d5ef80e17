"""/probe, /scrape and /discover of replicawatch-redis on real servers, and a real Prometheus that puts the two together."""
import concurrent.futures
import json
import os
import re
import socket
import threading

import pytest

from deployment import Page, free_port, probe, wait_until
from redis_client import RedisClient
from prober import probing_prometheus

SERVICE = "redis"
pytestmark = pytest.mark.usefixtures("repaired")


@pytest.fixture
def client(stack):
    return lambda address: RedisClient(address, stack.secret("redis-default"))


def healthy(page):
    return page.replicates(members=6)


def names(page, **labels):
    """Series of the page's redis_ families, less the labels of a cluster."""
    return {
        (name, tuple(sorted((key, value) for key, value in have.items() if key not in ("cluster", "member"))))
        for name, have, _ in page.samples
        if name.startswith("redis_") and all(have.get(key) == value for key, value in labels.items())
    }


@pytest.mark.parametrize("node", ["redis-1", "redis-2", "sentinel-1"])
def test_a_member_by_itself(stack, watched, node):
    address = stack.address(node)
    probe(watched, address)  # so that both pages know of the same commands
    status, text = probe(watched, address)
    assert status == 200
    page = Page(text)
    assert [value for name, _, value in page.samples if name == "redis_up"] == [1]
    assert not any("member" in labels or "cluster" in labels for _, labels, _ in page.samples)
    whole = watched.scrape()
    # Those are a collector of their own on /metrics, off by default.
    of_latency = re.compile("redis_commands_latencies_usec|redis_latency_spike")
    assert {name for name in names(page) if not of_latency.match(name[0])} == names(whole, member=address)


def test_latencies(stack, watched, client):
    address = stack.address("redis-1")
    assert client(address).ask("CONFIG", "SET", "latency-monitor-threshold", "1") == "OK"
    client(address).ask("EVAL", "local x = 0 for i = 1, 3000000 do x = x + i end return x", "0")
    page = Page(probe(watched, address)[1])
    client(address).ask("CONFIG", "SET", "latency-monitor-threshold", "0")

    def value(name, **labels):
        [found] = [v for sample, have, v in page.samples if sample == name and have == labels]
        return found

    assert value("redis_commands_latencies_usec_count", cmd="eval") == value("redis_commands_total", cmd="eval") == 1
    assert value("redis_commands_latencies_usec_bucket", cmd="eval", le="+Inf") == 1
    assert value("redis_commands_latencies_usec_bucket", cmd="eval", le="1056") == 0
    micros = value("redis_commands_duration_seconds_total", cmd="eval") * 1e6
    assert abs(value("redis_commands_latencies_usec_sum", cmd="eval") - micros) < 1
    assert value("redis_latency_spike_duration_seconds", event_name="command") >= 0.001
    assert value("redis_latency_spike_last", event_name="command") > 1.7e9


def test_the_name_that_redis_exporter_gave_it(stack, watched):
    status, text = probe(watched, "redis://" + stack.address("redis-1"), path="/scrape")
    assert status == 200 and "\nredis_up 1\n" in text


def test_what_may_not_be_asked_gets_nothing(stack, watched):
    """A server that is no member sees no connection at all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stranger = "127.0.0.1:%d" % listener.getsockname()[1]
        assert probe(watched, stranger)[0] == 403
        assert probe(watched, stranger, module="default")[0] == 400
        assert probe(watched, f"user:secret@{stranger}")[0] == 400
        assert probe(watched, f"http://{stranger}")[0] == 403
        assert probe(watched, f"file:///etc/passwd")[0] == 403
        assert probe(watched, stranger + "/../" + stack.address("redis-1"))[0] == 403
        listener.settimeout(0.5)
        with pytest.raises(TimeoutError):
            listener.accept()
    # Another name for a member is not the member's name, and might lead anywhere.
    assert probe(watched, stack.address("redis-1").replace("127.0.0.1", "localhost"))[0] == 403
    for query in ("", "?target=", "?target=a:1&target=b:1", "?module=x"):
        assert watched.get("/probe" + query)[0] == 400, query
    assert "secret" not in probe(watched, f"user:secret@{stranger}")[1]


@pytest.fixture
def modular(stack):
    """An exporter with a configuration file: the deployment by its Sentinels, and a module."""
    file = os.path.join(stack.folder, "redis.yml")
    closed = free_port()
    with open(file, "w") as out:
        json.dump({
            "clusters": [{
                "name": "ours", "seeds": [stack.address("sentinel-2")], "user": "replicawatch",
                "password_file": stack.secret("redis-exporter"), "sentinel_password_file": stack.secret("sentinel-exporter"),
            }],
            "modules": {
                "data": {
                    "allow": [stack.address("redis-1"), stack.address("redis-2"), f"127.0.0.1:{closed}"],
                    "user": "replicawatch", "password_env": "PASSWORD_OF_A_TEST",
                },
                "wrong": {"allow": ["127.0.0.0/8:*"], "user": "replicawatch", "password_file": stack.secret("redis-default")},
            },
        }, out)
    with open(stack.secret("redis-exporter")) as password:
        exporter = stack.exporter("redis", [f"--config.file={file}"], {"PASSWORD_OF_A_TEST": password.read().strip()})
    exporter.closed = f"127.0.0.1:{closed}"
    yield exporter
    exporter.stop()


def test_modules(stack, modular, client):
    page = modular.wait(healthy, 20, "the cluster of the file is watched")
    assert page.value("up", cluster="ours") == 1
    status, text = probe(modular, stack.address("redis-1"), module="data")
    assert status == 200 and "\nredis_up 1\n" in text
    assert probe(modular, stack.address("redis-3"), module="data")[0] == 403
    assert probe(modular, stack.address("redis-3"))[0] == 200, "a member, with the cluster's own login"

    status, text = probe(modular, modular.closed, module="data")
    assert (status, text.count("\nredis_"), "\nredis_up 0\n" in text) == (200, 1, True)
    status, text = probe(modular, modular.closed, module="data", debug="true")
    assert status == 200 and f"can't connect to {modular.closed}" in text and "result: connect" in text

    status, text = probe(modular, stack.address("redis-2"), module="wrong", debug="true")
    assert status == 200 and "result: auth" in text and "\nredis_up 0\n" in text
    with open(stack.secret("redis-default")) as file:
        secret = file.read().strip()
    assert secret not in text and secret not in modular.log()


def test_a_paused_target_costs_its_budget_and_no_other_waits(stack, watched):
    address, other = stack.address("redis-2"), stack.address("redis-1")
    assert probe(watched, address)[0] == 200
    stack.run("pause", "redis-2")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(probe, watched, address, headers={"X-Prometheus-Scrape-Timeout-Seconds": "3"})
        for _ in range(20):
            status, text = probe(watched, other)
            assert status == 200 and "\nredis_up 1\n" in text
        assert not waiting.done(), "the others did not wait for it"
        status, text = waiting.result(timeout=5)
    assert status == 200 and "\nredis_up 0\n" in text


def test_connections_are_kept(stack, watched, client):
    address = stack.address("redis-3")
    probe(watched, address)

    def count():
        return int(client(address).ask("INFO", "stats").split("total_connections_received:")[1].split("\r\n")[0])

    before = count()
    for _ in range(50):
        assert probe(watched, address)[0] == 200
    assert count() - before == 1, "that of the question itself"


def test_probes_of_many_threads(stack, watched):
    targets = [stack.address(node) for node in ("redis-1", "redis-2", "redis-3", "sentinel-1", "sentinel-2", "sentinel-3")]
    wrong = []
    barrier = threading.Barrier(12)

    def run(target):
        barrier.wait()
        for _ in range(30):
            status, text = probe(watched, target)
            if status != 200 or "\nredis_up 1\n" not in text:
                wrong.append((target, status))

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        list(pool.map(run, targets * 2))
    assert wrong == []


def test_discovery_leads_a_real_prometheus_to_probes(stack, watched):
    entries = json.loads(watched.get("/discover")[2])
    nodes = [node["address"] for node in stack.status()["nodes"].values() if node["service"] == "redis"]
    assert sorted(entry["targets"][0] for entry in entries) == sorted(nodes)
    roles = [entry["labels"]["__meta_replicawatch_role"] for entry in entries]
    assert sorted(roles) == ["master", "replica", "replica", "sentinel", "sentinel", "sentinel"]

    with probing_prometheus(stack.folder, "redis", watched.address,
                            "\n      - {source_labels: [__meta_replicawatch_role], target_label: role}") as series:
        def instances():
            return sorted(each["instance"] for each in series("redis_up == 1") or []) == sorted(nodes)

        wait_until(instances, 60, "Prometheus has probed all members")
