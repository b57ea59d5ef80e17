#include "exporters/redis/parse/configuration.h"

#include <algorithm>
#include <array>

#include "common/base/text.h"

namespace replicawatch::redis {
namespace {

constexpr size_t kMostSettings = 1000;
constexpr size_t kLongestValue = 128;

constexpr std::array<std::string_view, 10> kSecretParts = {
    "pass", "auth", "secret", "token", "cred", "user", "acl", "private", "pwd", "license"};

// What has such a part in its name and is none.
constexpr auto kHarmless = std::to_array<std::string_view>(
    {"acl-pubsub-default", "acllog-max-len", "lazyfree-lazy-user-del", "lazyfree-lazy-user-flush",
     "tls-auth-clients"});

constexpr auto kPlainTexts = std::to_array<std::string_view>({
    "announce-ip",
    "aof_rewrite_cpulist",
    "appenddirname",
    "appendfilename",
    "appendfsync",
    "availability-zone",
    "bgsave_cpulist",
    "bind",
    "bind-source-addr",
    "bio_cpulist",
    "client-output-buffer-limit",
    "cluster-announce-hostname",
    "cluster-announce-human-nodename",
    "cluster-announce-ip",
    "cluster-config-file",
    "cluster-preferred-endpoint-type",
    "dbfilename",
    "dir",
    "enable-debug-command",
    "enable-module-command",
    "enable-protected-configs",
    "ignore-warnings",
    "latency-tracking-info-percentiles",
    "locale-collate",
    "logfile",
    "loglevel",
    "maxmemory-policy",
    "notify-keyspace-events",
    "oom-score-adj",
    "oom-score-adj-values",
    "pidfile",
    "proc-title-template",
    "propagation-error-behavior",
    "replica-announce-ip",
    "replicaof",
    "repl-diskless-load",
    "sanitize-dump-payload",
    "save",
    "server_cpulist",
    "shutdown-on-sigint",
    "shutdown-on-sigterm",
    "slave-announce-ip",
    "slaveof",
    "supervised",
    "syslog-facility",
    "syslog-ident",
    "tls-ca-cert-dir",
    "tls-ca-cert-file",
    "tls-cert-file",
    "tls-ciphers",
    "tls-ciphersuites",
    "tls-client-cert-file",
    "tls-client-key-file",
    "tls-dh-params-file",
    "tls-key-file",
    "tls-protocols",
    "unixsocket",
});

template <size_t N>
bool Has(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool SoundsSecret(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return lower.ends_with("key") ||
         std::any_of(kSecretParts.begin(), kSecretParts.end(),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

}  // namespace

bool IsPublicSetting(std::string_view name, std::string_view value) {
  if (Has(kHarmless, name)) return true;
  if (SoundsSecret(name)) return false;
  return value.empty() || value == "yes" || value == "no" || ParseDouble(value) ||
         Has(kPlainTexts, name);
}

std::map<std::string, std::string> ParseConfiguration(const Reply& reply) {
  std::map<std::string, std::string> settings;
  for (size_t i = 0; i + 1 < reply.elements.size() && settings.size() < kMostSettings; i += 2) {
    const std::string& name = reply.elements[i].text;
    const std::string& value = reply.elements[i + 1].text;
    if (!name.empty() && IsPublicSetting(name, value))
      settings.emplace(name, value.substr(0, kLongestValue));
  }
  return settings;
}

}  // namespace replicawatch::redis
