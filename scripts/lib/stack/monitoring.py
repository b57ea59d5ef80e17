"""Prometheus with this tree's rules, and Alertmanager."""
import json
import os
import urllib.request

from .process import wait_until
from .service import Service


class Monitoring(Service):
    name = "monitoring"
    nodes = {"prometheus": 9090, "alertmanager": 9093}

    def url(self, node):
        return f"http://127.0.0.1:{self.port(node)}"

    def command(self, node):
        data = self.state.directory("data", node)
        if node == "alertmanager":
            return [
                os.environ.get("ALERTMANAGER", "prometheus-alertmanager"),
                f"--config.file={os.environ.get('ALERTMANAGER_CONFIG', self.root / 'alerts' / 'alertmanager.yml')}",
                f"--web.listen-address=127.0.0.1:{self.port(node)}",
                f"--storage.path={data}",
                "--cluster.listen-address=",
            ]
        return [
            os.environ.get("PROMETHEUS", "prometheus"),
            f"--config.file={self._configure(data)}",
            f"--web.listen-address=127.0.0.1:{self.port(node)}",
            f"--storage.tsdb.path={data}/tsdb",
        ]

    def _configure(self, data):
        """Prometheus' configuration names what lies beside it."""
        write_target(self.state, "alertmanager", f"127.0.0.1:{self.port('alertmanager')}")
        for name, target in (("rules", self.root / "alerts"), ("targets", self.state.directory("targets"))):
            if not (data / name).exists():
                (data / name).symlink_to(target)
        return self.state.write(data / "prometheus.yml", (self.root / "compose" / "prometheus" / "prometheus.yml").read_text())

    def initialise(self, stage, timeout):
        for node in stage:
            wait_until(lambda: self._ready(node), timeout, f"{node} is ready; see logs/{node}.log")

    def _ready(self, node):
        try:
            with urllib.request.urlopen(f"{self.url(node)}/-/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


def write_target(state, name, address):
    """Tells Prometheus where something is; it reads the folder by itself."""
    path = state.directory("targets") / f"{name}.json"
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps([{"targets": [address]}]))
    partial.replace(path)
