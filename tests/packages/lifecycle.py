#!/usr/bin/env python3
"""Installs, starts, scrapes, upgrades, removes and purges the packages in a clean root of a Debian release.

usage: tests/packages/lifecycle.py RELEASE PACKAGES NEWER

`scripts/test packages` makes the packages and calls this. PACKAGES and NEWER are folders with the three of them, the second of a higher
version. The servers are real ones of scripts/stack, on loopback, which a root shares with this machine. No systemd runs in a root: the
unit is looked at by systemd-analyze of that release, and what it would start is started by hand, with its settings, its secrets where
it would put them, as a user without rights, and with a socket to tell that it is ready. Exit code 0 when every line is ok.
"""
import contextlib
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests" / "replica")]

from deployment import Endpoint, Page, Stack, free_port, wait_until  # noqa: E402
from lines import failed, line, part  # noqa: E402

SERVICES = ("redis", "mongo", "minio")
HELPERS = 'CACHE=${REPLICAWATCH_CACHE:-$HOME/.cache/replicawatch}; . scripts/lib/bootstrap/apt.sh; . scripts/lib/package/root.sh; "$@"'
# What installing anything leaves: caches, logs, lists, and the packager's own records.
OF_APT = ("/var/cache/", "/var/log/", "/var/lib/apt/", "/var/lib/dpkg/", "/proc", "/dev", "/tmp/", "/packages", "/run/")
# DynamicUser takes one of these numbers.
USER = 61200


