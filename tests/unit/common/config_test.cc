#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "common/config/duration.h"
#include "common/config/flags.h"
#include "common/config/readers.h"
#include "common/config/target_pattern.h"
#include "common/config/yaml.h"

namespace replicawatch {
namespace {

struct Settings {
  std::string name;
  std::vector<std::string> seeds;
  std::vector<std::string> modules;
};

Result<Settings> Read(const std::string& text) {
  const Result<YamlValue> document = YamlValue::Parse(text, "f.yml");
  if (!document) return tl::unexpected(document.error());
  Settings settings;
  const Result<void> read = document->Keys({
      {"name", Into(settings.name), "what it is called"},
      {"seeds", Into(settings.seeds), "where to begin"},
      {"modules",
       [&](const YamlValue& modules) {
         return modules.Entries([&](const std::string& name, const YamlValue& value) {
           settings.modules.push_back(name);
           return value.Keys({});
         });
       },
       "what there is"},
  });
  if (!read) return tl::unexpected(read.error());
  return settings;
}

TEST_CASE("a configuration file") {
  const Settings settings = Read("name: a\nseeds: [x, 'y']\nmodules:\n  one:\n  two: {}\n").value();
  CHECK(settings.name == "a");
  CHECK(settings.seeds == std::vector<std::string>{"x", "y"});
  CHECK(settings.modules == std::vector<std::string>{"one", "two"});
  CHECK(Read("seeds: alone").value().seeds == std::vector<std::string>{"alone"});
  CHECK(Read("").value().name.empty());
  CHECK(Read("# nothing but a comment\n").value().name.empty());
}

TEST_CASE("a configuration is described by the readers that read it") {
  std::string name = "none";
  Duration interval = std::chrono::seconds(30);
  size_t count = 0;
  bool on = true;
  std::vector<std::string> seeds;
  const YamlValue::Read into_details = [&](const YamlValue& value) {
    return value.Keys({{"on", Into(on), "a switch"}, {"count", IntoCount(count, 7), "so many"}});
  };
  const ConfigSchema schema = YamlValue::Describe([&](const YamlValue& value) -> Result<void> {
    const Result<void> read = value.Keys({
        {"name", Into(name), "what it is called", true},
        {"interval", Into(interval), "how often"},
        {"seeds", IntoSome(seeds), "where to begin", true},
        {"either", [&](const YamlValue& v) { return v.TextOr(Into(on), into_details); }, "or"},
        {"named",
         [&](const YamlValue& v) {
           return v.Entries(
               [&](const std::string&, const YamlValue& entry) { return into_details(entry); });
         },
         "by name"},
    });
    CHECK_FALSE(read);  // what would come after the reading does not happen
    return read;
  });
  CHECK(seeds.empty());
  REQUIRE(schema.keys.size() == 5);
  CHECK(schema.keys[0].first == "name");
  CHECK(schema.keys[0].second.required);
  CHECK(schema.keys[0].second.help == "what it is called");
  CHECK(schema.keys[0].second.texts.at(0).standard == "none");
  CHECK(schema.keys[1].second.texts.at(0).standard == "30s");
  CHECK(schema.keys[2].second.elements);
  CHECK(schema.keys[3].second.texts.at(0).type == "boolean");
  CHECK(schema.keys[3].second.keys.size() == 2);
  REQUIRE(schema.keys[4].second.entries);
  CHECK(schema.keys[4].second.entries->keys.at(1).second.texts.at(0).most == 7);
  CHECK(JsonSchema(schema, "title").find("\"maximum\": 7") != std::string::npos);
}

TEST_CASE("a duration is written as it is read") {
  for (const char* text : {"0s", "1s", "1500ms", "90s"}) {
    CAPTURE(text);
    CHECK(FormatDuration(*ParseDuration(text)) == text);
  }
}

TEST_CASE("a bad configuration file says where and what") {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"nmae: a\n", "f.yml:1:1: \"nmae\" is not known here; known are name, seeds, modules"},
      {"name: a\nname: b\n", "f.yml:2:1: \"name\" is here for the second time"},
      {"name: [a]\n", "f.yml:1:7: a text is wanted here"},
      {"seeds:\n  a: b\n", "f.yml:2:3: a list is wanted here"},
      {"seeds: [[a]]\n", "f.yml:1:9: a text is wanted here"},
      {"modules: text\n", "f.yml:1:10: a mapping (key: value) is wanted here"},
      {"- name\n", "f.yml:1:1: a mapping (key: value) is wanted here"},
      {"name: a: b\n", "f.yml:1:8: illegal map value"},
      {"modules:\n  m:\n    key: 1\n", "f.yml:3:5: \"key\" is not known here; known are "},
  };
  for (const auto& [text, message] : cases) {
    const Result<Settings> read = Read(text);
    CHECK_MESSAGE(!read.has_value(), std::string(text));
    if (!read) CHECK(read.error().message == message);
  }
  CHECK(YamlValue::Load("/does/not/exist").error().message ==
        "/does/not/exist: can't be read: No such file or directory");
  CHECK(YamlValue::Load("/").error().message == "/: can't be read: it is no file");
}

