// Finding the others: names to addresses, joins at the start and until one succeeds (agent-config.md §8).
#include <charconv>

#include <fmt/format.h>

#include "core/agent/impl.hpp"

namespace core::agent {
namespace {

struct HostPort {
  std::string host;
  std::uint16_t port;
};

// "host", "host:port"; addresses are dealt with before.
std::optional<HostPort> host_port(const std::string& text, std::uint16_t default_port) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return text.empty() ? std::nullopt : std::optional(HostPort{text, default_port});
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (colon == 0 || error != std::errc{} || stopped != end) return std::nullopt;
  return HostPort{text.substr(0, colon), port};
}

}  // namespace

void Agent::Impl::resolve(Now now, const std::vector<std::string>& names, std::uint16_t default_port,
                          std::function<void(Now, std::vector<Address>, std::string, world::Effects&)> done,
                          world::Effects& effects) {
  const std::uint64_t id = ++last_resolving_;
  Resolving& resolving = resolving_[id];
  resolving.done = std::move(done);
  for (const std::string& name : names) {
    if (const auto address = Address::parse(name, default_port)) {
      resolving.found.push_back(*address);
      continue;
    }
    const auto parts = host_port(name, default_port);
    if (!parts) {
      resolving.error += fmt::format("{}\"{}\" is not host[:port]", resolving.error.empty() ? "" : "; ", name);
      continue;
    }
    const world::ResolveToken token{++last_name_};
    names_.emplace(token, std::pair{id, parts->port});
    ++resolving.open;
    effects.push_back(world::ResolveName{token, parts->host});
  }
  if (resolving.open == 0) resolve_ready(now, id, effects);
}

void Agent::Impl::name_resolved(Now now, const world::NameResolved& resolved, world::Effects& effects) {
  const auto name = names_.find(resolved.token);
  if (name == names_.end()) return;
  const auto [id, port] = name->second;
  names_.erase(name);
  Resolving& resolving = resolving_.at(id);
  for (Address address : resolved.addresses) {
    address.port = port;
    resolving.found.push_back(address);
  }
  if (!resolved.error.empty()) resolving.error += (resolving.error.empty() ? "" : "; ") + resolved.error;
  if (--resolving.open == 0) resolve_ready(now, id, effects);
}

void Agent::Impl::resolve_ready(Now now, std::uint64_t id, world::Effects& effects) {
  Resolving ready = std::move(resolving_.at(id));
  resolving_.erase(id);
  ready.done(now, std::move(ready.found), std::move(ready.error), effects);
}

void Agent::Impl::join(Now now, const std::vector<std::string>& names,
                       std::function<void(Now, int, const std::string&, world::Effects&)> done,
                       world::Effects& effects) {
  resolve(
      now, names, default_serf_port,
      [this, done = std::move(done)](Now at, std::vector<Address> addresses, const std::string& error,
                                     world::Effects& out) {
        if (addresses.empty()) return done(at, 0, error, out);
        const server::Tag tag{++last_tag_};
        joins_.emplace(tag, done);
        feed_server(at, server::JoinRequested{tag, std::move(addresses)}, out);
      },
      effects);
}

void Agent::Impl::joined(Now now, const server::Joined& joined, world::Effects& effects) {
  const auto found = joins_.find(joined.tag);
  if (found == joins_.end()) return;
  const auto done = std::move(found->second);
  joins_.erase(found);
  done(now, joined.count, joined.error, effects);
}

void Agent::Impl::begin_joins(Now now, world::Effects& effects) {
  if (client_ && !server_)
    resolve(
        now, config_.client_servers, default_rpc_port,
        [this](Now at, std::vector<Address> addresses, const std::string& error, world::Effects& out) {
          if (!error.empty())
            log(out, world::LogLevel::error, "agent", "failed to resolve servers", {{"error", error}});
          feed_client(at, client::ServersSet{std::move(addresses)}, out);
        },
        effects);
  if (!config_.start_join.empty() && server_)
    join(
        now, config_.start_join,
        [this](Now, int count, const std::string& error, world::Effects& out) {
          if (count > 0)
            log(out, world::LogLevel::info, "agent",
                fmt::format("Join completed. Synced with {} initial agents", count));
          else
            shut_down(1, "failed to join: " + error, out);
        },
        effects);
  retry_join(now, effects);
}

void Agent::Impl::retry_join(Now now, world::Effects& effects) {
  retry_join_at_ = Instant::never();
  if (config_.retry_join.empty()) return;
  const bool of_server = server_.has_value();
  const auto done = [this, of_server](Now at, int count, const std::string& error, world::Effects& out) {
    if (count > 0) {
      log(out, world::LogLevel::info, "agent.joiner", "retry join completed",
          {{"initial_servers", std::to_string(count)}, {"agent_mode", of_server ? "server" : "client"}});
      return;
    }
    ++join_attempts_;
    if (config_.retry_max > 0 && join_attempts_ > config_.retry_max) {
      log(out, world::LogLevel::error, "agent.joiner", "max join retry exhausted, exiting");
      return shut_down(1, "max join retry exhausted", out);
    }
    log(out, world::LogLevel::warn, "agent.joiner", "join failed",
        {{"error", error}, {"retry", std::to_string(config_.retry_interval / 1s) + "s"}});
    retry_join_at_ = at.instant + config_.retry_interval;
  };
  if (of_server) return join(now, config_.retry_join, done, effects);
  resolve(
      now, config_.retry_join, default_rpc_port,
      [this, done](Now at, std::vector<Address> addresses, const std::string& error, world::Effects& out) {
        const int count = static_cast<int>(addresses.size());
        if (count > 0) feed_client(at, client::ServersSet{std::move(addresses)}, out);
        done(at, count, error, out);
      },
      effects);
}

}  // namespace core::agent
