"""/probe and /discover of replicawatch-minio on real servers, and a real Prometheus that puts the two together."""
import concurrent.futures
import json
import os
import socket

import pytest

from deployment import Page, free_port, probe, wait_until
from minio_place import ROOT_PASSWORD, ROOT_USER, MinioPlace
from prober import probing_prometheus

ON_PROBE_ONLY = {"replicawatch_minio_node_up", "replicawatch_minio_node_clock_skew_seconds"}


@pytest.fixture(scope="module")
def place():
    place = MinioPlace()
    yield place
    place.purge()


@pytest.fixture(scope="module")
def watched(place):
    return place.exporter()


@pytest.fixture(autouse=True)
def repaired(place, watched):
    watched.wait(lambda page: page.value("members_healthy") == 4, 60, "the deployment is healthy")
    yield
    place.repair()


def value(text, name):
    """Of the one sample that has no labels, or None."""
    found = [value for sample, labels, value in Page(text).samples if sample == f"replicawatch_minio_node_{name}" and not labels]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("index", range(4))
def test_a_member_by_itself(place, watched, index):
    address = place.nodes[index].address
    status, text = probe(watched, address)
    assert status == 200
    page = Page(text)
    assert not any("member" in labels or "cluster" in labels for _, labels, _ in page.samples)
    assert not any(name.startswith("minio_") for name, _, _ in page.samples)
    told = {name: value(text, name) for name in ("up", "initialized", "ready", "sees_write_quorum", "sees_read_quorum")}
    assert told == dict.fromkeys(told, 1)
    assert abs(value(text, "clock_skew_seconds")) < 1
    # All of it is on /metrics too, with the labels, but for what common families say there.
    def beyond(whole):
        return {name for name, _, _ in page.samples} - {name for name, labels, _ in whole.samples if labels.get("member") == address}

    watched.wait(lambda whole: beyond(whole) == ON_PROBE_ONLY, 40, "verdicts have been asked in the background too")
    assert probe(watched, f"http://{address}")[0] == 200


def test_what_may_not_be_asked_gets_nothing(place, watched):
    """A server that is no member sees no connection at all."""
    member = place.nodes[0].address
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stranger = "127.0.0.1:%d" % listener.getsockname()[1]
        assert probe(watched, stranger)[0] == 403
        assert probe(watched, stranger, module="default")[0] == 400
        assert probe(watched, f"user:secret@{stranger}")[0] == 400
        assert "secret" not in probe(watched, f"user:secret@{stranger}")[1]
        for target in (
            f"http://{stranger}", f"https://{stranger}", f"{stranger}/{member}", f"{member}/{stranger}", f"{member}?x={stranger}",
            f"{member},{stranger}", "file:///etc/passwd", "//" + stranger, member.replace("127.0.0.1", "127.1"), " ", "%",
        ):  # fmt: skip
            assert probe(watched, target)[0] == 403, target
        listener.settimeout(0.5)
        with pytest.raises(TimeoutError):
            listener.accept()
    # Another name for a member is not the member's name, and might lead anywhere.
    assert probe(watched, member.replace("127.0.0.1", "localhost"))[0] == 403
    # With or without TLS is not for whoever asks to say.
    assert probe(watched, f"https://{member}")[0] == 403
    for query in ("", "?target=", "?target=a:1&target=b:1", "?module=x"):
        assert watched.get("/probe" + query)[0] == 400, query


@pytest.fixture
def modular(place):
    """An exporter that has all from a configuration file: one cluster, three modules."""
    file = os.path.join(place.folder, "minio.yml")
    secret = os.path.join(place.folder, "secret")
    closed = free_port()
    with open(secret, "w") as out:
        out.write(ROOT_PASSWORD + "\n")
    nodes = [node.address for node in place.nodes]
    key = {"access_key": ROOT_USER, "secret_key_file": secret}
    with open(file, "w") as out:
        json.dump({
            "clusters": [{"name": "ours", "seeds": [nodes[1]], **key}],
            "modules": {
                "two": {"allow": [*nodes[:2], f"127.0.0.1:{closed}"], "access_key_env": "ACCESS_OF_A_TEST", "secret_key_env": "SECRET_OF_A_TEST"},
                "all": {"allow": ["127.0.0.0/8:*"], **key},
                "secured": {"allow": ["127.0.0.0/8:*"], "tls": True},
            },
        }, out)  # fmt: skip
    environment = {"ACCESS_OF_A_TEST": ROOT_USER, "SECRET_OF_A_TEST": ROOT_PASSWORD}
    exporter = place.exporter(f"--config.file={file}", seed=None, environment=environment)
    exporter.closed = f"127.0.0.1:{closed}"
    yield exporter
    assert ROOT_PASSWORD not in exporter.log()
    exporter.stop()


