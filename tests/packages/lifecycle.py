#!/usr/bin/env python3
"""Installs, starts, scrapes, upgrades, removes and purges the packages in a clean root of a Debian release.

usage: tests/packages/lifecycle.py RELEASE PACKAGES NEWER

`scripts/test packages` makes the packages and calls this. PACKAGES and NEWER are folders with the three of them, the second of a higher
version. The servers are real ones of scripts/stack, on loopback, which a root shares with this machine. In the root a systemd of that
release is process 1: it starts what is installed, by the unit as it is. Exit code 0 when every line is ok.
"""
import contextlib
import functools
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests" / "replica")]

from deployment import Endpoint, Page, Repeatedly, Stack, free_port, wait_until  # noqa: E402
from lines import failed, line, part  # noqa: E402

SERVICES = ("redis", "mongo", "minio")
HELPERS = 'CACHE=${REPLICAWATCH_CACHE:-$HOME/.cache/replicawatch}; . scripts/lib/bootstrap/apt.sh; . scripts/lib/package/root.sh; "$@"'
# What installing anything leaves: caches, logs, lists, and the packager's own records.
OF_APT = ("/var/cache/", "/var/log/", "/var/lib/apt/", "/var/lib/dpkg/", "/tmp/", "/var/tmp/", "/packages")
# DynamicUser takes one of these numbers.
DYNAMIC_USERS = range(61184, 65520)


class Root:
    """A clean root; commands run beside its systemd."""

    def __init__(self, release, folder):
        self.path = pathlib.Path(folder)
        self.helper("make_root", release, folder).check_returncode()
        for words in (("apt-get", "-q", "update"),
                      ("apt-get", "-q", "-y", "install", "--no-install-recommends", "systemd", "dbus", "libc-bin")):
            self.helper("in_root", folder, *words, capture_output=True).check_returncode()
        # That nothing is to be started holds for a root without a systemd that runs.
        (self.path / "usr/sbin/policy-rc.d").unlink()
        self.booted = None

    @staticmethod
    def helper(*words, **options):
        return subprocess.run(["bash", "-euc", HELPERS, "bash", *words], cwd=ROOT, text=True, **options)

    @contextlib.contextmanager
    def boot(self):
        process = subprocess.Popen(["bash", "-euc", HELPERS, "bash", "boot_root", str(self.path)], cwd=ROOT, stdin=subprocess.DEVNULL)
        try:
            def is_up():
                assert process.poll() is None, f"the systemd of the root ended with {process.returncode}"
                self.booted = only_descendant(process.pid, "systemd")
                return self.booted and self.run("systemctl", "is-system-running", check=False).strip() in ("running", "degraded")

            wait_until(is_up, 60, "the systemd of the root is up")
            yield
        finally:
            if self.booted:
                self.run("systemctl", "poweroff", check=False)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.terminate()
                process.wait(10)

    def run(self, *words, check=True):
        done = self.helper("in_booted", self.booted, *words, capture_output=True, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, f"{shlex.join(words)}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout + done.stderr

    def apt(self, *words):
        return self.run("apt-get", "-q", "-y", "-o", "Dpkg::Options::=--force-confold", *words)

    def files(self):
        found = self.run("find", "/", "-xdev").splitlines()
        return {path for path in found if not (path + "/").startswith(OF_APT)}

    def version(self, package):
        return self.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", package, check=False)


def only_descendant(pid, name):
    """The process of that name below this one, as text; None as long as there is none."""
    for child in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split():
        with contextlib.suppress(OSError):
            if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == name:
                return child
        if found := only_descendant(child, name):
            return found
    return None


class Service:
    """One exporter in a root, and the deployment that it is to watch."""

    def __init__(self, root, stack, service):
        self.root = root
        self.name = f"replicawatch-{service}"
        self.service = service
        self.settings = root.path / "etc/default" / self.name
        self.secrets = root.path / "etc/replicawatch" / service
        self.unit = f"usr/lib/systemd/system/{self.name}.service"
        self.endpoint = Endpoint(f"127.0.0.1:{free_port()}")
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
        for argument in [*arguments, f"--web.listen-address={self.endpoint.address}"]:
            flag, value = argument.removeprefix("--").split("=", 1)
            if flag.endswith("-file"):
                secret = flag.split(".", 1)[1].removesuffix("-file")
                shutil.copy(value, self.secrets / secret)
                (self.secrets / secret).chmod(0o600)
                value = f"/run/credentials/{self.name}.service/{self.service}_{secret}"
            lines.append(f"REPLICAWATCH_{re.sub('[.-]', '_', flag).upper()}={value}")
        self.settings.write_text(self.settings.read_text() + "\n".join(lines) + "\n")

    def systemctl(self, *words):
        try:
            return self.root.run("systemctl", *words)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.journal()}") from None

    def journal(self):
        return self.root.run("journalctl", "--no-pager", "-n", "20", "-u", self.name, check=False)

    def state(self):
        return self.root.run("systemctl", "is-active", f"{self.name}.service", check=False).strip()

    def pid(self):
        """In the root; 0 when it does not run."""
        return int(self.root.run("systemctl", "show", "-P", "MainPID", f"{self.name}.service"))

    def is_confined(self):
        """What the kernel says of the process; gives its user's number."""
        pid = self.pid()
        status = dict(line.split(":\t", 1) for line in self.root.run("cat", f"/proc/{pid}/status").splitlines())
        users = {int(user) for user in status["Uid"].split()}
        assert len(users) == 1 and users <= set(DYNAMIC_USERS), f"its user is {users}"
        for what in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(status[what], 16) == 0, f"{what} is {status[what]}"
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
        assert re.search(r"^Max core file size +0 +0 ", self.root.run("cat", f"/proc/{pid}/limits"), re.M)
        (user,) = users
        return user

    def is_scraped(self):
        def writable():
            status, _, body = self.endpoint.get("/metrics")
            values = [value for _, value in Page(body.decode()).all("writable")]
            return status == 200 and values and min(values) == 1

        try:
            wait_until(writable, 30, f"{self.name} tells that its deployment can be written")
        except (AssertionError, OSError) as error:
            raise AssertionError(f"{error}\n{self.journal()}") from None

    def last_reading(self):
        return min(value for _, value in self.endpoint.scrape().all("replicawatch_config_last_reload_success_timestamp_seconds"))


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
    with line(f"{name}: it is not started before it has settings"):
        assert service.state() == "inactive" and "disabled" in root.run("systemctl", "is-enabled", f"{name}.service", check=False)
    with line(f"{name}: systemd has it as started when it serves, without rights and as a user of its own") as note:
        service.configure()
        service.systemctl("enable", "--now", name)
        service.is_scraped()
        note(f"user {service.is_confined()}")
    with line(f"{name}: a reload reads its settings again, in the same process"):
        before_reload, pid = service.last_reading(), service.pid()
        service.systemctl("reload", name)
        wait_until(lambda: service.last_reading() > before_reload, 20, "it has read its settings again")
        assert service.pid() == pid
    with line(f"{name}: a secret that its group may read changes without a restart"):
        takes_a_changed_secret(service)
    settings = service.settings.read_text()
    with line(f"{name}: an upgrade keeps settings and secrets, and starts it again") as note:
        older, pid = root.version(name), service.pid()
        newer = service.install("newer")
        assert newer != older and newer.startswith("installed"), newer
        assert service.settings.read_text() == settings
        assert service.state() == "active" and service.pid() != pid
        service.is_scraped()
        note(newer)
    with line(f"{name}: with its socket no scrape is lost while it is started again") as note:
        note(f"{scrapes_through_a_restart(service)} scrapes")
    with line(f"{name}: removed, it ends and the settings stay; purged, nothing does"):
        root.apt("remove", name)
        assert service.state() == "inactive"
        assert not (root.path / f"usr/bin/{name}").exists() and service.settings.read_text() == settings and any(service.secrets.iterdir())
        root.apt("purge", name)
        root.apt("autoremove", "--purge")
        left = root.files() - before
        assert not left and "installed" not in root.version(name).split(" ")[0].split("-"), f"left: {sorted(left)}"


