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
constexpr int64_t kMostBytes = int64_t{1} << 60;
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
    const Result<std::string> word = value.Text(TextForm::OneOf({"enabled", "suspended", "off"}));
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

YamlValue::Read IntoRetention(std::optional<DeclaredLock>& lock) {
  return [&lock](const YamlValue& value) -> Result<void> {
    const YamlValue::Read into_mode = [&lock](const YamlValue& mode) -> Result<void> {
      const Result<std::string> word = mode.Text(TextForm::OneOf({"governance", "compliance"}));
      if (!word || (*word != "governance" && *word != "compliance"))
        return mode.Fault("a lock's \"mode\" is governance or compliance");
      lock->retention->mode = *word == "governance" ? "GOVERNANCE" : "COMPLIANCE";
      return {};
    };
    lock = DeclaredLock{true, Retention{}};
    size_t days = 0;
    size_t years = 0;
    const Result<void> read = value.Keys({
        {"mode", into_mode, "who may delete before the time: some, or nobody", true},
        {"days", IntoCount(days, kMostDays), "how long, in days; or in years"},
        {"years", IntoCount(years, kMostDays / 365), "how long, in years"},
    });
    if (!read) return read;
    if ((days == 0) == (years == 0)) return value.Fault("a lock has either \"days\" or \"years\"");
    lock->retention->days = static_cast<int>(days);
    lock->retention->years = static_cast<int>(years);
    return {};
  };
}

/// on, off, or the mapping of what objects are held for by default.
YamlValue::Read IntoLock(std::optional<DeclaredLock>& lock) {
  const YamlValue::Read read_word = [&lock](const YamlValue& value) -> Result<void> {
    const Result<std::string> word = value.Text(TextForm::OneOf({"on", "off"}));
    if (!word || (*word != "on" && *word != "off"))
      return value.Fault("on, off, or a mapping of mode and days or years is wanted here");
    lock = DeclaredLock{*word == "on", std::nullopt};
    return {};
  };
  return [&lock, read_word](const YamlValue& value) {
    return value.TextOr(read_word, IntoRetention(lock));
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
    const Result<std::string> text =
        value.Text(TextForm::PatternOrNumber("none|[1-9][0-9]* *(([KMGTP]i?)?B)?", 1, kMostBytes));
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
std::string WrittenOut(BucketAspect aspect, const std::string& text) {
  if (aspect != BucketAspect::kEncryption || text != "sse-s3") return text;
  return "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
         "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
         "</ServerSideEncryptionConfiguration>";
}

/// The document as it is compared, from its text or from that of its file.
Result<void> Declare(const YamlValue& value, BucketAspect aspect, const std::string& text,
                     DeclaredDocument& document) {
  Result<std::string> canonical = CanonicalDocument(aspect, WrittenOut(aspect, text));
  if (!canonical) {
    return value.Fault("none, any, a document or the \"file\" of one is wanted here: " +
                       canonical.error().message);
  }
  document.canonical = std::move(*canonical);
  return {};
}

YamlValue::Read IntoDocumentOfFile(DeclaredBucket& bucket, BucketAspect aspect) {
  return [&bucket, aspect](const YamlValue& value) -> Result<void> {
    std::string path;
    const Result<void> read =
        value.Keys({{"file", Into(path), "the file that has the document", true}});
    if (!read) return read;
    const Result<std::string> text = ReadDocument(path);
    if (!text) return value.Fault(text.error().message);
    return Declare(value, aspect, *text, bucket.documents[aspect]);
  };
}

/// none, any, the document itself, or the file that has it.
YamlValue::Read IntoDocument(DeclaredBucket& bucket, BucketAspect aspect) {
  const YamlValue::Read read_text = [&bucket, aspect](const YamlValue& value) -> Result<void> {
    const Result<std::string> text = value.Text();
    if (!text) return tl::unexpected(text.error());
    DeclaredDocument& document = bucket.documents[aspect];
    if (*text == "none") return {};
    document.any = *text == "any";
    if (document.any) return {};
    return Declare(value, aspect, *text, document);
  };
  return [&bucket, aspect, read_text](const YamlValue& value) {
    return value.TextOr(read_text, IntoDocumentOfFile(bucket, aspect));
  };
}

Result<DeclaredBucket> ReadBucket(const std::string& name, const YamlValue& value) {
  DeclaredBucket bucket;
  bucket.name = name;
  if (!IsBucketName(name)) return value.Fault("\"" + name + "\" is no name of a bucket");
  const Result<void> read = value.Keys({
      {"versioning", IntoVersioning(bucket.versioning), "what versioning it has"},
      {"lock", IntoLock(bucket.lock), "on, off, or what objects are held for by default"},
      {"quota", IntoSize(bucket.quota_bytes), "its quota: 10GiB, 500MB, or none"},
      {"policy", IntoDocument(bucket, BucketAspect::kPolicy), "none, any, or its policy"},
      {"lifecycle", IntoDocument(bucket, BucketAspect::kLifecycle), "none, any, or its rules"},
      {"encryption", IntoDocument(bucket, BucketAspect::kEncryption),
       "none, any, sse-s3, or its configuration"},
      {"replication", IntoDocument(bucket, BucketAspect::kReplication),
       "none, any, or its configuration"},
      {"notifications", IntoDocument(bucket, BucketAspect::kNotifications),
       "none, any, or its configuration"},
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
      {"interval", Into(settings_.interval), "from one round through the buckets to the next"},
      {"most_buckets", IntoCount(most_buckets_, kMostBuckets), "the first of the file, so many"},
      {"unexpected", Into(settings_.unexpected), "tells of buckets that are not declared"},
      {"most_unexpected", IntoCount(settings_.most_unexpected, kMostNames), "so many by name"},
      {"uploads", Into(settings_.uploads), "looks for multipart uploads"},
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
