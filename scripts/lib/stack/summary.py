#!/usr/bin/env python3
"""Prints the addresses of a stack and, from its exporters' pages, a table of the deployments.

usage: summary.py [--state DIR]
"""
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
SAMPLE = re.compile(r"^replicawatch_([a-z_]+)\{(.*)\} (\S+)$")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
SECONDS_TO_FIND_ALL = 30


def read_page(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=12) as answer:
        text = answer.read().decode()
    return [
        (match.group(1), dict(LABEL.findall(match.group(2))), float(match.group(3)))
        for match in map(SAMPLE.match, text.splitlines())
        if match
    ]


def is_complete(page):
    """All members do their job. A Redis looks complete before its Sentinels are heard of, which takes two seconds."""
    counts = {name: sum(v for n, _, v in page if n == f"members_{name}") for name in ("expected", "healthy")}
    redis = any(labels.get("service") == "redis" for _, labels, _ in page)
    sentinel = any(v for n, labels, v in page if n == "member_role" and labels["role"] == "sentinel")
    return counts["healthy"] == counts["expected"] > 1 and (sentinel or not redis)


def wait_for_page(address):
    """The page once it is complete, or as it is after the time given."""
    end = time.monotonic() + SECONDS_TO_FIND_ALL
    while True:
        page = read_page(address)
        if is_complete(page) or time.monotonic() > end:
            return page
        time.sleep(0.3)


def rows_of(page):
    groups = dict.fromkeys((l["service"], l["cluster"], l["group"]) for n, l, _ in page if n == "members_expected")
    for service, cluster, group in groups:
        here = [(n, l, v) for n, l, v in page if l.get("cluster") == cluster and l.get("group") == group]

        def value(name, **labels):
            found = [v for n, l, v in here if n == name and all(l.get(k) == w for k, w in labels.items())]
            return f"{found[0]:g}" if found else "-"

        primaries = [l["member"] for n, l, v in here if n == "member_role" and l["role"] in ("primary", "master") and v]
        lags = [v for n, _, v in here if n == "replication_lag_seconds"]
        unit = "write_nodes" if service == "minio" else "write"
        yield (
            service,
            cluster,
            group,
            f"{value('members_healthy')}/{value('members_expected')}",
            " ".join(primaries) or "-",
            {"1": "yes", "0": "NO", "-": "unknown"}[value("writable")],
            value("failures_tolerated", operation=unit),
            f"{max(lags):.1f}" if lags else "-",
        )


def main():
    status = json.loads(
        subprocess.run([ROOT / "scripts" / "stack", *sys.argv[1:], "status", "--json"], capture_output=True, text=True).stdout
    )
    exporters = {name: node["address"] for name, node in status["nodes"].items() if node["service"] == "exporters"}
    table = [("SERVICE", "CLUSTER", "GROUP", "HEALTHY", "PRIMARY", "WRITABLE", "MAY LOSE", "LAG, S")]
    for address in exporters.values():
        table += rows_of(wait_for_page(address))
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    print()
    for name, address in exporters.items():
        print(f"{name:<16} http://{address}/")
    for name in ("prometheus", "alertmanager"):
        if name in status["nodes"]:
            print(f"{name:<16} {status[name]}")


if __name__ == "__main__":
    main()
