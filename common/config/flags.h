#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "common/base/deadline.h"
#include "common/base/secret.h"

namespace replicawatch {

/// The command line of an exporter: a thin layer over CLI11 that gives every flag its environment
/// twin (--web.listen-address: REPLICAWATCH_WEB_LISTEN_ADDRESS) and durations their syntax. Secrets
/// have no flag: they come from a file or from the environment.
class Flags {
 public:
  Flags(const std::string& program, const std::string& description);
  ~Flags();
  Flags(const Flags&) = delete;
  Flags& operator=(const Flags&) = delete;

  void Text(const std::string& name, std::string& value, const std::string& help,
            std::initializer_list<const char*> environment = {});
  void Texts(const std::string& name, std::vector<std::string>& values, const std::string& help,
             std::initializer_list<const char*> environment = {});
  /// From 1 to `most`.
  void Count(const std::string& name, size_t& value, const std::string& help,
             std::initializer_list<const char*> environment = {}, size_t most = 10'000);
  void Time(const std::string& name, Duration& value, const std::string& help);
  /// --name, which switches something on.
  void Switch(const std::string& name, bool& value, const std::string& help,
              std::initializer_list<const char*> environment = {});
  /// --name, which does something else than run: without a twin, since images like to set
  /// REPLICAWATCH_VERSION.
  void Action(const std::string& name, bool& value, const std::string& help);
  /// --name and --no-name, for a switch that is on or off by default
  void OnOff(const std::string& prefix, const std::string& name, bool& value,
             const std::string& help);
  /// A password: --name=FILE, or the text itself in one of the environment variables. The file,
  /// whose path may also stand in one of `file_environment`, wins. That it can be read is checked.
  void Password(const std::string& name, SecretSource& value, const std::string& help,
                std::initializer_list<const char*> environment,
                std::initializer_list<const char*> file_environment = {});

  enum class Parsed { kRun, kExitOk, kExitUsage };
  /// Prints help to stdout, or one line about what is wrong to stderr.
  Parsed Parse(int argc, char** argv);

 private:
  struct Impl;  // keeps CLI11's header, ten seconds to compile, out of all others
  const std::unique_ptr<Impl> impl_;
};

}  // namespace replicawatch
