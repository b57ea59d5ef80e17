#pragma once

#include <string>
#include <string_view>

#include "common/base/text.h"
#include "exporters/minio/parse/health.h"
#include "tests/unit/testdata.h"

namespace replicawatch::minio {

/// An answer as tests/testdata/minio/record wrote it, by state and file.
inline std::string ReadRecorded(const std::string& name) {
  return ReadTestdata("minio/2026-02-12/" + name);
}

struct RecordedHead {
  int status = 0;
  Headers headers;
};

/// A recorded HTTP head: status line and headers.
inline RecordedHead ReadHead(const std::string& name) {
  const std::string text = ReadRecorded(name);
  std::string_view rest = text;
  std::string_view line = CutAt(rest, '\n');
  CutAt(line, ' ');
  RecordedHead head{static_cast<int>(ParseInt(CutAt(line, ' ')).value_or(0)), {}};
  while (!rest.empty()) {
    std::string_view value = TrimSpace(CutAt(rest, '\n'));
    if (value.empty()) break;
    const std::string_view key = CutAt(value, ':');
    head.headers.emplace_back(key, TrimSpace(value));
  }
  return head;
}

}  // namespace replicawatch::minio
