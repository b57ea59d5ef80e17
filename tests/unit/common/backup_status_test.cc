#include "common/app/backup_status.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "common/metrics/encoder.h"
#include "common/metrics/lint.h"

namespace replicawatch {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "replicawatch-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  void Write(const std::string& file, const std::string& text) const {
    std::ofstream(path_ / file, std::ios::binary) << text;
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::string Publish(const std::string& folder) {
  SampleSink sink;
  BackupStatus(folder, "redis").Emit(sink);
  std::string text;
  Encode(sink.Finish(), TextFormat::kPrometheus004, text);
  return text;
}

bool Has(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

const std::string kLabels = R"({service="redis",cluster="r",backup="nightly")";
const std::string kGood =
    "# TYPE replicawatch_backup_last_exit_code gauge\n"
    "replicawatch_backup_last_exit_code" +
    kLabels + "} 3\n" + "replicawatch_backup_last_items" + kLabels + R"(,kind="keys"} 12)" + "\n" +
    "some_other_family{service=\"redis\"} 1\n" +
    R"(replicawatch_backup_last_exit_code{service="mongo",cluster="m",backup="x"} 1)" + "\n";

TEST_CASE("backup status: families of the own service are published, nothing else") {
  const Folder folder;
  folder.Write("redis.prom", kGood);
  folder.Write("redis.prom.partial", kGood + kGood);
  const std::string text = Publish(folder.path());
  CHECK(Has(text, "replicawatch_backup_last_exit_code" + kLabels + "} 3"));
  CHECK(Has(text, "replicawatch_backup_last_items" + kLabels + R"(,kind="keys"} 12)"));
  CHECK(Has(text, R"(replicawatch_backup_status_readable{service="redis",file="redis.prom"} 1)"));
  CHECK(text.find("replicawatch_backup_status_age_seconds") != std::string::npos);
  CHECK(text.find("mongo") == std::string::npos);
  CHECK(text.find("some_other") == std::string::npos);
  CHECK(text.find("partial") == std::string::npos);
}

TEST_CASE("backup status: of a broken file nothing is published but that it is broken") {
  const Folder folder;
  folder.Write("broken.prom", kGood + "replicawatch_backup_last_exit_code{service=\"redis\"");
  folder.Write("large.prom", kGood + "# " + std::string(300 * 1024, 'x') + "\n");
  folder.Write("good.prom", kGood);
  std::filesystem::create_directory(folder.path() + "/folder.prom");
  const std::string text = Publish(folder.path());
  for (const char* file : {"broken", "large", "folder"}) {
    CHECK(Has(text, std::string(R"(replicawatch_backup_status_readable{service="redis",file=")") +
                        file + R"(.prom"} 0)"));
  }
  CHECK(Has(text, R"(replicawatch_backup_status_readable{service="redis",file="good.prom"} 1)"));
  CHECK(Has(text, "replicawatch_backup_last_exit_code" + kLabels + "} 3"));
}

TEST_CASE("backup status: no folder, or one that is not there, publishes nothing") {
  CHECK(Publish("").find("backup") == std::string::npos);
  CHECK(Publish("/nonexistent-folder-of-a-test").find("backup") == std::string::npos);
}

TEST_CASE("backup status: the families keep the naming rules") {
  for (const std::string& fault : LintMetrics(BackupStatus::Metrics())) FAIL_CHECK(fault);
}

}  // namespace
}  // namespace replicawatch
