"""Ports for servers that a test starts: no two suites are ever given the same one.

A port that is free when it is chosen may be another suite's by the time that its server listens, or while a killed server is
away. So a suite claims a block of its own for as long as its process lives, and the programs that it runs take theirs from it.
"""
import fcntl
import os
import pathlib
import secrets
import socket
import tempfile

# Below those from which the kernel takes the ports of outgoing connections.
FIRST, LAST = 10240, 31999
# Of a block are the ports with one remainder: so the bus of a Redis Cluster's node, 10000 above its port, is in the same.
BLOCKS = 50
VARIABLE = "REPLICAWATCH_PORTS"

_claimed = []


def claim():
    """Takes a block for this process and all that it starts; gives it back when the process ends, however it does."""
    if VARIABLE in os.environ:
        return
    folder = pathlib.Path(tempfile.gettempdir(), f"replicawatch-ports-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    for block in range(BLOCKS):
        owner = open(folder / f"{block}.owner", "a")
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner.close()
            continue
        _claimed.append(owner)
        os.environ[VARIABLE] = str(folder / str(block))
        return
    raise RuntimeError(f"all {BLOCKS} blocks of ports in {folder} are claimed")


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    """The next of the claimed block; without one, any that is free now. None when there is none."""
    if VARIABLE not in os.environ:
        candidates = (FIRST + secrets.randbelow(LAST + 1 - FIRST) for _ in range(1000))
        return next(filter(is_free, candidates), None)
    path = pathlib.Path(os.environ[VARIABLE])
    ports = [port for port in range(FIRST, LAST + 1) if port % BLOCKS == int(path.name)]
    with open(path, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        turn = int(file.read() or 0)
        for _ in ports:
            port = ports[turn % len(ports)]
            turn += 1
            if is_free(port):
                file.truncate(0)
                file.write(str(turn))
                return port
    return None
