"""Series of a real fault as the input of a promtool test: what Prometheus has stored of the families that the rules read."""
import json
import pathlib
import re
import urllib.parse
import urllib.request

from deployment import ROOT

STEP = 5  # seconds, the stack's scrape interval


def families():
    """Names that the rules of this tree read and exporters publish."""
    text = "".join(path.read_text() for path in sorted((ROOT / "alerts").glob("*.rules.yml")))
    return sorted(set(re.findall(r"\b(?:replicawatch|redis)_[a-z_]+\b", text))) + ["up"]


def ask(prometheus, path, **parameters):
    query = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"{prometheus}/api/v1/{path}?{query}", timeout=30) as answer:
        return json.load(answer)["data"]["result"]


def notation(values, begin, count):
    """promtool's words for the samples at each step; `_` where there is none, `stale` where a series ends, as scrapes mark it, runs as
    AxN."""
    at = {round((time - begin) / STEP): value for time, value in values}
    at |= {index + 1: "stale" for index in at if index + 1 not in at}
    words, previous, run = [], None, 0
    for index in range(count + 1):
        value = at.get(index, "_") if index < count else None
        if value == previous:
            run += 1
            continue
        if previous is not None:
            words.append(f"_x{run}" if previous == "_" else previous if run == 1 else f"{previous}x{run - 1}")
        previous, run = value, 1
    return " ".join(words)


def series_of(prometheus, service, begin, end):
    """[{series, values}] of one service."""
    count = int((end - begin) / STEP) + 1
    found = []
    for name in families():
        selector = f'{name}{{job="replicawatch-{service}"}}'
        for result in ask(prometheus, "query_range", query=selector, start=begin, end=end, step=STEP):
            labels = {key: value for key, value in result["metric"].items() if key != "__name__"}
            values = result["values"]
            # A test begins at the time 0.
            if name.endswith("_timestamp_seconds"):
                values = [(time, f"{float(value) - begin:.0f}") for time, value in values]
            text = ",".join(f'{key}={json.dumps(value)}' for key, value in sorted(labels.items()))
            found.append({"series": f"{name}{{{text}}}", "values": notation(values, begin, count)})
    return found


def record(folder, stack, prometheus, service, what, begin, end, fired):
    """Writes the test: at the end just these alerts fire. JSON is YAML. The stack's folder is none of the reader's business."""
    expected = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(fired)]
    test = {
        "rule_files": ["../../*.rules.yml"],
        "evaluation_interval": f"{STEP}s",
        "tests": [{
            "name": f"{service}: {what}, as it was on real servers",
            "interval": f"{STEP}s",
            "input_series": series_of(prometheus, service, begin, end),
            "promql_expr_test": [{
                "expr": 'count by (alertname) (count by (alertname) (ALERTS{alertstate="firing",severity!="info"}))',
                "eval_time": f"{int((end - begin) / STEP) * STEP}s",
                "exp_samples": expected,
            }],
        }],
    }  # fmt: skip
    slug = re.sub(r"[^a-z]+", "-", what.lower())
    path = pathlib.Path(folder) / f"{service}-{slug}.test.json"
    path.write_text(json.dumps(test, indent=1).replace(stack.folder, "") + "\n")
