"""The numbers of the alerts (alerts/values.yml) as the thresholds of panels."""
import pathlib

VALUES = pathlib.Path(__file__).resolve().parents[2] / "alerts" / "values.yml"


def read_numbers():
    lines = VALUES.read_text().splitlines()
    return {name: float(value) for name, value in (line.split(": ") for line in lines if line and not line.startswith("#"))}


def number(name):
    """A number of alerts/values.yml; whole ones as int, for a tidy JSON."""
    value = NUMBERS[name]
    return int(value) if value.is_integer() else value


def steps(first, *others):
    """Colours of values: `first` from minus infinity on, then (value from which on, colour)."""
    listed = [{"color": first, "value": None}] + [{"color": color, "value": value} for value, color in others]
    return {"mode": "absolute", "steps": listed}


def above(value, color="orange"):
    """Wrong from the value on."""
    return steps("green", (value, color))


def below(value, color="orange"):
    """Wrong until the value is reached."""
    return steps(color, (value, "green"))


NUMBERS = read_numbers()
PLAIN = steps("green")
ZERO_IS_BAD = below(1, "red")
EXACTLY_ONE = steps("red", (1, "green"), (2, "red"))
LAG = above(number("mongo_lag_seconds"))
AT_RISK = above(number("data_at_risk_seconds"))
HEADROOM = below(number("resync_headroom_ratio"))
RECENT = below(600, "yellow")  # ReplicaFailoverHappened
