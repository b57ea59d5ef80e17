"""The commands of the runbooks that are marked as runnable, as they stand there, on a real deployment: a field, a right or an option
that does not exist would be found by whoever is called at night.

REPLICAWATCH_SERVICE says of which service: its own pages are run, and those of any service without what only another one is asked.
"""
import os
import pathlib
import re
import shlex
import subprocess

import pytest

from deployment import ROOT, wait_until
from fenced import blocks_of
from servers import program

SERVICE = os.environ["REPLICAWATCH_SERVICE"]
pytestmark = pytest.mark.usefixtures("repaired")
PAGES = ROOT / "docs" / "runbooks"
OWNERS = {"mongo": r"(Mongo|scenario-mongo-)", "redis": r"(Redis|scenario-redis-)", "minio": r"(Minio|scenario-minio-)"}
# How a line begins that asks the servers themselves.
QUESTIONS = {"mongo": r"mongo_at\b", "redis": r"(redis_at|sentinel_at|on_sentinels)\b", "minio": r"mc\b"}


def healthy(page):
    if SERVICE == "minio":
        return page.value("writable", group="0/0") == 1 and page.value("members_healthy", group="0/0") == 4
    return page.replicates(members={"mongo": 3, "redis": 6}[SERVICE])


def blocks(path, kind):
    return blocks_of(path.read_text(), f"sh {kind}")


def commands(path):
    """The runnable blocks of a page, as far as they are for this service."""
    [*owner] = [service for service, name in OWNERS.items() if re.match(name, path.name)]
    if owner:
        return blocks(path, "runnable") if owner == [SERVICE] else []
    others = "|".join(question for service, question in QUESTIONS.items() if service != SERVICE)
    kept = (re.sub(rf"^({others}).*\n", "", block, flags=re.M) for block in blocks(path, "runnable"))
    return [block for block in kept if block]


def of_mongo(stack, page, folder):
    return {"PATH": str(pathlib.Path(program("MONGOSH")).parent), "MONGO_PASSWORD_FILE": stack.secret("mongo-admin"),
            "PRIMARY": page.members_with_role("primary")[0], "MEMBER": page.members_with_role("secondary")[0]}


def of_redis(stack, page, folder):
    # By itself redis-cli ends with 0 when the server has answered with an error.
    client = folder / "redis-cli"
    client.write_text(f'#!/bin/sh\nexec {shlex.quote(program("REDIS_CLI"))} -e "$@"\n')
    client.chmod(0o700)
    return {"PATH": str(folder), "REDIS_PASSWORD_FILE": stack.secret("redis-default"), "SENTINEL_PASSWORD_FILE": stack.secret("sentinel-default"),
            "SENTINELS": " ".join(page.members_with_role("sentinel")), "SENTINEL": page.members_with_role("sentinel")[0],
            "PRIMARY": page.members_with_role("master")[0], "MEMBER": page.members_with_role("replica")[0]}


def of_minio(stack, page, folder):
    tool = program("MC")
    with open(stack.secret("minio-root")) as file:
        keys = f"minioadmin\n{file.read().strip()}\n"
    environment = {"PATH": str(pathlib.Path(tool).parent), "MC_CONFIG_DIR": str(folder), "MEMBER": stack.address("minio-2")}
    made = subprocess.run([tool, "alias", "set", "gogotex", f"http://{stack.address('minio-1')}"], env={**os.environ, **environment},
                          input=keys, capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stdout + made.stderr
    return environment


@pytest.fixture(scope="module")
def environment(stack, watched, tmp_path_factory):
    """The variables that README.md asks for, with this deployment's values."""
    status = stack.status()
    page = watched.wait(healthy, 90, "the deployment is healthy")
    own = {"mongo": of_mongo, "redis": of_redis, "minio": of_minio}[SERVICE](stack, page, tmp_path_factory.mktemp("tools"))
    tools = [own.pop("PATH"), str(pathlib.Path(program("PROMTOOL")).parent), os.environ["PATH"]]
    [(labels, _), *_] = page.all("writable")
    return {**os.environ, **own, "PATH": ":".join(tools),
            "PROMETHEUS_URL": status["prometheus"], "ALERTMANAGER_URL": status["alertmanager"], "EXPORTER": watched.address,
            "SERVICE": SERVICE, "CLUSTER": labels["cluster"], "GROUP": labels["group"]}


def run(script, environment):
    functions = "".join(blocks(PAGES / "README.md", "functions"))
    return subprocess.run(["bash", "-eo", "pipefail", "-c", functions + script], env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("path", [path for path in sorted(PAGES.glob("*.md")) if commands(path)], ids=lambda path: path.stem)
def test_the_commands_of_a_page_run(environment, path):
    for block in commands(path):
        done = run(block, environment)
        assert done.returncode == 0 and not done.stderr, f"{block}{done.stdout}{done.stderr}"


def test_the_functions_tell_what_is_there(environment):
    wait_until(lambda: "=> 1 @" in run("promql 'replicawatch_writable'", environment).stdout, 60, "Prometheus has scraped the exporter")
    assert re.search(r"^replicawatch_up\{.*\} 1$", run("family replicawatch_up", environment).stdout, re.M)


@pytest.mark.skipif(SERVICE != "mongo", reason="a function for MongoDB")
def test_a_member_of_mongodb_is_asked(environment):
    member = run("""mongo_at "$MEMBER" 'print(db.hello().me, db.hello().secondary)'""", environment)
    assert member.stdout.split() == [environment["MEMBER"], "true"]


@pytest.mark.skipif(SERVICE != "redis", reason="functions for Redis")
def test_a_member_of_redis_and_the_sentinels_are_asked(environment):
    primary = environment["PRIMARY"].rpartition(":")
    assert run('redis_at "$MEMBER" ROLE', environment).stdout.split()[:3] == ["slave", primary[0], primary[2]]
    asked = run('on_sentinels SENTINEL get-master-addr-by-name "$GROUP"', environment).stdout.splitlines()
    assert asked == [f"{sentinel}: {primary[0]} {primary[2]}" for sentinel in environment["SENTINELS"].split()]
    refused = run('redis_at "$MEMBER" CONFIG SET no-such-setting 1', environment)
    assert refused.returncode != 0 and refused.stderr, "an error of the server would not be seen"


@pytest.mark.skipif(SERVICE != "minio", reason="a client for MinIO")
def test_the_alias_leads_to_minio(environment):
    assert '"mode":"online"' in run("mc admin info gogotex --json", environment).stdout.replace(" ", "")
