#include "exporters/minio/config.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace replicawatch::minio {
namespace {

/// Secrets in a file and in the environment, for as long as a test runs; all begin with "hush".
struct Secrets {
  Secrets() {
    std::string pattern = (std::filesystem::temp_directory_path() / "replicawatch-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    std::ofstream(Path("secret")) << "hush-of-the-file\n";
    std::ofstream(Path("ca.crt")) << "-\n";
    setenv("SECRET_OF_A_TEST", "hush-of-the-environment", 1);
    setenv("ACCESS_OF_A_TEST", "hush-access", 1);
  }
  ~Secrets() {
    unsetenv("SECRET_OF_A_TEST");
    unsetenv("ACCESS_OF_A_TEST");
    std::filesystem::remove_all(folder);
  }
  /// DIR in a text stands for the folder.
  std::string Fill(std::string text) const {
    for (size_t at = 0; (at = text.find("DIR", at)) != std::string::npos;)
      text.replace(at, 3, folder.string());
    return text;
  }
  std::string Path(const std::string& name) const { return (folder / name).string(); }

  std::filesystem::path folder;
};

Result<MinioConfig> Read(const Secrets& secrets, const std::string& text) {
  const Result<YamlValue> document = YamlValue::Parse(secrets.Fill(text), "minio.yml");
  if (!document) return tl::unexpected(document.error());
  return ReadConfig(*document);
}

TEST_CASE("configuration: clusters and modules with their keys") {
  const Secrets secrets;
  const Result<MinioConfig> config = Read(secrets, R"(
clusters:
  - name: shop
    seeds: [https://minio-1:9000, "https://[::1]:9000"]
    access_key: watcher
    secret_key_file: DIR/secret
    region: eu-1
    ca_file: DIR/ca.crt
  - seeds: minio-2:9000
modules:
  default:
    allow: ["10.0.0.0/8:9000"]
  keyed:
    allow: ["minio-*.example:*", "[fd00::]/8:9000-9009"]
    access_key_env: ACCESS_OF_A_TEST
    secret_key_env: SECRET_OF_A_TEST
    tls: true
    ca_file: DIR/ca.crt
)");
  REQUIRE_MESSAGE(config, (config ? "" : config.error().message));
  REQUIRE(config->clusters.size() == 2);
  const WatchOptions& shop = config->clusters[0];
  CHECK(shop.name == "shop");
  CHECK(shop.seeds.back().Url() == "https://[::1]:9000");
  REQUIRE(shop.nodes.key);
  CHECK(shop.nodes.key->access_key == "watcher");
  CHECK(shop.nodes.key->secret_key.Reveal() == "hush-of-the-file");
  CHECK(shop.nodes.key->region == "eu-1");
  CHECK(shop.nodes.ca_file == secrets.Path("ca.crt"));
  CHECK_FALSE(config->clusters[1].nodes.key);

  REQUIRE(config->modules.size() == 2);
  const Module& plain = config->modules.at("default");
  CHECK_FALSE(plain.settings.tls);
  CHECK_FALSE(plain.settings.nodes.key);
  const Module& keyed = config->modules.at("keyed");
  CHECK(keyed.settings.tls);
  CHECK(keyed.settings.nodes.ca_file == secrets.Path("ca.crt"));
  REQUIRE(keyed.settings.nodes.key);
  CHECK(keyed.settings.nodes.key->access_key == "hush-access");
  CHECK(keyed.settings.nodes.key->secret_key.Reveal() == "hush-of-the-environment");
  CHECK(keyed.settings.nodes.key->region == "us-east-1");
}

TEST_CASE("configuration: a bad file says where and what, and no secret") {
  const Secrets secrets;
  struct Case {
    const char* text;
    const char* message;  // a part of it, from the beginning
  };
  for (const Case& c : std::initializer_list<Case>{
           {"cluster: []\n",
            "minio.yml:1:1: \"cluster\" is not known here; known are clusters, modules"},
           {"clusters: {}\nclusters: []\n", "minio.yml:1:11: a list is wanted here"},
           {"modules: {}\nmodules: {}\n", "minio.yml:2:1: \"modules\" is here for the second time"},
           {"clusters:\n  - name: a\n", "minio.yml:2:5: \"seeds\" is missing: any node"},
           {"clusters:\n  - seeds: []\n", "minio.yml:2:12: at least one is wanted here"},
           {"clusters:\n  - seeds: [ftp://a]\n",
            "minio.yml:2:5: seeds: neither http:// nor https://"},
           {"clusters:\n  - seeds: [http://me:hush@a:9000]\n",
            "minio.yml:2:5: seeds: holds a user"},
           {"clusters:\n  - seeds: [a:9000]\n    secret_key: hush\n",
            "minio.yml:3:5: \"secret_key\" is not known here; known are name, seeds, access_key, "},
           {"clusters:\n  - seeds: [a:9000]\n    access_key: [hush]\n",
            "minio.yml:3:17: a text is wanted here"},
           {"clusters:\n  - seeds: [a:9000]\n    access_key: me\n",
            "minio.yml:2:5: there is an access key, but no secret key"},
           {"clusters:\n  - seeds: [a:9000]\n    secret_key_file: DIR/secret\n",
            "minio.yml:2:5: there is a secret key, but no access key"},
           {"clusters:\n  - seeds: [a:9000]\n    secret_key_file: DIR/none\n",
            "minio.yml:3:22: can't read DIR/none: No such file or directory"},
           {"clusters:\n  - seeds: [a:9000]\n    secret_key_env: NOT_SET_IN_A_TEST\n",
            "minio.yml:3:21: the environment has no variable of this name"},
           {"clusters:\n  - seeds: [a:9000]\n    ca_file: DIR/none\n",
            "minio.yml:2:5: can't read the CA file DIR/none"},
           {"clusters:\n  - {name: a, seeds: [a:9000]}\n  - {name: a, seeds: [b:9000]}\n",
            "minio.yml:3:5: there is a cluster \"a\" already"},
           {"modules:\n  default: {}\n",
            "minio.yml:2:12: \"allow\" is missing: targets that may be asked with this login"},
           {"modules:\n  m: {allow: [a]}\n", "minio.yml:2:15: \"a\": write it as host:port"},
           {"modules:\n  m: {allow: [\"*:x\"]}\n",
            "minio.yml:2:15: \"*:x\": the port is no number, range or *"},
           {"modules:\n  m: {allow: [\"10.0.0.0/33:1\"]}\n",
            "minio.yml:2:15: \"10.0.0.0/33:1\": the network's length is wrong"},
           {"modules:\n  m: {allow: [\"a:1\"], seeds: [a:1]}\n",
            "minio.yml:2:23: \"seeds\" is not known here; known are allow, access_key, "},
           {"modules:\n  m: {allow: [\"a:1\"], tls: perhaps}\n",
            "minio.yml:2:28: true or false is wanted here"},
           {"modules:\n  m: {allow: [\"a:1\"], ca_file: DIR/ca.crt}\n",
            "minio.yml:2:6: \"ca_file\" is for \"tls: true\", which is not said here"},
           {"modules:\n  m:\n    allow: [\"a:1\"]\n    access_key_env: ACCESS_OF_A_TEST\n",
            "minio.yml:3:5: there is an access key, but no secret key"},
           {"modules:\n  m:\n    allow: [\"a:1\"]\n    access_key: a\n    access_key_env: "
            "ACCESS_OF_A_TEST\n    secret_key_env: SECRET_OF_A_TEST\n",
            "minio.yml:3:5: the access key is given twice"},
           {"modules:\n  m:\n    allow: [\"a:1\"]\n    access_key: a\n    secret_key_file: "
            "DIR/secret\n    secret_key_env: SECRET_OF_A_TEST\n",
            "minio.yml:6:21: this secret is given twice"},
           {"modules:\n  m: {allow: [\"a:1\"}\n", "minio.yml:2:"},
       }) {
    CAPTURE(c.text);
    const Result<MinioConfig> config = Read(secrets, c.text);
    REQUIRE_FALSE(config);
    const std::string& message = config.error().message;
    CAPTURE(message);
    CHECK(message.starts_with(secrets.Fill(c.message)));
    CHECK(message.find("hush") == std::string::npos);
  }
}

TEST_CASE("configuration: the canary") {
  const Secrets secrets;
  const auto read = [&](const std::string& canary, const std::string& key) {
    return Read(secrets, "clusters:\n  - seeds: a:9000\n" + key + "    canary: " + canary + "\n");
  };
  const std::string key = "    access_key: watcher\n    secret_key_file: DIR/secret\n";
  const auto full = read("{bucket: b, interval: 1m30s, prefix: x/y, redundancy: true}", key);
  REQUIRE(full);
  REQUIRE(full->clusters[0].canary);
  CHECK(full->clusters[0].canary->bucket == "b");
  CHECK(full->clusters[0].canary->interval == std::chrono::seconds(90));
  CHECK(full->clusters[0].canary->prefix == "x/y");
  CHECK(full->clusters[0].canary->redundancy);
  const auto least = read("{bucket: b}", key);
  REQUIRE(least);
  CHECK(least->clusters[0].canary->interval == std::chrono::seconds(30));
  CHECK(least->clusters[0].canary->prefix.starts_with("replicawatch/"));
  CHECK_FALSE(least->clusters[0].canary->redundancy);
  CHECK_FALSE(read("{bucket: b}", ""));
  for (const char* canary :
       {"{}", "{bucket: \"\"}", "{bucket: b, interval: 100ms}", "{bucket: b, interval: soon}",
        "{bucket: b, prefix: /x}", "{bucket: b, prefix: x/}", "{bucket: b, prefix: x//y}",
        "{bucket: b, redundancy: maybe}", "{bucket: b, keys: 3}", "b"}) {
    CAPTURE(canary);
    const auto refused = read(canary, key);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with("minio.yml:"));
  }
}

}  // namespace
}  // namespace replicawatch::minio
