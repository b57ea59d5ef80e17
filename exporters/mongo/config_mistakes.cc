#include "exporters/mongo/config_mistakes.h"

#include <algorithm>

namespace replicawatch::mongo {

std::vector<ConfigMistake> FindMistakes(std::span<const ConfiguredMember> members,
                                        bool majority_journaled, bool default_majority) {
  const auto count = [&](auto predicate) {
    return std::count_if(members.begin(), members.end(), predicate);
  };
  using Member = ConfiguredMember;
  const auto votes = count([](const Member& m) { return m.votes > 0; });
  const auto arbiters = count([](const Member& m) { return m.arbiter; });
  const auto writers = count([](const Member& m) { return m.votes > 0 && !m.arbiter; });
  const auto candidates = count([](const Member& m) { return m.electable(); });
  const bool no_writer_to_spare = writers <= votes / 2 + 1;
  return {
      // One more vote than needed: it raises the majority and tolerates no further failure.
      {"even_votes", votes % 2 == 0},
      {"several_arbiters", arbiters > 1},
      // An arbiter elects a primary but acknowledges no write.
      {"votes_without_data", count([](const Member& m) { return m.votes > 0 && m.arbiter; }) > 0},
      // With one data member down all writes of the default wait, and the cache fills up.
      {"arbiter_with_majority_default", arbiters > 0 && default_majority && no_writer_to_spare},
      // It counts for majorities, but no client reads from it and it rarely is a candidate.
      {"hidden_with_votes", count([](const Member& m) { return m.hidden && m.votes > 0; }) > 0},
      // Majority writes may have to wait for its delay.
      {"delayed_with_votes",
       count([](const Member& m) { return m.delay_seconds > 0 && m.votes > 0; }) > 0},
      {"single_candidate", members.size() > 1 && candidates < 2},
      // Acknowledged writes can be lost when a majority loses its power.
      {"majority_without_journal", !majority_journaled},
  };
}

}  // namespace replicawatch::mongo
