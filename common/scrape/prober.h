#pragma once

#include <string>

#include "common/base/deadline.h"
#include "common/base/error.h"
#include "common/metrics/sink.h"

namespace replicawatch {

struct ProbeRequest {
  std::string target;  ///< host:port
  std::string module;  ///< empty: a member of a configured cluster, or the module "default"
  Deadline deadline;
};

/// One node by itself, for /probe?target=. Thread-safe.
class Prober {
 public:
  virtual ~Prober() = default;

  enum class Admission { kAllowed, kForbidden, kUnknownModule };
  /// Whether the target may be asked with the credentials that the module has. Nothing is sent
  /// anywhere for it.
  virtual Admission Admit(const ProbeRequest& request) const = 0;

  /// Asks the node, which was admitted, and publishes its families without the labels of a cluster.
  /// Returns by the deadline; what went wrong with the node is data and comes back for the log.
  virtual Result<void> Probe(const ProbeRequest& request, SampleSink& sink) = 0;

  /// Ends probes that wait; called once, before destruction.
  virtual void Stop() = 0;
};

}  // namespace replicawatch
