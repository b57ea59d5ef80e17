"""scripts/redis-backup.sh and scripts/redis-restore.sh on real servers."""
import pathlib
import re
import shutil
import threading

import pytest

from backup_script import Repository, Run
from deployment import Stack, free_port, wait_until
from redis_client import RedisClient
from redis_cluster import RedisCluster
from redis_place import Place
from servers import acl_rule, redis_before_7

PASSWORD = "planted-pass-word-7143"

# Each type and encoding, keys that expire, several databases, keys and values that are no text.
FILL = r"""
for i = 1, 3000 do redis.call('set', 'key:' .. i, string.rep('v', i % 100) .. i) end
redis.call('set', 'bin\0\255\r\n key', '\0\1\2\255')
redis.call('rpush', 'list', 'a', '', string.rep('x', 20000))
redis.call('sadd', 'ints', 1, 2, 3)
redis.call('hset', 'hash', 'f', 'v', '\0', '\255')
redis.call('zadd', 'zset', 1.5, 'a', '-inf', 'b')
redis.call('xadd', 'stream', '1-1', 'f', 'v')
redis.call('xgroup', 'create', 'stream', 'group', '0')
redis.call('pfadd', 'hll', 'a', 'b')
redis.call('setbit', 'bits', 12345, 1)
for i = 1, 600 do redis.call('hset', 'big', 'field' .. i, i) redis.call('zadd', 'bigz', i, 'm' .. i) redis.call('sadd', 'bigs', 'm' .. i) end
redis.call('set', 'lives', 'long', 'ex', 100000)
redis.call('select', 3)
redis.call('set', 'in three', 3)
redis.call('select', 9)
redis.call('set', 'in nine', 9, 'px', 100000000)
return 1
"""


class Deployment:
    """A master and a replica."""

    def __init__(self):
        self.place = Place()
        self.folder = pathlib.Path(self.place.folder)
        self.password_file = self.folder / "password"
        self.password_file.write_text(PASSWORD)
        users = self.folder / "users.acl"
        users.write_text(f"user default on >{PASSWORD} ~* &* +@all\nuser backup on >{PASSWORD} {acl_rule('backup')}\n")
        common = [f"aclfile {users}", f"masterauth {PASSWORD}", *debug()]
        self.master = self.place.server(*common)
        self.replica = self.place.server(*common, f"replicaof 127.0.0.1 {self.master.port}")
        self.master.start()
        self.replica.start()
        self.wait_linked()
        assert self.master.client.ask("EVAL", FILL, "0") == "1"

    def wait_linked(self):
        wait_until(lambda: "master_link_status:up" in (self.replica.client.ask("INFO", "replication") or ""), 30, "the replica is linked")

    def login(self):
        return ["--user=backup", f"--password-file={self.password_file}"]

    def backup(self, repository, *arguments, redis=None, environment=None):
        address = (redis or self.master).address
        return Run("redis-backup.sh", [f"--redis={address}", *self.login(), *repository.options, *arguments], environment)

    def restore(self, source, *arguments, environment=None):
        return Run("redis-restore.sh", [f"--from={source}", *arguments], environment)


@pytest.fixture(scope="module")
def deployment():
    made = Deployment()
    yield made
    made.place.purge()


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "repository")


