#include "exporters/mongo/driver.h"

#include <mongoc/mongoc.h>

#include <mutex>

#include "common/base/log.h"

namespace replicawatch::mongo {
namespace {

void LogDriver(mongoc_log_level_t, const char* domain, const char* message, void*) {
  LogFolded(LogLevel::kDebug, "driver", {{"part", domain}, {"text", message}});
}

}  // namespace

void InitialiseDriver() {
  static std::once_flag once;
  std::call_once(once, [] {
    mongoc_log_set_handler(LogDriver, nullptr);
    mongoc_init();
  });
}

}  // namespace replicawatch::mongo
