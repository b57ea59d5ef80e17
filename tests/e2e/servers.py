"""The servers' own clients, as the administrator of a stack. Passwords reach them through files and the environment."""
import os
import subprocess

from deployment import ROOT


def program(name):
    """What scripts/bootstrap --env says under this name."""
    if name in os.environ:
        return os.environ[name]
    exports = subprocess.run([ROOT / "scripts/bootstrap", "--env"], check=True, capture_output=True, text=True).stdout
    [line] = [line for line in exports.splitlines() if line.startswith(f"export {name}=")]
    return line.partition("=")[2].strip("'\"")


def redis_version():
    return subprocess.run([program("REDIS_SERVER"), "--version"], check=True, capture_output=True, text=True).stdout


def acl_rule(name):
    """The last line of a file in compose/redis."""
    return (ROOT / f"compose/redis/{name}.acl").read_text().split("\n")[-2]


def redis_before_7():
    return "v=6." in redis_version()


def is_valkey():
    return redis_version().startswith("Valkey")


def start_mongosh(stack, script):
    """A mongosh with the admin's `db` on whichever member is primary."""
    members = ",".join(node["address"] for node in stack.status()["nodes"].values() if node["service"] == "mongo")
    prelude = f"""
      const password = fs.readFileSync('{stack.secret("mongo-admin")}', 'utf8').trim();
      const options = 'replicaSet=rs0&authSource=admin&serverSelectionTimeoutMS=60000';
      db = new Mongo(`mongodb://admin:${{password}}@{members}/?${{options}}`).getDB('admin');
    """
    path = os.path.join(stack.folder, f"script-{os.urandom(4).hex()}.js")
    with open(path, "w") as file:
        file.write(prelude + script)
    return subprocess.Popen(
        [program("MONGOSH"), "--nodb", "--quiet", "--norc", path],
        env={**os.environ, "HOME": stack.folder},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_mongosh(stack, script):
    shell = start_mongosh(stack, script)
    output, _ = shell.communicate(timeout=120)
    assert shell.returncode == 0, output
    return output


def run_mc(stack, node, *arguments, stdin=""):
    """mc as root; the alias `rw` leads to the node named."""
    with open(stack.secret("minio-root")) as file:
        url = f"http://minioadmin:{file.read().strip()}@{stack.address(node)}"
    return subprocess.run(
        [program("MC"), *arguments],
        env={**os.environ, "MC_HOST_rw": url, "MC_CONFIG_DIR": stack.folder + "/mc"},
        input=stdin,
        text=True,
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
