#include "common/config/flags.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string_view>

#include "common/config/duration.h"

namespace replicawatch {
namespace {

std::string TwinName(std::string_view flag) {
  std::string name = "REPLICAWATCH_";
  for (const char c : flag) {
    const bool letter = c >= 'a' && c <= 'z';
    name += letter ? static_cast<char>(c - 32) : (c >= '0' && c <= '9' ? c : '_');
  }
  return name;
}

CLI::Option* WithTwin(CLI::Option* option, const std::string& name,
                      std::initializer_list<const char*> environment) {
  // CLI11 reads one variable a flag: the first one that is set, the familiar name before the
  // systematic one.
  std::string variable = TwinName(name);
  for (const char* candidate : environment) {
    option->description(option->get_description() + " (also " + candidate + ")");
    if (std::getenv(candidate) != nullptr) variable = candidate;
  }
  return option->envname(variable);
}

/// A flag that does not exist may well have been meant to take a secret, and what stands alone may
/// be one: stderr goes to the log.
std::string WithoutValues(const std::vector<std::string>& arguments) {
  std::string names;
  for (const std::string& argument : arguments) {
    const bool flag = argument.starts_with('-');
    if (!names.empty()) names += ", ";
    names += flag ? argument.substr(0, argument.find('=')) : "an argument that belongs to no flag";
  }
  return names;
}

}  // namespace

struct Flags::Impl {
  Impl(const std::string& program, const std::string& description) : app(description, program) {}

  CLI::App app;
  std::vector<std::function<Result<void>()>> after_parse;
};

Flags::Flags(const std::string& program, const std::string& description)
    : impl_(std::make_unique<Impl>(program, description)) {
  impl_->app.set_help_flag("-h,--help", "Print this help and exit");
  impl_->app.get_formatter()->column_width(44);
}

Flags::~Flags() = default;

void Flags::Text(const std::string& name, std::string& value, const std::string& help,
                 std::initializer_list<const char*> environment) {
  WithTwin(impl_->app.add_option("--" + name, value, help), name, environment)
      ->capture_default_str();
}

void Flags::Texts(const std::string& name, std::vector<std::string>& values,
                  const std::string& help, std::initializer_list<const char*> environment) {
  WithTwin(impl_->app.add_option("--" + name, values, help), name, environment)
      ->capture_default_str()
      ->delimiter(',')
      ->allow_extra_args(false);
}

void Flags::Switch(const std::string& name, bool& value, const std::string& help,
                   std::initializer_list<const char*> environment) {
  WithTwin(impl_->app.add_flag("--" + name, value, help), name, environment);
}

void Flags::Count(const std::string& name, size_t& value, const std::string& help,
                  std::initializer_list<const char*> environment, size_t most) {
  WithTwin(impl_->app.add_option("--" + name, value, help), name, environment)
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, most));
}

void Flags::Time(const std::string& name, Duration& value, const std::string& help) {
  const auto read = [name, &value](const std::string& text) {
    const Result<Duration> parsed = ParseDuration(text);
    if (!parsed) throw CLI::ValidationError("--" + name, parsed.error().message);
    value = *parsed;
  };
  WithTwin(impl_->app.add_option_function<std::string>("--" + name, read, help), name, {})
      ->default_str(FormatDuration(value))
      ->type_name("DURATION");
}

void Flags::Action(const std::string& name, bool& value, const std::string& help) {
  impl_->app.add_flag("--" + name, value, help);
}

void Flags::OnOff(const std::string& prefix, const std::string& name, bool& value,
                  const std::string& help) {
  const std::string on = prefix + name;
  const std::string state = value ? " (default: on)" : " (default: off)";
  WithTwin(impl_->app.add_flag("--" + on + ",!--no-" + on, value, help + state), on, {});
}

void Flags::Password(const std::string& name, SecretSource& value, const std::string& help,
                     std::initializer_list<const char*> environment,
                     std::initializer_list<const char*> file_environment) {
  std::string variables;
  for (const char* variable : environment)
    variables += (variables.empty() ? "" : " or ") + std::string(variable);
  WithTwin(impl_->app.add_option("--" + name, value.file,
                                 help + " (the text itself: environment " + variables + ")"),
           name, file_environment)
      ->type_name("FILE");
  const std::vector<const char*> names(environment);
  impl_->after_parse.push_back([names, &value]() -> Result<void> {
    for (const char* variable : names) {
      const char* text = std::getenv(variable);
      if (text != nullptr && *text != '\0' && value.text.empty()) value.text = Secret(text);
    }
    const Result<Secret> readable = value.Read();
    if (!readable) return tl::unexpected(readable.error());
    return {};
  });
}

Flags::Parsed Flags::Parse(int argc, char** argv) {
  try {
    impl_->app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(impl_->app.help().c_str(), stdout);
    return Parsed::kExitOk;
  } catch (const CLI::ExtrasError&) {
    const std::string arguments = WithoutValues(impl_->app.remaining());
    std::fprintf(stderr, "%s: not known: %s (see --help)\n", impl_->app.get_name().c_str(),
                 arguments.c_str());
    return Parsed::kExitUsage;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s: %s (see --help)\n", impl_->app.get_name().c_str(), error.what());
    return Parsed::kExitUsage;
  }
  for (const auto& step : impl_->after_parse) {
    if (const Result<void> done = step(); !done) {
      std::fprintf(stderr, "%s: %s\n", impl_->app.get_name().c_str(), done.error().message.c_str());
      return Parsed::kExitUsage;
    }
  }
  return Parsed::kRun;
}

}  // namespace replicawatch
