"""An exporter's web side with a configuration of its own, and the clients that ask it."""
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import urllib.request

from authority import Authority
from deployment import BIN, ROOT, Exporter, free_port

DATA = ROOT / "tests/testdata/web"
SEEDS = {
    "redis": lambda address: ([f"--redis.addr={address}"], {}),
    "mongo": lambda address: ([], {"MONGODB_URI": f"mongodb://{address}/"}),
    "minio": lambda address: ([f"--minio.url=http://{address}"], {}),
}
SERVICES = [service for service in SEEDS if (BIN / f"replicawatch-{service}").exists()]
PASSWORD = "correct horse"
HASH = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"


def run(service, *arguments, **environment):
    """A call of the exporter that ends by itself."""
    command = [BIN / f"replicawatch-{service}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=30)


class Certificates:
    """Of a server, of a client and of one that a stranger has signed; and what is no good."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.authority = Authority(self.folder)
        self.authority.issue("server", "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1")
        self.authority.issue("other", "DNS:other.example")
        self.authority.issue("client", "DNS:prometheus.example,IP:10.0.0.1,IP:fd00::1,email:ops@example.org,URI:spiffe://example/prometheus")
        (self.folder / "stranger").mkdir()
        stranger = Authority(self.folder / "stranger")
        stranger.issue("client", "DNS:prometheus.example")
        (self.folder / "chain.crt").write_text(self.text("server.crt") + self.text("ca.crt"))
        (self.folder / "empty").write_text("")
        (self.folder / "folder").mkdir()
        encrypt = ["openssl", "rsa", "-aes256", "-passout", "pass:secret", "-in", self.path("server.key"), "-out", self.path("encrypted.key")]
        subprocess.run(encrypt, check=True, capture_output=True)

    def path(self, name):
        return str(self.folder / name)

    def text(self, name):
        return (self.folder / name).read_text()

    def configuration(self, text, name="web.yml"):
        """Written beside the certificates; @NAME@ stands for a file's text in a block."""
        lines = []
        for line in text.splitlines():
            indent, mark, file = line.partition("@")
            lines += [indent + one for one in self.text(file.rstrip("@")).splitlines()] if mark and file.endswith("@") else [line]
        path = self.folder / name
        partial = self.folder / f".{name}.partial"
        partial.write_text("".join(line + "\n" for line in lines))
        partial.replace(path)
        return path

    def replace(self, name, new):
        """As those do who renew certificates: at once, never half."""
        partial = self.folder / f".{name}.partial"
        shutil.copy(self.folder / new, partial)
        partial.replace(self.folder / name)

    def tls(self, client=None):
        context = ssl.create_default_context(cafile=self.path("ca.crt"))
        if client:
            context.load_cert_chain(self.path(f"{client}.crt"), self.path(f"{client}.key"))
        return context


class Served(Exporter):
    """An exporter that serves by a web configuration; whether it answers, and to whom, is for the test to say."""

    def answers(self):
        assert self.process.poll() is None, f"the exporter ended: {self.log()}"
        host, port = self.address.rsplit(":", 1)
        try:
            socket.create_connection((host, int(port)), timeout=2).close()
        except OSError:
            return False
        return True

    def get_tls(self, path, context, headers=None):
        request = urllib.request.Request(f"https://{self.address}{path}", headers=headers or {})
        with urllib.request.urlopen(request, timeout=12, context=context) as answer:
            return answer.status, answer.read().decode()


def serve(folder, configuration=None, *arguments, service=None):
    """With a seed that leads nowhere: the web side needs no server."""
    service = service or SERVICES[0]
    seed, environment = SEEDS[service](f"127.0.0.1:{free_port()}")
    web = [f"--web.config.file={configuration}"] if configuration else []
    return Served(service, [*seed, *web, *arguments], folder, environment)


def curl(*arguments):
    """Status, or the words of curl's error, and the body."""
    done = subprocess.run(["curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}", *arguments], capture_output=True, text=True)
    body, _, status = done.stdout.rpartition("\n")
    return (int(status), body) if done.returncode == 0 else (done.stderr.strip(), body)

