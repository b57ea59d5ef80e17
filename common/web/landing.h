#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/deployment/overview.h"

namespace replicawatch {

struct LandingPage {
  std::string_view program;
  std::string_view version;
  std::string metrics_path;
  std::string probe_path;  ///< empty: there is none
  std::vector<std::shared_ptr<const Overview>>
      clusters;  ///< null for one that nothing is known of yet
};

/// The page at /: links and a table of the clusters. No external resource; all text from servers is
/// escaped.
std::string RenderLandingPage(const LandingPage& page);

}  // namespace replicawatch
