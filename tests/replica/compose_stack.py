"""The compose stack of scripts/test replica: docker-compose with this run's ports, and the clients of compose.test.yaml."""
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "scripts" / "lib")]
sys.dont_write_bytecode = True
from alertmanager import without_targets  # noqa: E402
from deployment import Endpoint, free_port, wait_until  # noqa: E402,F401

PORTS = ("MONGO", "REDIS", "MINIO", "MINIO_CONSOLE", "MINIO_REPLICA", "MINIO_REPLICA_CONSOLE", "REPLICAWATCH_MONGO", "REPLICAWATCH_REDIS",
         "REPLICAWATCH_MINIO", "PROMETHEUS", "ALERTMANAGER", "GRAFANA")


class ComposeStack:
    """One project of its own. The secrets are compose/secrets', made when they are missing."""

    def __init__(self):
        self.project = f"replicawatch-test-{os.getpid()}"
        self.ports = {name: free_port() for name in PORTS}
        # Nobody is to be written to.
        self.alertmanager_config = tempfile.NamedTemporaryFile("w", suffix=".yml")
        self.alertmanager_config.write(without_targets())
        self.alertmanager_config.flush()
        os.chmod(self.alertmanager_config.name, 0o644)
        self.environment = {
            **os.environ, **{f"{name}_PORT": str(port) for name, port in self.ports.items()},
            "MINIO_CI_CD": "1", "ALERTMANAGER_CONFIG": self.alertmanager_config.name,
        }
        self.command = [os.environ.get("DOCKER_COMPOSE", "docker-compose"), "-p", self.project, "--profile", "replica",
                        "-f", ROOT / "compose" / "compose.yaml", "-f", ROOT / "tests" / "replica" / "compose.test.yaml"]

    def compose(self, *arguments, check=True, timeout=600):
        done = subprocess.run([*self.command, *arguments], env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout)
        if check:
            assert done.returncode == 0, f"docker compose {shlex.join(map(str, arguments))}: {done.stdout}{done.stderr}"
        return done.stdout

    def docker(self, *arguments):
        done = subprocess.run(["docker", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"docker {shlex.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def run_in(self, service, script, check=True, timeout=60):
        """What a shell command prints in the container of a service."""
        return self.compose("exec", "-T", service, "sh", "-c", script, check=check, timeout=timeout)

    def start_in(self, service, script):
        """A shell command that goes on in the container while the test does other things."""
        return subprocess.Popen([*self.command, "exec", "-T", service, "sh", "-c", script], env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def services(self):
        """Those that can be started here: Grafana has an image of its own only where a registry is reached."""
        names = self.compose("config", "--services").split()
        have = subprocess.run(["docker", "image", "inspect", self.image("grafana")], capture_output=True).returncode == 0
        return names if have else [name for name in names if name != "grafana"]

    def image(self, service):
        return json.loads(self.compose("config", "--format", "json"))["services"][service]["image"]

    def states(self):
        """{service: (state, health)} of all containers, ended ones too."""
        lines = self.compose("ps", "-a", "--format", "json").splitlines()
        return {entry["Service"]: (entry["State"], entry["Health"], entry["ExitCode"]) for entry in map(json.loads, lines)}

    def container(self, service):
        return self.compose("ps", "-aq", service).strip()

    def exporter(self, service):
        return Endpoint(f"127.0.0.1:{self.ports[f'REPLICAWATCH_{service.upper()}']}")

    def status(self):
        """As deployment.Alerts wants it."""
        return {"prometheus": f"http://127.0.0.1:{self.ports['PROMETHEUS']}", "alertmanager": f"http://127.0.0.1:{self.ports['ALERTMANAGER']}"}

    # Clients

    def mongo(self, javascript, hosts=None, timeout=60):
        """What mongosh prints as admin on the set, or on the one member named."""
        script = f"load('/clients/connect.js'); const connection = connectAs('admin', 'mongo-admin', {json.dumps(hosts) if hosts else 'SET'}); " + javascript
        return self.run_in("mongo-client", f"mongosh --nodb --norc --quiet --eval {shlex.quote(script)}", timeout=timeout).strip()

    def redis(self, node, *words):
        command = shlex.join(words)
        secret, port = ("sentinel-default", 26379) if node.startswith("sentinel") else ("redis-default", 6379)
        return self.run_in("redis-client", f"REDISCLI_AUTH=$(cat /run/secrets/{secret}) redis-cli -h {node} -p {port} {command}").strip()

    def backup(self, service):
        """One run of the service's backup; gives what it says."""
        return self.compose("--profile", "backup", "run", "--rm", "-T", f"{service}-backup")

    def restore(self, service, *arguments):
        script = f"/usr/lib/replicawatch/scripts/{service}-restore.sh"
        return self.compose("--profile", "backup", "run", "--rm", "-T", "--entrypoint", script, f"{service}-backup", "--from", "/backups",
                            "--status-dir", "/backup-status", *arguments)

    def mc(self, script, user="minioadmin", secret="minio-root", node="minio-1", check=True, timeout=60):
        """A shell script with `mc` and its alias `m`."""
        alias = f"export MC_HOST_m=http://{user}:$(cat /run/secrets/{secret})@{node}:9000; "
        return self.run_in("minio-client", alias + script, check=check, timeout=timeout).strip()

    def purge(self):
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)
        self.alertmanager_config.close()
