"""A MongoDB replica set of three members with a key file, an admin and the exporter's user."""
import os
import subprocess

from .service import Service
from .state import StackError

NODES = ["mongo-1", "mongo-2", "mongo-3"]
SET_NAME = "rs0"


class Mongo(Service):
    name = "mongo"
    nodes = {name: 27017 + i for i, name in enumerate(NODES)}

    def command(self, node):
        return [
            os.environ.get("MONGOD", "mongod"),
            "--config", self.root / "compose" / "mongo" / "mongod.conf",
            "--replSet", SET_NAME,
            "--keyFile", self.state.secret("mongo-key"),
            "--bind_ip", "127.0.0.1",
            "--nounixsocket",
            "--port", self.port(node),
            "--dbpath", self.state.directory("data", node),
        ]  # fmt: skip

    def initialise(self, stage, timeout):
        environment = {
            "MONGO_SET": SET_NAME,
            "MONGO_MEMBERS": ",".join(f"127.0.0.1:{self.port(node)}" for node in NODES),
            "MONGO_ADMIN_PASSWORD_FILE": str(self.state.secret("mongo-admin")),
            "MONGO_EXPORTER_PASSWORD_FILE": str(self.state.secret("mongo-exporter")),
            "MONGO_BACKUP_PASSWORD_FILE": str(self.state.secret("mongo-backup")),
            "MONGO_TIMEOUT_SECONDS": str(timeout),
        }
        log = self.state.directory("logs") / "mongo-init.log"
        with open(log, "ab") as output:
            done = subprocess.run(
                [os.environ.get("MONGOSH", "mongosh"), "--nodb", "--quiet", "--norc",
                 self.root / "scripts" / "mongodb-replica-init.js"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **environment, "HOME": str(self.state.directory("data", "mongosh"))},
            )  # fmt: skip
        if done.returncode != 0:
            raise StackError(f"the replica set could not be initialised; see {log}")

    def exporter(self):
        return {
            "arguments": [f"--mongodb.password-file={self.state.secret('mongo-exporter')}"],
            "environment": {
                "MONGODB_URI": f"mongodb://replicawatch@127.0.0.1:{self.port(NODES[0])}/?authSource=admin"
            },
        }
