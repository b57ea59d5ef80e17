"""A replica set that is backed up: data of all kinds, who writes to it meanwhile, and programs that misbehave."""
import json
import pathlib
import sys

from backup_script import Run
from deployment import Stack, wait_until
from servers import program, run_mongosh, start_mongosh

# Every BSON type, and what collections, indexes and users can be like.
FILL = r"""
const shop = db.getSiblingDB('shop');
shop.types.insertMany([
  {_id: 1, double: Double(1.5), string: 'ü\u0000', object: {b: 1, a: {}}, array: [1, [], null], binary: BinData(0, 'AAEC'), uuid: UUID(),
   yes: true, date: ISODate('1969-12-31T23:59:59.999Z'), nothing: null, regex: /a.b/im, code: Code('function() {}'), int: Int32(-7),
   time: Timestamp({t: 7, i: 9}), long: Long('9007199254740993'), decimal: Decimal128('1.10'), least: MinKey(), greatest: MaxKey()},
  {_id: {a: 1, b: ObjectId()}}, {_id: 'text'}, {_id: Decimal128('NaN')}, {_id: Long('5')},
]);
shop.orders.insertMany(Array.from({length: 3000}, (_, i) => ({_id: i, number: i, at: new Date(), text: `order ${i}`, padding: 'x'.repeat(i % 300)})));
shop.orders.createIndexes([{number: 1}], {unique: true, partialFilterExpression: {number: {$gt: 5}}});
shop.orders.createIndexes([{at: 1}], {expireAfterSeconds: 86400});
shop.orders.createIndexes([{text: 'text'}], {default_language: 'german'});
shop.orders.createIndexes([{padding: 1, number: -1}], {collation: {locale: 'de', strength: 1}, sparse: true, hidden: true});
shop.orders.createIndexes([{'$**': 1}]);
shop.createCollection('french', {collation: {locale: 'fr'}, validator: {x: {$exists: true}}, validationLevel: 'moderate'});
shop.createCollection('capped', {capped: true, size: 65536, max: 50});
for (let i = 99; i > 0; i--) shop.capped.insertOne({_id: i});
shop.createCollection('weather', {timeseries: {timeField: 'at', metaField: 'where', granularity: 'minutes'}, expireAfterSeconds: 864000});
shop.weather.insertMany(Array.from({length: 200}, (_, i) => ({at: new Date(Date.now() - i * 1e6), where: i % 3, degrees: i / 7})));
shop.createView('large', 'orders', [{$match: {number: {$gt: 2990}}}], {collation: {locale: 'fr'}});
db.getSiblingDB('other').things.insertOne({_id: 1});
shop.createRole({role: 'clerk', privileges: [{resource: {db: 'shop', collection: 'orders'}, actions: ['find']}], roles: []});
shop.createUser({user: 'shop', pwd: 'of-the-shop', roles: ['clerk']});
// As docs/backup.md says what a restore wants; the last role is for --drop.
db.getSiblingDB('admin').createUser({user: 'restore', pwd: 'RESTORE', roles: ['restore', 'readAnyDatabase', 'dbAdminAnyDatabase']});
"""
RESTORE_PASSWORD = "planted: 'word' #\\/@%"

# One after another: a copy of one moment has all numbers up to some, and of `second` at most one less than of `first`. Both are so large that
# a dump cannot have read them at the same time.
WRITE = """
const shop = db.getSiblingDB('shop');
for (const each of [shop.first, shop.second]) each.insertMany(Array.from({length: 300}, (_, i) => ({_id: -i, padding: 'x'.repeat(10000)})));
for (let i = 1; !fs.existsSync('ENDING'); i++) {
  shop.first.insertOne({_id: i});
  shop.second.insertOne({_id: i});
  fs.writeFileSync('PROGRESS', `${i}`);
}
"""


