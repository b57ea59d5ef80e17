"""Cases of alerts/tests/*.cases.yml, and the promtool tests that they stand for.

  - alert: MongoMemberTooStale
    case: one member is too stale                 # what happens, in words
    every: 1m                                     # between two samples; 15s when left out
    series: {'name{cluster="c",member="m"}': '0x4 1x20'}
    other: {'name{cluster="c",member="m"}': '0x24'}
    silent: [1m]                                  # the alert fires for nothing
    fires: {2m: ['{cluster="c",member="m"}']}     # it fires for exactly these, severity left out

Two exporters watch: each series gets instance="a", and instance="b" with the values under `other`, or the same. A series that has
an instance or a job of its own is taken as it is.
"""
import json
import pathlib
import re

import yaml

KEYS = {"alert", "case", "every", "series", "other", "silent", "fires"}


def load(path):
    cases = yaml.safe_load(pathlib.Path(path).read_text())
    for case in cases:
        if set(case) - KEYS or not {"alert", "case", "series"} <= set(case) or not case.get("silent") and not case.get("fires"):
            raise SystemExit(f"{path}: a case has {sorted(case)}, of {sorted(KEYS)}")
    return cases


def with_instance(series, instance):
    name, brace, labels = series.partition("{")
    return f'{name}{{instance="{instance}"' + ("," + labels if brace and labels != "}" else "}")


def inputs(case):
    """[(series, values)] for promtool."""
    series, other, made = case["series"], case.get("other", {}), []
    for name, values in series.items():
        if re.search(r"[{,](instance|job)=", name):
            made.append((name, values))
            continue
        made.append((with_instance(name, "a"), values))
        made.append((with_instance(name, "b"), other.get(name, values)))
    if set(other) - set(series):
        raise SystemExit(f"{case['alert']}, {case['case']}: `other` has a series that `series` has not")
    return made


def expectation(case, time, labels, severity):
    alert = case["alert"]
    samples = [{"labels": f'ALERTS{{alertname="{alert}",alertstate="firing",severity="{severity}",{each.strip("{}")}}}', "value": 1}
               for each in labels]
    return {"expr": f'ALERTS{{alertname="{alert}",alertstate="firing"}}', "eval_time": time, "exp_samples": samples}


def promtool_tests(cases, rule_files, severities):
    """The texts of files for `promtool test rules`, one for each `every`: rules are looked at as often as samples come, since a case of
    hours would take minutes otherwise. JSON is YAML."""
    texts = []
    for every in sorted({case.get("every", "15s") for case in cases}):
        tests = []
        for case in cases:
            if case.get("every", "15s") != every:
                continue
            severity = severities[case["alert"]]
            expected = [expectation(case, time, [], severity) for time in case.get("silent", [])]
            expected += [expectation(case, time, labels, severity) for time, labels in case.get("fires", {}).items()]
            tests.append({"name": f"{case['alert']}: {case['case']}", "interval": every,
                          "input_series": [{"series": name, "values": values} for name, values in inputs(case)],
                          "promql_expr_test": expected})
        files = [str(path) for path in rule_files]
        texts.append(json.dumps({"rule_files": files, "evaluation_interval": every, "tests": tests}, indent=1))
    return texts
