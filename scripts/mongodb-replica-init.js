// Makes a replica set ready: initiates it, makes the users of the administrator, of the exporter and of the backups, adds the other
// members, and checks that each user can log in on every member. Run again, it changes only what is missing.
//
//   mongosh --nodb --quiet scripts/mongodb-replica-init.js
//
// Environment: MONGO_SET, MONGO_MEMBERS (host:port,...), MONGO_ADMIN_PASSWORD_FILE, MONGO_EXPORTER_PASSWORD_FILE,
// MONGO_BACKUP_PASSWORD_FILE, MONGO_TIMEOUT_SECONDS (60), and MONGO_LOOPBACK, the address at which the first member is reached over
// loopback (default: as it is named in MONGO_MEMBERS). Passwords come from files, so that they stand in no process list.
//
// The first user can only be made over loopback (the localhost exception), and only on the primary. So the set begins with its first
// member alone, which is primary then, whoever wins an election later.
const fs = require('fs');

const setName = process.env.MONGO_SET;
const members = (process.env.MONGO_MEMBERS || '').split(',').filter((member) => member);
const timeout = Number(process.env.MONGO_TIMEOUT_SECONDS || 60) * 1000;
if (!setName || members.length === 0) fail('MONGO_SET and MONGO_MEMBERS must be set');
const loopback = process.env.MONGO_LOOPBACK || members[0];
const durable = {w: 'majority', wtimeout: 20000};
const admin = {user: 'admin', password: readSecret('MONGO_ADMIN_PASSWORD_FILE'), roles: ['root']};
const others = [
  {user: 'replicawatch', password: readSecret('MONGO_EXPORTER_PASSWORD_FILE'), roles: [{role: 'clusterMonitor', db: 'admin'}]},
  // Besides the data, a backup reads the state of the set and how far back the oplog reaches.
  {
    user: 'backup',
    password: readSecret('MONGO_BACKUP_PASSWORD_FILE'),
    roles: [{role: 'backup', db: 'admin'}, {role: 'clusterMonitor', db: 'admin'}],
  },
];

function fail(message) {
  print(`mongodb-replica-init: ${message}`);
  quit(1);
}

function readSecret(variable) {
  if (!process.env[variable]) fail(`${variable} must name a file`);
  return fs.readFileSync(process.env[variable], 'utf8').trim();
}

function connect(member, login) {
  const credentials = login ? `${login.user}:${encodeURIComponent(login.password)}@` : '';
  const options = 'directConnection=true&serverSelectionTimeoutMS=2000&connectTimeoutMS=2000&authSource=admin';
  return new Mongo(`mongodb://${credentials}${member}/admin?${options}`).getDB('admin');
}

// Tries until `attempt` gives something true; errors on the way are normal while servers start.
function until(what, attempt) {
  const end = Date.now() + timeout;
  let last = 'no answer';
  while (Date.now() < end) {
    try {
      const result = attempt();
      if (result) return result;
    } catch (error) {
      last = error.message;
    }
    sleep(200);
  }
  return fail(`${what}: not within ${timeout / 1000} s; last: ${last}`);
}

function initiate() {
  if (connect(loopback).hello().setName) return true;
  // A single server that becomes the first member of a set has its users already.
  const db = canLogIn(loopback, admin) ? connect(loopback, admin) : connect(loopback);
  print(`initiating ${setName} with ${members[0]}`);
  const answer = db.adminCommand({replSetInitiate: {_id: setName, members: [{_id: 0, host: members[0]}]}});
  if (!answer.ok) fail(`replSetInitiate: ${answer.errmsg}`);
  return true;
}

function isPrimary(address) {
  try {
    return connect(address).hello().isWritablePrimary;
  } catch (error) {
    return false; // a member that is down is no reason not to find the primary among the others
  }
}

function canLogIn(address, login) {
  try {
    return connect(address, login).runCommand({connectionStatus: 1}).ok === 1;
  } catch (error) {
    if (error.code === 18 || /authentication failed/i.test(error.message)) return false;
    throw error;
  }
}

function makeAdmin() {
  const primary = until('a primary', () => members.find(isPrimary));
  if (canLogIn(primary, admin)) return;
  if (primary !== members[0]) fail(`${primary} is primary and refuses the password of ${admin.user}`);
  print(`making the user ${admin.user}`);
  connect(loopback).createUser({user: admin.user, pwd: admin.password, roles: admin.roles}, durable);
}

// A voter that was added counts as one only when it has its first copy of the data, and the primary has changed the configuration once
// more (4.4 and later). Until then the set can't do without its primary.
function everyVoteCounts() {
  const db = connect(members.find(isPrimary), admin);
  const voters = db.adminCommand({replSetGetConfig: 1}).config.members.filter((member) => member.votes > 0);
  return db.adminCommand({replSetGetStatus: 1}).votingMembersCount === voters.length;
}

// One member at a time, as a reconfiguration may change only one vote.
function addMember(member) {
  until(`${member} is in the configuration`, () => {
    const db = connect(members.find(isPrimary), admin);
    const config = db.adminCommand({replSetGetConfig: 1}).config;
    if (config.members.some((known) => known.host === member)) return true;
    const taken = Math.max(...config.members.map((known) => known._id));
    config.members.push({_id: taken + 1, host: member});
    config.version += 1;
    print(`adding ${member}`);
    return db.adminCommand({replSetReconfig: config}).ok;
  });
}

function makeUser({user, password, roles}) {
  const db = connect(until('a primary', () => members.find(isPrimary)), admin);
  if (db.getUser(user)) {
    db.updateUser(user, {pwd: password, roles}, durable);
  } else {
    print(`making the user ${user}`);
    db.createUser({user, pwd: password, roles}, durable);
  }
}

members.forEach((member) => until(`${member} answers`, () => connect(member).hello().ok));
until('the set is initiated', initiate);
makeAdmin();
members.forEach(addMember);
others.forEach(makeUser);
members.forEach((member) => {
  [admin, ...others].forEach((login) => until(`${login.user} logs in on ${member}`, () => canLogIn(member, login)));
  until(`${member} is primary or secondary`, () => [1, 2].includes(connect(member, admin).adminCommand({replSetGetStatus: 1}).myState));
});
until('every vote counts', everyVoteCounts);
print(`ready: ${members.find(isPrimary)} is primary`);
