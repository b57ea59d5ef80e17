#include "common/web/landing.h"

#include "common/base/text.h"
#include "common/web/http.h"

namespace replicawatch {
namespace {

// On a phone a row is a block: the member's name, and below it the other cells with their names.
constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 "
    "1rem;color:#1b1f24;background:#fff;overflow-wrap:anywhere}"
    "h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}nav a{margin-right:1rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid #d0d7de}"
    "input,button{font:inherit;padding:.2rem .5rem;max-width:100%}"
    ".ok{color:#116329}.bad{color:#a40e26;font-weight:600}"
    "@media(max-width:40rem){th{display:none}tr{display:flex;flex-wrap:wrap;padding:.35rem 0;"
    "border-bottom:1px solid #d0d7de}td{border:0;padding:0 1rem 0 0}"
    "td:first-child{flex-basis:100%;font-weight:600}td:empty{display:none}"
    "td[data-name]:before{content:attr(data-name)' ';color:#59636e;font-weight:400}}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}a{color:#6cb6ff}"
    "th,td,tr{border-color:#30363d}.ok{color:#57c46b}.bad{color:#ff7b72}"
    "td[data-name]:before{color:#9198a1}}";

std::string Number(double value) {
  std::string text;
  AppendNumber(text, value);
  return text;
}

const MemberOverview* FindMember(const Overview& overview, const std::string& name) {
  for (const MemberOverview& member : overview.members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

std::string StateCell(const MemberOverview* member) {
  const std::string cell = "<td data-name=state";
  if (member == nullptr) return cell + ">unknown</td>";
  if (member->up && !member->error) return cell + " class=ok>up</td>";
  std::string text = cell + (member->up ? " class=bad>up, " : " class=bad>down, ");
  text += member->error ? ErrorCodeName(member->error->code) : "no answer";
  return text + "</td>";
}

std::string GroupSummary(const GroupOverview& group) {
  std::string text = "<p>";
  if (group.writable) {
    text +=
        *group.writable ? "<span class=ok>writable</span>" : "<span class=bad>not writable</span>";
    for (const std::string_view reason : group.blocked_reasons)
      text += " (" + EscapeHtml(reason) + ")";
  } else {
    text += "writable: unknown";
  }
  for (const FailuresTolerated& spare : group.failures_tolerated) {
    text += " · " + EscapeHtml(spare.operation) + " tolerates " + std::to_string(spare.count);
  }
  return text + "</p>";
}

std::string GroupTable(const Overview& overview, const GroupOverview& group) {
  std::string html =
      "<h2>" + EscapeHtml(overview.cluster) + " · " + EscapeHtml(group.name) + "</h2>";
  html += GroupSummary(group);
  html += "<table><tr><th>member</th><th>role</th><th>state</th><th>lag</th></tr>";
  for (const Membership& member : group.members) {
    html += "<tr><td>" + EscapeHtml(member.member) + "</td><td data-name=role>" +
            EscapeHtml(member.role) + "</td>";
    html += StateCell(FindMember(overview, member.member));
    html += "<td data-name=lag>" +
            (member.lag_seconds ? Number(*member.lag_seconds) + " s" : std::string()) +
            "</td></tr>";
  }
  return html + "</table>";
}

std::string UngroupedTable(const Overview& overview) {
  std::string html = "<h2>" + EscapeHtml(overview.cluster) + "</h2><table>";
  html += "<tr><th>member</th><th>state</th></tr>";
  for (const MemberOverview& member : overview.members) {
    html += "<tr><td>" + EscapeHtml(member.name) + "</td>" + StateCell(&member) + "</tr>";
  }
  return html + "</table>";
}

}  // namespace

std::string RenderLandingPage(const LandingPage& page) {
  const std::string program = EscapeHtml(page.program);
  std::string html = "<!doctype html><html lang=en><head><meta charset=utf-8>";
  html += "<meta name=viewport content=\"width=device-width,initial-scale=1\"><title>" + program +
          "</title>";
  html += "<style>" + std::string(kStyle) + "</style></head><body>";
  html += "<h1>" + program + " " + EscapeHtml(page.version) + "</h1><nav>";
  for (const std::string& path : {page.metrics_path, std::string("/discover"),
                                  std::string("/-/healthy"), std::string("/-/ready")}) {
    html += "<a href=\"" + EscapeHtml(path) + "\">" + EscapeHtml(path) + "</a>";
  }
  html += "</nav>";
  if (!page.probe_path.empty()) {
    html += "<form action=\"" + EscapeHtml(page.probe_path) +
            "\"><p><label>Ask one node: <input name=target placeholder=host:port></label> "
            "<button>probe</button></p></form>";
  }
  for (const auto& overview : page.clusters) {
    if (!overview) {
      html += "<p>Looking for the members; nothing has answered yet.</p>";
    } else if (overview->groups.empty()) {
      html += UngroupedTable(*overview);
    } else {
      for (const GroupOverview& group : overview->groups) html += GroupTable(*overview, group);
    }
  }
  return html + "</body></html>\n";
}

}  // namespace replicawatch
