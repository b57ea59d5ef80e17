#pragma once

#include <map>
#include <string>

#include "common/web/http.h"

namespace replicawatch {

/// Exact paths and their methods; HEAD goes where GET goes. Filled before the server starts, then
/// only read, by many threads.
class Router {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  void Get(const std::string& path, Handler handler) { routes_[path].get = std::move(handler); }
  void Post(const std::string& path, Handler handler) { routes_[path].post = std::move(handler); }

  /// 404 for an unknown path, 405 with Allow for a method that the path does not have.
  HttpResponse Handle(const HttpRequest& request) const;

 private:
  struct Route {
    Handler get;
    Handler post;
  };
  std::map<std::string, Route, std::less<>> routes_;
};

}  // namespace replicawatch
