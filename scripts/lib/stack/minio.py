"""Four MinIO nodes with one drive each in one pool."""
import os
import subprocess
import urllib.request

from .process import wait_until
from .service import Service
from .state import StackError

NODES = ["minio-1", "minio-2", "minio-3", "minio-4"]
ROOT_USER = "minioadmin"
EXPORTER_USER = "replicawatch"
# Of compose/minio/users.txt, with the secret of each.
USERS = {EXPORTER_USER: "minio-exporter", "gogotex-app": "minio-app", "backup": "minio-backup"}


class Minio(Service):
    name = "minio"
    nodes = {name: 9000 + i for i, name in enumerate(NODES)}

    def command(self, node):
        # Four explicit addresses: the short form with braces would be the product of all hosts and all drives.
        drives = [f"http://127.0.0.1:{self.port(name)}{self.state.directory('data', name)}" for name in NODES]
        return [os.environ.get("MINIO", "minio"), "server", "--quiet", "--address", f"127.0.0.1:{self.port(node)}", *drives]

    def environment(self, node):
        return {
            "MINIO_ROOT_USER": ROOT_USER,
            "MINIO_ROOT_PASSWORD_FILE": str(self.state.secret("minio-root")),
            "MINIO_UPDATE": "off",
            "MINIO_BROWSER": "off",
            # All drives are folders of one disk, which MinIO refuses otherwise.
            "MINIO_CI_CD": "1",
            # In a container loopback nodes do not start unless they are told which of them they are.
            "_MINIO_SERVER_LOCAL": f"127.0.0.1:{self.port(node)}",
        }

    def initialise(self, stage, timeout):
        for node in stage:
            wait_until(lambda: self._serves(node), timeout, f"{node} serves; see logs/{node}.log")
        for secret in USERS.values():
            self.state.secret(secret)
        environment = {
            "MINIO_URL": f"http://127.0.0.1:{self.port(NODES[0])}",
            "MINIO_ROOT_USER": ROOT_USER,
            "MINIO_ROOT_PASSWORD_FILE": str(self.state.secret("minio-root")),
            "MINIO_SECRETS": str(self.state.secret("minio-exporter").parent),
        }
        log = self.state.directory("logs") / "minio-init.log"
        with open(log, "ab") as output:
            done = subprocess.run(
                [self.root / "scripts" / "minio-init.sh"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **environment},
            )  # fmt: skip
        if done.returncode != 0:
            raise StackError(f"buckets, policies and users could not be made; see {log}")

    def _serves(self, node):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port(node)}/minio/health/cluster", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def exporter(self):
        return {
            "arguments": [
                f"--minio.url=http://127.0.0.1:{self.port(NODES[0])}",
                f"--minio.secret-key-file={self.state.secret('minio-exporter')}",
            ],
            "environment": {"MINIO_ACCESS_KEY": EXPORTER_USER},
        }
