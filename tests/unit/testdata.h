#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace replicawatch {

/// A recorded answer, by its path below tests/testdata.
inline std::string ReadTestdata(const std::string& path) {
  std::ifstream file(std::string(REPLICAWATCH_TESTDATA) + "/" + path, std::ios::binary);
  if (!file) throw std::runtime_error("no such recorded answer: " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace replicawatch
