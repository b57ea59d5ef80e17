// Stands in for libFuzzer in the usual builds: runs the harness over every file of the folders
// named, whole and cut short, so that the seeds and what a fuzzer has found are tests like any
// other. Other arguments are libFuzzer's and ignored.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

/// Cutting at every byte of a long file takes minutes and shows nothing that these do not.
constexpr size_t kCuts = 200;

void Replay(const std::string& bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  LLVMFuzzerTestOneInput(data, bytes.size());
  for (size_t i = 0; i < kCuts; ++i) {
    // A copy of the exact size, so that a sanitizer sees the first byte read behind its end.
    const std::string head = bytes.substr(0, bytes.size() * i / kCuts);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(head.data()), head.size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-') continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      Replay({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
      ++files;
    }
  }
  std::printf("%zu files\n", files);
  return files > 0 ? 0 : 1;
}
