"""Three Redis data nodes, one master and two replicas, with three Sentinels."""
import hashlib
import os
import socket

from .process import wait_until
from .service import Service

MASTER_NAME = "gogotex"
DATA = ["redis-1", "redis-2", "redis-3"]
SENTINELS = ["sentinel-1", "sentinel-2", "sentinel-3"]


def ask(port, password, *commands):
    """The first line of the answer to each command, or [] while the node does not answer."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            stream = connection.makefile("rwb")
            answers = []
            for command in (("AUTH", password), *commands):
                stream.write(b"*%d\r\n" % len(command))
                stream.write(b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in command))
                stream.flush()
                line = stream.readline()
                if line.startswith(b"$"):
                    line = stream.read(int(line[1:]) + 2)
                answers.append(line.decode())
            return answers[1:]
    except OSError:
        return []


class Redis(Service):
    name = "redis"
    nodes = {name: 6379 + i for i, name in enumerate(DATA)} | {name: 26379 + i for i, name in enumerate(SENTINELS)}

    def __init__(self, state, root):
        super().__init__(state, root)
        self.shared = root / "compose" / "redis"

    def stages(self):
        # A Sentinel asks the master for its replicas at once and then every 10 s: they had better be there the first time. Later
        # it knows them, and after a failover it is the Sentinels that attach an old master.
        return [DATA + SENTINELS] if self._config(SENTINELS[0]).exists() else [DATA, SENTINELS]

    def _config(self, node):
        return self.state.directory("data", node) / ("sentinel.conf" if node in SENTINELS else "redis.conf")

    def command(self, node):
        program = os.environ.get("REDIS_SERVER", "redis-server")
        config = self._config(node)
        # Sentinel, and a failover, write into the file what must outlive a restart: it is rendered only once.
        if not config.exists():
            self.state.write(config, self._sentinel(node) if node in SENTINELS else self._data(node))
        return [program, config] + (["--sentinel"] if node in SENTINELS else [])

    def _data(self, node):
        users = self.state.directory("data", node) / "users.acl"
        self.state.write(
            users,
            f"user default on #{self._sha256('redis-default')} ~* &* +@all\n"
            f"user replicawatch on #{self._sha256('redis-exporter')} {self._rule('exporter')}\n"
            f"user backup on #{self._sha256('redis-backup')} {self._rule('backup')}\n",
        )
        lines = [
            f"include {self.shared / 'redis.conf'}",
            f"port {self.port(node)}",
            "bind 127.0.0.1",
            f"dir {users.parent}",
            f"aclfile {users}",
            f"masterauth {self._password('redis-default')}",
            "replica-announce-ip 127.0.0.1",
            f"replica-announce-port {self.port(node)}",
        ]
        if node != DATA[0]:
            lines.append(f"replicaof 127.0.0.1 {self.port(DATA[0])}")
        return "\n".join(lines) + "\n"

    def _sentinel(self, node):
        settings = (self.shared / "sentinel.conf").read_text().replace("MASTER_NAME", MASTER_NAME)
        lines = [
            f"port {self.port(node)}",
            "bind 127.0.0.1",
            f"dir {self.state.directory('data', node)}",
            f"requirepass {self._password('sentinel-default')}",
            f"user replicawatch on #{self._sha256('sentinel-exporter')} {self._rule('exporter-sentinel')}",
            f"sentinel monitor {MASTER_NAME} 127.0.0.1 {self.port(DATA[0])} 2",
            f"sentinel auth-pass {MASTER_NAME} {self._password('redis-default')}",
            "sentinel announce-ip 127.0.0.1",
            f"sentinel announce-port {self.port(node)}",
        ]
        return "\n".join(lines) + "\n" + settings

    def _rule(self, name):
        return (self.shared / f"{name}.acl").read_text().split("\n")[-2]

    def _password(self, secret):
        return self.state.secret(secret).read_text()

    def _sha256(self, secret):
        return hashlib.sha256(self.state.secret(secret).read_bytes()).hexdigest()

    def initialise(self, stage, timeout):
        """Nothing to make; ready when the replicas are attached and every Sentinel knows the others."""
        wait_until(self._replicas_attached, timeout, "two replicas attached to one master; see logs/redis-*.log")
        for node in set(stage) & set(SENTINELS):
            wait_until(lambda: self._sentinel_knows_all(node), timeout, f"{node} knows the others; see logs/{node}.log")

    def _replicas_attached(self):
        return any(
            "\r\nconnected_slaves:2\r\n" in answer and answer.count("state=online") == 2
            for node in DATA
            for answer in ask(self.port(node), self._password("redis-default"), ("INFO", "replication"))
        )

    def _sentinel_knows_all(self, node):
        answer = ask(self.port(node), self._password("sentinel-default"), ("INFO", "sentinel"))
        return any("slaves=2,sentinels=3" in line for line in answer)

    def exporter(self):
        return {
            "arguments": [
                f"--redis.addr=redis://127.0.0.1:{self.port(DATA[0])}",
                "--redis.user=replicawatch",
                f"--redis.password-file={self.state.secret('redis-exporter')}",
                f"--redis.sentinel-password-file={self.state.secret('sentinel-exporter')}",
            ],
            "environment": {},
        }
