#include "exporters/mongo/survey_questions.h"

#include <optional>
#include <utility>

#include "common/base/log.h"
#include "exporters/mongo/parse/command_result.h"
#include "exporters/mongo/parse/listing.h"

namespace replicawatch::mongo {
namespace {

constexpr Duration kRefusedPause = std::chrono::hours(1);
constexpr auto kProfileWindow = std::chrono::seconds(30);
constexpr auto kChangeWindow = std::chrono::minutes(10);

constexpr Command kListDatabases = {.name = "listDatabases", .more = R"({"nameOnly": true})"};
constexpr const char* kListCollections = R"({"nameOnly": true, "authorizedCollections": true})";
constexpr const char* kCollectionStats = R"({"cursor": {}, "pipeline": [
  {"$collStats": {"latencyStats": {}, "storageStats": {"scale": 1}}},
  {"$project": {"storageStats.wiredTiger": 0, "storageStats.indexDetails": 0}}]})";
constexpr const char* kIndexStats = R"({"cursor": {}, "pipeline": [
  {"$indexStats": {}}, {"$project": {"spec": 0, "key": 0}}]})";

// The batches are larger than the answers may be, so that no cursor stays open.
constexpr const char* kShards = R"({"limit": 1000, "singleBatch": true})";
constexpr const char* kBalancer =
    R"({"filter": {"_id": "balancer"}, "limit": 1, "singleBatch": true})";
constexpr const char* kChunks = R"({"cursor": {"batchSize": 1001}, "pipeline": [
  {"$group": {"_id": "$shard", "count": {"$sum": 1}}}, {"$sort": {"_id": 1}}, {"$limit": 1000}]})";
constexpr const char* kDatabases = R"({"cursor": {"batchSize": 11}, "pipeline": [
  {"$group": {"_id": "$partitioned", "count": {"$sum": 1}}}, {"$limit": 10}]})";
// Chunks have the collection's uuid since 5.0, its name before.
constexpr const char* kShardedCollections = R"({"cursor": {"batchSize": 10001}, "pipeline": [
  {"$group": {"_id": {"uuid": "$uuid", "ns": "$ns", "shard": "$shard"}, "count": {"$sum": 1}}},
  {"$lookup": {"from": "collections", "localField": "_id.uuid", "foreignField": "uuid", "as": "of"}},
  {"$project": {"_id": 0, "shard": "$_id.shard", "count": 1,
                "ns": {"$ifNull": ["$_id.ns", {"$arrayElemAt": ["$of._id", 0]}]}}},
  {"$sort": {"ns": 1, "shard": 1}}, {"$limit": 10000}]})";

/// {"$date": ...} of so long ago.
std::string DateBefore(std::chrono::seconds ago) {
  using std::chrono::system_clock;
  const auto then = std::chrono::duration_cast<std::chrono::milliseconds>(
      (system_clock::now() - ago).time_since_epoch());
  return R"({"$date": {"$numberLong": ")" + std::to_string(then.count()) + R"("}})";
}

bool IsSystemDatabase(const std::string& name) {
  return name == "admin" || name == "config" || name == "local";
}

}  // namespace

/// One time of asking. Every step fails only when the session does.
class SurveyQuestions::Round {
 public:
  Round(SurveyQuestions& questions, Session& session, Deadline deadline, NodeAnswers& answers)
      : questions_(questions), session_(session), deadline_(deadline), answers_(answers) {
    answers.objects = most();
  }

  Result<void> AskTop() { return Take(Topic::kTop, {"top"}, answers_.top); }

