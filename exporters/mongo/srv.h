#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::mongo {

/// What the name service says of a deployment that is named by mongodb+srv://HOST.
struct SrvAnswer {
  std::vector<std::string> seeds;  ///< host:port, of the SRV records of _mongodb._tcp.HOST
  std::string options;             ///< of the TXT record of HOST: authSource and replicaSet
};

/// Reads the SRV records of an answer of the name service, as bytes. A target that is of another
/// domain than `host` is an error, since whoever can answer for the host could lead its login
/// elsewhere. Pure. Errors: kConnect when there is none, kProtocol.
Result<std::vector<std::string>> ReadSrvRecords(std::span<const uint8_t> answer,
                                                std::string_view host);

/// Reads the TXT record of an answer. Pure. Errors: kProtocol, also for other options than these
/// two, as the drivers' specification wants it.
Result<std::string> ReadTxtOptions(std::span<const uint8_t> answer);

/// Asks the name service. Blocks for as long as the system's resolver waits. Thread-safe.
Result<SrvAnswer> LookUpSrv(const std::string& host);

}  // namespace replicawatch::mongo
