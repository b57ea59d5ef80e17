#pragma once

#include <string_view>

namespace replicawatch {

/// Tells the service manager `state` ("READY=1", "STOPPING=1"), as sd_notify(3) has it: one
/// datagram to the socket that $NOTIFY_SOCKET names, a path or, after an @, an abstract name.
/// Without the variable nothing happens. What can't be sent is no reason not to serve: false, and
/// errno tells why. Never blocks. Thread-safe as long as nobody changes the environment.
bool NotifyServiceManager(std::string_view state);

}  // namespace replicawatch
