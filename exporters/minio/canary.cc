#include "exporters/minio/canary.h"

#include <algorithm>
#include <set>

namespace replicawatch::minio {
namespace {

constexpr size_t kServingAtOnce = 4;
constexpr size_t kOthersAtOnce = 2;
/// Over which the first rounds are spread, so that they tell something soon.
constexpr Duration kFirstRounds = std::chrono::seconds(2);

}  // namespace

Canary::Canary(HttpClient& client, const S3Key* key, const std::optional<CanarySettings>& settings)
    : client_(client), key_(key), settings_(key != nullptr && settings ? &*settings : nullptr) {
  if (enabled() && settings_->redundancy) redundancy_.emplace(client, key, *settings_);
}

TimePoint Canary::Tick(const Nodes& nodes, std::span<const Node* const> members, TimePoint now) {
  if (!enabled()) return TimePoint::max();
  TakeMembers(members, now);
  const TimePoint next = std::min(TickLanes(members, true, now), TickLanes(members, false, now));
  return redundancy_ ? std::min(next, redundancy_->Tick(nodes, now)) : next;
}

void Canary::TakeMembers(std::span<const Node* const> members, TimePoint now) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < members.size(); ++i) {
    const NodeAddress& address = members[i]->address();
    names.insert(address.name);
    std::unique_ptr<Lane>& lane = lanes_[address.name];
    if (lane && lane->node.address() == address) continue;
    const Duration spread = std::min(kFirstRounds, settings_->interval);
    lane.reset(new Lane{CanaryNode(client_, address, key_, *settings_),
                        now + spread * static_cast<int>(i) / static_cast<int>(members.size())});
  }
  if (lanes_.size() > names.size())
    std::erase_if(lanes_, [&](const auto& lane) { return !names.contains(lane.first); });
}

/// Begins the rounds that are due through those members that serve, or through the others.
TimePoint Canary::TickLanes(std::span<const Node* const> members, bool serving, TimePoint now) {
  const size_t limit = serving ? kServingAtOnce : kOthersAtOnce;
  auto under_way =
      static_cast<size_t>(std::count_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
        return lane.second->node.running() && lane.second->serves == serving;
      }));
  TimePoint next = TimePoint::max();
  for (const Node* member : members) {
    Lane& lane = *lanes_[member->address().name];
    if (lane.node.running() || member->serves() != serving) continue;
    if (now < lane.due) {
      next = std::min(next, lane.due);
    } else if (under_way < limit) {
      ++under_way;
      lane.serves = serving;
      lane.due = now + settings_->interval;
      lane.node.Begin();
    }
  }
  return next;
}

std::shared_ptr<const CanaryView> Canary::Look(TimePoint now) const {
  if (!enabled()) return nullptr;
  auto view = std::make_shared<CanaryView>();
  for (const auto& [name, lane] : lanes_) view->nodes.push_back(lane->node.Look(now));
  if (redundancy_) view->redundancy = redundancy_->Look(now);
  return view;
}

}  // namespace replicawatch::minio
