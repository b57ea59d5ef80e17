#include "common/config/readers.h"

#include <cstdlib>
#include <optional>

#include "common/base/text.h"
#include "common/config/duration.h"

namespace replicawatch {

namespace {

TextForm DurationForm(Duration standard) {
  // Of numbers without a unit there is only 0.
  return TextForm::PatternOrNumber(std::string(kDurationPattern), 0, 0,
                                   standard > Duration::zero() ? FormatDuration(standard) : "");
}

}  // namespace

YamlValue::Read Into(bool& flag) {
  return [&flag](const YamlValue& value) -> Result<void> {
    std::optional<bool> read = flag;
    if (Result<void> done = Into(read)(value); !done) return done;
    flag = *read;
    return {};
  };
}

YamlValue::Read Into(std::optional<bool>& flag) {
  return [&flag](const YamlValue& value) -> Result<void> {
    const Result<std::string> word = value.Text(TextForm::Flag(flag));
    if (!word || (*word != "true" && *word != "false"))
      return value.Fault("true or false is wanted here");
    flag = *word == "true";
    return {};
  };
}

YamlValue::Read IntoCount(size_t& count, size_t most) {
  return [&count, most](const YamlValue& value) -> Result<void> {
    const Result<std::string> text = value.Text(TextForm::Count(most, count));
    const auto number = text ? ParseInt(*text) : std::nullopt;
    if (!number || *number < 1 || static_cast<size_t>(*number) > most)
      return value.Fault("a whole number from 1 to " + std::to_string(most) + " is wanted here");
    count = static_cast<size_t>(*number);
    return {};
  };
}

YamlValue::Read Into(Duration& duration) {
  return [&duration](const YamlValue& value) -> Result<void> {
    const Result<std::string> text = value.Text(DurationForm(duration));
    if (!text) return tl::unexpected(text.error());
    const Result<Duration> parsed = ParseDuration(*text);
    if (!parsed) return value.Fault(parsed.error().message);
    duration = *parsed;
    return {};
  };
}

namespace {

/// One of two would be used, and nobody could say which.
Result<void> SetOnce(const YamlValue& value, Secret given, Secret& secret) {
  if (!secret.empty())
    return value.Fault("this secret is given twice: it comes from a file or from the environment");
  secret = std::move(given);
  return {};
}

}  // namespace

YamlValue::Read IntoSecretOfFile(Secret& secret) {
  return [&secret](const YamlValue& value) -> Result<void> {
    const Result<std::string> path = value.Text();
    if (!path) return tl::unexpected(path.error());
    Result<Secret> read = ReadSecretFile(*path);
    if (!read) return value.Fault(read.error().message);
    return SetOnce(value, std::move(*read), secret);
  };
}

YamlValue::Read IntoSecretOfEnvironment(Secret& secret) {
  return [&secret](const YamlValue& value) -> Result<void> {
    const Result<std::string> name = value.Text();
    if (!name) return tl::unexpected(name.error());
    const char* text = std::getenv(name->c_str());
    // Somebody may have written the secret itself: it is not repeated.
    if (text == nullptr) return value.Fault("the environment has no variable of this name");
    return SetOnce(value, Secret(text), secret);
  };
}

YamlValue::Read IntoSome(std::vector<std::string>& texts) {
  return [&texts](const YamlValue& value) -> Result<void> {
    if (const Result<void> read = Into(texts)(value); !read) return read;
    if (texts.empty()) return value.Fault("at least one is wanted here");
    return {};
  };
}

YamlValue::Read Into(std::vector<TargetPattern>& patterns) {
  const YamlValue::Read read = [&patterns](const YamlValue& element) -> Result<void> {
    const Result<std::string> text = element.Text();
    if (!text) return tl::unexpected(text.error());
    Result<TargetPattern> pattern = TargetPattern::Parse(*text);
    if (!pattern) return element.Fault(pattern.error().message);
    patterns.push_back(std::move(*pattern));
    return {};
  };
  return [&patterns, read](const YamlValue& list) -> Result<void> {
    if (const Result<void> done = list.Elements(read); !done) return done;
    if (patterns.empty()) return list.Fault("at least one is wanted here");
    return {};
  };
}

}  // namespace replicawatch
