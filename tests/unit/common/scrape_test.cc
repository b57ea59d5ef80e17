#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <future>
#include <stdexcept>

#include "common/config/duration.h"
#include "common/deployment/position_history.h"
#include "common/scrape/budget.h"
#include "common/scrape/coordinator.h"
#include "common/scrape/gather.h"
#include "common/scrape/publish.h"

namespace replicawatch {
namespace {

using namespace std::chrono_literals;

double BudgetSeconds(std::string_view header, BudgetOptions options = {}) {
  return Seconds(ScrapeBudget(header, options));
}

TEST_CASE("the budget is the smaller of header and flag, less the offset") {
  CHECK(BudgetSeconds("10") == doctest::Approx(9.5));
  CHECK(BudgetSeconds("5") == doctest::Approx(4.5));
  CHECK(BudgetSeconds("7.5") == doctest::Approx(7.0));
  CHECK(BudgetSeconds("1") == doctest::Approx(0.9));
  CHECK(BudgetSeconds("60") == doctest::Approx(9.5));
  CHECK(BudgetSeconds("60", {.timeout = 30s, .offset = 500ms}) == doctest::Approx(29.5));
}

TEST_CASE("a missing or senseless time-out header means ten seconds") {
  for (const char* header : {"", "abc", "-3", "0", "nan", "inf", "5s"})
    CHECK(BudgetSeconds(header) == doctest::Approx(9.5));
}

TEST_CASE("durations are read in Prometheus syntax") {
  CHECK(ParseDuration("1m30s").value() == 90s);
  CHECK(ParseDuration("500ms").value() == 500ms);
  CHECK(ParseDuration("1h").value() == 1h);
  CHECK(ParseDuration("0").value() == 0s);
  for (const char* bad :
       {"", "10", "1s1m", "1.5s", "-1s", "1s ", "s", "5x", "99999999999999y", "1s2s"}) {
    CHECK_FALSE_MESSAGE(ParseDuration(bad).has_value(), bad);
  }
}

TEST_CASE("a member is behind since the primary was first past its position") {
  PositionHistory<int> history;
  const TimePoint start = Clock::now();
  CHECK_FALSE(history.BehindFor(1, start).has_value());
  history.Record(start, 10);
  history.Record(start + 1s, 20);
  history.Record(start + 2s, 20);  // idle: no new point
  history.Record(start + 5s, 30);
  CHECK(history.BehindFor(30, start + 9s).value() == 0s);
  CHECK(history.BehindFor(35, start + 9s).value() == 0s);
  CHECK(history.BehindFor(20, start + 9s).value() == 4s);
  CHECK(history.BehindFor(10, start + 9s).value() == 8s);
  CHECK_FALSE(history.BehindFor(5, start + 9s).has_value());
}

TEST_CASE("what a dead primary alone had is nobody's lag after a failover") {
  PositionHistory<int> history;
  const TimePoint start = Clock::now();
  history.Record(start, 10);
  history.Record(start + 1s, 20);
  history.Rebase(10);
  CHECK(history.BehindFor(10, start + 5s).value() == 0s);
}

TEST_CASE("a full history gets coarser in its old half and keeps its first and newest point") {
  PositionHistory<int> history(8);
  const TimePoint start = Clock::now();
  for (int i = 0; i < 100; ++i) history.Record(start + i * 1s, i);
  CHECK(history.newest() == 99);
  CHECK(history.BehindFor(98, start + 100s).value() == 1s);
  const auto old = history.BehindFor(10, start + 100s);
  REQUIRE(old.has_value());
  CHECK(*old > 1s);
  CHECK(*old <= 89s);
}

struct TinyView {
  Overview overview;
};

constexpr Vocabulary kVocabulary = {"redis", {}, {}};
constexpr std::array<MetricDesc, 1> kTable = {
    {{"rw_things", "Things.", MetricType::kGauge, "", Scope::kExporter, {}, "test"}}};

TEST_CASE("a collector that throws is taken back whole and the others go on") {
  const std::array<Collector<TinyView>, 3> table = {{
      DeploymentCollector<TinyView>(),
      {{"bad", "", true},
       kTable,
       [](const TinyView&, SampleSink& sink) {
         sink.Add(kTable[0], 1);
         throw std::runtime_error("a bug in a test");
       }},
      {{"good", "", true},
       kTable,
       [](const TinyView&, SampleSink& sink) { sink.Add(kTable[0], 2); }},
  }};
  TinyView view;
  view.overview.vocabulary = &kVocabulary;
  SampleSink sink;
  CollectorSet chosen;
  for (size_t i = 0; i < table.size(); ++i) chosen.Add(i);
  PublishView(view, std::span<const Collector<TinyView>>(table), {Deadline::After(1s), chosen},
              sink);
  const Snapshot snapshot = sink.Finish();
  CHECK(snapshot.duplicates == 0);
  REQUIRE(snapshot.lines.size() == 2);
  CHECK(snapshot.lines[0].desc->name == "replicawatch_up");
  CHECK(snapshot.lines[1].value == 2);
}

TEST_CASE("a scrape waits for the loop's view, and stopping ends the wait") {
  std::promise<void> woken;
  GatherDesk<TinyView> desk([&] { woken.set_value(); });
  auto scrape = std::async(std::launch::async, [&] { return desk.Wait(Deadline::After(60s)); });
  woken.get_future().wait();
  GatherDesk<TinyView>::GatherList gathers;
  REQUIRE(desk.Accept(gathers));
  REQUIRE(gathers.size() == 1);
  const auto view = std::make_shared<const TinyView>();
  desk.Publish(view, gathers);
  CHECK(scrape.get() == view);
  woken = {};
  auto waiting = std::async(std::launch::async, [&] { return desk.Wait(Deadline::After(60s)); });
  woken.get_future().wait();
  woken = {};
  desk.Stop();
  CHECK(waiting.get() == view);
  CHECK_FALSE(desk.Accept(gathers));
}

Snapshot OneLine() {
  Snapshot snapshot;
  snapshot.lines.resize(1);
  return snapshot;
}

TEST_CASE("concurrent scrapes of one thing share a collection, others do not") {
  Coordinator coordinator(10);
  std::promise<void> entered;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> runs = 0;
  const Deadline deadline = Deadline::After(60s);
  auto leader = std::async(std::launch::async, [&] {
    return coordinator.Run("a", deadline, [&](Deadline) {
      ++runs;
      entered.set_value();
      released.wait();
      return OneLine();
    });
  });
  entered.get_future().wait();
  auto joiner = std::async(std::launch::async, [&] {
    return coordinator.Run("a", Deadline::At(deadline.point() + 1s), [&](Deadline) {
      ++runs;
      return OneLine();
    });
  });
  while (coordinator.counts().joined == 0) std::this_thread::yield();
  // An earlier deadline can't wait for the leader; another key has nothing to do with it.
  coordinator.Run("a", Deadline::At(deadline.point() - 1s),
                  [&](Deadline) { return ++runs, OneLine(); });
  coordinator.Run("b", deadline, [&](Deadline) { return ++runs, OneLine(); });
  release.set_value();
  const auto first = std::get<Coordinator::SharedSnapshot>(leader.get());
  const auto second = std::get<Coordinator::SharedSnapshot>(joiner.get());
  CHECK(first == second);
  CHECK(runs == 3);
  CHECK(coordinator.counts().in_flight == 0);
}

TEST_CASE(
    "more scrapes than admitted are rejected, and a failed collection fails its scrape only") {
  Coordinator coordinator(1);
  const Deadline deadline = Deadline::After(60s);
  coordinator.Run("a", deadline, [&](Deadline) {
    const auto inner = coordinator.Run("b", deadline, [](Deadline) { return OneLine(); });
    CHECK(std::holds_alternative<Coordinator::Rejected>(inner));
    return OneLine();
  });
  CHECK(coordinator.counts().rejected == 1);
  const auto failed = coordinator.Run(
      "a", deadline, [](Deadline) -> Snapshot { throw std::runtime_error("a bug in a test"); });
  CHECK(std::holds_alternative<Coordinator::Failed>(failed));
  const auto next = coordinator.Run("a", deadline, [](Deadline) { return OneLine(); });
  CHECK(std::holds_alternative<Coordinator::SharedSnapshot>(next));
}

}  // namespace
}  // namespace replicawatch
