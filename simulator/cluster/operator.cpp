#include "simulator/cluster/operator.hpp"

namespace simulator {
namespace {

// Nomad answers 500 to what a job file has wrong, too.
bool is_refusal(const std::string& body) {
  return body.find("validation failed") != std::string::npos || body.find("rror parsing") != std::string::npos ||
         body.find("error occurred") != std::string::npos;
}

}  // namespace

std::optional<NodeId> Operator::some_server(std::size_t region) {
  std::vector<NodeId> up;
  for (NodeId node = 0; node < cluster_.servers(); ++node)
    if (cluster_.region_of(node) == region && cluster_.counts(node)) up.push_back(node);
  if (up.empty()) return std::nullopt;
  return up[chance_.below(up.size())];
}

void Operator::request(std::string method, std::string target, std::string body, Done done, std::size_t region) {
  attempt(std::make_shared<Request>(
      Request{std::move(method), std::move(target), std::move(body), std::move(done), region, 0, 0, {}}));
}

void Operator::attempt(std::shared_ptr<Request> request) {
  io_sim::World& world = cluster_.world();
  if (++request->attempts > max_attempts) return request->done(Answer{});
  const std::uint64_t ask = ++request->ask;
  const auto again = [this, request](core::Duration after) {
    cluster_.world().at(cluster_.world().now() + after, [this, request] { attempt(request); });
  };
  const auto server = some_server(request->region);
  if (!server) return again(retry_interval);
  world.at(world.now() + answer_patience, [this, request, ask] {
    if (request->ask == ask) attempt(request);
  });
  world.ask(*server, {{}, request->method, request->target, {}, request->body},
            [request, ask, again](std::optional<core::world::ApiAnswered> answer) {
              if (request->ask != ask) return;
              // 5xx: no leader, or the way to it is cut. That may change; what the job file says will not.
              request->last = answer ? Answer{answer->status, std::move(answer->body)} : Answer{};
              if (request->last.status == 0 || (request->last.status >= 500 && !is_refusal(request->last.body))) {
                ++request->ask;
                return again(retry_interval);
              }
              request->ask = 0;
              request->done(request->last);
            });
}

}  // namespace simulator
