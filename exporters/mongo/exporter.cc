#include "exporters/mongo/exporter.h"

#include "exporters/mongo/collectors/table.h"
#include "exporters/mongo/settings.h"
#include "exporters/mongo/watcher.h"

namespace replicawatch::mongo {

std::string_view MongoExporter::Description() const {
  return "Watches a MongoDB replica set, all of its members, from any one of them.";
}

std::vector<CollectorInfo> MongoExporter::Collectors() const {
  return CollectorInfos(mongo::Collectors());
}

std::vector<MetricTable> MongoExporter::Metrics() const {
  return CollectorMetrics(mongo::Collectors());
}

void MongoExporter::AddFlags(Flags& flags) {
  flags.Text("mongodb.uri", uri_,
             "Any member, or several: mongodb://[user@]host:port[,host:port]/[?options]; of the "
             "options those about login and TLS count",
             {"MONGODB_URI"});
  flags.Text("mongodb.user", user_, "User name; default: the one in the URI", {"MONGODB_USER"});
  flags.Password("mongodb.password-file", password_, "File with the password",
                 {"MONGODB_PASSWORD"});
  flags.Text("cluster.name", cluster_name_,
             "Value of the label cluster; default: the replica set's name");
}

Result<Started> MongoExporter::Start(CollectorSet) {
  if (uri_.empty()) {
    return Fail(ErrorCode::kParse,
                "--mongodb.uri (or MONGODB_URI) is missing: name any member, "
                "as in mongodb://host:27017");
  }
  Result<Settings> settings = ParseSettings(uri_);
  if (!settings) {
    return Fail(settings.error().code, "--mongodb.uri: " + settings.error().message);
  }
  // What is given apart from the URI wins.
  if (!user_.empty()) settings->user = user_;
  if (!password_.empty()) settings->password = password_;
  Started started;
  started.watchers.push_back(std::make_unique<MongoWatcher>(
      WatchOptions{cluster_name_, settings->seeds, settings->has_login()},
      [settings = *settings](const std::string& address) {
        return MongocSessions(settings, address);
      }));
  return started;
}

}  // namespace replicawatch::mongo
