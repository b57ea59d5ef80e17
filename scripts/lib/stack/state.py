"""The state folder of a stack: ports, secrets and what was started, all in one place that `down --purge` removes."""
import contextlib
import fcntl
import json
import os
import pathlib
import secrets
import socket

from ports import free_port


class StackError(Exception):
    """What went wrong, for the person at the terminal: one line that says what, where and what to do."""


class UsageError(StackError):
    """The command line asks for what there is not."""


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def owner_of_port(port):
    """`NAME (pid N)` of the process that listens on a port of this machine, as far as this user may see it."""
    sockets = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    for link in pathlib.Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(link) in sockets:
                pid = link.parts[2]
                return f"{pathlib.Path('/proc', pid, 'comm').read_text().strip()} (pid {pid})"
    return "another process"


class State:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.file = self.folder / "state.json"
        self.data = {"ports": {}, "ports_from": "default", "nodes": {}, "ready": []}

    def exists(self):
        return self.file.exists()

    @contextlib.contextmanager
    def locked(self):
        """Holds the folder for one command, reads what is recorded and writes it back, also after an error."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # `down --purge` removes the folder: never take one that holds something else.
        if not self.exists() and any(entry.name != ".lock" for entry in self.folder.iterdir()):
            raise StackError(f"{self.folder} is not empty and no stack's folder; choose another --state")
        self.folder.chmod(0o700)
        with open(self.folder / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.file.exists():
                self.data = json.loads(self.file.read_text())
            try:
                yield self
            finally:
                self.save()

    def save(self):
        """Recorded after each start, so that no process is forgotten when the command is interrupted."""
        if not self.folder.exists():
            return
        partial = self.file.with_suffix(".partial")
        partial.write_text(json.dumps(self.data, indent=1))
        partial.replace(self.file)

    def port(self, node, default):
        """The node's port: chosen at first use, then kept for the life of the folder."""
        ports = self.data["ports"]
        if node not in ports:
            ports[node] = self._free_port() if self.data["ports_from"] == "free" else default
        return ports[node]

    def _free_port(self):
        while True:
            port = free_port()
            if port is None:
                raise StackError("no free port between 10240 and 32000")
            if port not in self.data["ports"].values():
                return port

    def secret(self, name):
        """The file of a secret, made at first use. The text is never printed and never an argument of a program."""
        path = self.folder / "secrets" / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.parent.chmod(0o700)
            with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_hex(20))
        return path

    def directory(self, *parts):
        path = self.folder.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, path, text):
        """A rendered file, readable by nobody else: most hold a password."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
            file.write(text)
        return path
