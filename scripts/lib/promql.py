"""What Prometheus' queries are made of, as far as the checks of dashboards, rules and runbooks need it."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

TARGET_LABELS = ("job", "instance")
# What Prometheus itself makes.
BUILT_IN = {"up", "ALERTS", "ALERTS_FOR_STATE", "scrape_duration_seconds", "scrape_samples_scraped"}
KEYWORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "inf", "nan", "atan2"}


def metrics_of(expression):
    """The metric names in a PromQL expression."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    names = re.findall(r"(?<![\w:.])([A-Za-z_:][\w:]*)(?!\s*\(|[\w:])", bare)
    return {name for name in names if name.lower() not in KEYWORDS}


def published(catalogues):
    """{series: its labels} of what `--metrics.list` wrote into these files; `-` is standard input."""
    series = {}
    for catalogue in catalogues:
        text = sys.stdin.read() if catalogue == "-" else pathlib.Path(catalogue).read_text()
        for name, kind, _, labels, *_ in (line.split("\t") for line in text.splitlines() if line.count("\t") >= 3):
            own = labels.split(",") + (["le"] if kind == "histogram" else [])
            for one in [name + ending for ending in ("_bucket", "_sum", "_count")] if kind == "histogram" else [name]:
                series.setdefault(one, set(TARGET_LABELS)).update(own)
    return series


def syntax_error(promtool, expressions):
    """What promtool does not accept of them, or "": a rule file (JSON is YAML) is made of them."""
    rules = [{"record": f"checked:{number}", "expr": expression} for number, expression in enumerate(expressions)]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"groups": [{"name": "checked", "rules": rules}]}, file)
        file.flush()
        done = subprocess.run([promtool, "check", "rules", "--lint=none", file.name], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return f"an expression is not PromQL\n{done.stdout}{done.stderr}"
    return "" if f"{len(rules)} rules found" in done.stdout else f"promtool did not read all {len(rules)} expressions\n{done.stdout}"