class Writer(threading.Thread):
    """Writes pairs that a consistent copy has alike, until it is stopped."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.ending, self.count = client, threading.Event(), 0

    def run(self):
        while not self.ending.is_set():
            self.client.ask("EVAL", "redis.call('incr', 'left') redis.call('lpush', 'queue', redis.call('incr', 'right')) return 1", "0")
            self.count += 1

    def __enter__(self):
        self.start()
        wait_until(lambda: self.count > 10, 20, "writes go on")
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()


class KeptServer:
    """What --keep-running left."""

    def __init__(self, told, port):
        password_file = re.search(r"\$\(cat (\S+)\)", told).group(1)
        self.folder = pathlib.Path(password_file).parent
        self.client = RedisClient(f"127.0.0.1:{port}", password_file)

    def end(self):
        self.client.ask("SHUTDOWN", "NOSAVE")
        wait_until(lambda: self.client.ask("PING") is None, 10, "the kept server ends")
        shutil.rmtree(self.folder)


def debug():
    """DEBUG has to be allowed since 7.0."""
    return [] if redis_before_7() else ["enable-debug-command local"]


def digest(server):
    return server.client.ask("DEBUG", "DIGEST")


def test_what_is_restored_is_what_was_there(deployment, repository, tmp_path):
    deployment.backup(repository).wait()
    manifest = repository.manifest()
    dataset = manifest["datasets"][0]
    assert dataset["digest"] == digest(deployment.master) != "0" * 40
    assert dataset["keys"] == {"0": 3012, "3": 1, "9": 1} and manifest["items"] == {"keys": 3014, "shards": 1}
    assert dataset["source"]["address"] == deployment.replica.address and manifest["verified"] is True

    # Into a new server with an append-only file, and into one without.
    for appendonly in ("yes", "no"):
        server = deployment.place.server(f"appendonly {appendonly}", f"requirepass {PASSWORD}", *debug())
        told = deployment.restore(repository.folder, "--in-place", f"--data-dir={server.folder}", f"--redis={server.address}",
                                  f"--appendonly={appendonly}").wait()
        assert "start the server now" in told
        server.start()
        wait_until(lambda: server.client.ask("PING") == "PONG", 20, "it has loaded")
        assert digest(server) == dataset["digest"], appendonly
        server.stop()


def test_a_backup_under_writes_is_of_one_moment(deployment, repository):
    with Writer(deployment.master.client):
        deployment.backup(repository).wait()
    assert repository.status("last_exit_code") == 0 and repository.status("last_verify_mismatches") == 0
    assert repository.status("last_items", kind="keys") == repository.manifest()["items"]["keys"]

    port = free_port()
    told = deployment.restore(repository.folder, "--keep-running", f"--scratch-port={port}", f"--status-dir={repository.status_folder}").wait()
    assert repository.status("restore_drill_timestamp_seconds") >= repository.status("last_success_timestamp_seconds")
    kept = KeptServer(told, port)
    try:
        left = kept.client.ask("GET", "left")
        assert int(left) > 10 and kept.client.ask("GET", "right") == kept.client.ask("LLEN", "queue") == left
    finally:
        kept.end()


def test_sentinels_lead_to_a_replica(repository):
    stack = Stack("redis")
    try:
        master = RedisClient(stack.address("redis-1"), stack.secret("redis-default"))
        assert master.ask("SET", "k", "v") == "OK"
        login = ["--user=backup", f"--password-file={stack.secret('redis-backup')}", f"--sentinel-password-file={stack.secret('sentinel-default')}"]
        # The first seed is nobody: the second is asked.
        seeds = f"127.0.0.1:{free_port()},{stack.address('sentinel-2')}"
        Run("redis-backup.sh", [f"--redis={seeds}", *login, *repository.options]).wait()
        source = repository.manifest()["datasets"][0]["source"]
        assert source["master"] == stack.address("redis-1") and source["role"] == "slave"
        assert source["address"] in (stack.address("redis-2"), stack.address("redis-3"))
    finally:
        stack.purge()


def test_each_shard_of_a_cluster(repository):
    cluster = RedisCluster()
    try:
        for i in range(300):
            assert any(node.client.ask("SET", f"key:{i}", str(i)) == "OK" for node in cluster.nodes[:3])
        login = ["--user=backup", f"--password-file={cluster.folder}/password"]
        Run("redis-backup.sh", [f"--redis={cluster.nodes[4].address}", *login, *repository.options]).wait()
        manifest = repository.manifest()
        assert [dataset["shard"] for dataset in manifest["datasets"]] == ["shard-0", "shard-5461", "shard-10922"]
        assert manifest["items"] == {"keys": 300, "shards": 3}
        assert {dataset["source"]["address"] for dataset in manifest["datasets"]} == {node.address for node in cluster.nodes[3:]}
        assert "nodes.txt" in [file["name"] for file in manifest["files"]]
        Run("redis-restore.sh", [f"--from={repository.folder}", f"--status-dir={repository.status_folder}"]).wait()
        assert repository.status("restore_drill_data_age_seconds") >= 0
        cluster.nodes[3].process.kill()
        cluster.nodes[3].process.wait()
        told = Run("redis-backup.sh", [f"--redis={cluster.nodes[1].address}", *login, *repository.options]).wait(3)
        assert "shard-0: no replica" in told
    finally:
        cluster.purge()
