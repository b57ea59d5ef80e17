#pragma once

#include <optional>
#include <string>
#include <utility>

#include "exporters/minio/facts.h"
#include "exporters/minio/session.h"

namespace replicawatch::minio {

/// One node as asked directly: probes it, keeps what it said, and tells a hung node (no answer,
/// kTimeout) from a dead one (refused, kConnect). Of the client's thread.
///
/// A probe that is not answered within kProbeLimit makes the node down, but stays under way: a node
/// that only hung answers it the moment it goes on, and until then no scrape waits for it again.
class Node {
 public:
  /// Long enough for a busy node, short enough that a scrape with a hung one ends within 3 s.
  static constexpr auto kProbeLimit = std::chrono::milliseconds(2500);

  Node(HttpClient& client, const NodeAddress& address);

  const NodeAddress& address() const { return session_.address(); }
  const NodeFacts& facts() const { return facts_; }
  /// When the last probe ended, by an answer or an error; nothing before the first.
  std::optional<TimePoint> probed() const { return probed_; }
  /// No answer came to a probe in time; it is down until one comes.
  bool silent() const { return silent_; }
  /// Never asked to the end: nothing is known of it.
  bool untried() const { return !probed_ && !silent_; }
  /// Whatever was asked of it is answered or given up.
  bool idle() const { return session_.idle(); }
  bool serves() const { return facts_.answered && facts_.initialized; }

  /// Asks whether it lives, unless that question is under way; now and then for its certificate
  /// too.
  void Probe(TimePoint now);
  /// Probes when it is time to, and gives up hope in one that is overdue.
  void Tick(TimePoint now);
  /// When Tick() has something to do.
  TimePoint NextTick() const;
  /// Declares an unanswered probe overdue, as the scrape that waits for it has to end.
  void MarkSilent();

  /// Asks for its verdicts on itself and the whole cluster. The first answer after a peer hangs
  /// takes the server 10 s and is given up before; then there is no verdict.
  void AskVerdicts(TimePoint now);
  /// Verdicts from before a change of any node's state are worth nothing.
  void ForgetVerdicts();

  void SetAdminError(std::optional<Error> error) { facts_.admin_error = std::move(error); }
  /// What the cluster tells of it; changed in place.
  ToldOfNode& told() { return facts_.told; }

  /// True once for each time that it came up, went down, or its initialisation ended, after the
  /// first probe.
  bool TakeChange() { return std::exchange(changed_, false); }

 private:
  using State = std::pair<bool, bool>;  // answered, initialised
  State state() const { return {facts_.answered, facts_.initialized}; }

  void OnProbe(const Result<FetchReply>& reply);
  void AskCertificate(TimePoint now);
  void SetDown(Error error);
  void NoteState(State before, bool was_untried);
  void AskVerdict(size_t index, Deadline deadline);
  void AskRequestPool(TimePoint now);

  Session session_;
  const std::string own_identity_;
  NodeFacts facts_;
  std::optional<TimePoint> probing_since_;
  std::optional<TimePoint> probed_;
  bool silent_ = false;
  bool changed_ = false;
  TimePoint next_certificate_;
  unsigned verdict_round_ = 0;  // an answer of an older round is dropped
  TimePoint next_request_pool_;
};

}  // namespace replicawatch::minio
