"""Redis servers with settings of their own, on free ports in a temporary folder, and exporters that watch them."""
import pathlib
import resource
import signal
import subprocess
import tempfile

from deployment import Exporter, free_port, wait_until
from redis_client import RedisClient
from servers import program


class Server:
    def __init__(self, folder, *lines):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.folder = pathlib.Path(folder) / str(self.port)
        self.folder.mkdir()
        common = [f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", "save ''", "repl-diskless-sync-delay 0"]
        (self.folder / "redis.conf").write_text("\n".join([*common, *lines]) + "\n")
        self.client = RedisClient(self.address, pathlib.Path(folder) / "password")
        self.process = None

    def start(self, file_limit=None, wait=True, arguments=()):
        def limit():
            # A write beyond the limit fails instead of ending the process.
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

        with open(self.folder / "log", "a") as log:
            self.process = subprocess.Popen([program("REDIS_SERVER"), self.folder / "redis.conf", *arguments], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, preexec_fn=limit if file_limit else None)
        if wait:
            wait_until(lambda: self.client.ask("PING") == "PONG", 20, f"{self.address} answers")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def set(self, **settings):
        for name, value in settings.items():
            assert self.client.ask("CONFIG", "SET", name.replace("_", "-"), str(value)) == "OK"


class Place:
    """A folder with servers and exporters that end with it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="replicawatch-test-")
        pathlib.Path(self.folder, "password").write_text("none is wanted")
        self.servers = []
        self.exporters = []

    def server(self, *lines):
        self.servers.append(Server(self.folder, *lines))
        return self.servers[-1]

    def exporter(self, server, *arguments, environment=None):
        self.exporters.append(Exporter("redis", [f"--redis.addr={server.address}", *arguments], self.folder, environment))
        return self.exporters[-1]

    def purge(self):
        for server in self.servers:
            server.stop()
        for exporter in self.exporters:
            exporter.process.kill()
            exporter.process.wait()
        subprocess.run(["rm", "-rf", self.folder], check=True)
