#include "common/web/router.h"

namespace replicawatch {

HttpResponse Router::Handle(const HttpRequest& request) const {
  const auto found = routes_.find(request.path);
  if (found == routes_.end()) return TextResponse(404, "404 not found; / lists the paths");
  const Route& route = found->second;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads && route.get) return route.get(request);
  if (request.method == "POST" && route.post) return route.post(request);
  HttpResponse refused = TextResponse(405, "405 method not allowed");
  std::string allow = route.get ? "GET, HEAD" : "";
  if (route.post) allow += allow.empty() ? "POST" : ", POST";
  refused.headers.emplace_back("Allow", allow);
  return refused;
}

}  // namespace replicawatch
