"""What every module of this folder shares."""
import pytest

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
