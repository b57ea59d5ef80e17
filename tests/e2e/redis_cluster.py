"""A real Redis Cluster of its own for one test module: three shards of a master and a replica each."""
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from deployment import Exporter, free_port, wait_until
from redis_client import RedisClient
from servers import acl_rule, program, redis_before_7

SLOTS = 16384
SHARDS = 3
PASSWORD = "password of a test"


def free_ports():
    """Of a node and its bus, which can be chosen since 7.0."""
    port = free_port()
    if not redis_before_7():
        return port, free_port()
    while port > 21000:
        port = free_port()
    return port, port + 10000


class ClusterNode:
    def __init__(self, folder):
        self.port, self.bus_port = free_ports()
        self.address = f"127.0.0.1:{self.port}"
        self.folder = pathlib.Path(folder) / str(self.port)
        self.folder.mkdir()
        self.process = None
        hashed = hashlib.sha256(PASSWORD.encode()).hexdigest()
        (self.folder / "users.acl").write_text(
            f"user default on #{hashed} ~* &* +@all\nuser replicawatch on #{hashed} {acl_rule('exporter')}\n"
            f"user backup on #{hashed} {acl_rule('backup')}\n"
        )
        (self.folder / "redis.conf").write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {self.folder}\naclfile {self.folder}/users.acl\nmasterauth {PASSWORD!r}\n"
            f"cluster-enabled yes\ncluster-node-timeout 5000\nsave ''\n"
            "repl-diskless-sync-delay 0\n" + ("" if redis_before_7() else f"cluster-port {self.bus_port}\n")
        )
        self.client = RedisClient(self.address, pathlib.Path(folder) / "password")

    def start(self):
        with open(self.folder / "log", "a") as log:
            self.process = subprocess.Popen(
                [program("REDIS_SERVER"), self.folder / "redis.conf"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(lambda: self.client.ask("PING") == "PONG", 20, f"{self.address} answers")

    def signal(self, number):
        self.process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.process.wait()

    @property
    def id(self):
        return self.client.ask("CLUSTER", "MYID")

    def info(self):
        """CLUSTER INFO as a dictionary; empty while the node does not answer."""
        answer = self.client.ask("CLUSTER", "INFO") or ""
        return dict(line.split(":", 1) for line in answer.split("\r\n") if ":" in line)

    def role(self):
        return "slave" if "myself,slave" in (self.client.ask("CLUSTER", "NODES") or "") else "master"


class RedisCluster:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="replicawatch-test-")
        pathlib.Path(self.folder, "password").write_text(PASSWORD)
        self.nodes = [ClusterNode(self.folder) for _ in range(2 * SHARDS)]
        self.exporters = []
        try:
            for node in self.nodes:
                node.start()
            self._join()
        except BaseException:
            self.purge()
            raise

    def _join(self):
        masters, replicas = self.nodes[:SHARDS], self.nodes[SHARDS:]
        bounds = [SLOTS * i // SHARDS for i in range(SHARDS + 1)]
        for i, master in enumerate(masters):
            slots = [str(slot) for slot in range(bounds[i], bounds[i + 1])]
            assert master.client.ask("CLUSTER", "ADDSLOTS", *slots) == "OK"
        for i, node in enumerate(self.nodes):
            assert node.client.ask("CLUSTER", "SET-CONFIG-EPOCH", str(i + 1)) == "OK"
            assert masters[0].client.ask("CLUSTER", "MEET", "127.0.0.1", str(node.port), str(node.bus_port)) == "OK"
        self.wait_all(lambda node: node.info().get("cluster_known_nodes") == "6", "every node knows the others")
        for master, replica in zip(masters, replicas):
            wait_until(lambda: replica.client.ask("CLUSTER", "REPLICATE", master.id) == "OK", 20, "a replica of each master")
        self.wait_all(lambda node: node.info().get("cluster_state") == "ok", "every node sees a good Cluster")
        self.wait_all(lambda node: node.client.ask("CLUSTER", "NODES").count(" slave ") + (node.role() == "slave") == SHARDS,
                      "every node knows the replicas")

    def wait_all(self, condition, what):
        wait_until(lambda: all(condition(node) for node in self.nodes), 30, what)

    def exporter(self, seed, *arguments):
        exporter = Exporter(
            "redis",
            [f"--redis.addr=redis://{seed}", "--redis.user=replicawatch", f"--redis.password-file={self.folder}/password",
             *arguments],
            self.folder,
        )
        self.exporters.append(exporter)
        return exporter

    def purge(self):
        for process in [node.process for node in self.nodes] + [exporter.process for exporter in self.exporters]:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
