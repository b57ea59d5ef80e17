#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/deadline.h"
#include "common/base/error.h"
#include "exporters/mongo/parse/details.h"
#include "exporters/mongo/parse/hello.h"
#include "exporters/mongo/parse/repl_set_config.h"
#include "exporters/mongo/parse/repl_set_status.h"
#include "exporters/mongo/parse/server_status.h"
#include "exporters/mongo/topics.h"

namespace replicawatch::mongo {

/// A raw answer about one database or collection.
struct NamedAnswer {
  std::string database;
  std::string collection;  ///< empty: about the database
  std::string bson;
};

/// What a mongos tells of its shards; empty where it did not answer, or is none.
struct ShardAnswers {
  std::string shards;       ///< config.shards
  std::string chunks;       ///< chunks of config.chunks by shard, as a batch
  std::string collections;  ///< chunks by collection and shard, as a batch
  std::string databases;    ///< config.databases by `partitioned`, as a batch
  std::string balancer;     ///< balancerStatus
  std::string changes;      ///< config.changelog of the last ten minutes by kind, as a batch
};

/// Answers about many objects, within limits.
struct Survey {
  std::vector<NamedAnswer> answers;
  size_t left_out = 0;  ///< for the limit's sake, or for want of time
};

/// Raw answers of one node about itself, BSON that was checked; empty where it did not answer.
struct NodeAnswers {
  std::string diagnostic;  ///< getDiagnosticData: what the server itself recorded within a second
  std::string server;      ///< serverStatus, whole, where getDiagnosticData is refused
  std::string status;      ///< replSetGetStatus
  std::string oplog;       ///< collStats of local.oplog.rs, where that is as well
  std::string config;      ///< replSetGetConfig
  std::string build;       ///< buildInfo

  // Each for a collector of its own, which also has to be asked for.
  std::optional<Survey> databases;    ///< dbStats
  std::optional<Survey> collections;  ///< $collStats, as a batch
  std::optional<Survey> indexes;      ///< $indexStats, as a batch
  std::optional<Survey> profiles;     ///< count of system.profile
  std::string top;
  std::string operations;  ///< currentOp, of slow ones
  size_t objects = 0;      ///< how many of a kind may be told of
  ShardAnswers shards;
};

/// What one member last told, and how the asking went. A value; what it points to is immutable.
struct MemberFacts {
  bool answered = false;       ///< the last round brought an answer to hello
  std::optional<Error> error;  ///< the last round's first failure, whether or not it answered

  /// Of the last answer to hello, also when the member is silent now.
  std::shared_ptr<const Hello> hello;
  TimePoint hello_asked_at;
  TimePoint hello_at;  ///< when the answer came
  /// When the first answer came in which it claimed to be the primary of this term.
  TimePoint claimed_at;
  std::optional<double> clock_skew_seconds;

  /// Of the last round that asked for topics.
  std::shared_ptr<const NodeAnswers> node;

  // Of the last full round, null when the question failed or was not asked.
  std::shared_ptr<const ReplSetStatus> status;
  TimePoint status_asked_at;
  TimePoint status_at;
  std::shared_ptr<const ServerStatus> server;
  std::shared_ptr<const ReplSetConfig> config;  ///< kept until the member tells of a newer one
  std::optional<OplogStats> oplog;              ///< of the last minute
  std::optional<Compatibility> compatibility;   ///< of the last minute
  std::optional<bool> fsync_locked;
  int status_code = 0;  ///< why replSetGetStatus was refused: a ServerCode, 0 when it was not

  // The cost of the last full round.
  bool round_ok = false;
  double round_seconds = 0;
};

}  // namespace replicawatch::mongo
