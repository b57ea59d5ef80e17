"""The exporters themselves, for those services of this stack that have been started."""
import os
import pathlib

from .monitoring import write_target

PORTS = {"mongo": 9216, "redis": 9121, "minio": 9290}


class Exporters:
    name = "exporters"

    def __init__(self, state, root, services):
        self.state = state
        self.root = root
        self.services = services
        # Only for a service that has a node in this stack there is something to watch.
        known = state.data["nodes"]
        self.nodes = {
            f"exporter-{name}": port for name, port in PORTS.items() if any(node in known for node in services[name].nodes)
        }

    def stages(self):
        return [list(self.nodes)]

    def port(self, node):
        return self.state.port(node, PORTS[node.removeprefix("exporter-")])

    def command(self, node):
        service = node.removeprefix("exporter-")
        folder = pathlib.Path(os.environ.get("REPLICAWATCH_BIN", self.root / "build" / "release" / "bin"))
        arguments = self.services[service].exporter()["arguments"]
        return [folder / f"replicawatch-{service}", f"--web.listen-address=127.0.0.1:{self.port(node)}", *arguments]

    def environment(self, node):
        return self.services[node.removeprefix("exporter-")].exporter()["environment"]

    def initialise(self, stage, timeout):
        for node in stage:
            write_target(self.state, f"replicawatch-{node.removeprefix('exporter-')}", f"127.0.0.1:{self.port(node)}")
