"""Redis' acceptance lines."""
from compose_stack import wait_until
from lines import line

NODES = ["redis-1", "redis-2", "redis-3"]
SENTINELS = ["sentinel-1", "sentinel-2", "sentinel-3"]
KEYS = 100


class Redis:
    service = "redis"

    def __init__(self, stack):
        self.stack = stack
        self.stopped = None

    def master(self, sentinel=SENTINELS[0]):
        return self.stack.redis(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "gogotex").split("\n")[0]

    def _info(self, node):
        text = self.stack.redis(node, "INFO", "replication").replace("\r", "")
        return dict(entry.split(":", 1) for entry in text.split("\n") if ":" in entry)

    def healthy(self):
        with line("redis: INFO replication has 2 replicas online"):
            wait_until(lambda: self._online() == 2, 60, "two replicas are online")
        with line("redis: the Sentinels agree who is master, and each could begin a failover"):
            wait_until(lambda: len({self.master(sentinel) for sentinel in SENTINELS}) == 1, 30, "one answer")
            for sentinel in SENTINELS:
                wait_until(lambda: self.stack.redis(sentinel, "SENTINEL", "CKQUORUM", "gogotex").startswith("OK 3"), 30, f"{sentinel} knows the others")
        with line("redis: nobody gets in without a password"):
            for node, port in [(node, 6379) for node in NODES] + [(node, 26379) for node in SENTINELS]:
                answer = self.stack.run_in("redis-client", f"redis-cli -h {node} -p {port} INFO")
                assert answer.startswith("NOAUTH"), answer

    def _online(self):
        info = self._info(self.master())
        return sum("state=online" in info.get(f"slave{i}", "") for i in range(2))

    def writes(self):
        with line(f"redis: {KEYS} keys written to the master are on each replica"):
            self._write("before")
            self._everywhere("before")

    def _write(self, prefix):
        pairs = [word for i in range(KEYS) for word in (f"smoke:{prefix}:{i}", str(i))]
        assert self.stack.redis(self.master(), "MSET", *pairs) == "OK"

    def _set(self, node, key, value):
        return self.stack.redis(node, "SET", key, value) == "OK"

    def _everywhere(self, prefix):
        keys = [f"smoke:{prefix}:{i}" for i in range(KEYS)]
        for node in NODES:
            wait_until(lambda: self.stack.redis(node, "EXISTS", *keys) == str(KEYS), 30, f"{node} has all {KEYS} keys")

    def backed_up(self):
        with line("redis: a backup is made and verified, and its state is published"):
            self.stack.backup("redis")
            self.stack.exporter("redis").wait(lambda page: page.value("backup_last_exit_code") == 0, 30, "the exporter tells of it")
        with line("redis: restored on trial, each key and the digest of the data are as they were"):
            self.stack.restore("redis", "--cluster", "gogotex")
            self.stack.exporter("redis").wait(lambda page: page.all("backup_restore_drill_timestamp_seconds"), 30, "the drill is published")

    def stop(self):
        self.stopped = self.master()
        self.stack.compose("stop", self.stopped)

    def takes_over(self):
        with line("redis: the master's container is stopped: a replica is promoted") as note:
            new = wait_until(lambda: self._other_master(), 60, "the Sentinels name another master")
            wait_until(lambda: self._info(new)["role"] == "master", 30, f"{new} is master")
            note(f"{self.stopped}, then {new}")
        with line("redis: writes are accepted"):
            wait_until(lambda: self._set(new, "smoke:after", "1"), 60, "a write is accepted, the other replica being attached")
            self._write("after")

    def _other_master(self):
        master = self.master()
        return master if master != self.stopped else None

    def returns(self):
        with line("redis: the old master rejoins as a replica, and has what was written meanwhile"):
            self.stack.compose("start", self.stopped)
            wait_until(lambda: self._rejoined(), 90, f"{self.stopped} is a replica of {self.master()}")
            self._everywhere("before")
            self._everywhere("after")

    def _rejoined(self):
        info = self._info(self.stopped)
        return info.get("role") == "slave" and info["master_host"] == self.master() and info["master_link_status"] == "up"

    cut_off = "redis-3"

    def choose_cut_off(self):
        self.cut_off = next(node for node in NODES if node != self.master())
