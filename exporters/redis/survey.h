#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "exporters/redis/key_groups.h"
#include "exporters/redis/node.h"
#include "exporters/redis/session.h"
#include "exporters/redis/survey_results.h"
#include "exporters/redis/view.h"

namespace replicawatch::redis {

/// Looks at keys, streams and scripts of one node, which takes as long as it takes: in the
/// background, over connections of its own, so that no scrape waits for it, and in steps between
/// which it rests, so that it has no more than its share of the server's time. A refused command
/// rests for an hour. Belongs to the thread that drives it.
class Survey {
 public:
  /// `settings` names a survey. It and the resolver must outlive this.
  Survey(const NodeSettings& settings, HostPort where, Resolver& resolver);

  /// Begins if it may, goes on, or rests. Call when next_step() has come, and after answers.
  void Step(const NodeFacts& node, TimePoint now, bool may_begin);
  bool running() const { return running_; }
  TimePoint next_step() const { return next_step_; }
  void ForEachSession(const std::function<void(Session&)>& visit);

  /// Of the last survey that was finished; null before the first.
  const std::shared_ptr<const SurveyResults>& results() const { return results_; }
  TimePoint results_at() const { return results_at_; }

 private:
  using Words = std::vector<std::string>;
  using Keys = std::vector<std::string>;
  /// Commands that go out in one go, and what becomes of their answers.
  struct Job {
    int database = 0;
    std::vector<Words> commands;
    std::function<void(const std::vector<Reply>&)> take;
  };

  void Begin(TimePoint now);
  void Plan();
  void TryCommands(TimePoint now);
  void Send(TimePoint now);
  void OnReply(size_t index, const Result<Reply>& reply);
  void EndJob(TimePoint now);
  void Finish(TimePoint now);
  void GiveUp(const Error& error, TimePoint now);
  bool IsRefused(const Words& words, TimePoint now) const;
  void NoteAnswer(const Words& words, const Reply& reply, TimePoint now);
  void SayRefused(const std::string& what, const std::string& reason) const;
  Session& SessionTo(int database);

  /// Keys to be found by SCAN.
  struct Search {
    int database = 0;
    std::string pattern;  ///< empty: all
    bool streams_only = false;
    std::function<bool(const Keys&)> found;  ///< false: enough
    std::function<void()> end;               ///< may be empty
  };

  void Start(const Search& search);
  Job ScanFrom(const std::string& cursor, const Search& search);
  void TakeScanned(const ScanPage& page, const Search& search);
  size_t Admit(size_t count);

  // Each adds jobs at the front, so that what is found is looked at before more is looked for.
  /// `named`: that one of them is not there is worth saying.
  bool LookAtKeys(int database, Keys keys, bool named);
  /// `typed`: keys and their types.
  void MeasureKeys(int database, const std::vector<std::pair<std::string, std::string>>& typed);
  void CountHyperLogLogs(int database, const std::vector<size_t>& indices);
  bool LookAtStreams(int database, Keys keys);
  void LookAtGroups(int database, const std::string& stream, size_t index, size_t first);
  void PlanGroups(int database);
  bool Group(int database, const Keys& keys, const std::shared_ptr<KeyGroupCount>& groups);
  void RunScripts();

  const NodeSettings& settings_;
  const SurveySettings& wanted_;
  const HostPort where_;
  Resolver& resolver_;
  std::optional<KeyGrouper> grouper_;

  std::map<int, std::unique_ptr<Session>> sessions_;  // by database
  std::deque<Job> jobs_;
  std::vector<Reply> replies_;  // of the job under way
  size_t outstanding_ = 0;
  std::optional<Error> error_;
  TimePoint sent_at_;
  TimePoint next_step_;
  TimePoint began_at_;
  size_t admitted_ = 0;  // keys and streams that are looked at
  bool running_ = false;
  bool of_cluster_ = false;                   // the node
  std::map<std::string, TimePoint> refused_;  // until when, by command, or by key
  std::set<std::string> allowed_;             // commands that were answered

  std::shared_ptr<SurveyResults> gathering_;
  std::shared_ptr<const SurveyResults> results_;
  TimePoint results_at_;
};

/// The surveys of one loop. Each has its turn, a few at once: a thousand of them would fill the
/// thread's time.
class SurveyRound {
 public:
  explicit SurveyRound(TimePoint now) : now_(now) {}

  void Add(Survey& survey, const NodeFacts& node) { surveys_.emplace_back(&survey, &node); }
  /// Lets all go on and returns when the next step is due.
  TimePoint Step();

 private:
  const TimePoint now_;
  std::vector<std::pair<Survey*, const NodeFacts*>> surveys_;
};

/// Puts what the survey has found into the node's view.
void AddSurvey(const Survey& survey, TimePoint now, NodeView& node);

}  // namespace replicawatch::redis
