#!/usr/bin/env python3
"""Records the raw answers of a real node for the unit tests.

usage: record.py HOST:PORT FOLDER COMMAND [COMMAND...]

Each COMMAND is a file name, a colon and the command, as in "masters.resp:SENTINEL MASTERS". The password comes from the
environment (REDIS_USER, REDIS_PASSWORD). A bulk answer is stored as its text when the file does not end in .resp.
"""
import os
import re
import socket
import sys


def encode(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


class Connection:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.stream = socket.create_connection((host, int(port)), timeout=5).makefile("rwb")

    def read_answer(self):
        line = self.stream.readline()
        kind, rest = line[:1], line[1:].strip()
        if kind == b"$" and rest != b"-1":
            return line + self.stream.read(int(rest) + 2)
        if kind == b"*" and rest != b"-1":
            return line + b"".join(self.read_answer() for _ in range(int(rest)))
        return line

    def ask(self, words):
        self.stream.write(encode(words))
        self.stream.flush()
        return self.read_answer()


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    address, folder, commands = sys.argv[1], sys.argv[2], sys.argv[3:]
    connection = Connection(address)
    if os.environ.get("REDIS_PASSWORD"):
        user = os.environ.get("REDIS_USER", "default")
        connection.ask(["AUTH", user, os.environ["REDIS_PASSWORD"]])
    os.makedirs(folder, exist_ok=True)
    for item in commands:
        name, command = item.split(":", 1)
        answer = connection.ask(command.split())
        if not name.endswith(".resp") and answer.startswith(b"$"):
            answer = answer[answer.index(b"\r\n") + 2:-2]
            # Where the recording machine keeps its files is nobody's business.
            answer = re.sub(rb"(?m)^(executable|config_file):.*/", rb"\1:", answer)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(answer)


if __name__ == "__main__":
    main()
