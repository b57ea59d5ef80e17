"""What Grafana makes of a dashboard's queries, and what a real Prometheus answers to them."""
import json
import re
import urllib.error
import urllib.parse
import urllib.request

# As Grafana's data source for Prometheus escapes a chosen value within a regular expression in quotes.
SPECIAL = re.compile(r"[$^*{}\[\]'+?.()|\\]")


def chosen(values):
    """A multi-select variable's text in a query; None is All."""
    if values is None:
        return ".+"
    escaped = [SPECIAL.sub(lambda match: "\\\\" + match.group(), value) for value in values]
    return escaped[0] if len(escaped) == 1 else "(" + "|".join(escaped) + ")"


def interpolated(text, variables):
    """The query as Grafana sends it, with `variables` {name: values or None} on a data source scraped every 5 s."""
    texts = {name: chosen(values) for name, values in variables.items()}
    texts |= {"__rate_interval": "20s", "__range": "300s"}
    return re.sub(r"\$(\w+)", lambda match: texts[match.group(1)], text)


def queries(board):
    """[(title, query)] of all panels and annotations; a query has expr, instant and perhaps empty, the reason why."""
    found = [(panel["title"], target) for panel in board["panels"] for target in panel.get("targets", [])]
    return found + [("annotation " + note["name"], note) for note in board["annotations"]["list"] if "expr" in note]


def variables(board):
    """[(name, selector, label)] of those that are asked of Prometheus."""
    found = []
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["definition"]).groups()
            found.append((variable["name"], selector, label))
    return found


class Prometheus:
    def __init__(self, url):
        self.url = url

    def ask(self, path, **parameters):
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None

    def now(self):
        return float(self.ask("query", query="time()")["result"][1])

    def series(self, query, expr, now):
        """The labels of all series in the answer, and whether any has a value."""
        if query.get("instant"):
            result = self.ask("query", query=expr, time=now)["result"]
        else:
            result = self.ask("query_range", query=expr, start=now - 120, end=now, step=5)["result"]
        return {tuple(sorted(one["metric"].items())) for one in result if one.get("value") or one.get("values")}

    def label_values(self, selector, label):
        return self.ask(f"label/{label}/values", **{"match[]": selector})
