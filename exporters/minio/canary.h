#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "exporters/minio/canary_node.h"
#include "exporters/minio/nodes.h"
#include "exporters/minio/redundancy.h"

namespace replicawatch::minio {

/// Writes and reads through each member in the background, in turn: never inside a scrape. A few at
/// once, of which those that don't serve have only a part, so that hung nodes hold up no other one.
/// Of the client's thread.
class Canary {
 public:
  /// Without settings or key it does nothing. The client and what is pointed to must outlive it.
  Canary(HttpClient& client, const S3Key* key, const std::optional<CanarySettings>& settings);

  bool enabled() const { return settings_ != nullptr; }

  /// Begins what is due and returns when the next thing will be.
  TimePoint Tick(const Nodes& nodes, std::span<const Node* const> members, TimePoint now);

  /// Null when it is not enabled.
  std::shared_ptr<const CanaryView> Look(TimePoint now) const;

 private:
  struct Lane {
    CanaryNode node;
    TimePoint due;
    bool serves = false;  // when the round began
  };

  void TakeMembers(std::span<const Node* const> members, TimePoint now);
  TimePoint TickLanes(std::span<const Node* const> members, bool serving, TimePoint now);

  HttpClient& client_;
  const S3Key* const key_;
  const CanarySettings* const settings_;
  std::map<std::string, std::unique_ptr<Lane>> lanes_;  // by member
  std::optional<RedundancyProbe> redundancy_;
};

}  // namespace replicawatch::minio
