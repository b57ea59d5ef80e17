#pragma once

namespace replicawatch::mongo {

/// Starts libmongoc, once, and turns its own log into debug lines of ours. To be called before
/// anything else of it, also before a connection string is parsed: the driver would write what it
/// does not like in it to stderr. Thread-safe.
///
/// The driver is never ended: a worker that hangs in a call may use its globals until the process
/// is gone.
void InitialiseDriver();

}  // namespace replicawatch::mongo
