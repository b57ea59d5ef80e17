"""The commands of the runbooks that are marked as runnable, as they stand there, on a real set: a field, a right or an option that
does not exist would be found by whoever is called at night. The pages of Redis and MinIO are not run, there is no such deployment here."""
import os
import pathlib
import re
import subprocess

import pytest

from deployment import ROOT, wait_until

SERVICE = "mongo"
pytestmark = pytest.mark.usefixtures("repaired")
PAGES = ROOT / "docs" / "runbooks"
OF_OTHERS = re.compile(r"(Redis|Minio|scenario-redis|scenario-minio)")


def healthy(page):
    return page.replicates(members=3)


def blocks(path, kind):
    return re.findall(rf"^```sh {kind}\n(.*?)^```$", path.read_text(), flags=re.M | re.S)


@pytest.fixture(scope="module")
def environment(stack, watched):
    """The variables that README.md asks for, with this set's values."""
    status = stack.status()
    page = watched.wait(healthy, 90, "the set is healthy")
    primary = page.members_with_role("primary")[0]
    tools = [pathlib.Path(os.environ[tool]).parent for tool in ("MONGOSH", "PROMTOOL")]
    return {**os.environ, "PATH": ":".join([*map(str, tools), os.environ["PATH"]]),
            "PROMETHEUS_URL": status["prometheus"], "ALERTMANAGER_URL": status["alertmanager"], "EXPORTER": watched.address,
            "SERVICE": SERVICE, "CLUSTER": "rs0", "PRIMARY": primary, "MEMBER": page.members_with_role("secondary")[0],
            "MONGO_PASSWORD_FILE": status["secrets"]["mongo-admin"]}


def run(script, environment):
    functions = "".join(blocks(PAGES / "README.md", "functions"))
    return subprocess.run(["bash", "-eo", "pipefail", "-c", functions + script], env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("path", [path for path in sorted(PAGES.glob("*.md")) if blocks(path, "runnable")
                                  and not OF_OTHERS.match(path.name)], ids=lambda path: path.stem)
def test_the_commands_of_a_page_run(environment, path):
    for block in blocks(path, "runnable"):
        done = run(block, environment)
        assert done.returncode == 0 and not done.stderr, f"{block}{done.stdout}{done.stderr}"


def test_the_functions_tell_what_is_there(environment, stack):
    wait_until(lambda: "=> 1 @" in run("promql 'replicawatch_primaries'", environment).stdout, 60, "Prometheus has scraped the exporter")
    assert re.search(r"^replicawatch_up\{.*\} 1$", run("family replicawatch_up", environment).stdout, re.M)
    member = run("""mongo_at "$MEMBER" 'print(db.hello().me, db.hello().secondary)'""", environment)
    assert member.stdout.split() == [environment["MEMBER"], "true"]