def takes_a_changed_secret(service):
    """As docs/packages.md has it. At first the secret is a wrong one."""
    root, name = service.root, service.name
    settings = service.settings.read_text()
    secret = root.path / "etc/replicawatch/changing"
    root.run("groupadd", "--system", "replicawatch")
    secret.write_text("not-the-right-one")
    root.run("chgrp", "replicawatch", "/etc/replicawatch/changing")
    secret.chmod(0o640)
    drop_in = root.path / f"etc/systemd/system/{name}.service.d"
    drop_in.mkdir(parents=True)
    (drop_in / "group.conf").write_text("[Service]\nSupplementaryGroups=replicawatch\n")
    (credential,) = set(re.findall(rf"^REPLICAWATCH_\w+_FILE=(\S+_(?:password|secret-key))$", settings, re.M))
    service.settings.write_text(settings.replace(credential, "/etc/replicawatch/changing"))
    service.systemctl("daemon-reload")
    service.systemctl("restart", name)
    wait_until(lambda: {labels["code"] for labels, _ in service.endpoint.scrape().all("member_error")} >= {"auth"}, 20, "the login is refused")
    pid = service.pid()
    secret.write_text((service.secrets / credential.rpartition("_")[2]).read_text())
    service.is_scraped()
    assert service.pid() == pid
    service.settings.write_text(settings)
    shutil.rmtree(drop_in)
    secret.unlink()
    root.run("groupdel", "replicawatch")
    service.systemctl("daemon-reload")
    service.systemctl("restart", name)


def scrapes_through_a_restart(service):
    """The socket as an administrator sets it up; the number of scrapes meanwhile, all of which were answered."""
    address = service.endpoint.address
    drop_in = service.root.path / f"etc/systemd/system/{service.name}.socket.d"
    drop_in.mkdir(parents=True)
    (drop_in / "address.conf").write_text(f"[Socket]\nListenStream=\nListenStream={address}\n")
    settings = service.settings.read_text()
    service.settings.write_text(settings + "REPLICAWATCH_WEB_SYSTEMD_SOCKET=true\n")
    service.systemctl("daemon-reload")
    service.systemctl("stop", service.name)
    service.systemctl("enable", "--now", f"{service.name}.socket")
    answers = []

    def scrape():
        try:
            answers.append(service.endpoint.get("/metrics")[0])
        except OSError as error:
            answers.append(error)

    with Repeatedly((scrape, 0)):
        for _ in range(3):
            count, pid = len(answers), service.pid()
            # No administrator starts it as often as this, which systemd would not do.
            service.systemctl("reset-failed", service.name)
            service.systemctl("restart", service.name)
            assert service.pid() not in (0, pid)
            wait_until(functools.partial(lambda count: len(answers) > count + 2, count), 20, "it is scraped after it was started again")
    assert set(answers) == {200}, answers
    service.systemctl("stop", f"{service.name}.socket", service.name)
    shutil.rmtree(drop_in)
    service.settings.write_text(settings)
    service.systemctl("daemon-reload")
    service.systemctl("start", service.name)
    return len(answers)


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
        stack = Stack(*SERVICES)
        with root.boot():
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
