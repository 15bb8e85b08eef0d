// A request to the API while it is under way, and whoever is to have its answer.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "core/agent/transport.hpp"
#include "core/api/api.hpp"

namespace core::agent {

/// Whoever an API answer goes to: an HTTP request of our own, or a call of another agent's.
struct Caller {
  world::RequestId http;
  ConnectionId connection;
  wire::rpc::CallId call;
  friend auto operator<=>(const Caller&, const Caller&) = default;
};

struct ApiRequest {
  Caller caller;
  api::Request request;
  std::string node_id;  // for this client only
  std::uint32_t hops = 0;
  Instant asked;
  std::uint32_t writes = 0;  // of its kind that were refused because something had changed
};

}  // namespace core::agent
