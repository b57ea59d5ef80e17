#!/usr/bin/env python3
"""Starts compose/compose.yaml with the profile `replica` in a real Docker Engine and proves what it is to do, a line each.

usage: tests/replica/smoke.py [--keep]

`scripts/test replica` brings the engine and the images and calls this. --keep leaves the stack running at the end and prints how to reach
it and how to end it. Exit code 0 when every line is ok.
"""
import subprocess
import sys
import time

from compose_stack import ComposeStack, wait_until
from lines import failed, line, part, proven

from deployment import Alerts
from minio import Minio
from mongo import Mongo
from redis import Redis

# The alerts that a stopped member and one that is cut off raise.
STOPPED = {"mongo": ["ReplicaMemberDown", "ReplicaFailoverHappened"], "redis": ["RedisReplicaDisconnected", "ReplicaFailoverHappened"],
           "minio": ["MinioNodeDown"]}
CUT_OFF = {"mongo": "ReplicaMemberDown", "redis": "RedisReplicaDisconnected", "minio": "MinioNodeDown"}


def start(stack):
    with line("compose: docker compose config is clean, with and without the profile"):
        stack.compose("config", "--quiet")
        subprocess.run([word for word in stack.command if word not in ("--profile", "replica")] + ["config", "--quiet"],
                       env=stack.environment, check=True)
    services = stack.services()
    with line("compose: all services start, the inits end well, the others are healthy") as note:
        if "grafana" not in services:
            print("SKIP grafana: there is no image of it here; its service is checked as configuration only", flush=True)
        bring_up(stack, services)
        note(f"{len(services)} services")


def bring_up(stack, services):
    stack.compose("up", "-d", "--no-build", *services)
    wait_until(lambda: all(well(*state) for state in stack.states().values()), 120, "every service is healthy")


def well(state, health, code):
    return (state == "running" and health in ("", "healthy")) or (state == "exited" and code == 0)


def monitoring(stack, alerts):
    with line("prometheus: the three exporter targets are up"):
        wait_until(lambda: targets(alerts) == {"replicawatch-mongo": "up", "replicawatch-redis": "up", "replicawatch-minio": "up"}, 60, "three targets are up")
    with line("prometheus: the rules are loaded and healthy") as note:
        groups = alerts.ask("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert len(rules) > 90 and all(rule["health"] in ("ok", "unknown") for rule in rules), rules
        note(f"{len(rules)} rules")
    with line("prometheus: on the healthy stack no alert of a warning or worse"):
        wait_until(lambda: not severe(alerts), 120, "nothing fires")


def targets(alerts):
    found = alerts.ask("targets")["activeTargets"]
    return {target["labels"]["job"]: target["health"] for target in found}


def severe(alerts):
    return [alert["labels"] for alert in alerts.all_firing() if alert["labels"].get("severity") in ("warning", "critical")]


def fires(alerts, service, name, node):
    """The alert about this node; those of a failover name nobody, and stand for the group."""
    for alert in alerts.firing(name):
        labels = alert["labels"]
        if labels.get("service") == service and node in labels.get("member", node):
            return labels
    return None


def stops(services, alerts):
    for service in services:
        with part():
            service.stop()
            service.takes_over()
    for service in services:
        for name in STOPPED[service.service]:
            with part(), line(f"alerts: {service.stopped} is stopped: {name} fires and reaches Alertmanager"):
                wait_until(lambda: fires(alerts, service.service, name, service.stopped), 180, f"{name} fires")
                wait_until(lambda: alerts.delivered(name), 30, f"{name} is in Alertmanager")
    for service in services:
        with part():
            service.returns()
    recovered(alerts)


def cut_off(stack, services, alerts):
    network = f"{stack.project}_default"
    for service in services:
        service.choose_cut_off()
        stack.docker("network", "disconnect", network, stack.container(service.cut_off))
    for service in services:
        name = CUT_OFF[service.service]
        with part(), line(f"alerts: {service.cut_off} is cut off (docker network disconnect): {name} fires, writes go on"):
            wait_until(lambda: fires(alerts, service.service, name, service.cut_off), 180, f"{name} fires")
            assert stack.exporter(service.service).scrape().value("writable") == 1
    for service in services:
        stack.docker("network", "connect", "--alias", service.cut_off, network, stack.container(service.cut_off))
    recovered(alerts)
    for service in services:
        with part():
            service.healthy()


def recovered(alerts):
    with part(), line("alerts: after the repair all are resolved"):
        wait_until(lambda: not severe(alerts), 240, f"nothing fires; last {severe(alerts)}")


def down_and_up(stack, services):
    minio = next(service for service in services if isinstance(service, Minio))
    with part(), line("minio: bucket list, policies and users are intact after the init is run again"):
        before = minio.state()
        stack.compose("up", "--no-build", "--no-deps", "--force-recreate", "--exit-code-from", "gogotex-minio-init", "gogotex-minio-init")
        assert minio.state() == before, (before, minio.state())
    with part(), line("mongo: the init, run again, changes nothing and says that it is ready"):
        stack.compose("up", "--no-build", "--no-deps", "--force-recreate", "--exit-code-from", "mongo-init", "mongo-init")
        log = stack.compose("logs", "--no-log-prefix", "mongo-init").strip().splitlines()
        assert len(log) == 1 and log[0].startswith("ready: "), log
    with part(), line("compose: after down and up, with other addresses, all is as it was"):
        before = minio.state()
        stack.compose("down", "--timeout", "20")
        bring_up(stack, stack.services())
        assert minio.state() == before, (before, minio.state())
    for service in services:
        with part():
            service.healthy()
            service.writes()


def main():
    if sys.argv[1:] not in ([], ["--keep"]):
        print(__doc__)
        return 0 if sys.argv[1:] == ["--help"] else 2
    begin = time.monotonic()
    stack = ComposeStack()
    services = [Mongo(stack), Redis(stack), Minio(stack)]
    try:
        with part():
            start(stack)
            alerts = Alerts(stack)
            for service in services:
                with part():
                    service.healthy()
                    service.writes()
            monitoring(stack, alerts)
            for service in services:
                with part():
                    service.backed_up()
            stops(services, alerts)
            cut_off(stack, services, alerts)
            down_and_up(stack, services)
    finally:
        if failed:
            print(stack.compose("ps", "-a", check=False), stack.compose("logs", "--tail", "15", check=False), sep="\n", file=sys.stderr)
        if sys.argv[1:] == ["--keep"]:
            print("kept:", " ".join(map(str, stack.command)), "down --volumes", "\n", stack.ports)
        else:
            stack.purge()
    print(f"replica: {len(proven)} lines ok, {len(failed)} failed ({time.monotonic() - begin:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
