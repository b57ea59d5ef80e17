#!/usr/bin/env python3
"""Records what each version of the server says in each role, below this folder.

usage: record_versions.py

Needs the environment of scripts/bootstrap --env: REDIS_SERVER_62, REDIS_SERVER, REDIS_SERVER_8, VALKEY_SERVER.
"""
import contextlib
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "e2e"))

from deployment import wait_until  # noqa: E402
from redis_place import Place  # noqa: E402


def version_of(program):
    words = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    number = re.search(r"v=(\S+)", words).group(1)
    return f"valkey-{number}" if words.startswith("Valkey") else number


def record(server, folder, *commands):
    subprocess.run([HERE / "record.py", server.address, folder, *commands], check=True)


def info(server):
    with server.client.send(("INFO", "ALL")) as connection:
        stream = connection.makefile("rb")
        text = stream.read(int(stream.readline()[1:])).decode()
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def record_replication(place, folder):
    master = place.server()
    replica = place.server(f"replicaof 127.0.0.1 {master.port}")
    chained = place.server(f"replicaof 127.0.0.1 {replica.port}")
    for server in (master, replica, chained):
        server.start()
    for i in range(5):
        master.client.ask("SET", f"key:{i}", "x")
    master.client.ask("NONSENSE")
    for server in (replica, chained):
        wait_until(lambda: info(server)["master_link_status"] == "up", 30, "the link is up")
    wait_until(lambda: "state=online" in info(replica).get("slave0", ""), 30, "the chain is whole")
    sentinel = place.server()
    conf = sentinel.folder / "redis.conf"
    conf.write_text(f"port {sentinel.port}\nbind 127.0.0.1\ndir {sentinel.folder}\nsentinel monitor group 127.0.0.1 {master.port} 1\n")
    sentinel.start(arguments=["--sentinel"])
    wait_until(lambda: "slaves=1" in info(sentinel).get("master0", ""), 30, "the Sentinel knows the replica")
    record(master, folder, "master.info:INFO ALL")
    record(replica, folder, "replica.info:INFO ALL")
    record(chained, folder, "chained.info:INFO ALL")
    record(sentinel, folder, "sentinel.info:INFO ALL", "masters.resp:SENTINEL MASTERS", "slaves.resp:SENTINEL SLAVES group",
           "sentinels.resp:SENTINEL SENTINELS group", "quorum.resp:SENTINEL CKQUORUM group")  # fmt: skip


def record_cluster(place, folder):
    nodes = [place.server("cluster-enabled yes") for _ in range(2)]
    for node in nodes:
        node.start()
    master, replica = nodes
    with master.client.send(("CLUSTER", "ADDSLOTS", *map(str, range(16384)))):
        wait_until(lambda: info(master)["cluster_enabled"] == "1", 10, "it is of a Cluster")
    master.client.ask("CLUSTER", "MEET", "127.0.0.1", str(replica.port))
    wait_until(lambda: master.client.ask("CLUSTER", "MYID") in (replica.client.ask("CLUSTER", "NODES") or ""), 30, "they know each other")
    wait_until(lambda: replica.client.ask("CLUSTER", "REPLICATE", master.client.ask("CLUSTER", "MYID")) == "OK", 30, "it replicates")
    wait_until(lambda: "cluster_state:ok" in (replica.client.ask("CLUSTER", "INFO") or ""), 30, "the Cluster is whole")
    wait_until(lambda: info(replica).get("master_link_status") == "up", 30, "the link is up")
    for name, node in (("cluster-master", master), ("cluster-replica", replica)):
        record(node, folder, f"{name}.info:INFO ALL", f"{name}.state:CLUSTER INFO", f"{name}.nodes:CLUSTER NODES")


def record_loading(place, folder):
    # Before 7.0 DEBUG needs no permission.
    allowed = [] if os.environ["REDIS_SERVER"] == os.environ["REDIS_SERVER_62"] else ["enable-debug-command yes"]
    server = place.server("rdbcompression no", *allowed)
    server.start()
    # It looks at its clients after each 2 MB.
    assert server.client.ask("DEBUG", "POPULATE", "3000", "key", "10000") == "OK"
    assert server.client.ask("SAVE") == "OK"
    server.stop()
    server.start(wait=False, arguments=["--key-load-delay", "3000"])
    wait_until(lambda: (server.client.ask("PING") or "").startswith("LOADING"), 20, "it loads")
    record(server, folder, "loading.info:INFO ALL", "loading-ping.resp:PING")


def main():
    for variable in ("REDIS_SERVER_62", "REDIS_SERVER", "REDIS_SERVER_8", "VALKEY_SERVER"):
        os.environ["REDIS_SERVER"], default = os.environ[variable], os.environ["REDIS_SERVER"]
        folder = HERE / version_of(os.environ["REDIS_SERVER"]) / "roles"
        print(folder.parent.name, flush=True)
        for take in (record_replication, record_cluster, record_loading):
            with contextlib.closing(Place()) as place:
                take(place, folder)
        os.environ["REDIS_SERVER"] = default


if __name__ == "__main__":
    Place.close = Place.purge
    main()
