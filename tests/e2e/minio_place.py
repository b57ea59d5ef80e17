"""A MinIO of a test's own, of any number of nodes and drives, with TLS or without, and exporters that watch it."""
import contextlib
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request

from authority import Authority
from deployment import Exporter, free_port, wait_until
from servers import program

ROOT_USER = "root-of-a-test"
ROOT_PASSWORD = "password-of-a-test"


class MinioNode:
    """One server. What it is told to do has happened at the return, but for its start, which takes as long as its peers do."""

    def __init__(self, place, number, drives):
        self.place = place
        self.port = free_port()
        self.address = f"{place.host}:{self.port}"
        self.url = f"{place.scheme}://{self.address}"
        self.home = pathlib.Path(place.folder, f"n{number}")
        self.drives = [self.home / f"d{i}" for i in range(1, drives + 1)]
        self.certificates = self.home / "certs"
        self.log = self.home / "log"
        self.process = None
        for drive in self.drives:
            drive.mkdir(parents=True)

    def start(self):
        environment = {
            **os.environ, "MINIO_ROOT_USER": ROOT_USER, "MINIO_ROOT_PASSWORD": ROOT_PASSWORD, "MINIO_UPDATE": "off", "MINIO_BROWSER": "off",
            # All drives are folders of one disk, which MinIO refuses otherwise.
            "MINIO_CI_CD": "1",
            # In a container loopback nodes do not start unless they are told which of them they are.
            "_MINIO_SERVER_LOCAL": self.address,
        }  # fmt: skip
        command = [program("MINIO"), "server", "--quiet", "--address", self.address, "--certs-dir", self.certificates, *self.place.layout()]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def lose_drive(self, drive=0):
        """As if it had been pulled out: the folder is away, its content kept."""
        self.drives[drive].rename(f"{self.drives[drive]}.away")

    def return_drive(self, drive=0):
        shutil.rmtree(self.drives[drive], ignore_errors=True)
        pathlib.Path(f"{self.drives[drive]}.away").rename(self.drives[drive])

    def wipe_drive(self, drive=0):
        """As if it had been replaced by a new one."""
        self.drives[drive].rename(f"{self.drives[drive]}.old")
        self.drives[drive].mkdir()
        shutil.rmtree(f"{self.drives[drive]}.old")

    def certify(self, **options):
        """Gives it a new certificate, options as of Authority.issue(), and tells a running server."""
        name = f"{self.home.name}-{os.urandom(4).hex()}"
        self.place.authority.issue(name, f"IP:{self.place.host.strip('[]')}", **options)
        (self.certificates / "CAs").mkdir(parents=True, exist_ok=True)
        shutil.copy(self.place.ca_file, self.certificates / "CAs" / "ca.crt")
        for ending, wanted in (("key", "private.key"), ("crt", "public.crt")):
            os.replace(self.place.authority.path(f"{name}.{ending}"), self.certificates / wanted)
        if self.alive():
            # It does not notice files that take another one's place.
            self.process.send_signal(signal.SIGHUP)

    def status(self, path="/minio/health/cluster"):
        """The status of its answer, or None without one."""
        unverified = ssl._create_unverified_context()
        try:
            with urllib.request.urlopen(self.url + path, timeout=3, context=unverified) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None


class MinioPlace:
    """`nodes` servers with `drives` drives each, in one pool. With `start=False` none runs yet."""

    def __init__(self, nodes=4, drives=1, tls=False, start=True, host="127.0.0.1"):
        self.folder = tempfile.mkdtemp(prefix="replicawatch-minio-")
        self.host = host
        self.scheme = "https" if tls else "http"
        self.authority = Authority(self.folder) if tls else None
        self.nodes = []
        self.exporters = []
        try:
            self.nodes = [MinioNode(self, number, drives) for number in range(1, nodes + 1)]
            if tls:
                for node in self.nodes:
                    node.certify()
            if start:
                self.start()
        except BaseException:
            self.purge()
            raise

    @property
    def ca_file(self):
        return self.authority.path("ca.crt")

    def layout(self):
        """The drives as all servers have to be told them; a server alone names them by their paths."""
        if len(self.nodes) == 1:
            return self.nodes[0].drives
        # One by one: the short form with braces would be the product of all hosts and all drives.
        return [f"{node.url}{drive}" for node in self.nodes for drive in node.drives]

    def start(self):
        for node in self.nodes:
            node.start()
        self.wait_serving()

    def wait_serving(self, *nodes):
        """Until those nodes, or all, see a write quorum."""
        for node in nodes or self.nodes:
            wait_until(lambda: node.status() == 200, 90, f"{node.address} serves; its log: {node.log}")

    def mc(self, *arguments, node=0, stdin=""):
        """mc as root; the alias `rw` leads to the node."""
        config = pathlib.Path(self.folder, "mc")
        if self.authority:
            (config / "certs" / "CAs").mkdir(parents=True, exist_ok=True)
            shutil.copy(self.ca_file, config / "certs" / "CAs" / "ca.crt")
        url = f"{self.scheme}://{ROOT_USER}:{ROOT_PASSWORD}@{self.nodes[node].address}"
        run = subprocess.run(
            [program("MC"), *arguments], env={**os.environ, "MC_HOST_rw": url, "MC_CONFIG_DIR": str(config)},
            input=stdin, text=True, capture_output=True, timeout=60,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def add_user(self, name, password, **policies):
        """With those policies, each a name and its text."""
        for policy, text in policies.items():
            path = pathlib.Path(self.folder, f"policy-{policy}.json")
            path.write_text(text)
            self.mc("admin", "policy", "create", "rw", policy, str(path))
        self.mc("admin", "user", "add", "rw", name, password)
        self.mc("admin", "policy", "attach", "rw", *policies, "--user", name)

    def repair(self):
        """Until all run and serve, whatever a test did to them."""
        for node in self.nodes:
            if node.alive():
                node.resume()
            else:
                node.start()
        self.wait_serving()

    def exporter(self, *arguments, seed=0, environment=None):
        """With the root's key; a seed of None names no cluster by flags. The CA has to be named."""
        url = [] if seed is None else [f"--minio.url={self.nodes[seed].url}"]
        key = {} if seed is None else {"MINIO_ACCESS_KEY": ROOT_USER, "MINIO_SECRET_KEY": ROOT_PASSWORD}
        self.exporters.append(Exporter("minio", [*url, *arguments], self.folder, {**key, **(environment or {})}))
        return self.exporters[-1]

    def purge(self):
        for exporter in self.exporters:
            exporter.process.kill()
            exporter.process.wait()
        for node in self.nodes:
            if node.alive():
                with contextlib.suppress(ProcessLookupError):
                    node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
