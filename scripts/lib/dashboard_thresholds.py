"""What a panel colours against what the alerts compare with.

An alert's expression is taken apart into what it compares (without aggregations and ranges) and the value from which on a panel
of the same has another colour. Conditions after `and` and `unless` are no comparison of the alert.
"""
import pathlib
import re

# Alerts whose number no panel can draw a line at, and why.
NOT_DRAWN = {
    "ReplicaFailoversFrequent": "steps of a term within 15 min; the boards draw the term and mark each step",
    "MongoInitialSyncStalled": "nothing new within 15 min; the board draws what has been copied",
    "MongoMembersCutOff": "counts links between members that are up; the matrix shows them",
    "MinioNodesCutOff": "counts links between nodes that are up; the matrix shows them",
    "MinioDriveNotOk": "a state among six; the board shows which",
    "ReplicawatchServiceBlind": "all exporters of a service; the board shows each",
    "ReplicawatchClusterVanished": "absence, not a value",
    "ReplicawatchExporterVanished": "absence, not a value",
}
# Lines that no alert draws, and why.
OWN_LINES = {
    "Members that are missing": "0 is the only good number; MinioDegraded compares the two series",
    "Does a drive need a full copy?": "blue, not a warning: MinIO rebuilds by itself",
    "Missing links between nodes": "0 is the only good number; MinioNodesCutOff asks whether both nodes are up",
    "Margin of writes": "as ReplicaGroupNoFailureTolerated, for each storage class",
    "How many failed": "0 is the only good number",
    "Masters to spare": "the next master lost leaves no majority",
}
COMPARISON = re.compile(r"^(.*)\s(==|>=|<=|>|<)\s*(-?[\d.]+)$", re.S)


def split_outside(expression, words):
    """Parts between the words that stand outside all parentheses, braces and brackets."""
    parts, depth, begin = [], 0, 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|[({\[]|[)}\]]|\b\w+\b', expression):
        token = match.group()
        if token in "({[":
            depth += 1
        elif token in ")}]":
            depth -= 1
        elif depth == 0 and token in words:
            parts.append(expression[begin:match.start()])
            begin = match.end()
    return parts + [expression[begin:]]


def unwrapped(expression):
    """Without parentheses or a label_replace around all of it."""
    expression = expression.strip()
    replaced = re.fullmatch(r"label_replace\((.*?)(,\s*\"[^,]*\"){4}\s*\)", expression, flags=re.S)
    if replaced:
        return unwrapped(replaced.group(1))
    if expression.startswith("(") and expression.endswith(")"):
        depth = 0
        for i, character in enumerate(expression):
            depth += {"(": 1, ")": -1}.get(character, 0)
            if depth == 0:
                return unwrapped(expression[1:-1]) if i == len(expression) - 1 else expression
    return expression


def matchers(expression):
    """{label: what it may be} over all selectors; a variable of Grafana may be anything."""
    found = {}
    for selector in re.findall(r"\{([^}]*)\}", expression):
        for label, operator, value in re.findall(r'(\w+)\s*(=~|=)\s*"([^"]*)"', selector):
            if label not in ("cluster", "job", "instance") and "$" not in value:
                found.setdefault(label, set()).update(value.split("|") if operator == "=~" else [value])
    return found