TEST_CASE("which targets a module allows") {
  const auto matches = [](const char* pattern, const char* host, int port) {
    return TargetPattern::Parse(pattern).value().Matches(host, port);
  };
  CHECK(matches("redis.example:6379", "redis.example", 6379));
  CHECK(matches("Redis.Example:6379", "rEDIS.example", 6379));
  CHECK_FALSE(matches("redis.example:6379", "redis.example", 6380));
  CHECK_FALSE(matches("redis.example:6379", "redis.example.evil", 6379));
  CHECK(matches("redis.example:6379-6384", "redis.example", 6384));
  CHECK_FALSE(matches("redis.example:6379-6384", "redis.example", 6385));
  CHECK(matches("redis.example:*", "redis.example", 1));

  CHECK(matches("redis-*.example:*", "redis-12.example", 6379));
  CHECK_FALSE(matches("redis-*.example:*", "redis-1.other.example", 6379));
  CHECK_FALSE(matches("*:*", "a.b", 6379));
  CHECK(matches("*:*", "a", 6379));
  CHECK(matches("a*b*c:1", "aXbYbZc", 1));
  CHECK_FALSE(matches("a*b*c:1", "aXbYbZ", 1));

  CHECK(matches("10.1.2.3:6379", "10.1.2.3", 6379));
  CHECK(matches("10.1.0.0/16:6379", "10.1.255.3", 6379));
  CHECK_FALSE(matches("10.1.0.0/16:6379", "10.2.0.1", 6379));
  CHECK(matches("10.1.0.0/17:6379", "10.1.127.1", 6379));
  CHECK_FALSE(matches("10.1.0.0/17:6379", "10.1.128.1", 6379));
  CHECK(matches("0.0.0.0/0:*", "10.2.0.1", 6379));
  CHECK(matches("[fd00::]/8:6379", "fd12::1", 6379));
  CHECK_FALSE(matches("[fd00::]/8:6379", "fe80::1", 6379));
  CHECK_FALSE(matches("0.0.0.0/0:*", "fd12::1", 6379));
  CHECK(matches("10.1.0.0/16:6379", "::ffff:10.1.2.3", 6379));
  // A name may lead anywhere, so that a network does not cover it.
  CHECK_FALSE(matches("0.0.0.0/0:*", "localhost", 6379));
  // inet_aton's short and octal forms are no addresses here.
  CHECK_FALSE(matches("0.0.0.0/0:*", "127.1", 6379));
  CHECK_FALSE(matches("*:*", "", 6379));
  CHECK_FALSE(matches("*:*", std::string(300, 'a').c_str(), 6379));

  for (const char* bad :
       {"", "host", ":6379", "host:", "host:x", "host:0", "host:65536", "host:7-6", "10.0.0.0/33:1",
        "10.0.0.0/x:1", "host/8:1", "[host]:1", "fd00::1::2:1", "10.0.0.0/:1"}) {
    CHECK_MESSAGE(!TargetPattern::Parse(bad).has_value(), std::string(bad));
  }
}

/// The flags of a small program, read from a command line.
struct Program {
  std::string text = "default";
  std::vector<std::string> texts;
  bool flag = false;
  bool action = false;
  bool collector = true;
  size_t count = 5;
  Duration time = std::chrono::seconds(10);
  SecretSource password;

