"""MinIO's acceptance lines."""
import json

from compose_stack import wait_until
from lines import line

OBJECTS = 50


class Minio:
    service = "minio"
    stopped = "minio-3"
    cut_off = "minio-2"
    late = [f"late-{i}" for i in range(1, 6)]

    def __init__(self, stack):
        self.stack = stack

    def _nodes(self):
        info = json.loads(self.stack.mc("mc admin info m --json"))
        return {server["endpoint"].split(":")[0]: server["state"] for server in info["info"]["servers"]}

    def _health(self):
        return self.stack.run_in("minio-1", "curl -s -o /dev/null -w '%{http_code}' 'http://minio-1:9000/minio/health/cluster?maintenance=true'")

    def healthy(self):
        with line("minio: all 4 nodes are online in mc admin info"):
            wait_until(lambda: list(self._nodes().values()) == ["online"] * 4, 60, "four nodes are online")
        self.declared()

    def declared(self):
        with line("minio: buckets, policies and users are as declared"):
            state = self.state()
            assert {"gogotex", "gogotex-backup"} <= set(state["buckets"]), state
            assert {"replicawatch", "replicawatch-buckets", "gogotex-app", "gogotex-backup"} <= set(state["policies"]), state
            assert {"replicawatch": "replicawatch", "gogotex-app": "gogotex-app", "backup": "gogotex-backup"}.items() <= state["users"].items(), state

    def state(self):
        def entries(command, key):
            return [json.loads(text).get(key) for text in self.stack.mc(f"{command} --json").splitlines()]

        users = [json.loads(text) for text in self.stack.mc("mc admin user list m --json").splitlines()]
        return {"buckets": [bucket.strip("/") for bucket in entries("mc ls m", "key")], "policies": sorted(entries("mc admin policy list m", "policy")),
                "users": {user["accessKey"]: user.get("policyName") for user in users}}

    def writes(self):
        with line("minio: PUT and GET as the application's user, through each node"):
            for i in range(1, 5):
                text = self.stack.mc(f"echo object {i} | mc pipe -q m/gogotex/smoke/node-{i} >/dev/null && mc cat m/gogotex/smoke/node-{i}",
                                     "gogotex-app", "minio-app", f"minio-{i}")
                assert text == f"object {i}", text
        with line("minio: the application's user can't reach other buckets"):
            refused = self.stack.mc("mc ls m/gogotex-backup 2>&1", "gogotex-app", "minio-app", check=False)
            assert "Access Denied" in refused, refused
        # Of some size, so that each node has a part of each, and known by content.
        self.stack.mc(f"for i in $(seq {OBJECTS}); do head -c 300000 /dev/urandom >/tmp/o && mc cp -q /tmp/o m/gogotex/smoke/object-$i >/dev/null "
                      "&& echo \"$(sha256sum </tmp/o) object-$i\"; done >/tmp/sums", timeout=120)

    def _different(self, node):
        """The objects that can't be read through this node as they were written, and what mc says of them."""
        read = "while read -r sum dash name; do [ \"$(mc cat m/gogotex/smoke/$name | sha256sum)\" = \"$sum  -\" ] || echo $name; done </tmp/sums 2>&1"
        return self.stack.mc(read, node=node, timeout=120)

    def _objects_intact(self, node):
        different = self._different(node)
        assert not different, f"other contents, or none: {different}"

    def _healed(self):
        """Whether the node that was away has a part of all that was written meanwhile, after a heal of the prefix: the scanner would
        heal it later. The first heal may miss some, as the other nodes need a moment until they use its drive again."""
        self.stack.mc("mc admin heal -r m/gogotex >/dev/null", timeout=120)
        return set(self.late) <= set(self.stack.run_in(self.stopped, "ls /data/gogotex/smoke").split())

    def backed_up(self):
        with line("minio: a backup of all versions is made and verified, and its state is published"):
            self.stack.backup("minio")
            self.stack.exporter("minio").wait(lambda page: page.value("backup_last_exit_code") == 0, 30, "the exporter tells of it")
        with line("minio: restored on trial, every version is as it was"):
            self.stack.restore("minio", "--cluster", "minio-1:9000", "--access-key", "minioadmin", "--secret-key-file", "/run/secrets/minio-root", "--drill")

    def stop(self):
        self.stack.compose("stop", self.stopped)

    def takes_over(self):
        with line("minio: one node is stopped: GET works, and PUT"):
            self._objects_intact("minio-1")
            self.stack.mc(f"for name in {' '.join(self.late)}; do head -c 300000 /dev/urandom >/tmp/o && mc cp -q /tmp/o m/gogotex/smoke/$name >/dev/null "
                          "&& echo \"$(sha256sum </tmp/o) $name\"; done >>/tmp/sums", node="minio-1", timeout=120)
            self._objects_intact("minio-1")

    def returns(self):
        with line("minio: started again it is online, and the maintenance check is passed"):
            self.stack.compose("start", self.stopped)
            wait_until(lambda: self._nodes().get(self.stopped) == "online", 60, f"{self.stopped} is online")
            wait_until(lambda: self._health() == "200", 90, "/minio/health/cluster?maintenance=true answers 200")
        with line("minio: it heals: what was written meanwhile is on its drive"):
            wait_until(self._healed, 120, f"{', '.join(self.late)} are on the drive of {self.stopped}")
        with line("minio: each object is read through the node that came back"):
            # It looks for its peers again itself, which takes a moment longer.
            wait_until(lambda: not self._different(self.stopped), 120, "all contents are as they were")

    def choose_cut_off(self):
        pass
