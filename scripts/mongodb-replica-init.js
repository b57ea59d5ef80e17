// Makes a replica set ready: initiates it, waits for the primary, makes the admin and the exporter's user, and checks that
// the exporter's user can log in on every member. Run again, it changes only what is missing.
//
//   mongosh --nodb --quiet scripts/mongodb-replica-init.js
//
// Environment: MONGO_SET, MONGO_MEMBERS (host:port,...), MONGO_ADMIN_PASSWORD_FILE, MONGO_EXPORTER_PASSWORD_FILE,
// MONGO_TIMEOUT_SECONDS (60). Passwords come from files, so that they stand in no process list. The first user can only be
// made from the server's own host (the localhost exception).
const fs = require('fs');

const setName = process.env.MONGO_SET;
const members = (process.env.MONGO_MEMBERS || '').split(',').filter((member) => member);
const timeout = Number(process.env.MONGO_TIMEOUT_SECONDS || 60) * 1000;
if (!setName || members.length === 0) fail('MONGO_SET and MONGO_MEMBERS must be set');
const adminPassword = readSecret('MONGO_ADMIN_PASSWORD_FILE');
const exporterPassword = readSecret('MONGO_EXPORTER_PASSWORD_FILE');

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
  const db = connect(members[0]);
  if (db.hello().setName) return;
  print(`initiating ${setName} with ${members.join(', ')}`);
  const config = {_id: setName, members: members.map((host, index) => ({_id: index, host}))};
  const answer = db.adminCommand({replSetInitiate: config});
  if (!answer.ok) fail(`replSetInitiate: ${answer.errmsg}`);
}

// The member that initiates need not become the first primary.
function findPrimary() {
  return until('a primary', () => members.find((member) => connect(member).hello().isWritablePrimary));
}

function canLogIn(member, login) {
  try {
    return connect(member, login).runCommand({connectionStatus: 1}).ok === 1;
  } catch (error) {
    if (error.code === 18 || /authentication failed/i.test(error.message)) return false;
    throw error;
  }
}

const admin = {user: 'admin', password: adminPassword};
const exporter = {user: 'replicawatch', password: exporterPassword};
const durable = {w: 'majority', wtimeout: 20000};

members.forEach((member) => until(`${member} answers`, () => connect(member).hello().ok));
until('the set is initiated', () => {
  initiate();
  return true;
});

const primary = findPrimary();
print(`primary: ${primary}`);
if (!canLogIn(primary, admin)) {
  print('making the user admin');
  const roles = ['root'];
  connect(primary).createUser({user: admin.user, pwd: admin.password, roles}, durable);
}
const db = connect(primary, admin);
const roles = [{role: 'clusterMonitor', db: 'admin'}];
if (db.getUser(exporter.user)) {
  db.updateUser(exporter.user, {pwd: exporter.password, roles}, durable);
} else {
  print(`making the user ${exporter.user}`);
  db.createUser({user: exporter.user, pwd: exporter.password, roles}, durable);
}
members.forEach((member) => {
  until(`${exporter.user} logs in on ${member}`, () => canLogIn(member, exporter));
  until(`${member} is primary or secondary`, () => [1, 2].includes(connect(member, exporter).adminCommand({replSetGetStatus: 1}).myState));
});
print('ready');
