#include "common/web/discovery.h"

#include "common/base/text.h"

namespace replicawatch {
namespace {

struct Labels {
  std::string groups;
  std::string roles;
};

void AppendOnce(std::string& list, std::string_view word) {
  std::string_view rest = list;
  while (!rest.empty()) {
    if (CutAt(rest, ',') == word) return;
  }
  if (!list.empty()) list += ',';
  list += word;
}

Labels LabelsOf(const Overview& overview, const std::string& name) {
  Labels labels;
  for (const GroupOverview& group : overview.groups) {
    for (const Membership& member : group.members) {
      if (member.member != name) continue;
      AppendOnce(labels.groups, group.name);
      AppendOnce(labels.roles, member.role);
    }
  }
  return labels;
}

void AppendLabel(std::string& out, std::string_view name, std::string_view value) {
  if (!out.ends_with('{')) out += ',';
  AppendQuoted(out, "__meta_replicawatch_" + std::string(name));
  out += ':';
  AppendQuoted(out, value);
}

void AppendMember(std::string& out, const Overview& overview, const std::string& name) {
  const Labels labels = LabelsOf(overview, name);
  out += "{\"targets\":[";
  AppendQuoted(out, name);
  out += "],\"labels\":{";
  AppendLabel(out, "service", overview.vocabulary->service);
  AppendLabel(out, "cluster", overview.cluster);
  AppendLabel(out, "group", labels.groups);
  AppendLabel(out, "role", labels.roles);
  AppendLabel(out, "member", name);
  out += "}}";
}

}  // namespace

std::string RenderDiscovery(std::span<const std::shared_ptr<const Overview>> clusters) {
  std::string out = "[";
  for (const auto& overview : clusters) {
    if (!overview) continue;
    for (const MemberOverview& member : overview->members) {
      out += out.size() > 1 ? ",\n" : "\n";
      AppendMember(out, *overview, member.name);
    }
  }
  return out + "\n]\n";
}

}  // namespace replicawatch
