#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "common/metrics/encoder.h"
#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {

/// The page of a collector about one node that has answered.
class Page {
 public:
  explicit Page(std::string info, NodeView node = {},
                void (*emit)(const View&, SampleSink&) = EmitNode) {
    node.member = "m:1";
    node.info = std::make_shared<const InfoText>(std::move(info));
    node.start_time_seconds = 1.5;
    View view;
    view.nodes.push_back(std::move(node));
    SampleSink sink;
    sink.EnterCluster("redis", "c");
    emit(view, sink);
    const Snapshot snapshot = sink.Finish();
    CHECK(snapshot.duplicates == 0);
    Encode(snapshot, TextFormat::kPrometheus004, text_);
  }

  /// A line is there, as in `redis_db_keys{...,db="db0"} 31`; the labels of the scope are added
  /// here.
  bool Has(const std::string& name, const std::string& labels, const std::string& value) const {
    const std::string all = "cluster=\"c\",member=\"m:1\"" + (labels.empty() ? "" : "," + labels);
    return text_.find("\n" + name + "{" + all + "} " + value + "\n") != std::string::npos;
  }
  bool HasAny(const std::string& name) const {
    return text_.find("\n" + name + "{") != std::string::npos;
  }

 private:
  std::string text_;
};

}  // namespace replicawatch::redis