  Result<void> AskOperations() {
    using std::chrono::microseconds;
    const auto slow =
        std::chrono::duration_cast<microseconds>(questions_.limits_.slow_operation).count();
    const std::string filter =
        R"({"active": true, "op": {"$nin": ["", "none"]}, "ns": {"$ne": "", "$not":
            {"$regularExpression": {"pattern": "^(admin|local)\\.", "options": ""}}},
            "microsecs_running": {"$gte": )" +
        std::to_string(slow) + "}}";
    return Take(Topic::kOperations, {.name = "currentOp", .more = filter.c_str()},
                answers_.operations);
  }

  Result<void> AskDatabases() {
    answers_.databases.emplace();
    return EachDatabase(Topic::kDatabases, *answers_.databases, [&](const std::string& name) {
      return Add(Topic::kDatabases, {.name = "dbStats", .database = name.c_str()}, {name, "", ""},
                 *answers_.databases);
    });
  }

  Result<void> AskProfiles() {
    answers_.profiles.emplace();
    const std::string query = R"({"query": {"ts": {"$gte": )" + DateBefore(kProfileWindow) + "}}}";
    return EachDatabase(Topic::kProfiles, *answers_.profiles, [&](const std::string& name) {
      return Add(Topic::kProfiles,
                 {.name = "count",
                  .database = name.c_str(),
                  .argument = "system.profile",
                  .more = query.c_str()},
                 {name, "", ""}, *answers_.profiles);
    });
  }

  Result<void> AskCollections(Topics topics) {
    Survey names;
    const Topic topic = topics.Has(Topic::kCollections) ? Topic::kCollections : Topic::kIndexes;
    const Result<void> listed = EachDatabase(topic, names, [&](const std::string& database) {
      return IsSystemDatabase(database) ? Result<void>() : AddNames(topic, database, names);
    });
    if (!listed) return listed;
    if (topics.Has(Topic::kCollections)) {
      const Result<void> asked =
          AskEach(Topic::kCollections, kCollectionStats, names, answers_.collections);
      if (!asked) return asked;
    }
    if (!topics.Has(Topic::kIndexes)) return {};
    return AskEach(Topic::kIndexes, kIndexStats, names, answers_.indexes);
  }

  Result<void> AskShards() {
    ShardAnswers& shards = answers_.shards;
    const std::string recent = R"({"cursor": {"batchSize": 1001}, "pipeline": [
        {"$match": {"time": {"$gt": )" +
                               DateBefore(kChangeWindow) + R"(}}},
        {"$group": {"_id": {"event": "$what", "note": "$details.note"}, "count": {"$sum": 1}}},
        {"$limit": 1000}]})";
    const auto ask = [&](const char* name, const char* collection, const char* more,
                         std::string& into) {
      return Take(Topic::kShards,
                  {.name = name, .database = "config", .argument = collection, .more = more}, into);
    };
    return ask("find", "shards", kShards, shards.shards)
        .and_then([&] { return ask("aggregate", "chunks", kChunks, shards.chunks); })
        .and_then(
            [&] { return ask("aggregate", "chunks", kShardedCollections, shards.collections); })
        .and_then([&] { return ask("aggregate", "databases", kDatabases, shards.databases); })
        .and_then([&] { return ask("find", "settings", kBalancer, shards.balancer); })
        .and_then([&] { return ask("aggregate", "changelog", recent.c_str(), shards.changes); });
  }

 private:
  size_t most() const { return questions_.limits_.objects; }

  /// Nothing when it is refused, or there is no time left.
  Result<std::optional<std::string>> Run(Topic topic, const Command& command) {
    TimePoint& refused_until = questions_.refused_until_[topic];
    const TimePoint now = Clock::now();
    if (now < refused_until || deadline_.Expired(now)) return std::nullopt;
    Result<Reply> reply = session_.Run(command, deadline_);
    if (!reply) return tl::unexpected(reply.error());
    const Result<CommandResult> result = ParseCommandResult(reply->bson);
    if (!result) return tl::unexpected(result.error());
    if (result->ok) return std::move(reply->bson);
    // Else the collection went away, or the member is in no state to tell.
    if (result->code == kUnauthorized || result->code == kCommandNotFound) {
      refused_until = now + kRefusedPause;
      LogFolded(LogLevel::kInfo, "a command is refused; what comes from it is left out",
                {{"service", "mongo"}, {"command", command.name}, {"reason", result->message}});
    }
    return std::nullopt;
  }

  Result<void> Take(Topic topic, const Command& command, std::string& into) {
    return Run(topic, command).map([&](std::optional<std::string> answer) {
      into = std::move(answer).value_or("");
    });
  }

  Result<void> Add(Topic topic, const Command& command, NamedAnswer named, Survey& survey) {
    return Run(topic, command).map([&](std::optional<std::string> answer) {
      if (!answer) {
        ++survey.left_out;
        return;
      }
      named.bson = std::move(*answer);
      survey.answers.push_back(std::move(named));
    });
  }

  /// There was no list: at least one is left out.
  static Result<void> Nothing(Survey& survey) {
    ++survey.left_out;
    return {};
  }

  /// Calls `ask` with each database, within the limit.
  template <class AskOf>
  Result<void> EachDatabase(Topic topic, Survey& survey, AskOf ask) {
    if (!databases_) {
      const auto answer = Run(topic, kListDatabases);
      if (!answer) return tl::unexpected(answer.error());
      if (!*answer) return Nothing(survey);
      auto names = ParseDatabaseNames(**answer);
      if (!names) return tl::unexpected(names.error());
      databases_ = std::move(*names);
    }
    for (size_t i = 0; i < databases_->size(); ++i) {
      if (i >= most()) {
        survey.left_out += databases_->size() - i;
        break;
      }
      const Result<void> asked = ask((*databases_)[i]);
      if (!asked) return asked;
    }
    return {};
  }

  Result<void> AddNames(Topic topic, const std::string& database, Survey& names) {
    const auto answer = Run(
        topic, {.name = "listCollections", .database = database.c_str(), .more = kListCollections});
    if (!answer) return tl::unexpected(answer.error());
    if (!*answer) return Nothing(names);
    auto collections = ParseCollectionNames(**answer);
    if (!collections) return tl::unexpected(collections.error());
    for (std::string& collection : *collections) {
      if (names.answers.size() >= most()) {
        ++names.left_out;
      } else {
        names.answers.push_back({database, std::move(collection), ""});
      }
    }
    return {};
  }

  Result<void> AskEach(Topic topic, const char* pipeline, const Survey& names,
                       std::optional<Survey>& into) {
    into.emplace();
    into->left_out = names.left_out;
    for (const NamedAnswer& name : names.answers) {
      const Command command = {.name = "aggregate",
                               .database = name.database.c_str(),
                               .argument = name.collection.c_str(),
                               .more = pipeline};
      const Result<void> asked = Add(topic, command, name, *into);
      if (!asked) return asked;
    }
    return {};
  }

  SurveyQuestions& questions_;
  Session& session_;
  const Deadline deadline_;
  NodeAnswers& answers_;
  std::optional<std::vector<std::string>> databases_;
};

Result<void> SurveyQuestions::Ask(Session& session, Deadline deadline, const MemberFacts& facts,
                                  Topics topics, NodeAnswers& answers) {
  Round round(*this, session, Deadline::After(deadline.Remaining() / 2), answers);
  const bool has_shards = facts.hello && (facts.hello->mongos || facts.hello->config_server);
  Result<void> asked;
  if (topics.Has(Topic::kOperations)) asked = round.AskOperations();
  if (asked && topics.Has(Topic::kTop)) asked = round.AskTop();
  if (asked && topics.Has(Topic::kShards) && has_shards) asked = round.AskShards();
  if (asked && topics.Has(Topic::kDatabases)) asked = round.AskDatabases();
  if (asked && topics.Has(Topic::kProfiles)) asked = round.AskProfiles();
  if (asked && (topics.Has(Topic::kCollections) || topics.Has(Topic::kIndexes)))
    asked = round.AskCollections(topics);
  return asked;
}

}  // namespace replicawatch::mongo
