"""Starts nodes and ends them again: only what is recorded, and only while the pid is still the same process."""
import os
import signal
import subprocess
import time

from ports import is_free

from .state import StackError, listens, owner_of_port


def _stat(pid):
    """State letter and start time of a process, in ticks since boot; None when there is none."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[19])


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise StackError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Process:
    """One node's process as recorded in the state."""

    def __init__(self, state, name):
        self.state = state
        self.name = name
        self.log = state.directory("logs") / f"{name}.log"

    @property
    def record(self):
        return self.state.data["nodes"].get(self.name, {})

    @property
    def pid(self):
        return self.record.get("pid")

    def status(self):
        """running, paused, or why it is not there: stopped, killed, died, never started."""
        if not self.record:
            return "never started"
        if self._letter() in "TtRSDI":
            return "paused" if self._letter() in "Tt" else "running"
        return self.record["ended"] or "died"

    def _letter(self):
        found = _stat(self.pid) if self.pid else None
        # A recycled pid is somebody else's process. Z: it has ended and only its parent has not looked.
        return found[0] if found and found[1] == self.record["start"] and found[0] != "Z" else "-"

    def alive(self):
        return self.status() in ("running", "paused")

    def start(self, command, port, environment):
        if not is_free(port):
            raise StackError(
                f"{self.name}: port {port} is taken by {owner_of_port(port)}; "
                "stop that one or use another --state folder with --ports free"
            )
        try:
            with open(self.log, "ab") as log:
                process = subprocess.Popen(
                    [str(word) for word in command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.state.folder,
                    env={**os.environ, **environment},
                    start_new_session=True,
                )
        except OSError as error:
            hint = "scripts/bootstrap brings the servers, the build the exporters"
            raise StackError(f"{self.name}: {error.strerror}: {command[0]} ({hint})") from None
        found = _stat(process.pid)
        self.state.data["nodes"][self.name] = {"pid": process.pid, "start": found[1] if found else 0, "ended": None}
        self.state.save()

    def wait_until_listening(self, port, seconds):
        wait_until(lambda: listens(port) or not self.alive(), seconds, f"{self.name} listens on port {port}; see {self.log}")
        if not self.alive():
            last = self.log.read_text(errors="replace").splitlines()[-5:]
            raise StackError("\n  ".join([f"{self.name} ended at once; the end of {self.log}:", *last]))

    def signal(self, number, ended=None):
        if not self.alive():
            raise StackError(f"{self.name} is not running ({self.status()})")
        os.kill(self.pid, number)
        if ended:
            self.record["ended"] = ended

    def ask_to_end(self):
        """TERM; a paused process is resumed first, since it could not obey."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM, "stopped")

    def kill(self, reason="killed"):
        self.signal(signal.SIGKILL, reason)

    def wait_for_end(self, seconds=20):
        try:
            wait_until(lambda: not self.alive(), seconds, f"{self.name} ends")
        except StackError:
            self.kill("stopped")
            wait_until(lambda: not self.alive(), seconds, f"{self.name} ends after KILL")
