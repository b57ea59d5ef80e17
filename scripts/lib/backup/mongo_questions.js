// What the backup and restore scripts ask MongoDB servers. Run by `mongosh --nodb`; the question is the environment variable
// REPLICAWATCH_QUESTION (it holds no secret), the answer one line of JSON: `answer`, or `failure` with an exit code and a text.
// A start of mongosh takes a second, so that each question asks all that can be asked at once.
const fs = require('fs');
const question = JSON.parse(process.env.REPLICAWATCH_QUESTION);
const PREFLIGHT = 3, DUMP = 4, RETRY = 75; // scripts/lib/backup.sh
const OWN_DATABASES = ['admin', 'config', 'local'];
const durable = {w: 'majority', wtimeout: 60000};
const password = question.passwordFile ? fs.readFileSync(question.passwordFile, 'utf8').replace(/\n+$/, '') : '';

class Failure extends Error {
  constructor(code, message) {
    super(message);
    this.exitCode = code;
  }
}

function connect(address) {
  const login = question.user ? `${encodeURIComponent(question.user)}:${encodeURIComponent(password)}@` : '';
  const source = question.user ? `&authSource=${encodeURIComponent(question.authDb)}` : '';
  const options = 'directConnection=true&serverSelectionTimeoutMS=5000&connectTimeoutMS=5000&appName=replicawatch-backup';
  return new Mongo(`mongodb://${login}${address}/admin?${options}${source}${question.options}`).getDB('admin');
}

function isRefusal(error) {
  return error.code === 18 || error.code === 13 || /authentication failed|not authorized|requires authentication/i.test(error.message);
}

const first = (array) => array.length > 0 ? array[0] : null;

// --- Finding the source

function firstThatAnswers() {
  const reasons = [];
  for (const address of question.addresses) {
    try {
      const db = connect(address);
      return {address, db, hello: db.adminCommand({hello: 1})};
    } catch (error) {
      if (isRefusal(error)) throw new Failure(DUMP, `${address} refuses the login: ${error.message}`);
      reasons.push(`${address}: ${error.message}`);
    }
  }
  throw new Failure(RETRY, `no member answers: ${reasons.join('; ')}`);
}

// Each shard can be dumped, but all of them together have no common moment without something that stops the balancer and transactions.
function refuseShards({address, db, hello}) {
  const why = 'dumps of its shards would not be of one moment';
  if (hello.msg === 'isdbgrid') throw new Failure(PREFLIGHT, `${address} is a mongos: sharded clusters are not backed up, ${why}`);
  const shard = hello.configsvr !== undefined || db.getCollection('system.version').findOne({_id: 'shardIdentity'});
  if (shard) throw new Failure(PREFLIGHT, `${address} belongs to a sharded cluster, which is not backed up: ${why}`);
}

function oplogEnds(db) {
  const oplog = db.getSiblingDB('local').getCollection('oplog.rs');
  const end = (direction) => oplog.find({}, {ts: 1}).sort({$natural: direction}).limit(1).toArray()[0].ts;
  return {first: end(1), last: end(-1)};
}

const seconds = (ts) => ts.getHighBits();

// How far the oplog reaches back at this rate of writes once it is full: that of a young set has not lost anything yet.
function window(db) {
  const {first: from, last} = oplogEnds(db);
  const stats = db.getSiblingDB('local').runCommand({collStats: 'oplog.rs'});
  return Math.floor((seconds(last) - seconds(from) + 1) * Math.max(1, stats.maxSize / Math.max(1, stats.size)));
}

// Why a member is not taken, or nothing.
function objection(member, settings, newest) {
  const named = question.member !== '';
  if (named && member.name !== question.member) return 'is not the one named';
  if (member.state !== 2 && !(named && question.allowPrimary && member.state === 1)) return `is ${member.stateStr}`;
  if (!settings.buildIndexes) return 'has no indexes (buildIndexes: false)';
  if (!named && Number(settings.secondaryDelaySecs || settings.slaveDelay || 0) > 0) return 'is delayed';
  if (!named && settings.hidden && !question.hidden) return 'is hidden';
  const lag = (newest - member.optimeDate) / 1000;
  return lag > question.maxLag ? `is ${lag} s behind` : '';
}

