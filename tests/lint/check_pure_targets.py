#!/usr/bin/env python3
"""Fails when a library that must do no I/O refers to a function that does.

usage: check_pure_targets.py LIBRARY.a [LIBRARY.a...]

The link graph of CMake can't see a call to the C library; the undefined symbols of the archive can.
"""
import re
import subprocess
import sys

# Calls that reach a file, a socket, a process, a clock or another program's client library.
FORBIDDEN = re.compile(
    r"^(socket|connect|bind|listen|accept4?|send(to|msg)?|recv(from|msg)?|poll|select|epoll_.*|open(at|64)?|creat|read|"
    r"write|fopen(64)?|fread|fwrite|fork|exec.*|system|popen|getaddrinfo|gethostby.*|pthread_create|time|gettimeofday|"
    r"clock_gettime|curl_.*|redis[A-Z].*|mongoc_.*|mg_.*|deflate.*|inflate.*)$"
)
CLOCKS = re.compile(r"std::chrono::.*::now\(\)|std::(thread|basic_[io]?fstream)")


def undefined_symbols(library):
    listing = subprocess.run(["nm", "--undefined-only", "--demangle", library], check=True, capture_output=True, text=True)
    for line in listing.stdout.splitlines():
        match = re.match(r"\s+U (.*)", line)
        if match:
            yield match.group(1).split("@")[0]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    faults = [
        f"{library}: refers to {symbol}"
        for library in sys.argv[1:]
        for symbol in sorted(set(undefined_symbols(library)))
        if FORBIDDEN.match(symbol) or CLOCKS.search(symbol)
    ]
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