def signature(expression):
    """What is computed, whatever it is grouped by and over whatever range."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", expression)
    bare = re.sub(r"\b(max|min|sum)\s+by\s*\([^)]*\)", "", bare)
    return re.sub(r"[\s()]", "", bare)


def boundary(metric, operator, value):
    """The first value with the other colour. Counts and states have no fractions, and none below 0 but margins."""
    number = float(value)
    step = 0 if re.search(r"seconds|ratio|/", metric) else 1
    return {">": number + step, ">=": number, "<": number, "<=": number + step, "==": number or 1}[operator]


def alert_lines(rules, recorded):
    """[(alert, signature, matchers, value)] of all comparisons. rules: [(alert, expression)]; recorded: {name: expression}."""
    lines = []
    for alert, expression in rules:
        for part in split_outside(unwrapped(expression), {"or"}):
            first = unwrapped(split_outside(unwrapped(part), {"and", "unless"})[0])
            compared = COMPARISON.match(first)
            if not compared:
                continue
            left, operator, value = compared.groups()
            computed = recorded.get(left.strip(), left)
            for same in {left, computed}:
                lines.append((alert, signature(same), matchers(same), boundary(signature(computed), operator, value)))
    return lines


def agree(first, second):
    return all(first[label] & second[label] for label in first.keys() & second.keys())


def steps_of(panel):
    """The values at which the panel changes its colour, those of a table's columns included."""
    fields = panel["fieldConfig"]
    listed = fields["defaults"]["thresholds"]["steps"]
    for override in fields["overrides"]:
        for setting in override["properties"]:
            if setting["id"] == "thresholds":
                listed = listed + setting["value"]["steps"]
    return {step["value"] for step in listed if step["value"] is not None}


def panel_lines(panel, lines):
    """Those alerts' lines that are about what the panel shows."""
    for target in panel.get("targets", []):
        expression = re.sub(r" == 1$", "", target["expr"])
        shown, limits = signature(expression), matchers(expression)
        for line in lines:
            if line[1] == shown and agree(limits, line[2]):
                yield line


def panel_faults(panel, wanted):
    """Against the alerts' lines about it. A state has a colour for each value instead, a graph of several things no line."""
    if panel["type"] == "state-timeline":
        return []
    have, expected = steps_of(panel), {line[3] for line in wanted}
    if panel["type"] == "table":
        expected.discard(1)  # yes or no, by a mapping
        return [f"no column's colour changes at {value:g}, as an alert's does" for value in sorted(expected - have)]
    if len({signature(target["expr"]) for target in panel["targets"]}) > 1 and not have:
        return []
    if panel["title"] in OWN_LINES:
        return [f"{wanted[0][0]} is about it: it needs no line of its own"] if wanted else []
    found = [f"no colour changes at {value:g}, where {alert} draws the line" for alert, _, _, value in wanted if value not in have]
    return found + [f"a colour changes at {value:g}, where no alert on it draws a line" for value in sorted(have - expected)]


def faults(boards, rules, recorded):
    """[what is wrong]. boards: {file: dashboard}."""
    lines = alert_lines(rules, recorded)
    found, drawn = [], set()
    for name, board in boards.items():
        for panel in board["panels"]:
            if panel["type"] not in ("row", "text", "alertlist"):
                wanted = list(panel_lines(panel, lines))
                drawn.update(alert for alert, *_ in wanted)
                found += [f"{name}: {panel['title']}: {fault}" for fault in panel_faults(panel, wanted)]
    missing = {alert for alert, *_ in lines} - drawn - set(NOT_DRAWN)
    found += [f"no dashboard shows what {alert} compares" for alert in sorted(missing)]
    return found + [f"{alert} is said not to be drawn, and is" for alert in sorted(drawn & set(NOT_DRAWN))]


def rule_files(folder):
    """([(alert, expression)], {recorded name: expression}) of alerts/*.rules.yml."""
    alerts, recorded = [], {}
    for path in sorted(pathlib.Path(folder).glob("*.rules.yml")):
        for kind, name, rest in re.findall(r"^ *- (alert|record): (\S+)\n((?:(?! *- (?:alert|record|name):).*\n)+)", path.read_text(),
                                           flags=re.M):
            indent, one_line, block = re.search(r"^( *)expr: (?:\|\n((?:\1 .*\n)+)|(.+)\n)", rest, flags=re.M).group(1, 3, 2)
            expression = one_line or block
            if kind == "alert":
                alerts.append((name, expression))
            else:
                recorded[name] = expression
    return alerts, recorded
