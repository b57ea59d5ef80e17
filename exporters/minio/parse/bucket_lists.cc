#include "exporters/minio/parse/bucket_lists.h"

#include "exporters/minio/parse/json.h"
#include "exporters/minio/parse/xml.h"

namespace replicawatch::minio {
namespace {

ListedBucket ReadBucket(const Json& bucket) {
  ListedBucket listed{TextOf(bucket, "name"), TimeOf(bucket, "created")};
  const Json* histogram = FindMember(bucket, "objectHistogram");
  if (histogram != nullptr && histogram->is_object()) {
    listed.bytes = NumberOf(bucket, "size");
    listed.objects = NumberOf(bucket, "objects");
  }
  const Json* details = FindMember(bucket, "details");
  if (details == nullptr || !details->is_object()) return listed;
  listed.versioning = IsTrue(*details, "versioning")            ? Versioning::kEnabled
                      : IsTrue(*details, "versioningSuspended") ? Versioning::kSuspended
                                                                : Versioning::kOff;
  listed.locking = IsTrue(*details, "locking");
  listed.replication = IsTrue(*details, "replication");
  if (const Json* quota = FindMember(*details, "quota"); quota != nullptr && quota->is_object()) {
    // `quota` is the name that `size` had before; a server fills in both or only the older.
    const double size = NumberOf(*quota, "size").value_or(0);
    listed.quota_bytes = size > 0 ? size : NumberOf(*quota, "quota").value_or(0);
  }
  return listed;
}

}  // namespace

Result<std::vector<ListedBucket>> ParseAccountInfo(std::string_view body, size_t max_buckets) {
  const Result<Json> root = ParseJson(body);
  if (!root) return Fail(root.error().code, "accountinfo: " + root.error().message);
  // `Buckets` may be null, but then it is an accountinfo all the same.
  if (FindMember(*root, "Buckets") == nullptr)
    return Fail(ErrorCode::kParse, "accountinfo: no Buckets");
  const Json::array_t& buckets = ListOf(*root, "Buckets");
  if (buckets.size() > max_buckets) return Fail(ErrorCode::kLimit, "accountinfo: too many buckets");
  std::vector<ListedBucket> listed;
  for (const Json& bucket : buckets) {
    listed.push_back(ReadBucket(bucket));
    if (listed.back().name.empty())
      return Fail(ErrorCode::kParse, "accountinfo: a bucket without a name");
  }
  return listed;
}

Result<std::vector<ListedBucket>> ParseBucketList(std::string_view body, size_t max_buckets) {
  pugi::xml_document document;
  if (const auto parsed = ParseXml(body, "ListAllMyBucketsResult", document); !parsed)
    return tl::unexpected(parsed.error());
  std::vector<ListedBucket> listed;
  for (const pugi::xml_node& bucket : ChildOf(document.document_element(), "Buckets")) {
    if (LocalName(bucket) != "Bucket") continue;
    if (listed.size() == max_buckets) return Fail(ErrorCode::kLimit, "too many buckets");
    listed.push_back({TextOf(bucket, "Name"), ParseTime(TextOf(bucket, "CreationDate"))});
    if (listed.back().name.empty()) return Fail(ErrorCode::kParse, "a bucket without a name");
  }
  return listed;
}

Result<std::vector<Upload>> ParseUploads(std::string_view body, size_t max_uploads) {
  pugi::xml_document document;
  if (const auto parsed = ParseXml(body, "ListMultipartUploadsResult", document); !parsed)
    return tl::unexpected(parsed.error());
  std::vector<Upload> uploads;
  for (const pugi::xml_node& node : document.document_element()) {
    if (LocalName(node) != "Upload") continue;
    if (uploads.size() == max_uploads) return Fail(ErrorCode::kLimit, "too many uploads");
    // Space at the ends of a key counts.
    uploads.push_back({ChildOf(node, "Key").child_value(), TextOf(node, "UploadId"),
                       ParseTime(TextOf(node, "Initiated"))});
    if (uploads.back().key.empty() || uploads.back().id.empty())
      return Fail(ErrorCode::kParse, "an upload without a key or an id");
  }
  return uploads;
}

}  // namespace replicawatch::minio
