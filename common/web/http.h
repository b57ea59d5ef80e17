#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicawatch {

/// One request as values. `header` looks up case-insensitively and gives an empty text for an
/// absent one.
struct HttpRequest {
  std::string method;
  std::string path;
  std::string client;  ///< the address that it came from, without the port
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order, repeats kept
  std::function<std::string_view(std::string_view)> header;

  std::vector<std::string> QueryValues(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A short text answer, with a line end.
HttpResponse TextResponse(int status, std::string_view text);

/// The same for who may come again in a second: 429 or 503.
HttpResponse ComeAgain(int status, std::string_view text);

/// Decodes application/x-www-form-urlencoded. Nothing on a broken escape.
std::optional<std::vector<std::pair<std::string, std::string>>> ParseQuery(std::string_view query);

/// Compresses for Content-Encoding: gzip; nothing when zlib refuses.
std::optional<std::string> Gzip(std::string_view text);

/// &, <, >, " and ' as character references.
std::string EscapeHtml(std::string_view text);

}  // namespace replicawatch
