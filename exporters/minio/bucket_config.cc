#include "exporters/minio/bucket_config.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/text.h"
#include "common/config/readers.h"
#include "exporters/minio/bucket_question.h"

namespace replicawatch::minio {
namespace {

constexpr size_t kMostBuckets = 10'000;
constexpr size_t kMostNames = 1'000;
constexpr size_t kMostDays = 36'500;
constexpr size_t kLargestDocument = 1U << 20;

/// S3's rule, so that a name needs no encoding in a URL.
bool IsBucketName(std::string_view name) {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return name.size() >= 3 && name.size() <= 63 && name.front() != '.' && name.front() != '-' &&
         name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), is_fine);
}

YamlValue::Read IntoVersioning(std::optional<Versioning>& versioning) {
  return [&versioning](const YamlValue& value) -> Result<void> {
    const Result<std::string> word = value.Text();
    if (word && *word == "enabled") {
      versioning = Versioning::kEnabled;
    } else if (word && *word == "suspended") {
      versioning = Versioning::kSuspended;
    } else if (word && *word == "off") {
      versioning = Versioning::kOff;
    } else {
      return value.Fault("enabled, suspended or off is wanted here");
    }
    return {};
  };
}

/// on, off, or the mapping of what objects are held for by default.
YamlValue::Read IntoLock(std::optional<DeclaredLock>& lock) {
  return [&lock](const YamlValue& value) -> Result<void> {
    if (const Result<std::string> word = value.Text()) {
      if (*word != "on" && *word != "off")
        return value.Fault("on, off, or a mapping of mode and days or years is wanted here");
      lock = DeclaredLock{*word == "on", std::nullopt};
      return {};
    }
    std::string mode;
    size_t days = 0;
    size_t years = 0;
    const Result<void> read = value.Keys({{"mode", Into(mode)},
                                          {"days", IntoCount(days, kMostDays)},
                                          {"years", IntoCount(years, kMostDays / 365)}});
    if (!read) return read;
    if (mode != "governance" && mode != "compliance")
      return value.Fault("a lock's \"mode\" is governance or compliance");
    if ((days == 0) == (years == 0)) return value.Fault("a lock has either \"days\" or \"years\"");
    lock = DeclaredLock{true, Retention{mode == "governance" ? "GOVERNANCE" : "COMPLIANCE",
                                        static_cast<int>(days), static_cast<int>(years)}};
    return {};
  };
}

/// 10GiB, 500MB, 1048576 or none.
YamlValue::Read IntoSize(std::optional<double>& bytes) {
  struct Unit {
    std::string_view name;
    double size;
  };
  constexpr std::array<Unit, 12> kUnits = {{{"KiB", 1024.0},
                                            {"MiB", 1024.0 * 1024},
                                            {"GiB", 1024.0 * 1024 * 1024},
                                            {"TiB", 1024.0 * 1024 * 1024 * 1024},
                                            {"PiB", 1024.0 * 1024 * 1024 * 1024 * 1024},
                                            {"KB", 1e3},
                                            {"MB", 1e6},
                                            {"GB", 1e9},
                                            {"TB", 1e12},
                                            {"PB", 1e15},
                                            {"B", 1},
                                            {"", 1}}};
  return [&bytes, kUnits](const YamlValue& value) -> Result<void> {
    const Result<std::string> text = value.Text();
    if (!text) return tl::unexpected(text.error());
    if (*text == "none") {
      bytes = 0;
      return {};
    }
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [&](const Unit& one) { return text->ends_with(one.name); });
    const auto number =
        ParseInt(TrimSpace(std::string_view(*text).substr(0, text->size() - unit->name.size())));
    if (!number || *number < 1)
      return value.Fault("a size is wanted here, as in 10GiB, 500MB or none");
    bytes = static_cast<double>(*number) * unit->size;
    return {};
  };
}

Result<std::string> ReadDocument(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || text.empty()) return Fail(ErrorCode::kParse, path + ": can't be read, or is empty");
  if (text.size() > kLargestDocument)
    return Fail(ErrorCode::kLimit, path + ": is larger than 1 MB");
  return text;
}

/// What stands for a document that nobody wants to write out.
std::string WrittenOut(BucketAspect aspect, std::string text) {
  if (aspect != BucketAspect::kEncryption || text != "sse-s3") return text;
  return "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
         "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
         "</ServerSideEncryptionConfiguration>";
}

/// none, any, the document itself, or the file that has it.
YamlValue::Read IntoDocument(DeclaredBucket& bucket, BucketAspect aspect) {
  return [&bucket, aspect](const YamlValue& value) -> Result<void> {
    DeclaredDocument& document = bucket.documents[aspect];
    Result<std::string> text = value.Text();
    if (!text) {
      std::string path;
      if (const Result<void> read = value.Keys({{"file", Into(path)}}); !read) return read;
      text = ReadDocument(path);
      if (!text) return value.Fault(text.error().message);
    } else if (*text == "none") {
      return {};
    } else if (*text == "any") {
      document.any = true;
      return {};
    }
    Result<std::string> canonical = CanonicalDocument(aspect, WrittenOut(aspect, std::move(*text)));
    if (!canonical) {
      return value.Fault("none, any, a document or the \"file\" of one is wanted here: " +
                         canonical.error().message);
    }
    document.canonical = std::move(*canonical);
    return {};
  };
}

Result<DeclaredBucket> ReadBucket(const std::string& name, const YamlValue& value) {
  DeclaredBucket bucket;
  bucket.name = name;
  if (!IsBucketName(name)) return value.Fault("\"" + name + "\" is no name of a bucket");
  const Result<void> read = value.Keys({
      {"versioning", IntoVersioning(bucket.versioning)},
      {"lock", IntoLock(bucket.lock)},
      {"quota", IntoSize(bucket.quota_bytes)},
      {"policy", IntoDocument(bucket, BucketAspect::kPolicy)},
      {"lifecycle", IntoDocument(bucket, BucketAspect::kLifecycle)},
      {"encryption", IntoDocument(bucket, BucketAspect::kEncryption)},
      {"replication", IntoDocument(bucket, BucketAspect::kReplication)},
      {"notifications", IntoDocument(bucket, BucketAspect::kNotifications)},
  });
  if (!read) return tl::unexpected(read.error());
  return bucket;
}

}  // namespace

Result<void> BucketConfig::ReadBuckets(const YamlValue& value) {
  return value.Entries([this](const std::string& name, const YamlValue& entry) -> Result<void> {
    Result<DeclaredBucket> bucket = ReadBucket(name, entry);
    if (!bucket) return tl::unexpected(bucket.error());
    settings_.declared.push_back(std::move(*bucket));
    return {};
  });
}

Result<void> BucketConfig::ReadSurvey(const YamlValue& value) {
  const Result<void> read = value.Keys({
      {"interval", Into(settings_.interval)},
      {"most_buckets", IntoCount(most_buckets_, kMostBuckets)},
      {"unexpected", Into(settings_.unexpected)},
      {"most_unexpected", IntoCount(settings_.most_unexpected, kMostNames)},
      {"uploads", Into(settings_.uploads)},
  });
  if (read && settings_.interval < std::chrono::seconds(1))
    return value.Fault("the shortest \"interval\" is 1s");
  return read;
}

BucketSettings BucketConfig::Complete() {
  std::vector<DeclaredBucket>& declared = settings_.declared;
  while (declared.size() > most_buckets_) {
    settings_.not_looked_at.insert(std::move(declared.back().name));
    declared.pop_back();
  }
  return std::move(settings_);
}

}  // namespace replicawatch::minio
