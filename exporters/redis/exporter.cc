#include "exporters/redis/exporter.h"

#include "exporters/redis/collectors/table.h"
#include "exporters/redis/parse/seed.h"

namespace replicawatch::redis {

std::string_view RedisExporter::Description() const {
  return "Watches a Redis deployment, with its replicas and Sentinels, from any one of its nodes.";
}

std::vector<CollectorInfo> RedisExporter::Collectors() const {
  return CollectorInfos(redis::Collectors());
}

std::vector<MetricTable> RedisExporter::Metrics() const {
  return CollectorMetrics(redis::Collectors());
}

void RedisExporter::AddFlags(Flags& flags) {
  flags.Texts("redis.addr", addresses_,
              "Any node, redis://host:port or host:port: a master, a replica or a Sentinel; "
              "repeatable for several seeds",
              {"REDIS_ADDR"});
  flags.Text("cluster.name", cluster_name_,
             "Value of the label cluster; default: the Sentinel master name, else the seed");
  flags.Text("redis.user", user_, "ACL user on the data nodes; empty for the default user",
             {"REDIS_USER"});
  flags.Password("redis.password-file", password_, "File with the password on the data nodes",
                 {"REDIS_PASSWORD"});
  flags.Text("redis.sentinel-user", sentinel_user_,
             "ACL user on the Sentinels; default: the one of --redis.user");
  flags.Password("redis.sentinel-password-file", sentinel_password_,
                 "File with the password on the Sentinels", {"REDIS_SENTINEL_PASSWORD"});
}

Result<std::vector<std::unique_ptr<Watcher>>> RedisExporter::Start(CollectorSet collectors) {
  if (addresses_.empty()) addresses_ = {"redis://localhost:6379"};
  WatchOptions options;
  options.name = cluster_name_;
  options.nodes.data_login = {user_, password_};
  options.nodes.sentinel_login = {sentinel_user_.empty() ? user_ : sentinel_user_,
                                  sentinel_password_};
  for (const std::string& text : addresses_) {
    Result<Seed> seed = ParseSeed(text);
    if (!seed)
      return tl::unexpected(Error{ErrorCode::kParse, "--redis.addr: " + seed.error().message});
    options.seeds.push_back(seed->address);
    // As people know it from other tools, the URI may carry the login; what is given apart from it
    // wins.
    if (user_.empty() && password_.empty() && !seed->password.empty()) {
      options.nodes.data_login = {seed->user, seed->password};
    }
  }
  options.nodes.all_sections = collectors.Has(kNodeCollectorIndex);
  std::vector<std::unique_ptr<Watcher>> watchers;
  watchers.push_back(std::make_unique<RedisWatcher>(std::move(options)));
  return watchers;
}

}  // namespace replicawatch::redis
