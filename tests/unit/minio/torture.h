#pragma once

#include <string>
#include <string_view>

namespace replicawatch::minio {

/// Cuts the text at each byte and breaks each byte; `parse` has to take it all, and to refuse the
/// cut ones when a document needs its end.
template <class Parse>
void Torture(const std::string& text, Parse parse) {
  constexpr std::string_view kBytes("\0\"}\xff[", 5);
  for (size_t i = 0; i < text.size(); ++i) {
    parse(std::string_view(text).substr(0, i));
    std::string broken = text;
    broken[i] = kBytes[i % kBytes.size()];
    parse(broken);
  }
}

}  // namespace replicawatch::minio
