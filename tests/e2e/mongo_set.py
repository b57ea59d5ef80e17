"""A replica set of a test's own, in any shape: arbiters, hidden and delayed members, TLS, servers that join late."""
import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from deployment import Exporter, free_port, wait_until
from servers import program

PASSWORD = "password-of-a-test"


class MongoNode:
    def __init__(self, folder, port, arguments):
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self.data = pathlib.Path(folder, str(port))
        self.arguments = arguments
        self.process = None
        self.start()

    def start(self):
        self.data.mkdir(exist_ok=True)
        command = [
            program("MONGOD"), "--port", str(self.port), "--dbpath", self.data, "--bind_ip", "127.0.0.1", "--nounixsocket",
            "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "990", "--setParameter", "enableTestCommands=1",
            "--setParameter", "diagnosticDataCollectionEnabled=true", *self.arguments,
        ]  # fmt: skip
        log = open(f"{self.data}.log", "ab")
        self.process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def signal(self, number):
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()


class MongoSet:
    """Members as rs.initiate() wants them, less the address. The users are `admin` and `replicawatch`, with clusterMonitor."""

    def __init__(self, members, ports=None, arguments=(), options="", folder=None, configsvr=False):
        """`arguments` and `options` (of a connection string) are for all; a `folder` that is given has the files that they name."""
        self.folder = folder or tempfile.mkdtemp(prefix="replicawatch-mongo-")
        self.options = options
        self.key_file = self.new_key_file("key")
        self.arguments = ["--replSet", "rs0", "--keyFile", self.key_file, *arguments]
        self.nodes = []
        self.exporters = []
        self.users = False
        self.configsvr = configsvr
        try:
            for i in range(len(members)):
                self.add_server(ports[i] if ports else None)
            self._initiate(members)
        except BaseException:
            self.purge()
            raise

    def new_key_file(self, name):
        path = pathlib.Path(self.folder, name)
        path.write_text(base64.b64encode(os.urandom(60)).decode())
        path.chmod(0o600)
        return str(path)

    def add_server(self, port=None, arguments=None):
        """A server that belongs to no set yet."""
        self.nodes.append(MongoNode(self.folder, port or free_port(), self.arguments if arguments is None else arguments))
        return self.nodes[-1]

    def _initiate(self, members):
        config = [{"_id": i, "host": self.nodes[i].address, **member} for i, member in enumerate(members)]
        self.shell(
            """
            const end = Date.now() + 60000;
            const retry = (call) => { for (;;) { try { const got = call(); return got; } catch (e) { if (Date.now() > end) throw e; sleep(100); } } };
            retry(() => connect('mongodb://FIRST/admin?directConnection=true&OPTIONS').adminCommand({replSetInitiate: {
              _id: 'rs0', CONFIGSVR members: CONFIG, settings: {electionTimeoutMillis: 3000, heartbeatIntervalMillis: 500}}}));
            const set = retry(() => connect('mongodb://FIRST/admin?replicaSet=rs0&OPTIONS'));
            retry(() => set.createUser({user: 'admin', pwd: 'PASSWORD', roles: ['root']}));
            set.auth('admin', 'PASSWORD');
            retry(() => set.createUser({user: 'replicawatch', pwd: 'PASSWORD', roles: ['clusterMonitor']}));
            """.replace("FIRST", self.nodes[0].address)
            .replace("OPTIONS", self.options)
            .replace("CONFIGSVR", "configsvr: true," if self.configsvr else "")
            .replace("CONFIG", json.dumps(config))
            .replace("PASSWORD", PASSWORD),
            connect=False,
        )

    def shell(self, script, node=None, connect=True, timeout=120):
        """The output of mongosh with `db` on the node, or on whoever is primary."""
        if connect:
            hosts = node.address if node else ",".join(each.address for each in self.nodes)
            which = "directConnection=true" if node else "replicaSet=rs0"
            uri = f"mongodb://admin:{PASSWORD}@{hosts}/admin?authSource=admin&{which}&{self.options}"
            script = f"db = connect('{uri}');\n{script}"
        path = pathlib.Path(self.folder, f"script-{os.urandom(4).hex()}.js")
        path.write_text(script)
        run = subprocess.run(
            [program("MONGOSH"), "--nodb", "--quiet", "--norc", path],
            env={**os.environ, "HOME": self.folder}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout.strip()

    def reconfigure(self, change):
        """`change` is a script that works on `config`."""
        self.shell(f"const config = rs.conf(); {change}; config.version++; db.adminCommand({{replSetReconfig: config, force: false}});")

    def fail_point(self, node, name, **more):
        self.shell(f"db.adminCommand({json.dumps({'configureFailPoint': name, **more})})", node)

    def exporter(self, *arguments, seed=0, user="replicawatch", environment=None):
        address = self.nodes[seed].address
        login = f"{user}@" if user else ""
        uri = f"mongodb://{login}{address}/?authSource=admin&{self.options}"
        environment = {"MONGODB_URI": uri, **({"MONGODB_PASSWORD": PASSWORD} if user else {}), **(environment or {})}
        self.exporters.append(Exporter("mongo", list(arguments), self.folder, environment))
        return self.exporters[-1]

    def node_at(self, address):
        [node] = [node for node in self.nodes if node.address == address]
        return node

    def primary(self, page):
        [address] = page.members_with_role("primary")
        return self.node_at(address)

    def purge(self):
        for exporter in self.exporters:
            exporter.stop()
        for node in self.nodes:
            node.end()
        shutil.rmtree(self.folder, ignore_errors=True)
