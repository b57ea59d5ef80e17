"""Runs the backup and restore scripts, and reads what they leave."""
import json
import os
import pathlib
import re
import subprocess

from deployment import ROOT, Page, Repeatedly, wait_until


class Run:
    """A script that has been started."""

    def __init__(self, name, arguments, environment=None):
        self.process = subprocess.Popen(
            [ROOT / "scripts" / name, *(str(argument) for argument in arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **(environment or {})})
        self.text = None

    def wait(self, code=0, seconds=120):
        """The end of the run with this exit code; gives what it said."""
        self.text, _ = self.process.communicate(timeout=seconds)
        assert self.process.returncode == code, f"exit code {self.process.returncode} instead of {code}\n{self.text}"
        return self.text


class Repository:
    """A folder with backups of one service and the status files of it."""

    def __init__(self, folder, cluster="shop", name="daily"):
        self.folder = pathlib.Path(folder)
        self.status_folder = self.folder.parent / (self.folder.name + "-status")
        self.labels = {"cluster": cluster, "backup": name}
        self.options = [f"--to={self.folder}", f"--cluster={cluster}", f"--name={name}", f"--status-dir={self.status_folder}"]

    def backups(self):
        """Their folders, the oldest first."""
        return sorted(path for path in self.folder.glob("*") if re.search(r"-\d{8}T\d{6}Z$", path.name))

    def partials(self):
        return sorted(path for path in self.folder.glob("*") if path.suffix in (".partial", ".deleting"))

    def manifest(self, backup=None):
        return json.loads(((backup or self.backups()[-1]) / "manifest.json").read_text())

    def status(self, name, **labels):
        """A value of the status files, or None."""
        text = "\n".join(path.read_text() for path in self.status_folder.glob("*.prom"))
        return Page(text).value("backup_" + name, **self.labels, **labels)


def files_under(folder):
    """Each file under the folder with its bytes: what must be the same when nothing was touched."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}


def age_identity(path):
    """Makes a key of age, and gives its recipient."""
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    return subprocess.run(["age-keygen", "-y", path], check=True, capture_output=True, text=True).stdout.strip()


class Beside(Repeatedly):
    """Does one thing over and over beside a test, from entering to leaving; entered when it has been done more than AT_FIRST times."""

    AT_FIRST = 10
    WITHIN = 20
    PAUSE = 0

    def __init__(self):
        super().__init__((self._round, self.PAUSE))
        self.rounds = 0

    def _round(self):
        self.round()
        self.rounds += 1

    def __enter__(self):
        super().__enter__()
        wait_until(lambda: self.rounds > self.AT_FIRST, self.WITHIN, f"{type(self).__name__} is at work")
        return self


class CommandLines(Beside):
    """Looks for a word in the command lines of all processes."""

    AT_FIRST = 0
    PAUSE = 0.002

    def __init__(self, word):
        super().__init__()
        self.word, self.found = word.encode(), set()

    def round(self):
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_bytes()
            except OSError:  # it has ended
                continue
            if self.word in line:
                self.found.add(line)
