"""MongoDB's acceptance lines."""
import json

from compose_stack import wait_until
from lines import line

MEMBERS = ["mongo-1", "mongo-2", "mongo-3"]
USERS = {"admin": "mongo-admin", "replicawatch": "mongo-exporter", "backup": "mongo-backup"}

# One mongosh for all of it: each start takes a second or more.
AUTHENTICATION = """
for (const member of %s) {
  for (const [user, secret] of Object.entries(%s)) {
    if (connectAs(user, secret, `${member}:27017`).getDB('admin').runCommand({connectionStatus: 1}).ok !== 1) throw new Error(`${user} on ${member}`);
  }
  let refused = 'nothing';
  try {
    new Mongo(`mongodb://${member}:27017/admin?directConnection=true`).getDB('admin').getUsers();
  } catch (error) {
    refused = error.message;
  }
  if (!refused.includes('requires authentication')) throw new Error(`without a login ${member} refuses ${refused}`);
}
"""


class Mongo:
    service = "mongo"

    def __init__(self, stack):
        self.stack = stack
        self.stopped = None
        self.writer = None

    def _states(self, member=None):
        answer = self.stack.mongo(
            "print(JSON.stringify(connection.getDB('admin').adminCommand({replSetGetStatus: 1}).members.map(m => [m.name, m.stateStr])))",
            f"{member}:27017" if member else None)
        return {name.split(":")[0]: state for name, state in json.loads(answer)}

    def primary(self, among=MEMBERS):
        """Its name, as the members that are asked have it; None while there is none."""
        for member in among:
            try:
                states = self._states(member)
            except AssertionError:
                continue
            return next((name for name, state in states.items() if state == "PRIMARY"), None)
        return None

    def healthy(self):
        with line("mongo: rs.status() has 3 members, 1 PRIMARY, 2 SECONDARY"):
            wait_until(lambda: sorted(self._states().values()) == ["PRIMARY", "SECONDARY", "SECONDARY"], 60, "one primary, two secondaries")
        with line("mongo: authentication holds, and each user logs in on every member"):
            self.stack.mongo(AUTHENTICATION % (json.dumps(MEMBERS), json.dumps(USERS)))

    def writes(self):
        with line("mongo: a write with w:majority is on every member"):
            self.stack.mongo("connection.getDB('smoke').test.updateOne({_id: 1}, {$set: {at: new Date()}}, {upsert: true, writeConcern: {w: 3, wtimeout: 10000}})")

    def backed_up(self):
        with line("mongo: a dump of a secondary is made and verified, and its state is published"):
            self.stack.backup("mongo")
            self.stack.exporter("mongo").wait(lambda page: page.value("backup_last_exit_code") == 0, 30, "the exporter tells of it")
        with line("mongo: restored to a temporary database, counts and hashes are as they were"):
            self.stack.restore("mongo", "--cluster", "rs0", "--mongo", "mongo-1:27017,mongo-2:27017,mongo-3:27017", "--user", "admin",
                               "--password-file", "/run/secrets/mongo-admin", "--db", "smoke", "--target-db", "smoke_restored")
            hashes = self.stack.mongo("for (const name of ['smoke', 'smoke_restored']) print(connection.getDB(name).runCommand({dbHash: 1}).md5)", self.primary() + ":27017")
            assert len(set(hashes.split())) == 1, hashes
            self.stack.mongo("connection.getDB('smoke_restored').dropDatabase()")

    def stop(self):
        self.stopped = self.primary()
        self.stack.run_in("mongo-client", "rm -f /tmp/writer.*")
        self.writer = self.stack.start_in("mongo-client", "mongosh --nodb --norc --quiet /clients/writer.js")
        wait_until(lambda: self._written() > 10, 30, "the writer writes")
        self.stack.compose("stop", self.stopped)

    def _written(self):
        return int(self.stack.run_in("mongo-client", "cat /tmp/writer.count 2>/dev/null || echo 0"))

    def takes_over(self):
        others = [member for member in MEMBERS if member != self.stopped]
        with line("mongo: the primary's container is stopped: a new PRIMARY within 60 s") as note:
            note(f"{self.stopped}, then {wait_until(lambda: self.primary(others), 60, 'a new primary')}")
        with line("mongo: the write goes on") as note:
            before = self._written()
            wait_until(lambda: self._written() > before + 10, 60, "more writes are acknowledged")
            self.stack.run_in("mongo-client", "touch /tmp/writer.stop")
            output, _ = self.writer.communicate(timeout=60)
            result = json.loads(output.splitlines()[-1])
            self.acknowledged = result["acknowledged"]
            note(f"{len(self.acknowledged)} acknowledged, longest gap {result['longest_gap_seconds']:.1f} s")

    def returns(self):
        with line("mongo: the old primary returns as SECONDARY"):
            self.stack.compose("start", self.stopped)
            wait_until(lambda: self._states().get(self.stopped) == "SECONDARY", 60, f"{self.stopped} is SECONDARY")
        with line("mongo: no acknowledged write is lost, on any member"):
            for member in MEMBERS:
                wait_until(lambda: self._lost(member) == 0, 30, f"{member} has all of {len(self.acknowledged)}")

    def _lost(self, member):
        ids = self.stack.mongo("connection.setReadPref('secondaryPreferred'); print(JSON.stringify("
                               "connection.getDB('smoke').writes.distinct('_id')))", f"{member}:27017")
        return len(set(self.acknowledged) - set(json.loads(ids)))

    cut_off = "mongo-3"

    def choose_cut_off(self):
        """A member that is not primary, so that the alert of a dead member is the one to expect."""
        self.cut_off = next(member for member in MEMBERS if member != self.primary())