function sourceAt(address, lag) {
  const db = connect(address);
  const hello = db.adminCommand({hello: 1});
  const databases = db.adminCommand({listDatabases: 1}).databases.map(({name}) => name).filter((name) => name !== 'local');
  const sum = (field) => databases.reduce((total, name) => total + Number(db.getSiblingDB(name).runCommand({dbStats: 1})[field]), 0);
  const source = {
    member: address,
    set: hello.setName || null,
    state: !hello.setName ? 'STANDALONE' : hello.secondary ? 'SECONDARY' : 'PRIMARY',
    version: db.adminCommand({buildInfo: 1}).version,
    featureCompatibilityVersion: db.adminCommand({getParameter: 1, featureCompatibilityVersion: 1}).featureCompatibilityVersion.version,
    bytes: sum('dataSize'),
    storageBytes: sum('totalSize'),
  };
  return hello.setName ? {...source, primary: hello.primary || null, lag, window: window(db), start: oplogEnds(db).last} : source;
}

function source() {
  const seed = firstThatAnswers();
  refuseShards(seed);
  if (!seed.hello.setName) return sourceAt(seed.address);
  const {members} = seed.db.adminCommand({replSetGetStatus: 1});
  const settings = new Map(seed.db.adminCommand({replSetGetConfig: 1}).config.members.map((member) => [member.host, member]));
  const newest = Math.max(...members.filter(({state}) => state === 1 || state === 2).map(({optimeDate}) => optimeDate.getTime()));
  const reasons = [];
  for (const member of members.sort((a, b) => b.optimeDate - a.optimeDate)) {
    let reason = objection(member, settings.get(member.name), newest);
    try {
      if (!reason) return checkWindow(sourceAt(member.name, (newest - member.optimeDate) / 1000));
    } catch (error) {
      if (isRefusal(error) || error instanceof Failure) throw error;
      reason = `does not answer: ${error.message}`;
    }
    reasons.push(`${member.name} ${reason}`);
  }
  const primary = members.find(({state}) => state === 1);
  if (question.allowPrimary && !question.member && primary) return checkWindow(sourceAt(primary.name, 0));
  throw new Failure(PREFLIGHT, `no member of ${seed.hello.setName} can be dumped: ${reasons.join('; ')}` +
    (question.member ? '' : ' (--allow-primary takes the primary)'));
}

function checkWindow(found) {
  if (found.window > question.minWindow) return found;
  throw new Failure(PREFLIGHT, `the oplog of ${found.member} reaches back ${found.window} s, more than ${question.minWindow} s are needed (--min-window)`);
}

// --- What there is

const isKept = (name) => !name.startsWith('system.') || name.startsWith('system.buckets.') || name === 'system.js';

function collectionOf(db, {name, type, options}, all) {
  const found = {ns: `${db.getName()}.${name}`, type, options};
  // Of a time series the buckets have the documents and the indexes, but for versions that keep no such collection.
  if (type === 'view' || (type === 'timeseries' && all.has(`system.buckets.${name}`))) return found;
  const indexes = db.runCommand({listIndexes: name, cursor: {batchSize: 1000}}).cursor.firstBatch;
  const count = Number(db.runCommand({count: name}).n);
  return {...found, count, indexes: indexes.map(({ns, ...index}) => index).sort((a, b) => (a.name < b.name ? -1 : 1))};
}

function userDatabases(db) {
  return db.adminCommand({listDatabases: 1, nameOnly: true}).databases.map(({name}) => name).filter((name) => !OWN_DATABASES.includes(name));
}

function inventory(db, names = userDatabases(db)) {
  const namespaces = names.flatMap((name) => {
    const own = db.getSiblingDB(name);
    const collections = own.getCollectionInfos().filter((collection) => isKept(collection.name));
    const all = new Set(collections.map((collection) => collection.name));
    return collections.map((collection) => collectionOf(own, collection, all));
  });
  namespaces.sort((a, b) => (a.ns < b.ns ? -1 : 1));
  // The role `restore` may not look at them (6.0), and of a target they are not compared.
  if (question.withoutLogins) return {namespaces};
  const count = (name) => db.getCollection(name).countDocuments({});
  return {namespaces, users: count('system.users'), roles: count('system.roles')};
}

