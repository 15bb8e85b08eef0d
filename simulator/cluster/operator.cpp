#include "simulator/cluster/operator.hpp"

namespace simulator {

std::optional<NodeId> Operator::some_server() {
  std::vector<NodeId> up;
  for (NodeId node = 0; node < cluster_.servers(); ++node)
    if (cluster_.world().is_up(node) && !cluster_.has_left(node)) up.push_back(node);
  if (up.empty()) return std::nullopt;
  return up[rng_.below(up.size())];
}

void Operator::request(std::string method, std::string target, std::string body, Done done) {
  attempt(
      std::make_shared<Request>(Request{std::move(method), std::move(target), std::move(body), std::move(done), 0, 0}));
}

void Operator::attempt(std::shared_ptr<Request> request) {
  io_sim::World& world = cluster_.world();
  if (++request->attempts > max_attempts) return request->done(std::nullopt);
  const std::uint64_t ask = ++request->ask;
  const auto again = [this, request](core::Duration after) {
    cluster_.world().at(cluster_.world().now() + after, [this, request] { attempt(request); });
  };
  const auto server = some_server();
  if (!server) return again(retry_interval);
  world.at(world.now() + answer_patience, [this, request, ask] {
    if (request->ask == ask) attempt(request);
  });
  world.ask(*server, {{}, request->method, request->target, {}, request->body},
            [this, request, ask, again](std::optional<core::world::ApiAnswered> answer) {
              if (request->ask != ask) return;
              // 5xx: no leader, or the way to it is cut. That may change.
              if (!answer || answer->status >= 500) {
                ++request->ask;
                return again(retry_interval);
              }
              request->ask = 0;
              request->done(Answer{answer->status, std::move(answer->body)});
            });
}

void Operator::request_at(NodeId node, std::string method, std::string target, std::string body, Done done) {
  cluster_.world().ask(node, {{}, std::move(method), std::move(target), {}, std::move(body)},
                       [done = std::move(done)](std::optional<core::world::ApiAnswered> answer) {
                         if (!answer) return done(std::nullopt);
                         done(Answer{answer->status, std::move(answer->body)});
                       });
}

}  // namespace simulator
