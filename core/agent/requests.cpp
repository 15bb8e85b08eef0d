// API requests, from when they come in until they are answered: here, by the leader, by the client that runs
// an allocation, or in another region (http-api.md §1, server-internals.md §8).
#include <algorithm>

#include <fmt/format.h>

#include "core/agent/impl.hpp"
#include "core/api/archive_route.hpp"
#include "core/describe/text.hpp"

namespace core::agent {
namespace {

gossip::KeyOperation operation_of(api::GossipKeys::Operation operation) {
  switch (operation) {
    case api::GossipKeys::Operation::install:
      return gossip::KeyOperation::install;
    case api::GossipKeys::Operation::use:
      return gossip::KeyOperation::use;
    case api::GossipKeys::Operation::remove:
      return gossip::KeyOperation::remove;
    case api::GossipKeys::Operation::list:
      break;
  }
  return gossip::KeyOperation::list;
}

}  // namespace

void Agent::Impl::route(Now now, ApiRequest request, bool timed_out, world::Effects& effects) {
  if (!request.node_id.empty() && (!client_ || client_->status().node_id != request.node_id)) {
    const std::string node_id = request.node_id;
    return to_node(now, request, node_id, effects);
  }
  const auto view = view_of(
      config_, server_ ? &*server_ : nullptr, client_ ? &*client_ : nullptr, [this] { return metrics(); }, now,
      now.instant - began_);
  api::Outcome outcome = api::route(*view, request.request, now, request.asked, timed_out, rng_);
  carry_out(now, request, outcome, effects);
}

void Agent::Impl::carry_out(Now now, ApiRequest& request, api::Outcome& outcome, world::Effects& effects) {
  const Caller caller = request.caller;
  std::visit(
      [&]<class T>(T& what) {
        if constexpr (std::same_as<T, api::Answer>) {
          answer(caller, what, effects);
        } else if constexpr (std::same_as<T, api::Write>) {
          const server::Tag tag{++last_tag_};
          std::optional<ApiRequest> again;
          if (what.again_when_refused && ++request.writes < max_writes) again = std::move(request);
          writes_.emplace(tag, Writing{caller, std::move(what.answer), std::move(again)});
          auto command = std::make_shared<const state::Command>(std::move(what.command));
          feed_server(now, server::WriteRequested{tag, std::move(command)}, effects);
        } else if constexpr (std::same_as<T, api::Wait>) {
          if (blocking_.full()) return answer(caller, api::failure(429, "too many blocking queries"), effects);
          request.request.verified = false;  // by the time it is answered, another may lead
          blocking_.add(std::move(request), std::move(what.on), what.until);
        } else if constexpr (std::same_as<T, api::ToLeader>) {
          to_leader(now, request, effects);
        } else if constexpr (std::same_as<T, api::VerifyLeader>) {
          verify_leader(now, request, effects);
        } else if constexpr (std::same_as<T, api::ToNode>) {
          to_node(now, request, what.node_id, effects);
        } else if constexpr (std::same_as<T, api::ToRegion>) {
          to_region(now, request, what.region, effects);
        } else if constexpr (std::same_as<T, api::ReadFile>) {
          const world::HostToken token{++last_host_token_};
          host_calls_.emplace(token, FileWanted{caller, std::move(what.answer)});
          what.read.token = token;
          effects.push_back(std::move(what.read));
        } else if constexpr (std::same_as<T, api::ListFiles>) {
          const world::HostToken token{++last_host_token_};
          host_calls_.emplace(token, FilesWanted{caller, std::move(what.answer)});
          what.list.token = token;
          effects.push_back(std::move(what.list));
        } else if constexpr (std::same_as<T, api::FollowLog>) {
          follow_log(now, caller, what, effects);
        } else if constexpr (std::same_as<T, api::MonitorLogs>) {
          monitors_.emplace(caller, Monitor{what});
          answer(caller, {200, {{"Content-Type", what.plain ? "text/plain" : "application/json"}}, ""}, effects, true);
        } else if constexpr (std::same_as<T, api::JoinServers>) {
          join(
              now, what.addresses,
              [this, caller, reply = std::move(what.answer)](Now, int count, const std::string& error,
                                                             world::Effects& out) {
                answer(caller, reply(count, error), out);
              },
              effects);
        } else if constexpr (std::same_as<T, api::ForceLeave>) {
          feed_server(now, server::ForceLeaveRequested{what.node, what.prune}, effects);
          answer(caller, {}, effects);
        } else if constexpr (std::same_as<T, api::GossipKeys>) {
          const server::Tag tag{++last_tag_};
          key_requests_.emplace(tag, KeyRequest{caller, std::move(what.answer)});
          feed_server(now,
                      server::KeysRequested{tag, operation_of(what.operation), std::move(what.key), what.relay_factor},
                      effects);
        } else if constexpr (std::same_as<T, api::RemovePeer>) {
          const server::Tag tag{++last_tag_};
          writes_.emplace(tag, Writing{caller, [](std::uint64_t, const state::Applied&, const state::State&) {
                                         return api::Answer{};
                                       }});
          feed_server(now, server::RemovePeerRequested{tag, what.id, what.address}, effects);
        } else if constexpr (std::same_as<T, api::TransferLeadership>) {
          const server::Tag tag{++last_tag_};
          writes_.emplace(tag,
                          Writing{caller, [reply = std::move(what.answer)](std::uint64_t, const state::Applied&,
                                                                           const state::State&) { return reply(); }});
          feed_server(now, server::TransferRequested{tag, what.id, what.address}, effects);
        } else if constexpr (std::same_as<T, api::SaveSnapshot>) {
          const server::Tag tag{++last_tag_};
          saves_.emplace(tag, Saving{caller, std::move(what.answer)});
          feed_server(now, server::SnapshotRequested{tag}, effects);
        } else if constexpr (std::same_as<T, api::RestoreArchive>) {
          const server::Tag tag{++last_tag_};
          writes_.emplace(tag, Writing{caller, [](std::uint64_t index, const state::Applied&, const state::State&) {
                                         return api::Answer{200, {{"X-Nomad-Index", std::to_string(index)}}, ""};
                                       }});
          auto archive = std::make_shared<const std::string>(std::move(what.archive));
          feed_server(now, server::RestoreRequested{tag, std::move(archive)}, effects);
        } else if constexpr (std::same_as<T, api::PlanJob>) {
          const server::Tag tag{++last_tag_};
          plans_.emplace(tag, Planning{caller, std::move(what.answer)});
          auto job = std::make_shared<const model::Job>(std::move(what.job));
          feed_server(now, server::PlanRequested{tag, std::move(job)}, effects);
        }
      },
      outcome);
}

void Agent::Impl::note_asked(const world::ApiRequested& request) {
  const bool is_read = config_.log_level <= world::LogLevel::debug || !monitors_.empty();
  if (is_read && noted_.size() < max_waiting_requests)
    noted_[request.request] = {request.method, request.target, now_.instant};
}

// Nomad's line for every request, at DEBUG. What was answered within one event took no time that the agent knows of.
void Agent::Impl::note_answered(world::RequestId request, world::Effects& effects) {
  const auto noted = noted_.find(request);
  if (noted == noted_.end()) return;
  log(effects, world::LogLevel::debug, "http", "request complete",
      {{"method", std::move(noted->second.method)},
       {"path", std::move(noted->second.path)},
       {"duration", describe::duration_text(now_.instant - noted->second.asked)}});
  noted_.erase(noted);
}

void Agent::Impl::answer(const Caller& caller, const api::Answer& answer, world::Effects& effects, bool more) {
  if (caller.connection.value == 0) {
    effects.push_back(world::ApiAnswered{caller.http, answer.status, answer.headers, answer.body, more});
    if (!more) note_answered(caller.http, effects);
    return;
  }
  // What waits to be sent on a connection is bounded, and past the bound the connection ends.
  if (answer.body.size() > max_forwarded_answer_bytes)
    return this->answer(
        caller,
        api::failure(413, fmt::format("an answer of {} bytes cannot be handed on, at most {} can: {}",
                                      answer.body.size(), max_forwarded_answer_bytes, where_the_leader_is())),
        effects);
  // One frame holds so much; the rest follows, as of a stream.
  std::string_view rest = answer.body;
  const auto part = [&] {
    const std::string_view taken = rest.substr(0, max_reply_part_bytes);
    rest.remove_prefix(taken.size());
    return std::string(taken);
  };
  std::string first = part();
  bool goes_on = more || !rest.empty();
  transport_.reply(caller.connection, caller.call,
                   wire::rpc::ApiReply{answer.status, answer.headers, {std::move(first)}, goes_on}, goes_on, effects);
  while (!rest.empty()) {
    std::string next = part();
    goes_on = more || !rest.empty();
    stream(caller, std::move(next), goes_on, effects);
  }
}

void Agent::Impl::stream(const Caller& caller, std::string bytes, bool more, world::Effects& effects) {
  if (caller.connection.value == 0) {
    effects.push_back(world::ApiStreamed{caller.http, std::move(bytes), more});
    if (!more) note_answered(caller.http, effects);
    return;
  }
  transport_.reply(caller.connection, caller.call, wire::rpc::ApiReply{200, {}, {std::move(bytes)}, more}, more,
                   effects);
}

// What does not fit in one frame cannot be handed on: whoever asked is told where to go instead.
bool Agent::Impl::too_large_to_forward(const ApiRequest& request, world::Effects& effects) {
  const api::Request& what = request.request;
  std::size_t weight = frame_overhead + what.method.size() + what.target.size() + what.body.size();
  for (const auto& [name, value] : what.headers) weight += frame_overhead + name.size() + value.size();
  if (weight <= wire::rpc::max_frame_bytes) return false;
  answer(request.caller,
         api::failure(413, fmt::format("a request of {} bytes cannot be handed on, at most {} can: {}",
                                       what.body.size(), wire::rpc::max_frame_bytes, where_the_leader_is())),
         effects);
  return true;
}

// For operators. A server's HTTP port is its own matter, others do not know it.
std::string Agent::Impl::where_the_leader_is() const {
  const auto leader = server_ ? server_->leader_address() : std::nullopt;
  if (!leader)
    return "ask the leader itself, by -address (`nomad server members` shows which server leads, and its address)";
  return fmt::format("ask the leader itself, -address=http://{} if its HTTP API has the usual port",
                     Address{leader->ip, default_http_port}.text());
}

void Agent::Impl::forward(Now now, const ApiRequest& request, const Address& to, bool as_leader,
                          world::Effects& effects) {
  if (too_large_to_forward(request, effects)) return;
  wire::rpc::ApiForward body{request.request.method, request.request.target, request.request.headers,
                             request.request.body,   request.node_id,        request.hops + 1};
  // Some take their time on purpose: a blocking query is bounded by the other side; saving and restoring take what the
  // state takes, and whether the other side lives is asked meanwhile.
  const bool blocks = request.request.target.find("index=") != std::string::npos;
  const Duration wait = api::is_of_archive(request.request.target) ? longest_archive_call
                        : blocks                                   ? longest_blocking_query
                                                                   : Duration{};
  const auto call = transport_.call(now, to, std::move(body), wait, next_stream_, effects);
  OfRequest of{.request = request};
  if (as_leader) of.leader = to;
  calls_.emplace(call, std::move(of));
}

std::optional<Address> Agent::Impl::some_server(std::size_t attempt) const {
  std::vector<Address> servers;
  const auto add = [&](const std::string& text) {
    if (const auto address = Address::parse(text)) servers.push_back(*address);
  };
  if (server_) {
    for (const std::string& text : server_->server_addresses())
      if (Address::parse(text) != config_.server->rpc_advertise) add(text);
  } else if (client_) {
    for (const std::string& text : client_->status().servers) add(text);
  }
  if (attempt >= servers.size()) return std::nullopt;
  return servers[attempt];
}

void Agent::Impl::to_leader(Now now, ApiRequest& request, world::Effects& effects) {
  if (request.hops >= max_hops) return answer(request.caller, api::failure(500, "No cluster leader"), effects);
  if (!server_) {
    if (const auto to = some_server(0)) return forward(now, request, *to, false, effects);
    return answer(request.caller, api::failure(500, "No known servers"), effects);
  }
  const auto leader = server_->leader_address();
  if (leader && !server_->is_leader()) return forward(now, request, *leader, true, effects);
  if (held_.size() >= max_waiting_requests)
    return answer(request.caller, api::failure(500, "No cluster leader"), effects);
  const Instant until = request.asked + hold_timeout;
  if (until <= now.instant)
    return answer(request.caller,
                  api::failure(500, server_->is_leader() ? "Not ready to serve consistent reads" : "No cluster leader"),
                  effects);
  held_.push_back({std::move(request), until});
}

bool Agent::Impl::another_leads() {
  if (!server_ || server_->raft() == nullptr) return false;
  const auto& leader = server_->raft()->leader();
  if (!leader || leader == known_leader_) return false;
  known_leader_ = leader;
  return true;
}

// A frozen leader closes no connection. What it was asked to read the other is asked for. What it was asked to write it
// may have written: so it gets a moment to say so, as one that only lost its office does, and is not asked for twice.
void Agent::Impl::leave_old_leader(Now now, world::Effects& effects) {
  const auto leader = server_->leader_address();
  std::vector<wire::rpc::CallId> reads;
  for (auto& [call, what] : calls_) {
    auto* of = std::get_if<OfRequest>(&what);
    if (of == nullptr || !of->leader || of->leader == leader || of->begun) continue;
    if (api::is_of_archive(of->request.request.target)) continue;  // they take long, and are asked whether they live
    if (of->request.request.method == "GET")
      reads.push_back(call);
    else
      of->given_up = std::min(of->given_up, now.instant + answer_grace);
    give_up_at_ = std::min(give_up_at_, of->given_up);
  }
  for (const wire::rpc::CallId call : reads) {
    ApiRequest request = std::move(std::get<OfRequest>(calls_.at(call)).request);
    transport_.cancel(call, effects);
    calls_.erase(call);
    route(now, std::move(request), false, effects);
  }
}

void Agent::Impl::give_up_writes(Now now, world::Effects& effects) {
  give_up_at_ = Instant::never();
  std::vector<wire::rpc::CallId> over;
  for (const auto& [call, what] : calls_)
    if (const auto* of = std::get_if<OfRequest>(&what)) {
      if (of->given_up <= now.instant)
        over.push_back(call);
      else
        give_up_at_ = std::min(give_up_at_, of->given_up);
    }
  for (const wire::rpc::CallId call : over) {
    const OfRequest of = std::move(std::get<OfRequest>(calls_.at(call)));
    transport_.cancel(call, effects);
    calls_.erase(call);
    answer(of.request.caller,
           api::failure(500, fmt::format("rpc error: {} leads no more and does not answer: whether it carried the "
                                         "request out is not known",
                                         of.leader->text())),
           effects);
  }
}

void Agent::Impl::verify_leader(Now now, ApiRequest& request, world::Effects& effects) {
  if (reads_.size() >= max_waiting_requests)
    return answer(request.caller, api::failure(429, "too many consistent reads"), effects);
  const server::Tag tag{++last_tag_};
  reads_.emplace(tag, std::move(request));
  feed_server(now, server::ReadRequested{tag}, effects);
}

void Agent::Impl::to_node(Now now, ApiRequest& request, const std::string& node_id, world::Effects& effects) {
  request.node_id = node_id;
  if (const auto found = node_connections_.find(node_id);
      found != node_connections_.end() && transport_.is_open(found->second)) {
    if (too_large_to_forward(request, effects)) return;
    wire::rpc::ApiForward body{
        request.request.method, request.request.target, request.request.headers, request.request.body, node_id,
        request.hops + 1};
    const auto call = transport_.call_back(now, found->second, std::move(body), Duration{}, effects);
    calls_.emplace(call, OfRequest{.request = request, .attempt = max_hops});
    return;
  }
  // Another server may have the client's connection; whoever was asked by a server already does not ask on.
  const bool may_ask_on = server_ ? request.hops == 0 || !request.request.forwarded : request.hops == 0;
  const auto to = may_ask_on ? some_server(0) : std::nullopt;
  if (!to) return answer(request.caller, api::failure(500, "No path to node"), effects);
  forward(now, request, *to, false, effects);
}

void Agent::Impl::to_region(Now now, ApiRequest& request, const std::string& region, world::Effects& effects) {
  if (!server_) {
    const auto to = some_server(0);
    if (!to || request.hops >= max_hops) return answer(request.caller, api::failure(500, "No known servers"), effects);
    return forward(now, request, *to, false, effects);
  }
  if (request.hops < max_hops && server_->gossip() != nullptr) {
    for (const gossip::Member& member : server_->gossip()->members()) {
      const auto found = member.tags().find("region");
      const auto port = member.tags().find("port");
      if (found == member.tags().end() || found->second != region || port == member.tags().end()) continue;
      if (member.status != gossip::MemberStatus::alive) continue;
      if (const auto to = Address::parse(member.address().ip_text() + ":" + port->second))
        return forward(now, request, *to, false, effects);
    }
  }
  answer(request.caller, api::failure(500, "No path to region"), effects);
}

void Agent::Impl::forwarded_answered(Now now, const Transport::Answered& answered, world::Effects& effects) {
  const auto found = calls_.find(answered.call);
  auto& of = std::get<OfRequest>(found->second);
  if (const auto* reply = std::get_if<wire::rpc::ApiReply>(&answered.body)) {
    const bool no_path = reply->status == 500 && reply->body.data == "No path to node" && !of.request.node_id.empty();
    if (!no_path || of.begun) {
      if (std::exchange(of.begun, true))
        stream(of.request.caller, reply->body.data, answered.more, effects);
      else
        answer(of.request.caller, {static_cast<std::uint16_t>(reply->status), reply->headers, reply->body.data},
               effects, answered.more);
      if (!answered.more) calls_.erase(found);
      return;
    }
  }
  OfRequest failed = std::move(of);
  calls_.erase(found);
  if (failed.begun) return stream(failed.request.caller, "", false, effects);
  // Another server may do better; a write that was sent is not sent twice, it may have been carried out.
  const auto* refused = std::get_if<wire::rpc::Failure>(&answered.body);
  const bool unsent = refused != nullptr && refused->message.starts_with("rpc error: connect");
  const bool safe = failed.request.request.method == "GET" || !failed.request.node_id.empty() || unsent;
  // A leader that cannot be reached is none for long.
  if (server_ && safe && failed.request.node_id.empty() && failed.request.asked + hold_timeout > now.instant &&
      held_.size() < max_waiting_requests) {
    held_.push_back(
        {failed.request, failed.request.asked + hold_timeout, now.instant + hold_retry, server_->leader_address()});
    return;
  }
  const auto next = safe ? some_server(failed.attempt + 1) : std::nullopt;
  if (next && failed.attempt < max_hops) {
    forward(now, failed.request, *next, false, effects);
    std::get<OfRequest>(calls_.rbegin()->second).attempt = failed.attempt + 1;
    return;
  }
  const auto* failure = std::get_if<wire::rpc::Failure>(&answered.body);
  answer(failed.request.caller,
         api::failure(500, !failed.request.node_id.empty() ? "No path to node"
                           : failure != nullptr            ? failure->message
                                                           : "rpc error"),
         effects);
}

void Agent::Impl::rows_touched(Now now, const std::vector<state::Touched>& touched, world::Effects& effects) {
  for (ApiRequest& request : blocking_.take_touched(touched)) route(now, std::move(request), false, effects);
}

void Agent::Impl::requests_wake(Now now, world::Effects& effects) {
  for (ApiRequest& request : blocking_.take_over(now.instant)) route(now, std::move(request), true, effects);
  release_held(now, effects);
  if (give_up_at_ <= now.instant) give_up_writes(now, effects);
}

// Requests that waited for a leader go on as soon as one is known, or fail when their time is over.
void Agent::Impl::release_held(Now now, world::Effects& effects) {
  if (held_.empty()) return;
  const bool can_go = server_ && (server_->is_established() || (server_->leader_address() && !server_->is_leader()));
  auto held = std::exchange(held_, {});
  for (Held& one : held) {
    const bool another_leads = server_ && server_->leader_address() != one.avoid;
    if (one.not_before <= now.instant || (can_go && another_leads)) one.not_before = {};
    if ((can_go && one.not_before == Instant{}) || one.until <= now.instant)
      route(now, std::move(one.request), false, effects);
    else
      held_.push_back(std::move(one));
  }
}

void Agent::Impl::cancelled(const Caller& caller, world::Effects& effects) {
  monitors_.erase(caller);
  std::erase_if(follows_, [&](const auto& entry) { return entry.second.caller == caller; });
  blocking_.cancel(caller);
  std::erase_if(held_, [&](const Held& held) { return held.request.caller == caller; });
  std::erase_if(reads_, [&](const auto& entry) { return entry.second.caller == caller; });
  for (auto call = calls_.begin(); call != calls_.end(); ++call) {
    const auto* of = std::get_if<OfRequest>(&call->second);
    if (of == nullptr || of->request.caller != caller) continue;
    transport_.cancel(call->first, effects);
    calls_.erase(call);
    return;
  }
}

}  // namespace core::agent
