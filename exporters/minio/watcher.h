#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/deployment/change_log.h"
#include "common/scrape/gather.h"
#include "common/scrape/watcher.h"
#include "exporters/minio/bucket_survey.h"
#include "exporters/minio/canary.h"
#include "exporters/minio/native.h"
#include "exporters/minio/sampler.h"
#include "exporters/minio/settings.h"
#include "exporters/minio/view.h"

namespace replicawatch::minio {

/// Watches one MinIO deployment. One thread owns all connections; a scrape asks that thread and
/// waits. In a scrape every member is probed directly and at once; what only aggregate calls tell
/// comes from the background.
class MinioWatcher : public Watcher {
 public:
  explicit MinioWatcher(WatchOptions options);
  ~MinioWatcher() override;

  void Scrape(const ScrapeRequest& request, SampleSink& sink) override;
  std::shared_ptr<const Overview> Latest() const override;
  void Stop() override;

 private:
  using Desk = GatherDesk<View>;

  void Run();
  TimePoint Advance(TimePoint now);
  bool AwaitFirstAnswers(TimePoint now);
  bool NoteChanges(TimePoint now);
  void AskVerdicts(TimePoint now);
  TimePoint ServeGathers(TimePoint now);
  bool Settle(const Desk::Gather& gather, TimePoint now, TimePoint& wake);
  void FindNodes();
  bool IsMember(const Node& node) const;
  std::vector<const Node*> Members() const;
  std::shared_ptr<const View> Join(TimePoint now);

  const WatchOptions options_;
  const std::string cluster_;
  HttpClient client_;
  Desk desk_;

  // Of the loop's thread only:
  Nodes nodes_;  // seeds and members
  Sampler sampler_;
  Canary canary_;
  BucketSurvey bucket_survey_;
  NativeRelay native_;
  ChangeLog change_log_;
  std::vector<NodeAddress> members_;  // sorted by name; empty before the first inventory
  TimePoint next_verdicts_;
  std::string last_verdict_;  // the node that was asked last
  TimePoint next_join_;
  Desk::GatherList gathers_;  // scrapes under way

  std::thread thread_;
};

}  // namespace replicawatch::minio