  Flags::Parsed Parse(std::vector<std::string> arguments) {
    Flags flags("program", "For a test.");
    flags.Text("rw.text", text, "A text.", {"RW_TEST_TEXT"});
    flags.Texts("rw.texts", texts, "Texts.");
    flags.Switch("rw.switch", flag, "A switch.");
    flags.Action("rw.action", action, "An action.");
    flags.OnOff("collector.", "rw", collector, "A collector.");
    flags.Count("rw.count", count, "A count.", {}, 10);
    flags.Time("rw.time", time, "A time.");
    flags.Password("rw.password-file", password, "A password.", {"RW_TEST_PASSWORD"});
    arguments.insert(arguments.begin(), "program");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    return flags.Parse(static_cast<int>(argv.size()), argv.data());
  }
};

TEST_CASE("flags are read, with their twins in the environment") {
  Program program;
  setenv("REPLICAWATCH_RW_COUNT", "7", 1);
  setenv("RW_TEST_TEXT", "of the environment", 1);
  CHECK(program.Parse({"--rw.texts=a,b", "--rw.texts", "c", "--rw.switch", "--no-collector.rw",
                       "--rw.time=1m30s", "--rw.action"}) == Flags::Parsed::kRun);
  unsetenv("REPLICAWATCH_RW_COUNT");
  unsetenv("RW_TEST_TEXT");
  CHECK(program.texts == std::vector<std::string>{"a", "b", "c"});
  CHECK(program.flag);
  CHECK(program.action);
  CHECK_FALSE(program.collector);
  CHECK(program.count == 7);
  CHECK(program.text == "of the environment");
  CHECK(program.time == std::chrono::seconds(90));
}

TEST_CASE("a flag that is wrong or unknown ends the start") {
  for (const char* argument : {"--rw.count=11", "--rw.count=x", "--rw.time=soon", "--unknown=x",
                               "word", "--rw.password-file=/no/such/file"})
    CHECK_MESSAGE(Program().Parse({argument}) == Flags::Parsed::kExitUsage, argument);
  CHECK(Program().Parse({"--help"}) == Flags::Parsed::kExitOk);
}

TEST_CASE("a password comes from its file, else from the environment") {
  setenv("RW_TEST_PASSWORD", "of-the-environment", 1);
  Program environment;
  CHECK(environment.Parse({}) == Flags::Parsed::kRun);
  CHECK(environment.password.Read()->Reveal() == "of-the-environment");
  const std::string path = "/tmp/rw-flags-test-" + std::to_string(std::rand());
  std::ofstream(path) << "of-the-file\n";
  Program file;
  CHECK(file.Parse({"--rw.password-file=" + path}) == Flags::Parsed::kRun);
  CHECK(file.password.Read()->Reveal() == "of-the-file");
  std::remove(path.c_str());
  unsetenv("RW_TEST_PASSWORD");
}

TEST_CASE("settings are others when a file that they name has another content") {
  const std::string base = "/tmp/rw-digest-test-" + std::to_string(std::rand());
  std::ofstream(base + ".password") << "the first one\n";
  ConfigFile file{base + ".yml", ""};
  const auto write = [&](const std::string& text) { std::ofstream(file.path) << text; };
  write("{name: shop, password_file: " + base + ".password} # a comment\n");
  using Digests = std::vector<std::string>;
  const auto read = [](const YamlValue& value) -> Result<Digests> {
    SettingsDigest digest;
    value.AddTo(digest);
    return Digests{digest.Value()};
  };
  const auto first = file.Load<Digests>(Reread::kAll, read);
  REQUIRE(first);
  CHECK(*file.Load<Digests>(Reread::kAll, read) == *first);
  write("{name: shop, password_file: " + base + ".password}\n");
  CHECK(*file.Load<Digests>(Reread::kAll, read) == *first);

  write("{name: other, password_file: " + base + ".password}\n");
  CHECK(*file.Load<Digests>(Reread::kSecrets, read) == *first);
  CHECK(*file.Load<Digests>(Reread::kAll, read) != *first);

  const auto before = file.Load<Digests>(Reread::kSecrets, read);
  std::ofstream(base + ".password") << "the second one\n";
  CHECK(*file.Load<Digests>(Reread::kSecrets, read) != *before);

  write("{");
  CHECK_FALSE(file.Load<Digests>(Reread::kAll, read));
  CHECK(file.Load<Digests>(Reread::kSecrets, read));
  std::remove(file.path.c_str());
  std::remove((base + ".password").c_str());
}

}  // namespace
}  // namespace replicawatch
