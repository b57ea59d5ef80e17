"""What every module of this folder shares."""
import pytest

from backup_script import Repository
from deployment import Alerts, Stack


def start(service):
    """A stack with one service, its exporter and the monitoring, as `scripts/up SERVICE` starts it."""
    stack = Stack(service, "monitoring")
    try:
        stack.run("up", "exporters")
    except BaseException:
        stack.purge()
        raise
    return stack


@pytest.fixture(scope="module")
def stack(request):
    """The module's own stack; SERVICE says of what."""
    stack = start(request.module.SERVICE)
    yield stack
    stack.purge()


@pytest.fixture(scope="module")
def watched(stack, request):
    """The exporter of the stack, which Prometheus scrapes too."""
    return stack.watched(request.module.SERVICE)


@pytest.fixture(scope="module")
def alerts(stack):
    return Alerts(stack)


@pytest.fixture
def repaired(stack, watched, request):
    """A test begins with a deployment that the module's healthy() calls so, and leaves none of its nodes down."""
    watched.wait(request.module.healthy, 90, "the deployment is healthy")
    yield
    for name, node in stack.status()["nodes"].items():
        if node["service"] == request.module.SERVICE and node["state"] == "paused":
            stack.run("resume", name)
        elif node["service"] == request.module.SERVICE and node["state"] != "running":
            stack.run("start", name)


@pytest.fixture(scope="module")
def deployment(request):
    """What the module's Deployment sets up."""
    made = request.module.Deployment()
    yield made
    made.purge()


@pytest.fixture
def repository(tmp_path):
    """For the backups of one test."""
    return Repository(tmp_path / "repository")
