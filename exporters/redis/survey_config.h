#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "common/config/flags.h"
#include "common/config/yaml.h"
#include "exporters/redis/survey_settings.h"

namespace replicawatch::redis {

/// The settings of a survey as people write them, in flags or in the file.
class SurveyConfig {
 public:
  void AddFlags(Flags& flags);
  /// Reads the mapping `survey`.
  Result<void> Read(const YamlValue& value);

  /// Null when nothing is to be looked for. Reads the scripts' files. Errors: kParse.
  Result<std::shared_ptr<const SurveySettings>> Complete() const;
  /// The files of scripts, as far as settings can change by them.
  void AddTo(SettingsDigest& digest) const;

 private:
  // Lists, separated by commas.
  std::string keys_;
  std::string key_patterns_;
  std::string counted_;
  std::string streams_;
  std::string stream_patterns_;
  std::string groups_;
  std::string scripts_;                     // paths
  std::vector<std::string> listed_groups_;  // as the file has them
  size_t most_groups_ = 100;
  bool values_ = false;
  bool skip_masters_ = false;
  bool without_consumers_ = false;
  size_t percent_ = 5;
  Duration interval_ = std::chrono::minutes(1);
};

}  // namespace replicawatch::redis