def test_modules(place, modular):
    page = modular.wait(lambda page: page.value("members_healthy", cluster="ours") == 4, 20, "the cluster of the file is watched")
    assert page.value("up", cluster="ours") == 1
    first, third = place.nodes[0].address, place.nodes[2].address
    for module in ("two", "all"):
        status, text = probe(modular, first, module=module)
        assert (status, value(text, "up")) == (200, 1)
    assert probe(modular, third, module="two")[0] == 403
    assert probe(modular, third, module="nobody")[0] == 400
    assert probe(modular, third)[0] == 200, "a member, with the cluster's own key"

    status, text = probe(modular, modular.closed, module="two")
    assert (status, [name for name, _, _ in Page(text).samples], value(text, "up")) == (200, ["replicawatch_minio_node_up"], 0)
    status, text = probe(modular, modular.closed, module="two", debug="true")
    assert status == 200 and "result: connect, can't connect: Connection refused" in text and ROOT_PASSWORD not in text

    # TLS is the module's choice: these servers don't speak it.
    status, text = probe(modular, first, module="secured", debug="true")
    assert status == 200 and "result: protocol" in text and "\nreplicawatch_minio_node_up 0\n" in text
    assert probe(modular, f"http://{first}", module="secured")[0] == 403


def test_a_dead_node_and_one_that_hangs(place, watched):
    dead, hung, fine = (node.address for node in place.nodes[:3])
    for address in (dead, hung, fine):
        assert value(probe(watched, address)[1], "up") == 1
    place.nodes[0].kill()
    status, text = probe(watched, dead)
    assert (status, value(text, "up"), value(text, "initialized"), value(text, "clock_skew_seconds")) == (200, 0, None, None)

    place.nodes[1].pause()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(probe, watched, hung, headers={"X-Prometheus-Scrape-Timeout-Seconds": "2"})
        for _ in range(10):
            assert value(probe(watched, fine)[1], "up") == 1
        assert not waiting.done(), "the others did not wait for it"
        status, text = waiting.result(timeout=2)
    assert (status, value(text, "up")) == (200, 0)
    assert "result: timeout" in probe(watched, hung, debug="true")[1]
    # Its verdict on the cluster: two of four are no write quorum.
    wait_until(lambda: value(probe(watched, fine)[1], "sees_write_quorum") == 0, 60, "the other sees no quorum")

    place.nodes[1].resume()
    wait_until(lambda: value(probe(watched, hung)[1], "up") == 1, 20, "it answers again")


def test_minios_own_metrics(place):
    """With the collector `native` a probe has the node's page; without it there is no minio_ family."""
    exporter = place.exporter("--collector.native")
    node = place.nodes[2]
    exporter.wait(lambda page: page.value("members_healthy") == 4, 20, "it is watched")

    def own(text):
        return {name for name, _, _ in Page(text).samples if name.startswith("minio_")}

    status, text = probe(exporter, node.address)
    assert status == 200 and value(text, "up") == 1 and "\nreplicawatch_minio_native_success 1\n" in text
    assert {"minio_node_drive_free_bytes", "minio_audit_total_messages", "minio_node_storage_class_standard_parity"} <= own(text)
    assert not any(name.startswith("minio_cluster_") for name in own(text)), "each node tells the same of the cluster"
    assert not any("member" in labels or "cluster" in labels for _, labels, _ in Page(text).samples)
    node.kill()
    status, text = probe(exporter, node.address)
    assert (status, value(text, "up"), own(text)) == (200, 0, set()) and "\nreplicawatch_minio_native_success 0\n" in text
    exporter.stop()


def test_connections_are_kept(place, watched):
    """Sockets of the exporter to the node, by the kernel's table."""
    node = place.nodes[3]

    def ours():
        entry = f":{node.port:04X}"
        with open("/proc/net/tcp") as table:
            return {line.split()[9] for line in table if line.split()[2].endswith(entry) and line.split()[3] == "01"}

    probe(watched, node.address)
    before = ours()
    for _ in range(50):
        assert probe(watched, node.address)[0] == 200
    assert len(ours() - before) <= 1, "but for one of a peer"


def test_one_node_on_an_ipv6_address():
    place = MinioPlace(nodes=1, drives=2, host="[::1]")
    try:
        watched = place.exporter()
        address = place.nodes[0].address
        page = watched.wait(lambda page: page.value("members_healthy") == 1, 20, "it is watched")
        assert page.value("member_up", member=address) == 1
        status, text = probe(watched, address)
        assert (status, value(text, "up"), value(text, "sees_write_quorum")) == (200, 1, 1)
        assert [entry["targets"] for entry in json.loads(watched.get("/discover")[2])] == [[address]]
        assert probe(watched, address.replace("[::1]", "[::2]"))[0] == 403
    finally:
        place.purge()


def test_discovery_leads_a_real_prometheus_to_probes(place, watched):
    nodes = sorted(node.address for node in place.nodes)
    entries = json.loads(watched.get("/discover")[2])
    assert sorted(entry["targets"][0] for entry in entries) == nodes
    assert {entry["labels"]["__meta_replicawatch_role"] for entry in entries} == {"node"}
    assert {entry["labels"]["__meta_replicawatch_group"] for entry in entries} == {"0/0"}

    with probing_prometheus(place.folder, "minio", watched.address) as series:
        def instances():
            return sorted(each["instance"] for each in series("replicawatch_minio_node_up == 1") or []) == nodes

        wait_until(instances, 60, "Prometheus has probed all members")
