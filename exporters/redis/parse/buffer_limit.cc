#include "exporters/redis/parse/buffer_limit.h"

#include "common/base/text.h"

namespace replicawatch::redis {

std::vector<BufferLimit> ParseBufferLimits(std::string_view setting) {
  std::vector<BufferLimit> limits;
  while (!setting.empty()) {
    BufferLimit& limit = limits.emplace_back();
    limit.name = CutAt(setting, ' ');
    limit.hard_bytes = ParseInt(CutAt(setting, ' '));
    limit.soft_bytes = ParseInt(CutAt(setting, ' '));
    limit.soft_seconds = ParseInt(CutAt(setting, ' '));
  }
  return limits;
}

}  // namespace replicawatch::redis
