// One question to one server: its answer, its failure, the next server.
#include "core/client/impl.hpp"

namespace core::client {
namespace {

constexpr Duration next_server_within = 5s / 16;  // Nomad's RPC hold, by its share for one retry

// What a server says that is in order: asking another one would not help.
bool is_answer(std::string_view error) {
  for (const std::string_view text : {"node not found", "node secret ID does not match", "is not allowed to",
                                      "Permission denied", "too many allocations", "too large for one frame"})
    if (error.find(text) != std::string_view::npos) return true;
  return false;
}

}  // namespace

void Client::Impl::call(Now now, Matter matter, wire::rpc::Body body, Duration patience, Effects& effects) {
  ++last_call_;
  const Address to = servers_.empty() ? Address{} : servers_.first();
  calls_[static_cast<std::size_t>(matter)] = OpenCall{last_call_, to, now.instant + patience};
  effects.calls.push_back({last_call_, to, std::move(body)});
}

void Client::Impl::answered(Now now, Matter matter, const wire::rpc::Body& body, Effects& effects) {
  auto& open = calls_[static_cast<std::size_t>(matter)];
  const Address asked = open->to;
  open.reset();
  if (const auto* failure = std::get_if<wire::rpc::Failure>(&body)) {
    const auto soon = next_server_soon(matter, asked, failure->message);
    switch (matter) {
      case Matter::registration:
        return registration_failed(now, failure->message, soon, effects);
      case Matter::heartbeat:
        return heartbeat_failed(now, failure->message, soon, effects);
      case Matter::watch:
      case Matter::pull:
        return watch_failed(now, failure->message, soon, effects);
      case Matter::update:
        return report_failed(now, failure->message, soon, effects);
      case Matter::leave:
        return leave_failed(now, failure->message);
      case Matter::down:
        return leave(effects);
    }
  }
  tries_[static_cast<std::size_t>(matter)] = 0;
  if (const auto* node_heard = std::get_if<wire::rpc::NodeHeard>(&body)) {
    if (matter == Matter::registration) return registered(now, *node_heard, effects);
    if (matter == Matter::heartbeat) return heard(now, *node_heard, effects);
    if (matter == Matter::down) return leave(effects);
  } else if (const auto* list = std::get_if<wire::rpc::NodeAllocs>(&body); list && matter == Matter::watch) {
    return listed(now, *list, effects);
  } else if (const auto* allocs = std::get_if<wire::rpc::Allocs>(&body); allocs && matter == Matter::pull) {
    return pulled(now, *allocs, effects);
  } else if (std::holds_alternative<wire::rpc::Done>(body)) {
    if (matter == Matter::update) return reported(now, effects);
    if (matter == Matter::leave) return leave_asked(now);
  }
  // An answer to something else than was asked.
  open = OpenCall{last_call_, asked, now.instant};
  answered(now, matter, wire::rpc::Failure{"rpc error: unexpected answer"}, effects);
}

std::optional<Duration> Client::Impl::next_server_soon(Matter matter, const Address& asked, const std::string& error) {
  auto& tries = tries_[static_cast<std::size_t>(matter)];
  if (is_answer(error)) {
    tries = 0;
    return {};
  }
  servers_.failed(asked);
  if (++tries >= servers_.size()) {
    tries = 0;
    servers_.all_failed();
    return {};
  }
  return rng_.between(Duration{}, next_server_within);
}

}  // namespace core::client
