// For mongosh: connectAs(USER, SECRET, ADDRESS or addresses) gives a connection, with the password of /run/secrets.
function connectAs(user, secret, hosts) {
  const password = encodeURIComponent(fs.readFileSync(`/run/secrets/${secret}`, 'utf8').trim());
  const several = hosts.includes(',') ? 'replicaSet=rs0' : 'directConnection=true';
  return new Mongo(`mongodb://${user}:${password}@${hosts}/admin?${several}&serverSelectionTimeoutMS=3000&connectTimeoutMS=2000&socketTimeoutMS=5000`);
}
const SET = 'mongo-1:27017,mongo-2:27017,mongo-3:27017';