// Of each database the hashes of its collections; those of system.profile and the like are in no dump.
function hashes(db, names = userDatabases(db)) {
  return Object.fromEntries(names.map((name) => {
    const {collections} = db.getSiblingDB(name).runCommand({dbHash: 1});
    const kept = Object.entries(collections).filter(([collection]) => isKept(collection) || collection === 'system.views');
    return [name, Object.fromEntries(kept)];
  }));
}

// The namespaces that were written to since; a command like a drop or the build of an index is a write to DATABASE.$cmd. What is in a
// transaction has its own namespaces.
function moved(db, since) {
  return db.getSiblingDB('local').getCollection('oplog.rs').aggregate([
    {$match: {ts: {$gt: since}, op: {$ne: 'n'}}},
    {$project: {ns: {$cond: [{$isArray: '$o.applyOps'}, '$o.applyOps.ns', ['$ns']]}}},
    {$unwind: '$ns'},
    {$group: {_id: '$ns'}},
  ]).toArray().map(({_id}) => _id);
}

// What can be compared with a dump that was begun at question.start. Without an oplog nobody knows what was written meanwhile.
function sourceNow(ask) {
  const db = connect(question.addresses[0]);
  const since = question.start && Timestamp(question.start.$timestamp);
  const found = ask(db);
  if (!since) return {...found, moved: null};
  const ends = oplogEnds(db);
  if (ends.first.compare(since) > 0) throw new Failure(DUMP, 'the oplog lost what was written since the dump was begun: it is too small');
  return {...found, moved: moved(db, since), end: ends.last};
}

function recount(db) {
  const count = (ns) => db.getSiblingDB(ns.split('.')[0]).getCollection(ns.slice(ns.indexOf('.') + 1)).countDocuments({});
  return {counts: Object.fromEntries(question.namespaces.map((ns) => [ns, count(ns)]))};
}

// --- The target of a restore

function target() {
  const seed = firstThatAnswers();
  if (seed.hello.msg === 'isdbgrid') throw new Failure(PREFLIGHT, `${seed.address} is a mongos: a backup is of one set, and is restored into one`);
  const address = seed.hello.setName ? seed.hello.primary : seed.address;
  if (!address) throw new Failure(RETRY, `${seed.hello.setName} has no primary`);
  const db = connect(address);
  return {address, set: seed.hello.setName || null, databases: userDatabases(db), version: db.adminCommand({buildInfo: 1}).version};
}

function drop(db) {
  question.databases.forEach((name) => db.getSiblingDB(name).dropDatabase(durable));
  return {};
}

function contents(db) {
  return {...inventory(db, question.databases), hashes: hashes(db, question.databases)};
}

const tasks = {
  source,
  target,
  after: () => sourceNow((db) => inventory(db)),
  recount: () => sourceNow(recount),
  sourceHashes: () => sourceNow((db) => ({hashes: hashes(db)})),
  contents: () => contents(connect(question.addresses[0])),
  drop: () => drop(connect(question.addresses[0])),
  // The ends of an oplog that was restored as a collection of a scratch server.
  oplogFile: () => {
    const entries = connect(question.addresses[0]).getSiblingDB(question.database).getCollection('oplog');
    const end = (direction) => first(entries.find({}, {ts: 1}).sort({ts: direction}).limit(1).toArray());
    return {first: end(1)?.ts, last: end(-1)?.ts};
  },
};

function told(error) {
  const text = [password, encodeURIComponent(password)].filter((secret) => secret)
    .reduce((message, secret) => message.split(secret).join('***'), `${error.message}`).replace(/, lsid: .*/s, ' ...');
  if (error.exitCode) return [error.exitCode, text];
  if (isRefusal(error)) return [DUMP, `refused: ${text}`];
  return [/^MongoNetwork|^MongoServerSelection/.test(error.name) ? RETRY : 0, text];
}

try {
  print(EJSON.stringify({answer: tasks[question.task]()}, {relaxed: true}));
} catch (error) {
  print(JSON.stringify({failure: told(error)}));
}
