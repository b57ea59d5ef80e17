// Writes a document each 100 ms with w:majority, as a client that goes on through a failover, until /tmp/writer.stop exists; then prints
// what was acknowledged: {"acknowledged": [ids], "longest_gap_seconds": n}.
load('/clients/connect.js');
const acknowledged = [];
let connection = null;
let last = Date.now();
let gap = 0;
for (let id = 1; !fs.existsSync('/tmp/writer.stop'); ++id) {
  try {
    connection = connection || connectAs('admin', 'mongo-admin', SET);
    connection.getDB('smoke').writes.insertOne({_id: id, at: new Date()}, {writeConcern: {w: 'majority', wtimeout: 3000}});
    acknowledged.push(id);
    gap = Math.max(gap, Date.now() - last);
    last = Date.now();
    // Moved into place: who reads it meanwhile is not to find it empty.
    fs.writeFileSync('/tmp/writer.count.partial', String(acknowledged.length));
    fs.renameSync('/tmp/writer.count.partial', '/tmp/writer.count');
  } catch (error) {
    connection = null; // whether it was written is unknown; it is not counted as acknowledged
  }
  sleep(100);
}
print(JSON.stringify({acknowledged, longest_gap_seconds: gap / 1000}));
