#!/usr/bin/env python3
"""Runs docs/rollout.md: from single nodes with data to replicas, and back, with the commands as they stand there.

usage: tests/replica/rollout.py [mongo] [redis] [minio]
"""
import os
import pathlib
import subprocess
import sys
import tempfile

from compose_stack import ROOT, ComposeStack, wait_until
from fenced import blocks_of
from lines import failed, line, part, proven

PAGE = (ROOT / "docs" / "rollout.md").read_text()
ROWS = 500


def blocks(kind):
    found = blocks_of(PAGE, f"sh {kind}")
    assert found, f"docs/rollout.md has no block {kind}"
    return "".join(found)


class Page:
    """The commands of the page, on this stack's project: docker finds Compose as its plugin, and the settings in the environment."""

    def __init__(self, stack):
        self.home = tempfile.TemporaryDirectory()
        plugins = pathlib.Path(self.home.name, "cli-plugins")
        plugins.mkdir()
        (plugins / "docker-compose").symlink_to(stack.command[0])
        files = [str(word) for word in stack.command if str(word).endswith(".yaml")]
        self.environment = {**stack.environment, "DOCKER_CONFIG": self.home.name, "COMPOSE_PROJECT_NAME": stack.project,
                            "COMPOSE_FILE": os.pathsep.join(files), "COMPOSE_PROGRESS": "quiet"}

    def run(self, kind):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", blocks("functions") + blocks(kind)], cwd=ROOT / "compose",
                              env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"exit code {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout


def mongo(stack, page):
    stack.compose("up", "-d", "--no-build", "mongo", "mongo-client")
    wait_until(lambda: stack.states()["mongo"][1] == "healthy", 90, "the single node is healthy")
    write = "for (let i = 0; i < %d; ++i) connection.getDB('shop').orders.insertOne({_id: '%s' + i, at: new Date()})"
    count = "print(connection.getDB('shop').orders.countDocuments())"
    stack.mongo(write % (ROWS, "a") + "; connection.getDB('shop').orders.createIndex({at: 1})", "mongo:27017")
    with line("rollout: a single mongod becomes a set of three, each with the same hashes"):
        page.run("mongo")
        for member in ("mongo-1", "mongo-2", "mongo-3"):
            assert stack.mongo("connection.setReadPref('secondaryPreferred'); " + count, f"{member}:27017") == str(ROWS)
    with line("rollout: and back, with what was written to the set"):
        stack.mongo(write % (ROWS, "b"))
        page.run("mongo-back")
        assert stack.mongo(count, "mongo:27017") == str(2 * ROWS)


def redis(stack, page):
    def size(node):
        return stack.redis(node, "DBSIZE")

    def fill(node, prefix):
        assert stack.redis(node, "MSET", *(word for i in range(ROWS) for word in (f"{prefix}{i}", str(i)))) == "OK"

    stack.compose("up", "-d", "--no-build", "--wait", "redis", "redis-client")
    fill("redis", "a")
    with line("rollout: a single Redis gets replicas and Sentinels"):
        page.run("redis")
        for node in ("redis-1", "redis-2", "redis-3"):
            wait_until(lambda: size(node) == str(ROWS), 30, f"{node} has all keys")
        wait_until(lambda: stack.redis("sentinel-1", "SENTINEL", "CKQUORUM", "gogotex").startswith("OK 3"), 30, "the Sentinels know each other")
    with line("rollout: and back, with what was written to the replicas"):
        fill("redis-1", "b")
        page.run("redis-back")
        stack.compose("restart", "redis")
        wait_until(lambda: size("redis") == str(2 * ROWS), 30, "the single node has all keys, after a restart too")


def minio(stack, page):
    stack.compose("up", "-d", "--no-build", "minio", "minio-client")
    wait_until(lambda: stack.states()["minio"][1] == "healthy", 60, "the single node is healthy")
    stack.mc("mc mb m/gogotex m/photos && mc version enable m/gogotex && mc anonymous set download m/photos && mc quota set m/photos --size 1GiB "
             "&& printf 'alice\\nalice-secret-key\\n' | mc admin user add m && mc admin policy attach m readwrite --user alice "
             "&& for i in $(seq 20); do head -c 100000 /dev/urandom >/tmp/o && mc cp -q --attr kind=test /tmp/o m/photos/a/o-$i && mc cp -q /tmp/o m/gogotex/o-$i; done "
             ">/dev/null", node="minio")
    sums = "mc find m | sort | while read -r key; do echo \"$key $(mc cat \"$key\" | sha256sum)\"; done"
    with line("rollout: a single MinIO is mirrored to the distributed one: objects, buckets, policies, users"):
        page.run("minio")
        page.run("minio-mirror")
        # As many bytes, other contents: in the single node, which the second mirroring sees, and in the new ones, which none does.
        stack.mc("head -c 100000 /dev/urandom >/tmp/o && mc cp -q /tmp/o m/photos/a/o-1 >/dev/null", node="minio")
        page.run("minio-mirror")
        stack.mc("head -c 100000 /dev/urandom >/tmp/o && mc cp -q /tmp/o m/photos/a/o-3 >/dev/null")
        said = page.run("minio-compare")
        assert "copied anew: 1" in said, said
        assert stack.mc(sums, timeout=120) == stack.mc(sums, node="minio", timeout=120)
        assert "kind" in stack.mc("mc stat --json m/photos/a/o-2").lower()
        assert "download" in stack.mc("mc anonymous get m/photos")
        assert "1.0 GiB" in stack.mc("mc quota info m/photos")
        assert "readwrite" in stack.mc("mc admin user info m alice")


def main():
    parts = {"mongo": mongo, "redis": redis, "minio": minio}
    for name in sys.argv[1:] or parts:
        stack = ComposeStack()
        try:
            with part():
                parts[name](stack, Page(stack))
        finally:
            stack.purge()
    print(f"rollout: {len(proven)} lines ok, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
