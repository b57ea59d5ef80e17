"""A Redis deployment that is backed up, with data of all kinds, and what happens to it and to the runs meanwhile."""
import pathlib
import re
import shutil

from backup_script import Beside, Run
from deployment import wait_until
from redis_client import RedisClient
from redis_place import Place
from servers import acl_rule, program, redis_before_7

PASSWORD = "planted-pass-word-7143"

# Each type and encoding, keys that expire, several databases, keys and values that are no text.
FILL = r"""
for i = 1, 3000 do redis.call('set', 'key:' .. i, string.rep('v', i % 100) .. i) end
redis.call('set', 'bin\0\255\r\n key', '\0\1\2\255')
redis.call('rpush', 'list', 'a', '', string.rep('x', 20000))
redis.call('sadd', 'ints', 1, 2, 3)
redis.call('hset', 'hash', 'f', 'v', '\0', '\255')
redis.call('zadd', 'zset', 1.5, 'a', '-inf', 'b')
redis.call('xadd', 'stream', '1-1', 'f', 'v')
redis.call('xgroup', 'create', 'stream', 'group', '0')
redis.call('pfadd', 'hll', 'a', 'b')
redis.call('setbit', 'bits', 12345, 1)
for i = 1, 600 do redis.call('hset', 'big', 'field' .. i, i) redis.call('zadd', 'bigz', i, 'm' .. i) redis.call('sadd', 'bigs', 'm' .. i) end
redis.call('set', 'lives', 'long', 'ex', 100000)
redis.call('select', 3)
redis.call('set', 'in three', 3)
redis.call('select', 9)
redis.call('set', 'in nine', 9, 'px', 100000000)
return 1
"""


class Deployment:
    """A master and a replica."""

    def __init__(self):
        self.place = Place()
        self.folder = pathlib.Path(self.place.folder)
        self.password_file = self.folder / "password"
        self.password_file.write_text(PASSWORD)
        users = self.folder / "users.acl"
        users.write_text(f"user default on >{PASSWORD} ~* &* +@all\nuser backup on >{PASSWORD} {acl_rule('backup')}\n")
        common = [f"aclfile {users}", f"masterauth {PASSWORD}", *debug()]
        self.master = self.place.server(*common)
        self.replica = self.place.server(*common, f"replicaof 127.0.0.1 {self.master.port}")
        self.master.start()
        self.replica.start()
        self.wait_linked()
        assert self.master.client.ask("EVAL", FILL, "0") == "1"

    def wait_linked(self):
        wait_until(lambda: "master_link_status:up" in (self.replica.client.ask("INFO", "replication") or ""), 30, "the replica is linked")

    def purge(self):
        self.place.purge()

    def login(self):
        return ["--user=backup", f"--password-file={self.password_file}"]

    def backup(self, repository, *arguments, redis=None, environment=None):
        address = (redis or self.master).address
        return Run("redis-backup.sh", [f"--redis={address}", *self.login(), *repository.options, *arguments], environment)

    def restore(self, source, *arguments, environment=None):
        return Run("redis-restore.sh", [f"--from={source}", *arguments], environment)


class Writer(Beside):
    """Writes pairs that a consistent copy has alike."""

    def __init__(self, client):
        super().__init__()
        self.client = client

    def round(self):
        self.client.ask("EVAL", "redis.call('incr', 'left') redis.call('lpush', 'queue', redis.call('incr', 'right')) return 1", "0")


class KeptServer:
    """What --keep-running left."""

    def __init__(self, told, port):
        password_file = re.search(r"\$\(cat (\S+)\)", told).group(1)
        self.folder = pathlib.Path(password_file).parent
        self.client = RedisClient(f"127.0.0.1:{port}", password_file)

    def end(self):
        self.client.ask("SHUTDOWN", "NOSAVE")
        wait_until(lambda: self.client.ask("PING") is None, 10, "the kept server ends")
        shutil.rmtree(self.folder)


class HeldDump:
    """A redis-cli that stops before it dumps, until it is told to go on; the scripts take it by `environment`."""

    def __init__(self, folder):
        folder.mkdir()
        (folder / "tmp").mkdir()
        self.temporary = folder / "tmp"
        self.reached, self.go = folder / "reached", folder / "go"
        client = folder / "redis-cli"
        client.write_text(f"""#!/bin/sh
case " $* " in *' --rdb '*) touch '{self.reached}'; while [ ! -e '{self.go}' ]; do sleep 0.1; done ;; esac
exec '{program("REDIS_CLI")}' "$@"
""")
        client.chmod(0o755)
        self.environment = {"REDIS_CLI": str(client), "TMPDIR": str(self.temporary)}

    def wait(self):
        wait_until(self.reached.exists, 30, "the dump begins")
        self.reached.unlink()

    def release(self):
        self.go.touch()


def debug():
    """DEBUG has to be allowed since 7.0."""
    return [] if redis_before_7() else ["enable-debug-command local"]


def digest(server):
    return server.client.ask("DEBUG", "DIGEST")
