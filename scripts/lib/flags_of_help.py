"""The flags of an exporter, from its own --help, for all that is written about them: they can't disagree."""
import dataclasses
import re
import subprocess
import sys

HEAD = re.compile(r"(?P<names>-\S+)(?: (?P<kind>[A-Z]+)(?::[A-Z]+ in \[(?P<range>[^\]]+)\])?)?"
                  r"(?:=(?P<default>\[.*?\]|[^\s\[]\S*)| +\[(?P<bracketed>.*)\])? *(?P<many>\.\.\.)?$")


@dataclasses.dataclass
class Flag:
    names: list
    kind: str  # what it takes, or nothing
    default: str
    many: bool
    variable: str
    help: str

    def takes_a_file(self):
        return self.kind == "FILE" or self.names[0].endswith(("file", "script", "-dir"))


def read_flag(head, text):
    variable = re.search(r" \(Env:(\w+)\)$", head)
    parts = HEAD.match(head[:variable.start()] if variable else head)
    if not parts:
        sys.exit(f"--help has a flag of an unknown form: {head}")
    default = parts["default"] or parts["bracketed"] or ""
    if parts["range"]:
        text += f"; from {parts['range'].replace(' - ', ' to ')}"
    return Flag(re.sub(r"\{\w+\}", "", parts["names"]).split(","), parts["kind"] or "", default.strip("[]"), bool(parts["many"]),
                variable[1] if variable else "", text)


def read_help(program):
    """(what the program is, its flags)"""
    # With nothing set: a variable would show as the default.
    text = subprocess.run([program, "--help"], check=True, capture_output=True, text=True, env={}).stdout
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    found = []
    for line in lines:
        start = re.match(r"  (-.*?)(?: {2,}(\S.*))?$", line)
        if start:
            found.append([start[1], start[2] or ""])
        elif found and line.startswith("      "):
            found[-1][1] = f"{found[-1][1]} {line.strip()}".strip()
    flags = [read_flag(*flag) for flag in found]
    # What was not understood must not be left out in silence.
    if {name for flag in flags for name in flag.names} != set(re.findall(r"(?:^  |(?<=,))(--?[a-z][\w.-]*)", text, re.M)):
        sys.exit("not all flags of --help were read")
    return lines[0], flags