class Deployment:
    """The stack's set, and logins in files."""

    def __init__(self):
        self.stack = Stack("mongo")
        self.folder = pathlib.Path(self.stack.folder)
        nodes = self.stack.status()["nodes"].values()
        self.logs = {node["address"]: pathlib.Path(node["log"]) for node in nodes if node["service"] == "mongo"}
        self.addresses = ",".join(self.logs)
        self.passwords = {"backup": pathlib.Path(self.stack.secret("mongo-backup")), "restore": self.folder / "restore-password"}
        self.passwords["restore"].write_text(RESTORE_PASSWORD + "\n")
        self.shell(FILL.replace("'RESTORE'", json.dumps(RESTORE_PASSWORD)))

    def purge(self):
        self.stack.purge()

    def shell(self, script):
        return run_mongosh(self.stack, script)

    def primary(self):
        return self.shell("print(db.hello().primary)").strip()

    def login(self, user):
        return [f"--user={user}", f"--password-file={self.passwords[user]}"]

    def secret(self, user):
        return self.passwords[user].read_text().strip()

    def backup(self, repository, *arguments, environment=None):
        return backup(self.addresses, repository, *self.login("backup"), *arguments, environment=environment)

    def restore(self, source, *arguments):
        return restore(source, *arguments)

    def restore_into(self, source, *arguments):
        return restore(source, f"--mongo={self.addresses}", *self.login("restore"), *arguments)

    def dumped(self):
        """How often mongodump said who it is, by the member's address."""
        return {address: log.read_text().count('"name":"mongodump"') for address, log in self.logs.items()}


def tools(environment):
    names = ("MONGOD", "MONGOSH", "MONGODUMP", "MONGORESTORE")
    return {**{name: program(name) for name in names}, **(environment or {})}


def backup(addresses, repository, *arguments, environment=None):
    return Run("mongo-backup.sh", [f"--mongo={addresses}", *repository.options, *arguments], tools(environment))


def restore(source, *arguments, environment=None):
    return Run("mongo-restore.sh", [f"--from={source}", *arguments], tools(environment))


class Writer:
    """Writes to the deployment until it is left."""

    def __init__(self, deployment):
        self.ending, self.progress = deployment.folder / "ending", deployment.folder / "progress"
        script = WRITE.replace("ENDING", str(self.ending)).replace("PROGRESS", str(self.progress))
        self.shell = start_mongosh(deployment.stack, script)

    def __enter__(self):
        wait_until(self.progress.exists, 30, "writes go on")
        return self

    def __exit__(self, *_):
        self.ending.touch()
        output, _ = self.shell.communicate(timeout=30)
        assert self.shell.returncode == 0, output


class Instead:
    """A program that does something around the real one; `after` has its code in $code."""

    def __init__(self, folder, name, before="", after=""):
        path = pathlib.Path(folder) / f"instead-of-{name.lower()}"
        path.write_text(f'#!/bin/bash\n{before}\n"{program(name)}" "$@"\ncode=$?\n{after}\nexit "$code"\n')
        path.chmod(0o755)
        self.environment = {name: str(path)}


SLOW = """
import pathlib, subprocess, sys, time
progress, words = pathlib.Path('PROGRESS'), sys.argv[1:]
files = [word.partition('=')[2] for word in words if word.startswith('--archive=')]
if not files:
    sys.exit(subprocess.run(['REAL', *words]).returncode)
words = ['--archive' if word.startswith('--archive=') else word for word in words]
run = subprocess.Popen(['REAL', *words, '--numParallelCollections=1'], stdout=subprocess.PIPE)
with open(files[0], 'wb') as archive:
    while piece := run.stdout.read(500000):
        archive.write(piece)
        seen, end = progress.read_text(), time.monotonic() + 10
        while progress.read_text() == seen and time.monotonic() < end:
            time.sleep(0.01)
sys.exit(run.wait())
"""


def slow_dump(folder, writer):
    """An environment in which mongodump goes on only as the writer does."""
    path = pathlib.Path(folder) / "slow-mongodump"
    path.write_text(f"#!{sys.executable}" + SLOW.replace("REAL", program("MONGODUMP")).replace("PROGRESS", str(writer.progress)))
    path.chmod(0o755)
    return {"MONGODUMP": str(path)}
