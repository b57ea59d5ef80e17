#!/usr/bin/env python3
"""A table of the lines that were run, by area, from gcovr's summary; exit 1 where one is below its threshold."""
import json
import sys

# What reads what others say, and what writes the page: these are to be run whole, by tests and corpora.
THRESHOLD = 90
AREAS = {
    "redis: answers": ("exporters/redis/parse/", "exporters/redis/resp.cc"),
    "mongo: answers": ("exporters/mongo/parse/", "exporters/mongo/privileges.cc"),
    "mongo: connection strings, DNS": ("exporters/mongo/settings.cc",),
    "minio: answers": ("exporters/minio/parse/",),
    "configuration": ("common/config/",),
    "metrics pages": ("common/metrics/page_reader.cc",),
    "query, headers, budget": ("common/web/http.cc", "common/metrics/negotiate.cc", "common/scrape/budget.cc"),
    "encoders": ("common/metrics/encoder.cc", "common/metrics/sink.cc", "common/base/text.cc"),
    "log lines": ("common/base/log.cc", "common/base/log_folding.cc"),
}


def main():
    with open(sys.argv[1]) as file:
        files = json.load(file)["files"]
    failed = False

    def share(of):
        lines = sum(each["line_total"] for each in of)
        return 100 * sum(each["line_covered"] for each in of) / lines if lines else 0.0, lines

    for area, paths in AREAS.items():
        members = [each for each in files if each["filename"].startswith(paths)]
        percent, lines = share(members)
        short = percent < THRESHOLD
        failed |= short
        print(f"{area:32} {percent:5.1f} % of {lines:5}{'   below ' + str(THRESHOLD) if short else ''}")
        for each in members:
            if short and share([each])[0] < THRESHOLD:
                print(f"    {each['filename']:48} {share([each])[0]:5.1f} %")
    percent, lines = share(files)
    print(f"{'all (the servers run the rest)':32} {percent:5.1f} % of {lines:5}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
