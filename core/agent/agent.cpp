#include "core/agent/agent.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/agent/impl.hpp"

namespace core::agent {
namespace {

// The parts number their tokens by themselves; the lowest bits say whose a token is.
constexpr std::uint64_t parts = 4;
constexpr std::uint64_t server_part = 0;
constexpr std::uint64_t client_part = 1;

template <class Token>
Token outward(Token token, std::uint64_t part) {
  return {token.value * parts + part};
}
template <class Token>
std::uint64_t part_of(Token token) {
  return token.value % parts;
}
template <class Token>
Token inward(Token token) {
  return {token.value / parts};
}

// Tokens of the effects that a part has just appended.
void translate(world::Effects& effects, std::size_t from, std::uint64_t part) {
  for (std::size_t i = from; i < effects.size(); ++i)
    std::visit(
        [&]<class T>(T& effect) {
          if constexpr (std::same_as<T, world::DiskBatch> || std::same_as<T, world::ReadDirectory> ||
                        std::same_as<T, world::FingerprintHost>)
            effect.token = outward(effect.token, part);
        },
        effects[i]);
}

wire::rpc::Hello hello_of(const Config& config) {
  wire::rpc::Hello hello;
  hello.region = config.region;
  hello.name = config.node_name;
  return hello;
}

}  // namespace

Agent::Agent(Config config, std::uint64_t seed) : impl_(std::make_unique<Impl>(std::move(config), seed)) {}
Agent::~Agent() = default;
void Agent::handle(Now now, const world::Event& event, world::Effects& effects) { impl_->handle(now, event, effects); }
Instant Agent::deadline() const { return impl_->deadline(); }
const server::Server* Agent::server() const { return impl_->server_ ? &*impl_->server_ : nullptr; }
const client::Client* Agent::client() const { return impl_->client_ ? &*impl_->client_ : nullptr; }

Agent::Impl::Impl(Config config, std::uint64_t seed)
    : config_(std::move(config)),
      rng_(seed),
      transport_({.hello = hello_of(config_), .handshake_timeout = config_.rpc_handshake_timeout}) {
  // A client beside a server reaches it in-process, whatever addresses it may hear of.
  if (config_.server && config_.client) config_.client->in_process_server = true;
  if (config_.server) server_.emplace(*config_.server, rng_.fork());
  if (config_.client) client_.emplace(*config_.client, rng_.fork());
}

void Agent::Impl::handle(Now now, const world::Event& event, world::Effects& effects) {
  if (exiting_) return;
  now_ = now;
  const std::size_t from = effects.size();
  if (!std::exchange(started_, true)) start(now, effects);
  std::visit(
      [&]<class T>(const T& what) {
        if constexpr (std::same_as<T, world::Woken>) {
          if (server_ && server_->deadline() <= now.instant) feed_server(now, what, effects);
          if (client_ && client_->deadline() <= now.instant) feed_client(now, what, effects);
          std::vector<Transport::Output> out;
          transport_.wake(now, out, effects);
          for (auto& output : out) transport_outputs_.push_back(std::move(output));
          requests_wake(now, effects);
          streams_wake(now, effects);
          if (retry_join_at_ <= now.instant) retry_join(now, effects);
        } else if constexpr (std::same_as<T, world::DiskBatchDone> || std::same_as<T, world::DirectoryRead>) {
          T mine = what;
          mine.token = inward(what.token);
          if (part_of(what.token) == server_part && server_) feed_server(now, mine, effects);
          if (part_of(what.token) == client_part && client_) feed_client(now, mine, effects);
        } else if constexpr (std::same_as<T, world::HostFingerprinted>) {
          T mine = what;
          mine.token = inward(what.token);
          if (client_) feed_client(now, mine, effects);
        } else if constexpr (std::same_as<T, world::AllocDirMade> || std::same_as<T, world::TaskStarted> ||
                             std::same_as<T, world::TaskStartFailed> || std::same_as<T, world::TaskExited> ||
                             std::same_as<T, world::TaskLost>) {
          if (client_) feed_client(now, what, effects);
        } else if constexpr (std::same_as<T, world::Computed>) {
          if (server_) feed_server(now, what, effects);
        } else if constexpr (std::same_as<T, world::NameResolved>) {
          name_resolved(now, what, effects);
        } else if constexpr (std::same_as<T, world::AllocFileRead> || std::same_as<T, world::AllocDirListed>) {
          const auto found = host_calls_.find(what.token);
          if (found == host_calls_.end()) return;
          auto wanted = std::move(found->second);
          host_calls_.erase(found);
          if constexpr (std::same_as<T, world::AllocFileRead>) {
            if (auto* file = std::get_if<FileWanted>(&wanted)) answer(file->caller, file->answer(what), effects);
            if (auto* follow = std::get_if<ForFollow>(&wanted)) follow_read(now, follow->id, what, effects);
          } else {
            if (auto* files = std::get_if<FilesWanted>(&wanted)) answer(files->caller, files->answer(what), effects);
            if (auto* follow = std::get_if<ForFollow>(&wanted)) follow_listed(now, follow->id, what, effects);
          }
        } else if constexpr (std::same_as<T, world::ApiRequested>) {
          note_asked(what);
          ApiRequest request{.caller = {what.request, {}, {}},
                             .request = {what.method, what.target, what.headers, what.body, false},
                             .node_id = {},
                             .hops = 0,
                             .asked = now.instant};
          route(now, std::move(request), false, effects);
        } else if constexpr (std::same_as<T, world::ApiCancelled>) {
          note_answered(what.request, effects);
          cancelled({what.request, {}, {}}, effects);
        } else if constexpr (std::same_as<T, world::Signalled>) {
          signalled(now, what.signal, effects);
        } else if constexpr (std::same_as<T, world::ConnectionRefused>) {
          connection_refused(now, what, effects);
        } else if constexpr (std::same_as<T, world::Reloaded>) {
          config_.log_level = what.log_level;
          if (server_)
            feed_server(now,
                        server::SettingsChanged{what.raft_snapshot_threshold, what.raft_snapshot_interval,
                                                what.raft_trailing_logs},
                        effects);
          log(effects, world::LogLevel::info, "agent", "configuration reloaded");
        } else {
          network_event(now, event, effects);
        }
      },
      event);
  drain(now, effects);
  if (another_leads()) {
    leave_old_leader(now, effects);
    drain(now, effects);
  }
  if (!held_.empty()) {
    release_held(now, effects);
    drain(now, effects);
  }
  filter_logs(from, effects);
}

void Agent::Impl::start(Now now, world::Effects& effects) {
  began_ = now.instant;
  if (server_) feed_server(now, world::Woken{}, effects);
  if (client_) feed_client(now, world::Woken{}, effects);
  begin_joins(now, effects);
}

void Agent::Impl::network_event(Now now, const world::Event& event, world::Effects& effects) {
  std::vector<Transport::Output> out;
  const auto of_serf = [&](world::StreamId stream) { return serf_streams_.contains(stream) || stream.value % 4 == 2; };
  std::visit(
      [&]<class T>(const T& what) {
        if constexpr (std::same_as<T, world::DatagramReceived>) {
          if (server_) feed_server(now, what, effects);
        } else if constexpr (std::same_as<T, world::StreamAccepted>) {
          if (what.listener == world::Listener::rpc) {
            transport_.accepted(now, what.stream, what.peer);
          } else if (server_) {
            serf_streams_.insert(what.stream);
            feed_server(now, what, effects);
          }
        } else if constexpr (std::same_as<T, world::StreamConnected>) {
          if (!transport_.connected(what.stream, effects) && server_ && of_serf(what.stream))
            feed_server(now, what, effects);
        } else if constexpr (std::same_as<T, world::StreamReceived>) {
          if (!transport_.received(now, what.stream, what.bytes, out, effects) && server_ && of_serf(what.stream))
            feed_server(now, what, effects);
        } else if constexpr (std::same_as<T, world::StreamClosed>) {
          if (!transport_.closed(what.stream, what.reason, out) && server_ && of_serf(what.stream)) {
            feed_server(now, what, effects);
            serf_streams_.erase(what.stream);
          }
        }
      },
      event);
  for (auto& output : out) transport_outputs_.push_back(std::move(output));
}

void Agent::Impl::feed_server(Now now, const server::Event& event, world::Effects& effects) {
  const std::size_t from = effects.size();
  std::vector<server::Output> outputs;
  server::Effects all{effects, outputs, touched_};
  server_->handle(now, event, all);
  translate(effects, from, server_part);
  for (std::size_t i = from; i < effects.size(); ++i)
    if (const auto* close = std::get_if<world::CloseStream>(&effects[i])) serf_streams_.erase(close->stream);
  for (auto& output : outputs) server_outputs_.push_back(std::move(output));
}

void Agent::Impl::feed_client(Now now, const client::Event& event, world::Effects& effects) {
  const std::size_t from = effects.size();
  std::vector<client::Call> calls;
  client::Effects all{effects, calls};
  client_->handle(now, event, all);
  translate(effects, from, client_part);
  for (auto& call : calls) client_calls_.push_back(std::move(call));
  client_left_ = client_left_ || all.left;
  // Before its calls go out: servers reach the node's files by the connections that it opens.
  transport_.introduce(client_->node().id, effects);
}

// The parts talk to each other through these queues, one thing at a time, until nothing is left to be said.
void Agent::Impl::drain(Now now, world::Effects& effects) {
  for (;;) {
    if (!server_outputs_.empty()) {
      server::Output output = std::move(server_outputs_.front());
      server_outputs_.pop_front();
      take(now, output, effects);
    } else if (!client_calls_.empty()) {
      client::Call call = std::move(client_calls_.front());
      client_calls_.pop_front();
      if (server_) {
        feed_server(now, server::Asked{{}, call.call, std::move(call.body)}, effects);
      } else {
        Duration wait{};
        if (const auto* wanted = std::get_if<wire::rpc::NodeAllocsWanted>(&call.body)) wait = wanted->max_wait;
        const auto id = transport_.call(now, call.to, std::move(call.body), wait, next_stream_, effects);
        calls_.emplace(id, OfClient{call.call});
      }
    } else if (!transport_outputs_.empty()) {
      Transport::Output output = std::move(transport_outputs_.front());
      transport_outputs_.pop_front();
      take(now, output, effects);
    } else if (!touched_.empty()) {
      rows_touched(now, std::exchange(touched_, {}), effects);
    } else if (std::exchange(client_left_, false)) {
      if (going_ == Going::leaving && server_)
        feed_server(now, server::LeaveRequested{}, effects);
      else
        shut_down(going_ == Going::leaving ? 0 : 1, going_ == Going::leaving ? "left" : "shut down", effects);
    } else {
      return;
    }
  }
}

void Agent::Impl::take(Now now, server::Output& output, world::Effects& effects) {
  std::visit(
      [&]<class T>(T& what) {
        if constexpr (std::same_as<T, server::Call>) {
          const auto id = transport_.call(now, what.to, std::move(what.body), what.wait, next_stream_, effects);
          calls_.emplace(id, OfServer{what.call});
        } else if constexpr (std::same_as<T, server::Tell>) {
          transport_.tell(what.to, std::move(what.body), next_stream_, effects);
        } else if constexpr (std::same_as<T, server::Reply>) {
          if (what.connection.value != 0)
            transport_.reply(what.connection, what.call, std::move(what.body), false, effects);
          else if (client_)
            feed_client(now, client::Replied{what.call, std::move(what.body)}, effects);
        } else if constexpr (std::same_as<T, server::Committed>) {
          const auto found = writes_.find(what.tag);
          if (found == writes_.end()) return;
          Writing write = std::move(found->second);
          writes_.erase(found);
          if (write.again && !what.applied.error.empty()) return route(now, std::move(*write.again), false, effects);
          answer(write.caller, write.answer(what.index, what.applied, server_->state()), effects);
        } else if constexpr (std::same_as<T, server::ReadReady>) {
          auto read = reads_.extract(what.tag);
          if (read.empty()) return;
          read.mapped().request.verified = true;
          route(now, std::move(read.mapped()), false, effects);
        } else if constexpr (std::same_as<T, server::Refused>) {
          // Another may lead by now, or this server in a moment.
          if (auto read = reads_.extract(what.tag); !read.empty()) return to_leader(now, read.mapped(), effects);
          Caller caller;
          if (const auto write = writes_.find(what.tag); write != writes_.end()) {
            caller = write->second.caller;
            writes_.erase(write);
          } else if (const auto save = saves_.find(what.tag); save != saves_.end()) {
            caller = save->second.caller;
            saves_.erase(save);
          } else if (const auto plan = plans_.find(what.tag); plan != plans_.end()) {
            caller = plan->second.caller;
            plans_.erase(plan);
          } else {
            return;
          }
          answer(caller, api::failure(what.bad_request ? 400 : 500, what.error), effects);
        } else if constexpr (std::same_as<T, server::Planned>) {
          const auto found = plans_.find(what.tag);
          if (found == plans_.end()) return;
          const Planning plan = std::move(found->second);
          plans_.erase(found);
          answer(plan.caller, plan.answer(*what.plan, *what.eval), effects);
        } else if constexpr (std::same_as<T, server::SnapshotSaved>) {
          auto save = saves_.extract(what.tag);
          if (!save.empty()) answer(save.mapped().caller, save.mapped().answer(std::move(what.archive)), effects);
        } else if constexpr (std::same_as<T, server::KeysDone>) {
          const auto found = key_requests_.find(what.tag);
          if (found == key_requests_.end()) return;
          const KeyRequest request = std::move(found->second);
          key_requests_.erase(found);
          answer(request.caller,
                 request.answer({what.tally.nodes, std::move(what.tally.messages), std::move(what.tally.keys)},
                                what.error),
                 effects);
        } else if constexpr (std::same_as<T, server::Joined>) {
          joined(now, what, effects);
        } else if constexpr (std::same_as<T, server::Broken>) {
          log(effects, world::LogLevel::error, "nomad", "the server stops", {{"error", what.reason}});
          shut_down(1, what.reason, effects);
        } else if constexpr (std::same_as<T, server::Left>) {
          shut_down(0, "left", effects);
        }
      },
      output);
}

void Agent::Impl::take(Now now, Transport::Output& output, world::Effects& effects) {
  std::visit(
      [&]<class T>(T& what) {
        if constexpr (std::same_as<T, Transport::Asked>) {
          asked(now, what, effects);
        } else if constexpr (std::same_as<T, Transport::Answered>) {
          const auto found = calls_.find(what.call);
          if (found == calls_.end()) return;
          if (const auto* of_server = std::get_if<OfServer>(&found->second)) {
            const auto call = of_server->call;
            calls_.erase(found);
            feed_server(now, server::Answered{call, std::move(what.body)}, effects);
          } else if (const auto* of_client = std::get_if<OfClient>(&found->second)) {
            const auto call = of_client->call;
            calls_.erase(found);
            feed_client(now, client::Replied{call, std::move(what.body)}, effects);
          } else {
            forwarded_answered(now, what, effects);
          }
        } else if constexpr (std::same_as<T, Transport::Identified>) {
          if (what.hello.node_id.empty()) return;
          node_connections_[what.hello.node_id] = what.connection;
          connection_nodes_[what.connection] = what.hello.node_id;
        } else if constexpr (std::same_as<T, Transport::Lost>) {
          if (const auto node = connection_nodes_.find(what.connection); node != connection_nodes_.end()) {
            if (node_connections_[node->second] == what.connection) node_connections_.erase(node->second);
            connection_nodes_.erase(node);
          }
          if (what.accepted) {
            // Streams to whoever was on the other side have nobody to go to.
            std::vector<Caller> callers;
            for (const auto& [caller, monitor] : monitors_)
              if (caller.connection == what.connection) callers.push_back(caller);
            for (const auto& [id, follow] : follows_)
              if (follow.caller.connection == what.connection) callers.push_back(follow.caller);
            for (const Caller& caller : blocking_.of(what.connection)) callers.push_back(caller);
            for (const Held& held : held_)
              if (held.request.caller.connection == what.connection) callers.push_back(held.request.caller);
            for (const auto& [tag, read] : reads_)
              if (read.caller.connection == what.connection) callers.push_back(read.caller);
            for (const auto& [id, call] : calls_)
              if (const auto* of = std::get_if<OfRequest>(&call))
                if (of->request.caller.connection == what.connection) callers.push_back(of->request.caller);
            for (const Caller& caller : callers) cancelled(caller, effects);
            if (server_) feed_server(now, server::AskerLost{what.connection}, effects);
          } else if (server_ && what.address) {
            feed_server(now, server::PeerLost{*what.address}, effects);
          }
        }
      },
      output);
}

void Agent::Impl::asked(Now now, const Transport::Asked& asked, world::Effects& effects) {
  if (const auto* forwarded = std::get_if<wire::rpc::ApiForward>(&asked.body)) {
    ApiRequest request{.caller = {{}, asked.connection, asked.call},
                       .request = {forwarded->method, forwarded->target, forwarded->headers, forwarded->body, true},
                       .node_id = forwarded->node_id,
                       .hops = forwarded->hops,
                       .asked = now.instant};
    return route(now, std::move(request), false, effects);
  }
  if (std::holds_alternative<wire::rpc::Cancel>(asked.body))
    return cancelled({{}, asked.connection, asked.call}, effects);
  if (refused_for_its_region(now, asked, effects)) return;
  if (server_)
    feed_server(now, server::Asked{asked.connection, asked.call, asked.body}, effects);
  else
    transport_.reply(asked.connection, asked.call, wire::rpc::Failure{"Server only endpoint"}, false, effects);
}

void Agent::Impl::signalled(Now now, world::Signal signal, world::Effects& effects) {
  if (signal == world::Signal::hangup) return;
  const bool leave = signal == world::Signal::interrupt ? config_.leave_on_interrupt : config_.leave_on_terminate;
  if (going_ != Going::no) return shut_down(1, "forced by a second signal", effects);
  if (!leave) {
    // Tasks outlive the agent, except in dev mode, where the client ends them first.
    if (client_ && config_.dev) {
      going_ = Going::shutting_down;
      return feed_client(now, client::ShutdownRequested{}, effects);
    }
    return shut_down(1, "signal", effects);
  }
  going_ = Going::leaving;
  log(effects, world::LogLevel::info, "agent", "requesting shutdown");
  if (client_)
    feed_client(now, client::LeaveRequested{}, effects);
  else if (server_)
    feed_server(now, server::LeaveRequested{}, effects);
}

void Agent::Impl::shut_down(std::int32_t code, std::string reason, world::Effects& effects) {
  if (std::exchange(exiting_, true)) return;
  log(effects, world::LogLevel::info, "agent", "shutdown complete");
  effects.push_back(world::Exited{code, std::move(reason)});
}

Instant Agent::Impl::deadline() const {
  if (exiting_) return Instant::never();
  if (!started_) return Instant{};
  Instant next = std::min({transport_.deadline(), retry_join_at_, give_up_at_, blocking_.deadline()});
  if (server_) next = std::min(next, server_->deadline());
  if (client_) next = std::min(next, client_->deadline());
  for (const Held& held : held_)
    next = std::min(next, held.not_before == Instant{} ? held.until : std::min(held.not_before, held.until));
  for (const auto& [id, follow] : follows_) next = std::min(next, follow.look_again);
  return next;
}

void Agent::Impl::log(world::Effects& effects, world::LogLevel level, std::string module, std::string message,
                      std::vector<world::LogField> fields) {
  effects.push_back(world::Logged{level, std::move(module), std::move(message), std::move(fields)});
}

// Lines below the configured level cost nothing outside; operators who monitor may ask for more.
void Agent::Impl::filter_logs(std::size_t from, world::Effects& effects) {
  for (std::size_t i = from; i < effects.size(); ++i)
    if (const auto* line = std::get_if<world::Logged>(&effects[i]); line != nullptr && !monitors_.empty()) {
      const world::Logged copy = *line;
      monitor(copy, effects);
    }
  const auto quiet = [&](const world::Effect& effect) {
    const auto* line = std::get_if<world::Logged>(&effect);
    return line != nullptr && line->level < config_.log_level;
  };
  effects.erase(std::remove_if(effects.begin() + static_cast<std::ptrdiff_t>(from), effects.end(), quiet),
                effects.end());
}

}  // namespace core::agent
