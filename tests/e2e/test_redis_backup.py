"""scripts/redis-backup.sh and scripts/redis-restore.sh on real servers."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

import pytest

from backup_script import CommandLines, Repository, Run, age_identity, files_under
from deployment import Stack, free_port, wait_until
from redis_backup_place import Deployment  # noqa: F401  # conftest's `deployment` makes one
from redis_backup_place import FILL, PASSWORD, HeldDump, KeptServer, Writer, debug, digest
from redis_client import RedisClient
from redis_cluster import RedisCluster
from servers import program, redis_before_7


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


@pytest.fixture
def held(tmp_path):
    return HeldDump(tmp_path / "held")


def test_two_runs_at_once(deployment, repository, held):
    first = deployment.backup(repository, environment=held.environment)
    held.wait()
    told = deployment.backup(repository).wait(2)
    assert f"pid {first.process.pid} " in told and repository.status("last_exit_code") == 2
    # Another backup of the same deployment has a lock of its own.
    hourly = Repository(repository.folder, name="hourly")
    deployment.backup(hourly).wait()
    assert len(repository.partials()) == 1
    held.release()
    first.wait()
    assert repository.status("last_exit_code") == hourly.status("last_exit_code") == 0 and len(repository.backups()) == 2


def test_a_run_that_is_ended(deployment, repository, held):
    deployment.backup(repository).wait()
    [good] = repository.backups()
    success = repository.status("last_success_timestamp_seconds")

    for number, code in ((signal.SIGTERM, 75), (signal.SIGINT, 75), (signal.SIGHUP, 75)):
        run = deployment.backup(repository, environment=held.environment)
        held.wait()
        run.process.send_signal(number)
        run.wait(code, seconds=10)
        assert repository.backups() == [good] and not repository.partials() and not os.listdir(held.temporary)
        assert repository.status("last_exit_code") == 75 and repository.status("last_success_timestamp_seconds") == success

    work = held.temporary.parent / "work"
    work.mkdir()
    run = deployment.backup(repository, f"--work-dir={work}", environment=held.environment)
    held.wait()
    run.process.kill()
    run.wait(-signal.SIGKILL)
    assert repository.partials() and os.listdir(held.temporary) and os.listdir(work)
    told = deployment.backup(repository).wait()
    assert "which a run left that was killed" in told
    assert not repository.partials() and not os.listdir(held.temporary) and not os.listdir(work)
    assert len(repository.backups()) == 2 and repository.status("last_exit_code") == 0


def test_no_space(deployment, repository):
    assert "are free" in deployment.backup(repository, "--min-free=900P").wait(3)
    assert repository.backups() == repository.partials() == [] and repository.status("last_exit_code") == 3
    deployment.backup(repository).wait()
    [good] = repository.backups()
    manifest = repository.manifest()
    manifest["files"][0]["stored"]["bytes"] = 10**15
    (good / "manifest.json").write_text(json.dumps(manifest))
    assert "are needed" in deployment.backup(repository).wait(3)
    assert repository.backups() == [good] and not repository.partials()


def older(backup, day, **changes):
    """A copy of the backup with an older name, and with changes to its manifest."""
    copy = backup.parent / f"redis-shop-daily-202001{day:02}T000000Z"
    shutil.copytree(backup, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, **changes}))
    return copy


def test_retention(deployment, repository):
    deployment.backup(repository).wait()
    [good] = repository.backups()
    old = [older(good, 1), older(good, 2)]
    stay = [older(good, 3, verified=False), older(good, 4, cluster="another"), older(good, 5, service="mongo"), older(good, 6)]
    (stay[-1] / "notes.txt").write_text("somebody's")
    foreign = repository.folder / "redis-shop-daily-20200107T000000Z"
    foreign.mkdir()
    (foreign / "letter").write_text("somebody's")
    everything = files_under(repository.folder)

    # Nothing goes before a newer one is verified.
    deployment.backup(repository, "--keep=1", environment={"REDIS_CHECK_RDB": "false"}).wait(5)
    assert files_under(repository.folder).keys() == everything.keys()
    run = deployment.backup(repository, "--keep=1", "--no-scratch")
    unverified = []
    if subprocess.run(["redis-check-rdb", good / "dump.rdb"], capture_output=True).returncode == 0:
        run.wait()
        unverified = repository.backups()[-1:]
        assert repository.manifest()["verified"] is False and files_under(repository.folder).keys() > everything.keys()
    else:
        assert "older than the file" in run.wait(5)

    told = deployment.backup(repository, "--keep=2").wait(7)
    assert "notes.txt" in told and repository.status("last_exit_code") == 7
    newest = repository.backups()[-1]
    assert repository.backups() == [*stay, foreign, good, *unverified, newest] and not any(path.exists() for path in old)
    assert (foreign / "letter").exists() and repository.manifest()["verified"] is True
    assert repository.status("last_success_timestamp_seconds") >= repository.manifest()["finished"]


def test_age(deployment, repository, tmp_path):
    keys = [tmp_path / name for name in ("right", "wrong")]
    recipient, _ = map(age_identity, keys)
    deployment.backup(repository, f"--encrypt-to={recipient}", f"--identity={keys[0]}", "--test-decrypt").wait()
    stored = files_under(repository.folder)
    assert not any(b"REDIS00" in text or b"user backup" in text for text in stored.values())
    assert repository.status("info", method="rdb", encrypted="age") == 1
    deployment.restore(repository.folder).wait(64)
    assert "cannot decrypt" in deployment.restore(repository.folder, f"--identity={keys[1]}").wait(5)
    deployment.restore(repository.folder, f"--identity={keys[0]}").wait()
    assert "cannot be decrypted" in deployment.backup(
        repository, f"--encrypt-to={recipient}", f"--identity={keys[1]}", "--test-decrypt").wait(5)
    assert len(repository.backups()) == 1


def test_gpg(deployment, repository, tmp_path):
    home = tempfile.mkdtemp(prefix="replicawatch-test-")  # a short name: gpg's sockets are in it
    environment = {**os.environ, "GNUPGHOME": home}

    def gpg(*arguments):
        return subprocess.run(["gpg", "--batch", "--quiet", "--passphrase", "", *arguments], check=True, capture_output=True, env=environment).stdout

    try:
        gpg("--quick-generate-key", "backup@shop.test", "future-default")
        public = tmp_path / "public.asc"
        public.write_bytes(gpg("--armor", "--export", "backup@shop.test"))
        # Whoever makes the backup has no keyring.
        nobody = tmp_path / "nobody"
        nobody.mkdir(mode=0o700)
        deployment.backup(repository, f"--encrypt-to-file={public}", environment={"GNUPGHOME": str(nobody)}).wait()
        assert not any(b"REDIS00" in text for text in files_under(repository.folder).values())
        assert "cannot decrypt" in deployment.restore(repository.folder, environment={"GNUPGHOME": str(nobody)}).wait(5)
        deployment.restore(repository.folder, environment={"GNUPGHOME": home}).wait()
    finally:
        for folder in (home, nobody):
            subprocess.run(["gpgconf", "--kill", "all"], env={**environment, "GNUPGHOME": str(folder)}, check=False)
        shutil.rmtree(home)


def test_which_node_is_dumped(deployment, repository):
    alone = deployment.place.server(f"requirepass {PASSWORD}")
    alone.start()
    orphan = deployment.place.server(f"requirepass {PASSWORD}", f"replicaof 127.0.0.1 {free_port()}")
    orphan.start()
    login = [f"--password-file={deployment.password_file}", *repository.options]
    assert "no replica" in Run("redis-backup.sh", [f"--redis={alone.address}", *login]).wait(3)
    assert "lost its link" in Run("redis-backup.sh", [f"--redis={orphan.address}", *login]).wait(3)
    assert repository.status("last_exit_code") == 3 and not repository.backups()
    Run("redis-backup.sh", [f"--redis={alone.address}", "--allow-master", *login]).wait()
    source = repository.manifest()["datasets"][0]["source"]
    assert source["address"] == alone.address and source["role"] == "master"
    alone.stop()
    assert "none of" in Run("redis-backup.sh", [f"--redis={alone.address}", *login]).wait(75)


def test_a_damaged_backup_is_refused(deployment, repository):
    deployment.backup(repository).wait()
    [good] = repository.backups()
    server = deployment.place.server("appendonly no")
    (server.folder / "dump.rdb").write_bytes(b"what was there before")
    before = files_under(server.folder)

    def refused(backup, what):
        told = deployment.restore(backup, "--in-place", "--move-aside", f"--data-dir={server.folder}", f"--redis={server.address}").wait(5)
        assert what in told and files_under(server.folder) == before

    def damaged(day, name, change, **changes):
        backup = older(good, day)
        (backup / name).write_bytes(change((backup / name).read_bytes()))
        return backup

    def flip(text):
        return text[:len(text) // 2] + bytes([text[len(text) // 2] ^ 4]) + text[len(text) // 2 + 1:]

    refused(damaged(1, "dump.rdb", lambda text: text[:-1]), "bytes instead of")
    refused(damaged(2, "dump.rdb", flip), "checksum of the manifest")
    refused(damaged(3, "manifest.json", lambda text: text.replace(b'"shop"', b'"shoq"')), "manifest")
    (good / "config.json").rename(good / "config")
    refused(good, "is missing")
    (good / "config").rename(good / "config.json")
    # Whose checksums are right: only who loads it can know.
    changed = damaged(4, "dump.rdb", flip)
    digest_of = subprocess.run(["sha256sum", changed / "dump.rdb"], check=True, capture_output=True, text=True).stdout.split()[0]
    manifest = json.loads((changed / "manifest.json").read_text())
    [file] = [file for file in manifest["files"] if file["name"] == "dump.rdb"]
    file["sha256"] = file["stored"]["sha256"] = digest_of
    (changed / "manifest.json").write_text(json.dumps(manifest))
    with open(changed / "manifest.json.sha256", "w") as checksum:
        subprocess.run(["sha256sum", "manifest.json"], cwd=changed, stdout=checksum, check=True)
    refused(changed, "cannot load it")


def test_a_folder_with_data(deployment, repository):
    deployment.backup(repository).wait()
    server = deployment.place.server("appendonly yes", f"requirepass {PASSWORD}", *debug())
    server.start()
    assert server.client.ask("SET", "old", "1") == "OK"
    place = ["--in-place", "--appendonly=yes", f"--data-dir={server.folder}", f"--redis={server.address}"]
    assert "is not stopped" in deployment.restore(repository.folder, "--move-aside", *place).wait(3)
    server.stop()
    before = files_under(server.folder)
    assert "has data already" in deployment.restore(repository.folder, *place).wait(3)
    assert files_under(server.folder) == before
    deployment.restore(repository.folder, "--move-aside", *place).wait()
    [aside] = server.folder.glob("before-restore-*")
    assert all(before[str(name)] == text for name, text in files_under(aside).items()) and files_under(aside)
    server.start()
    wait_until(lambda: server.client.ask("PING") == "PONG", 20, "it has loaded")
    assert digest(server) == repository.manifest()["datasets"][0]["digest"] and server.client.ask("EXISTS", "old") == "0"
    server.stop()


def test_secrets_and_the_exporter(deployment, repository):
    with CommandLines(PASSWORD) as lines:
        told = deployment.backup(repository).wait()
        told += deployment.restore(repository.folder, f"--status-dir={repository.status_folder}").wait()
    assert lines.rounds > 20 and not lines.found
    everything = {**files_under(repository.folder), **files_under(repository.status_folder)}
    assert PASSWORD not in told and not any(PASSWORD.encode() in text for text in everything.values())

    # As another user reads it.
    assert repository.status_folder.stat().st_mode & 0o777 == 0o755 and repository.folder.stat().st_mode & 0o077 == 0
    exporter = deployment.place.exporter(deployment.master, f"--redis.password-file={deployment.password_file}",
                                         f"--backup.status-dir={repository.status_folder}")
    labels = {"service": "redis", **repository.labels}
    page = exporter.scrape()
    success = page.value("backup_last_success_timestamp_seconds", **labels)
    assert success == repository.manifest()["finished"] and page.value("backup_last_exit_code", **labels) == 0
    assert page.value("backup_retained", **labels) == 1
    wrong = deployment.folder / "wrong"
    wrong.write_text("not the password")
    Run("redis-backup.sh", [f"--redis={deployment.master.address}", "--user=backup", f"--password-file={wrong}", *repository.options]).wait(4)
    page = exporter.wait(lambda page: page.value("backup_last_exit_code", **labels) == 4, 30, "the failure is published")
    assert page.value("backup_last_success_timestamp_seconds", **labels) == success and page.value("backup_retained", **labels) == 1


@pytest.mark.skipif(redis_before_7(), reason="its append-only file is one file, which is rewritten in place")
def test_the_append_only_file(deployment, repository):
    server = deployment.place.server("appendonly yes", "auto-aof-rewrite-percentage 77", f"requirepass {PASSWORD}", *debug())
    server.start()
    assert server.client.ask("EVAL", FILL, "0") == "1" and server.client.ask("BGREWRITEAOF").startswith("Background")
    login = [f"--redis={server.address}", f"--password-file={deployment.password_file}", f"--aof={server.folder}"]
    with Writer(server.client):
        Run("redis-backup.sh", [*login, *repository.options]).wait()
    assert server.client.setting("auto-aof-rewrite-percentage") == "77" and not list(server.folder.glob(".redis-*"))
    assert repository.status("info", method="aof", encrypted="no") == 1 and repository.manifest()["items"]["keys"] >= 3014
    Run("redis-backup.sh", [*login[:2], f"--aof={deployment.folder}", *repository.options]).wait(3)

    # Quiet, so that the digest is the server's own.
    Run("redis-backup.sh", [*login, *repository.options]).wait()
    dataset = repository.manifest()["datasets"][0]
    assert dataset["digest"] == digest(server)
    target = deployment.place.server("appendonly yes", f"requirepass {PASSWORD}", *debug())
    place = ["--in-place", f"--data-dir={target.folder}", f"--redis={target.address}"]
    deployment.restore(repository.folder, "--appendonly=no", *place).wait(64)
    deployment.restore(repository.folder, *place).wait()
    target.start()
    wait_until(lambda: target.client.ask("PING") == "PONG", 20, "it has loaded")
    assert digest(target) == dataset["digest"]
    server.stop()

    [incremental] = sorted(repository.backups()[-1].glob("appendonlydir/*.incr.aof"))[-1:]
    incremental.write_bytes(b"*1\r\nno command")
    deployment.restore(repository.folder).wait(5)


def test_memory_and_dead_restores(deployment, repository, held):
    client = held.temporary / "redis-cli"
    client.write_text(f"""#!/bin/sh
'{program("REDIS_CLI")}' "$@" | sed 's/^used_memory:.*/used_memory:999999999999999\\r/'
""")
    client.chmod(0o755)
    assert "of memory are needed" in deployment.backup(repository, environment={"REDIS_CLI": str(client)}).wait(3)
    assert repository.status("last_exit_code") == 3 and not repository.partials()
    client.unlink()
    deployment.backup(repository).wait()

    # The server of the trial comes too late to be one: --timeout would end it long after this test.
    server = held.temporary.parent / "redis-server"
    server.write_text(f"""#!/bin/sh
case $1 in --version) exec '{program("REDIS_SERVER")}' "$@" ;; esac
touch '{held.reached}'; exec sleep 60
""")
    server.chmod(0o755)
    run = deployment.restore(repository.folder, environment={**held.environment, "REDIS_SERVER": str(server)})
    held.wait()
    assert len(os.listdir(held.temporary)) == 2
    run.process.kill()
    run.wait(-signal.SIGKILL)
    assert len(os.listdir(held.temporary)) == 2
    told = deployment.restore(repository.folder, environment={"TMPDIR": str(held.temporary)}).wait()
    assert "which a restore left that was killed" in told and not os.listdir(held.temporary)
