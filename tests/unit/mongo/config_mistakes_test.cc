#include "exporters/mongo/config_mistakes.h"

#include <doctest/doctest.h>

#include <string>

namespace replicawatch::mongo {
namespace {

/// The names of those that are made, separated by spaces.
std::string Made(const std::vector<ConfiguredMember>& members, bool journaled = true,
                 bool default_majority = true) {
  std::string names;
  for (const auto& [name, made] : FindMistakes(members, journaled, default_majority)) {
    if (made) names += std::string(names.empty() ? "" : " ") + std::string(name);
  }
  return names;
}

const ConfiguredMember kPlain = {.host = "a:1"};
const ConfiguredMember kArbiter = {.host = "b:1", .arbiter = true, .priority = 0};

TEST_CASE("what in a configuration is no mistake") {
  CHECK(Made({kPlain}) == "");
  CHECK(Made({kPlain, kPlain, kPlain}) == "");
  const ConfiguredMember analytics = {.host = "c:1", .hidden = true, .priority = 0, .votes = 0};
  CHECK(Made({kPlain, kPlain, kPlain, analytics}) == "");
  const ConfiguredMember delayed = {
      .host = "c:1", .hidden = true, .priority = 0, .votes = 0, .delay_seconds = 3600};
  CHECK(Made({kPlain, kPlain, kPlain, delayed}) == "");
}

TEST_CASE("mistakes of a configuration") {
  CHECK(Made({kPlain, kPlain}) == "even_votes");
  CHECK(Made({kPlain, kPlain, kArbiter}) == "votes_without_data arbiter_with_majority_default");
  CHECK(Made({kPlain, kPlain, kArbiter}, true, false) == "votes_without_data");
  // Three of four that hold data are left when one is down: enough for a majority of five.
  CHECK(Made({kPlain, kPlain, kPlain, kPlain, kArbiter}) == "votes_without_data");
  CHECK(Made({kPlain, kPlain, kPlain, kArbiter, kArbiter}) ==
        "several_arbiters votes_without_data arbiter_with_majority_default");
  const ConfiguredMember hidden = {.host = "c:1", .hidden = true, .priority = 0};
  CHECK(Made({kPlain, kPlain, hidden}) == "hidden_with_votes");
  const ConfiguredMember delayed = {.host = "c:1", .priority = 0, .delay_seconds = 3600};
  CHECK(Made({kPlain, kPlain, delayed}) == "delayed_with_votes");
  const ConfiguredMember passive = {.host = "c:1", .priority = 0};
  CHECK(Made({kPlain, passive, passive}) == "single_candidate");
  CHECK(Made({kPlain, kPlain, kPlain}, false) == "majority_without_journal");
}

}  // namespace
}  // namespace replicawatch::mongo
