"""scripts/mongo-backup.sh and scripts/mongo-restore.sh on real sets."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from authority import Authority
from backup_script import CommandLines, Repository, age_identity, files_under
from deployment import wait_until
from mongo_backup_place import Deployment  # noqa: F401  # conftest's `deployment` makes one
from mongo_backup_place import Instead, Writer, backup, restore, slow_dump
from mongo_set import PASSWORD, MongoSet
from servers import program

# Compares two databases; prints what the writer's collections have in the second one.
COMPARE = """
const [here, there] = ['FROM', 'TO'].map((name) => db.getSiblingDB(name));
const text = (value) => EJSON.stringify(value, {relaxed: false});
const same = (what, one, other) => { if (text(one) !== text(other)) throw new Error(`${what}: ${text(one)} is not ${text(other)}`); };
const infos = (own) => own.getCollectionInfos({name: {$nin: ['first', 'second', 'system.views']}})
  .map(({info, ...rest}) => rest).sort((a, b) => a.name < b.name ? -1 : 1);
same('collections', infos(here), infos(there));
for (const {name, type} of infos(here)) {
  const all = (own) => own.getCollection(name).find().sort({_id: 1}).toArray();
  if (!name.startsWith('system.')) same(name, all(here), all(there));
  const indexes = (own) => own.getCollection(name).getIndexes().sort((a, b) => a.name < b.name ? -1 : 1);
  if (type === 'collection') same(`indexes of ${name}`, indexes(here), indexes(there));
}
same('order of capped', here.capped.find().toArray(), there.capped.find().toArray());
const ids = (name) => there.getCollection(name).find({_id: {$gt: 0}}).sort({_id: 1}).toArray().map(({_id}) => _id);
print(JSON.stringify([ids('first'), ids('second')]));
"""


class Made:
    """A backup that was made while there were writes, and what was seen meanwhile."""

    def __init__(self, deployment, folder):
        self.repository = Repository(folder / "repository")
        before = deployment.dumped()
        with Writer(deployment) as writer, CommandLines(deployment.secret("backup")) as self.lines:
            self.told = deployment.backup(self.repository, "--min-window=1m", environment=slow_dump(folder, writer)).wait()
        self.dumped = [address for address, times in deployment.dumped().items() if times > before[address]]
        [self.backup] = self.repository.backups()


@pytest.fixture(scope="module")
def made(deployment, tmp_path_factory):
    return Made(deployment, tmp_path_factory.mktemp("made"))


def contents(backup):
    return json.loads((backup / "contents.json").read_text())


def test_of_one_moment_and_from_a_secondary(deployment, made):
    manifest = made.repository.manifest()
    assert made.dumped == [manifest["source"]["member"]] != [deployment.primary()]
    assert manifest["verified"] and manifest["source"]["state"] == "SECONDARY" and manifest["source"]["set"] == "rs0"
    assert manifest["items"]["users"] == 5 and manifest["items"]["roles"] == 1
    assert set(contents(made.backup)["hashes"]) == {"shop", "other"}
    start, end = (manifest["oplog"][name]["$timestamp"] for name in ("start", "end"))
    assert (start["t"], start["i"]) < (end["t"], end["i"])

    with CommandLines(deployment.secret("restore")) as lines:
        told = deployment.restore_into(made.backup, "--db=shop", "--target-db=back").wait()
    assert lines.rounds > 20 and not lines.found and deployment.secret("restore") not in told
    first, second = json.loads(deployment.shell(COMPARE.replace("FROM", "shop").replace("TO", "back")).splitlines()[-1])
    assert len(first) >= 5 and first == list(range(1, len(first) + 1)) and second == first[:len(second)]
    assert len(first) - len(second) in (0, 1), told
    before = deployment.shell("print(db.getSiblingDB('back').types.countDocuments())")
    assert "has a database back already" in deployment.restore_into(made.backup, "--db=other", "--target-db=back").wait(3)
    assert deployment.shell("print(db.getSiblingDB('back').types.countDocuments())") == before
    deployment.shell("db.getSiblingDB('back').dropDatabase()")


def test_a_trial(made):
    restore(made.repository.folder, f"--status-dir={made.repository.status_folder}").wait()
    for name in ("timestamp_seconds", "duration_seconds", "data_age_seconds"):
        assert made.repository.status("restore_drill_" + name) > 0
    assert not list(pathlib.Path("/tmp").glob("mongo-restore.*/running.*"))


def test_in_place(deployment, made):
    deployment.shell("""
      const shop = db.getSiblingDB('shop');
      shop.orders.deleteMany({}); shop.extra.insertOne({}); shop.dropUser('shop'); db.getSiblingDB('new').kept.insertOne({_id: 1});
    """)
    digest = "print(EJSON.stringify(['shop', 'other', 'new'].map((name) => db.getSiblingDB(name).runCommand({dbHash: 1}).md5)))"
    before = deployment.shell(digest)
    assert "has data already" in deployment.restore_into(made.backup, "--in-place").wait(3)
    assert deployment.shell(digest) == before

    assert "documents, as they should be" in deployment.restore_into(made.backup, "--in-place", "--drop", "--with-users").wait()
    state = deployment.shell("""
      const shop = db.getSiblingDB('shop');
      const counts = [shop.orders, shop.extra, db.getSiblingDB('new').kept].map((collection) => collection.countDocuments());
      print(`${counts} ${shop.getUser('shop').roles[0].role}`);
      db.getSiblingDB('new').dropDatabase();
    """)
    assert state.strip() == "3000,0,1 clerk"


def test_damage_is_refused(deployment, made, tmp_path):
    def flip(data):
        return data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1:]

    def refused(name, change, what):
        copy = tmp_path / name.replace("/", "-") / made.backup.name
        shutil.copytree(made.backup, copy)
        (copy / name).write_bytes(change((copy / name).read_bytes()))
        # Nothing listens there: it is refused before anybody is asked.
        told = restore(copy, "--in-place", "--drop", "--mongo=127.0.0.1:1").wait(5)
        assert what in told and "nothing was touched" in told
        shutil.rmtree(copy)

    refused("dump.archive", lambda data: data[:-1], "bytes instead of")
    refused("dump.archive", flip, "checksum of the manifest")
    refused("contents.json", flip, "checksum of the manifest")
    unfinished = tmp_path / f"{made.backup.name}.partial"
    shutil.copytree(made.backup, unfinished)
    assert "is not complete" in restore(unfinished).wait(5)


def test_an_archive_of_another_state(deployment, made, repository, tmp_path):
    """What mongodump wrote is not what the source has: an older archive."""
    deployment.shell("db.getSiblingDB('other').things.insertOne({_id: 2}); db.getSiblingDB('other').things.createIndex({a: 1})")
    copy = f'for word; do [[ $word != --archive=* ]] || cp {made.backup}/dump.archive "${{word#*=}}"; done'
    told = deployment.backup(repository, environment=Instead(tmp_path, "MONGODUMP", after=copy).environment).wait(5)
    assert "differs: other.things has 1 documents instead of 2" in told and "other.things has other indexes" in told
    assert not repository.backups() and not repository.partials()
    assert repository.status("last_exit_code") == 5 and repository.status("last_verify_mismatches") >= 2


def test_documents_that_fail(made, tmp_path):
    """mongorestore ends with 0 then."""
    failing = Instead(tmp_path, "MONGORESTORE", before="exec 2> >(sed 's/ 0 document(s) failed/ 3 document(s) failed/' >&2)")
    assert "3 document(s) failed to restore" in restore(made.backup, environment=failing.environment).wait(5)


def test_preflight(deployment, repository, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("planted-wrong-word")
    refused = backup(deployment.addresses, repository, "--user=backup", f"--password-file={wrong}")
    short = deployment.backup(Repository(tmp_path / "short"), "--min-window=9000y")
    told = refused.wait(4)
    assert "refuses the login" in told and "planted-wrong-word" not in told and not repository.backups()
    assert "the oplog of" in short.wait(3)


def test_the_last_run_tells_how_far_the_oplog_must_reach(deployment, made, tmp_path):
    old = Repository(tmp_path / "old")
    shutil.copytree(made.repository.folder, old.folder)
    [manifest] = old.folder.glob("*/manifest.json")
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "started": 0}))
    assert "the oplog of" in deployment.backup(old).wait(3)


def test_ended_then_encrypted(deployment, repository, tmp_path):
    reached, temporary = tmp_path / "reached", tmp_path / "temporary"
    temporary.mkdir()
    held = Instead(tmp_path, "MONGODUMP", after=f"touch {reached}; sleep 1000")
    run = deployment.backup(repository, environment={**held.environment, "TMPDIR": str(temporary)})
    wait_until(reached.exists, 30, "the dump is under way")
    run.process.send_signal(signal.SIGTERM)
    run.wait(75, seconds=20)
    assert not repository.backups() and not repository.partials() and not os.listdir(temporary)
    assert repository.status("last_exit_code") == 75 and repository.status("last_success_timestamp_seconds") is None

    keys = [tmp_path / "key", tmp_path / "other-key"]
    recipient, _ = map(age_identity, keys)
    deployment.backup(repository, f"--encrypt-to={recipient}", "--gzip", "--no-scratch").wait()
    [made] = repository.backups()
    stored = files_under(made)
    assert set(stored) == {"contents.json.age", "dump.archive.age", "manifest.json", "manifest.json.sha256"}
    assert not repository.manifest()["verified"] and repository.status("last_exit_code") == 0
    assert "cannot decrypt" in restore(made, f"--identity={keys[1]}").wait(5)
    restore(made, f"--identity={keys[0]}").wait()


def test_secrets_and_status(deployment, made):
    secrets = [deployment.secret(user).encode() for user in ("backup", "restore")]
    everything = {**files_under(made.repository.folder), **files_under(made.repository.status_folder), "told": made.told.encode()}
    assert not [name for name, data in everything.items() if any(secret in data for secret in secrets)]
    assert made.lines.rounds > 20 and not made.lines.found

    usual = deployment.stack.status()["exporters"]["mongo"]
    arguments = [*usual["arguments"], f"--backup.status-dir={made.repository.status_folder}"]
    page = deployment.stack.exporter("mongo", arguments, usual["environment"]).scrape()
    labels = {"service": "mongo", **made.repository.labels}
    assert page.value("backup_last_success_timestamp_seconds", **labels) == made.repository.manifest()["finished"]
    assert page.value("backup_last_exit_code", **labels) == 0
    assert page.value("backup_last_items", kind="documents", **labels) == made.repository.manifest()["items"]["documents"]


@pytest.fixture(scope="module")
def odd_set():
    """A primary, a hidden member and a delayed one; they want TLS with a certificate of the client."""
    folder = tempfile.mkdtemp(prefix="replicawatch-mongo-")
    authority = Authority(folder)
    authority.issue("member", "IP:127.0.0.1")
    pem = pathlib.Path(folder, "member.pem")
    pem.write_text("".join(pathlib.Path(folder, f"member.{part}").read_text() for part in ("crt", "key")))
    pem.chmod(0o600)
    made = MongoSet(
        [{}, {"priority": 0, "hidden": True}, {"priority": 0, "hidden": True, "secondaryDelaySecs": 3600}], folder=folder,
        arguments=["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(pem), "--tlsCAFile", f"{folder}/ca.crt"],
        options=f"tls=true&tlsCAFile={folder}/ca.crt&tlsCertificateKeyFile={pem}",
    )  # fmt: skip
    pathlib.Path(folder, "password").write_text(PASSWORD)
    made.login = ["--user=admin", f"--password-file={folder}/password", "--tls", f"--ca-file={folder}/ca.crt", f"--cert-file={pem}"]
    made.shell("db.getSiblingDB('shop').things.insertMany([{_id: 1}, {_id: 2}])")
    ready = "print(rs.status().members.every(({state}) => state === 1 || state === 2))"
    wait_until(lambda: made.shell(ready) == "true", 60, "all members have their data")
    yield made
    made.purge()


def test_which_member(odd_set, repository):
    primary, hidden, delayed = odd_set.nodes[:3]
    login = [*odd_set.login, "--no-scratch"]

    told = backup(primary.address, repository, *login).wait(3)
    assert f"{hidden.address} is hidden" in told and f"{delayed.address} is delayed" in told and not repository.backups()
    backup(primary.address, repository, *login, "--allow-primary").wait()
    source = repository.manifest()["source"]
    assert (source["member"], source["state"]) == (primary.address, "PRIMARY")
    backup(f"127.0.0.1:1,{hidden.address}", repository, *login, "--hidden").wait()
    assert repository.manifest()["source"]["member"] == hidden.address
    restore(repository.folder, f"--mongo={hidden.address}", *odd_set.login, "--db=shop", "--target-db=back").wait()
    assert odd_set.shell("print(db.getSiblingDB('back').things.countDocuments())") == "2"

    odd_set.fail_point(hidden, "stopReplProducer", mode="alwaysOn")
    # Most of the three do not get it now.
    behind = f"""
      db.getSiblingDB('shop').things.insertOne({{}}, {{writeConcern: {{w: 1}}}});
      const at = (name) => rs.status().members.find((member) => member.name === name).optimeDate;
      print(at('{primary.address}') - at('{hidden.address}') > 2000);
    """
    wait_until(lambda: odd_set.shell(behind) == "true", 30, "the hidden member is behind")
    told = backup(primary.address, repository, *login, "--hidden", "--max-lag=1s").wait(3)
    assert f"{hidden.address} is " in told and "s behind" in told
    odd_set.fail_point(hidden, "stopReplProducer", mode="off")


def ask_alone(node, script):
    """What mongosh prints."""
    environment = {**os.environ, "HOME": str(node.data.parent)}
    command = [program("MONGOSH"), "--quiet", "--norc", f"{node.address}/admin", "--eval", script]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()


def test_a_server_alone_and_a_shard(odd_set, repository):
    # What has expired goes at once, when it may: while a restore is compared, or before.
    alone = odd_set.add_server(arguments=["--setParameter", "ttlMonitorSleepSecs=1", "--setParameter", "ttlMonitorEnabled=false"])
    ask_alone(alone, """
      const shop = db.getSiblingDB('shop');
      shop.things.insertMany([{a: 1}, {a: 2}]);
      shop.sessions.insertMany([{at: new Date(0)}, {at: new Date()}]);
      shop.sessions.createIndex({at: 1}, {expireAfterSeconds: 86400});
    """)
    told = backup(alone.address, repository).wait()
    assert "is in no replica set" in told and repository.manifest()["items"]["documents"] == 4 and repository.manifest()["oplog"] is None
    restore(repository.folder).wait()
    ask_alone(alone, "db.adminCommand({setParameter: 1, ttlMonitorEnabled: true})")
    restore(repository.folder, f"--mongo={alone.address}", "--in-place", "--drop").wait()
    wait_until(lambda: "1" == ask_alone(alone, "print(db.getSiblingDB('shop').sessions.countDocuments())"), 20, "the expired one is gone")

    ask_alone(alone, "db.getCollection('system.version').insertOne({_id: 'shardIdentity', shardName: 'a'})")
    assert "belongs to a sharded cluster" in backup(alone.address, repository).wait(3)
