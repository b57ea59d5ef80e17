#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "exporters/minio/native_view.h"
#include "exporters/minio/nodes.h"

namespace replicawatch::minio {

/// Fetches MinIO's own metrics (v2): the page of each node when a scrape wants it, directly and all
/// at once; the pages about the whole cluster, for which the node that is asked waits for its
/// peers, in the background. Of the client's thread.
///
/// A page that does not come within kPageLimit is left out, but stays under way: until it has come
/// no other scrape waits for that node.
class NativeRelay {
 public:
  static constexpr auto kPageLimit = std::chrono::milliseconds(2500);

  enum class Pages { kNone, kOfNodes, kAll };

  /// Both must outlive it. Without a key it asks without a token, which some servers allow.
  NativeRelay(HttpClient& client, const S3Key* key, Pages pages);

  bool enabled() const { return wanted_ != Pages::kNone; }

  /// Begins what is due of the pages about the cluster and returns when the next thing will be.
  TimePoint Tick(const Nodes& nodes, TimePoint now);

  /// Asks every member that has not answered since `start`. True when there is none left to wait
  /// for, as always when the scrape has `expired`; else `wake` is no later than the moment when one
  /// becomes overdue.
  bool Settle(std::span<const Node* const> members, TimePoint start, bool expired, TimePoint now,
              TimePoint& wake);

  /// Null when it is not enabled.
  std::shared_ptr<const NativeView> Look(std::span<const Node* const> members, TimePoint now) const;

 private:
  struct NodePage {
    std::unique_ptr<Session> session;
    std::optional<TimePoint> asked;  // while it is under way
    std::optional<TimePoint> answered;
    bool overdue = false;
    std::shared_ptr<const std::string> text;
  };
  struct ClusterPage {
    std::string_view name;
    Request (*request)(Secret token);
    Source source;
    TimePoint due{};
    TimePoint taken{};  // when text was asked for
    bool running = false;
    bool tried = false;              // once to the end
    std::set<std::string> failed{};  // nodes that could not answer since the last success
    std::shared_ptr<const std::string> text{};
  };

  void DropOthers(std::span<const Node* const> members);
  NodePage& PageOf(const Node& member);
  void AskNode(NodePage& page, TimePoint now);
  void AskCluster(ClusterPage& page, const Nodes& nodes, TimePoint now);
  /// The page, or null; keeps account of refusals.
  std::shared_ptr<const std::string> Take(const std::string& node, Result<FetchReply> reply);
  Secret Token(TimePoint now);

  HttpClient& client_;
  const S3Key* const key_;
  const Pages wanted_;
  std::map<std::string, NodePage> nodes_;  // by member
  std::array<ClusterPage, 2> pages_;
  Secret token_;
  TimePoint token_until_;
  TimePoint paused_until_;  // after a refusal
  bool refused_ = false;
  std::optional<TimePoint> granted_;  // when a page came last
};

}  // namespace replicawatch::minio
