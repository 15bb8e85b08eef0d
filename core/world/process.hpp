// The agent's own process as core sees it: the operator's API requests and signals in; answers, log lines,
// long computations and the end out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/base/strong.hpp"
#include "core/base/time.hpp"

namespace core::world {

using RequestId = base::Strong<struct RequestIdTag>;
using ComputeToken = base::Strong<struct ComputeTokenTag>;

/// Event: the deadline has come.
struct Woken {};

/// Event: an HTTP request. Header names are lower-case; `target` is path and query as sent.
struct ApiRequested {
  RequestId request;
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;
  std::string body;
};
/// Event: whoever asked has hung up; answers to it are dropped.
struct ApiCancelled {
  RequestId request;
};
/// Effect: the answer. With `more` the body goes on in ApiStreamed (chunked) until one without `more`.
struct ApiAnswered {
  RequestId request;
  std::uint16_t status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  bool more = false;
};
struct ApiStreamed {
  RequestId request;
  std::string bytes;
  bool more = true;
};

enum class Signal { interrupt, terminate, hangup };
BOOST_DESCRIBE_ENUM(Signal, interrupt, terminate, hangup)
/// Event: the operator's signal.
struct Signalled {
  Signal signal = Signal::interrupt;
};
enum class LogLevel { trace, debug, info, warn, error, off };
BOOST_DESCRIBE_ENUM(LogLevel, trace, debug, info, warn, error, off)
/// Event: the configuration was read again after SIGHUP. Of a server; zero leaves a setting as it is.
struct Reloaded {
  LogLevel log_level = LogLevel::info;
  std::uint64_t raft_snapshot_threshold = 0;
  Duration raft_snapshot_interval{};
  std::uint64_t raft_trailing_logs = 0;
};

struct LogField {
  std::string key;
  std::string value;
};
/// Effect: a line of the log, as hclog writes it: `[INFO]  nomad.raft: entering leader state: leader=... term=2`.
struct Logged {
  LogLevel level = LogLevel::info;
  std::string module;
  std::string message;
  std::vector<LogField> fields;
};
/// Effect: the agent is done; the process ends with `code` once all earlier effects are carried out.
struct Exited {
  std::int32_t code = 0;
  std::string reason;
};

/// A long computation: a pure function over values it owns or shares immutably. It is run once, on any
/// thread, and leaves its result in itself; core takes it up when Computed comes back.
class Work {
 public:
  virtual ~Work() = default;
  virtual void run() = 0;
};
/// Effect: run `work`, then answer with Computed. `label` says what it is, for traces ("schedule service").
struct Compute {
  ComputeToken token;
  std::string label;
  std::shared_ptr<Work> work;  // not described: traces and hashes see token and label
};
struct Computed {
  ComputeToken token;
};
BOOST_DESCRIBE_STRUCT(Woken, (), ())
BOOST_DESCRIBE_STRUCT(ApiRequested, (), (request, method, target, headers, body))
BOOST_DESCRIBE_STRUCT(ApiCancelled, (), (request))
BOOST_DESCRIBE_STRUCT(ApiAnswered, (), (request, status, headers, body, more))
BOOST_DESCRIBE_STRUCT(ApiStreamed, (), (request, bytes, more))
BOOST_DESCRIBE_STRUCT(Signalled, (), (signal))
BOOST_DESCRIBE_STRUCT(Reloaded, (), (log_level, raft_snapshot_threshold, raft_snapshot_interval, raft_trailing_logs))
BOOST_DESCRIBE_STRUCT(LogField, (), (key, value))
BOOST_DESCRIBE_STRUCT(Logged, (), (level, module, message, fields))
BOOST_DESCRIBE_STRUCT(Exited, (), (code, reason))
BOOST_DESCRIBE_STRUCT(Compute, (), (token, label))
BOOST_DESCRIBE_STRUCT(Computed, (), (token))

}  // namespace core::world