class Root:
    def __init__(self, release, folder):
        self.path = pathlib.Path(folder)
        self.helper("make_root", release, folder).check_returncode()

    @staticmethod
    def helper(*words, **options):
        return subprocess.run(["bash", "-euc", HELPERS, "bash", *words], cwd=ROOT, text=True, **options)

    def run(self, *words, check=True):
        done = self.helper("in_root", str(self.path), *words, capture_output=True, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, f"{shlex.join(words)}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout + done.stderr

    def apt(self, *words):
        return self.run("apt-get", "-q", "-y", "-o", "Dpkg::Options::=--force-confold", *words)

    def files(self):
        found = self.run("find", "/", "-xdev").splitlines()
        return {path for path in found if not (path + "/").startswith(OF_APT)}

    def version(self, package):
        return self.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", package, check=False)


class Service:
    """One exporter in a root, and the deployment that it is to watch."""

    def __init__(self, root, stack, service):
        self.root = root
        self.name = f"replicawatch-{service}"
        self.service = service
        self.settings = root.path / "etc/default" / self.name
        self.secrets = root.path / "etc/replicawatch" / service
        self.unit = f"usr/lib/systemd/system/{self.name}.service"
        usual = stack.status()["exporters"][service]
        self.usual = usual["arguments"], usual["environment"]

    def install(self, folder):
        (package,) = (self.root.path / "packages" / folder).glob(f"{self.name}_*.deb")
        self.root.apt("install", "--no-install-recommends", f"/packages/{folder}/{package.name}")
        return self.root.version(self.name)

    def configure(self):
        """As an administrator does: variables for the flags, passwords as files for root."""
        arguments, environment = self.usual
        lines = [f"{name}={value}" for name, value in environment.items()]
        for argument in arguments:
            flag, value = argument.removeprefix("--").split("=", 1)
            if flag.endswith("-file"):
                secret = flag.split(".", 1)[1].removesuffix("-file")
                shutil.copy(value, self.secrets / secret)
                (self.secrets / secret).chmod(0o600)
                value = f"/run/credentials/{self.name}.service/{self.service}_{secret}"
            lines.append(f"REPLICAWATCH_{re.sub('[.-]', '_', flag).upper()}={value}")
        self.settings.write_text(self.settings.read_text() + "\n".join(lines) + "\n")

    @contextlib.contextmanager
    def running(self):
        """What the unit would run; yields where it serves. At the end it is told to end, and must do so well."""
        address = f"127.0.0.1:{free_port()}"
        command = re.search(r"^ExecStart=(.*)$", (self.root.path / self.unit).read_text(), re.M)[1]
        script = f"""
            credentials=/run/credentials/{self.name}.service
            mkdir -p $credentials
            for file in /etc/replicawatch/{self.service}/*; do install -o {USER} -m 400 "$file" $credentials/{self.service}_"${{file##*/}}"; done
            set -a
            . /etc/default/{self.name}
            REPLICAWATCH_WEB_LISTEN_ADDRESS={address}
            NOTIFY_SOCKET=/run/notify
            setpriv --reuid={USER} --regid={USER} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all {command} </dev/null &
            read -r _ || true
            kill -TERM $!
            wait $!
        """
        with self.manager() as told:
            process = subprocess.Popen(
                ["bash", "-euc", HELPERS, "bash", "in_root", str(self.root.path), "bash", "-c", script], cwd=ROOT,
                text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            try:
                wait_until(lambda: told("READY=1") or process.poll() is not None, 20, f"{self.name} says that it is ready")
                yield Endpoint(address)
            finally:
                output, _ = process.communicate("end\n", timeout=30)
            assert process.returncode == 0, f"it ended with {process.returncode}: {output}"
            assert told("STOPPING=1"), f"it did not say that it stops: {output}"

    @contextlib.contextmanager
    def manager(self):
        """The socket of a service manager; yields a function that reads one more message and tells whether it is this one."""
        path = self.root.path / "run/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path.unlink(missing_ok=True)
            manager.bind(str(path))
            path.chmod(0o777)
            manager.setblocking(False)

            def told(message):
                try:
                    return manager.recv(100).decode() == message
                except BlockingIOError:
                    return False

            yield told
        path.unlink()

    def scrape(self):
        with self.running() as endpoint:
            def writable():
                status, _, body = endpoint.get("/metrics")
                values = [value for _, value in Page(body.decode()).all("writable")]
                return status == 200 and values and min(values) == 1

            wait_until(writable, 30, f"{self.name} tells that its deployment can be written")


def describes_its_flags(service):
    """The page of man, the completions and the settings' file name the flags that the program has."""
    root, name = service.root, service.name
    text = root.run(f"/usr/bin/{name}", "--help")
    flags = set(re.findall(r"(?:^  |,)(--[a-z][\w.-]*)", text, re.M))
    assert len(flags) > 20, text
    page = root.run("zcat", f"/usr/share/man/man1/{name}.1.gz").replace("\\-", "-")
    for what, content in (("man", page), ("bash", (root.path / f"usr/share/bash-completion/completions/{name}").read_text()),
                          ("zsh", (root.path / f"usr/share/zsh/vendor-completions/_{name}").read_text())):
        missing = flags - set(re.findall(r"(--[a-z][\w.-]*)", content))
        assert not missing, f"{what} does not know {missing}"
    unknown = set(re.findall(r"^#(REPLICAWATCH_\w+)=", service.settings.read_text(), re.M)) - set(re.findall(r"Env:(\w+)", text))
    assert not unknown, f"{service.settings.name} has variables that no flag has: {unknown}"
    return len(flags)


def try_one(service):
    root, name = service.root, service.name
    before = root.files()
    with line(f"{name}: apt installs it, with what it needs") as note:
        note(service.install("older"))
    with line(f"{name}: systemd-analyze finds its unit good and tight") as note:
        complaints = root.run("systemd-analyze", "verify", "--man=no", f"/{service.unit}")
        assert not complaints.strip(), complaints
        score = root.run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", f"/{service.unit}")
        note(re.search(r"exposure level for .*: ([\d.]+)", score)[1])
    with line(f"{name}: page, completions and settings know the flags") as note:
        note(f"{describes_its_flags(service)} flags")
    with line(f"{name}: as a user without rights it says READY=1, and is scraped"):
        service.configure()
        service.scrape()
    settings = service.settings.read_text()
    with line(f"{name}: an upgrade keeps settings and secrets, and is scraped") as note:
        older, newer = root.version(name), service.install("newer")
        assert newer != older and newer.startswith("installed"), newer
        assert service.settings.read_text() == settings
        service.scrape()
        note(newer)
    with line(f"{name}: removed, the settings stay; purged, nothing does"):
        root.apt("remove", name)
        assert not (root.path / f"usr/bin/{name}").exists() and service.settings.read_text() == settings and any(service.secrets.iterdir())
        root.apt("purge", name)
        root.apt("autoremove", "--purge")
        left = root.files() - before
        assert not left and "installed" not in root.version(name).split(" ")[0].split("-"), f"left: {sorted(left)}"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    release, older, newer = sys.argv[1:]
    folder = tempfile.mkdtemp(prefix="replicawatch-root-")
    stack = None
    try:
        root = Root(release, folder)
        for name, packages in (("older", older), ("newer", newer)):
            shutil.copytree(packages, root.path / "packages" / name)
        root.apt("update")
        root.apt("install", "--no-install-recommends", "systemd", "libc-bin")
        stack = Stack(*SERVICES)
        for service in SERVICES:
            with part():
                try_one(Service(root, stack, service))
    finally:
        if stack:
            stack.purge()
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
