// A replicated log of three processes over loopback, entries of 256 bytes, real fdatasync: our Raft with its
// write-ahead log, codec and shell, beside a bare one as the floor.
//
//   raft_replicas raft|floor PROPOSERS SECONDS FOLDER
//   raft_replicas catchup PROPOSERS SECONDS FOLDER
//
// PROPOSERS each have one entry under way, within the leader. `catchup` has the third server start only when the other
// two are done, with an empty log, and times how it is brought up, from its first entries to its last. Prints a line of
// JSON.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "core/agent/transport.hpp"
#include "core/server/consensus.hpp"
#include "core/world/machine.hpp"
#include "io-real/loop/loop.hpp"
#include "tests/benchmarks/raft/floor.hpp"
#include "tests/benchmarks/raft/meter.hpp"

namespace benchmarks {
namespace {

using core::Address;
using core::Instant;
using core::agent::Transport;
using core::server::Consensus;
namespace raft = core::raft;
namespace world = core::world;

using namespace std::chrono_literals;

constexpr std::size_t payload_bytes = 256;
constexpr std::size_t late = 2;  // the server that is to catch up

std::string id_of(std::size_t server) { return fmt::format("8f1a6c1e-0d5b-4c57-9a50-00000000000{}", server + 1); }

/// A server of nothing but a log: Consensus and Transport of the real agent. Whoever leads proposes.
class Replica final : public world::Machine {
 public:
  Replica(std::size_t self, std::vector<Address> addresses, std::size_t proposers, std::chrono::seconds length,
          std::optional<std::filesystem::path> written)
      : self_(self),
        addresses_(std::move(addresses)),
        proposers_(proposers),
        meter_(length),
        written_(std::move(written)),
        consensus_(settings(self, addresses_[self], written_.has_value()), core::Rng(self + 1)),
        transport_({.hello = {.region = "global", .name = id_of(self), .server_id = id_of(self)}}) {
    // An entry whose bytes are `payload_bytes`, give or take what its encoding adds, and which changes nothing: what is
    // measured is the log, and not the state that it is for.
    command_ = core::state::DeleteEvals{{std::string(payload_bytes - 16, 'x')}, {}};
  }

  void handle(core::Now now, const world::Event& event, world::Effects& effects) override {
    std::visit([&](const auto& what) { on(now, what, effects); }, event);
    digest(now, effects);
    if (over_ && written_) watch_catchup(effects);
  }
  Instant deadline() const override {
    return recovered_ ? std::min(consensus_.deadline(), transport_.deadline()) : Instant::never();
  }

 private:
  static Consensus::Config settings(std::size_t self, const Address& address, bool catchup) {
    Consensus::Config out{.self = id_of(self), .address = address.text(), .directory = "wal"};
    out.snapshots.directory = "snapshots";
    if (catchup) {  // by the log alone
      out.snapshots.threshold = std::uint64_t{1} << 40;
      out.snapshots.max_bytes_between = std::size_t{1} << 40;
    }
    return out;
  }

  void on(core::Now now, const world::Woken&, world::Effects& effects) {
    if (!std::exchange(began_, true)) {
      effects.push_back(world::ReadDirectory{{2}, "wal"});
      effects.push_back(world::ReadDirectory{{4}, "snapshots"});
    }
    if (!recovered_) return;
    std::vector<Transport::Output> said;
    transport_.wake(now, said, effects);
    take(now, said, effects);
    consensus_.wake(now, outputs_, effects);
  }
  void on(core::Now now, const world::DirectoryRead& read, world::Effects& effects) {
    (read.token.value == 2 ? log_ : snapshots_) = read;
    if (read.token.value == 2) return;
    consensus_.recover(now, log_, snapshots_, std::nullopt, outputs_, effects);
    recovered_ = true;
    raft::Configuration all;
    for (std::size_t server = 0; server < addresses_.size(); ++server)
      all.servers.push_back({id_of(server), addresses_[server].text(), raft::Suffrage::voter});
    consensus_.bootstrap(now, std::move(all), outputs_, effects);
  }
  void on(core::Now now, const world::DiskBatchDone& done, world::Effects& effects) {
    consensus_.disk_done(now, done, outputs_, effects);
  }
  void on(core::Now now, const world::Computed& done, world::Effects& effects) {
    consensus_.computed(now, done, outputs_, effects);
  }
  void on(core::Now now, const world::StreamAccepted& accepted, world::Effects&) {
    transport_.accepted(now, accepted.stream, accepted.peer);
  }
  void on(core::Now, const world::StreamConnected& connected, world::Effects& effects) {
    transport_.connected(connected.stream, effects);
  }
  void on(core::Now now, const world::StreamReceived& received, world::Effects& effects) {
    std::vector<Transport::Output> said;
    transport_.received(now, received.stream, received.bytes, said, effects);
    take(now, said, effects);
  }
  void on(core::Now now, const world::StreamClosed& closed, world::Effects& effects) {
    std::vector<Transport::Output> said;
    transport_.closed(closed.stream, closed.reason, said);
    take(now, said, effects);
  }
  void on(core::Now, const auto&, world::Effects&) {}

  void take(core::Now now, std::vector<Transport::Output>& said, world::Effects& effects) {
    for (Transport::Output& one : said) {
      auto* const asked = std::get_if<Transport::Asked>(&one);
      auto* const carried = asked == nullptr ? nullptr : std::get_if<core::wire::rpc::RaftCarried>(&asked->body);
      if (carried != nullptr) consensus_.deliver(now, carried->from, std::move(carried->message), outputs_, effects);
    }
  }

  void digest(core::Now now, world::Effects& effects) {
    while (!outputs_.empty()) {
      const auto outputs = std::exchange(outputs_, {});
      for (const Consensus::Output& one : outputs) {
        if (const auto* send = std::get_if<Consensus::Send>(&one)) {
          for (std::size_t server = 0; server < addresses_.size(); ++server)
            if (id_of(server) == send->to)
              transport_.tell(addresses_[server], core::wire::rpc::RaftCarried{id_of(self_), send->to, send->message},
                              next_stream_, effects);
        } else if (std::holds_alternative<Consensus::TermReached>(one)) {
          meter_.begin();
          for (std::size_t i = 0; i < proposers_; ++i) propose(now, effects);
        } else if (const auto* applied = std::get_if<Consensus::Applied>(&one);
                   applied != nullptr && applied->proposal) {
          const auto time = Meter::Clock::now();
          const auto asked = asked_.extract(*applied->proposal);
          if (!asked.empty()) meter_.done(asked.mapped(), time);
          if (meter_.over(time) && !std::exchange(over_, true)) {
            if (written_) {
              std::ofstream(*written_).flush();
            } else {
              meter_.print("raft", proposers_);
              effects.push_back(world::Exited{0, ""});
            }
          }
          if (!over_) propose(now, effects);
        } else if (const auto* broken = std::get_if<Consensus::Broken>(&one)) {
          effects.push_back(world::Exited{1, broken->reason});
        }
      }
    }
  }

  void watch_catchup(world::Effects& effects) {
    const raft::Raft& leader = *consensus_.raft();
    for (const raft::PeerReport& peer : leader.peers()) {
      if (peer.id != id_of(late) || peer.match == raft::Index{}) continue;
      if (caught_up_from_.second == raft::Index{}) caught_up_from_ = {Meter::Clock::now(), peer.match};
      if (peer.match < leader.last_index()) continue;
      const std::chrono::duration<double> took = Meter::Clock::now() - caught_up_from_.first;
      const std::uint64_t entries = peer.match.value - caught_up_from_.second.value;
      std::printf(R"({"what":"catchup","entries":%llu,"per_second":%.0f})"
                  "\n",
                  static_cast<unsigned long long>(entries), static_cast<double>(entries) / took.count());
      std::fflush(stdout);
      effects.push_back(world::Exited{0, ""});
    }
  }

  void propose(core::Now now, world::Effects& effects) {
    asked_.emplace(consensus_.propose(now, command_, outputs_, effects), Meter::Clock::now());
  }

  std::size_t self_;
  std::vector<Address> addresses_;
  std::size_t proposers_;
  Meter meter_;
  std::optional<std::filesystem::path> written_;  // made when all is written that the late server is to catch up with
  std::pair<Meter::Clock::time_point, raft::Index> caught_up_from_{};
  Consensus consensus_;
  Transport transport_;
  core::state::Command command_;
  std::vector<Consensus::Output> outputs_;
  std::map<raft::ProposalId, Meter::Clock::time_point> asked_;
  world::DirectoryRead log_;
  world::DirectoryRead snapshots_;
  world::StreamId next_stream_{4};  // multiples of four, as the agent: those that the shell accepts are odd
  bool began_ = false;
  bool recovered_ = false;
  bool over_ = false;
};

[[noreturn]] void wrong(const std::string& what) {
  std::fprintf(stderr, "raft_replicas: %s\n", what.c_str());
  std::exit(2);
}

std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::vector<std::uint16_t> out;
  std::vector<int> open;
  for (; count > 0; --count) {
    open.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (bind(open.back(), reinterpret_cast<sockaddr*>(&at), size) != 0 ||
        getsockname(open.back(), reinterpret_cast<sockaddr*>(&at), &size) != 0)
      wrong("no free port");
    out.push_back(ntohs(at.sin_port));
  }
  for (const int one : open) close(one);
  return out;
}

void serve(std::size_t self, const std::vector<std::uint16_t>& ports, const std::string& folder, std::size_t proposers,
           std::chrono::seconds length, std::optional<std::filesystem::path> written) {
  std::vector<Address> addresses;
  for (const std::uint16_t port : ports) addresses.push_back(*Address::parse(fmt::format("127.0.0.1:{}", port)));
  io_real::loop::LoopConfig config;
  config.rpc = addresses[self];
  config.data_dir = folder;
  config.log.level = world::LogLevel::error;
  config.workers = 1;
  auto loop = io_real::loop::Loop::open(std::move(config));
  if (!loop) wrong(loop.error());
  Replica replica(self, addresses, proposers, length, std::move(written));
  std::exit((*loop)->run(replica, nullptr, nullptr));
}

int run(const std::string& what, std::size_t proposers, std::chrono::seconds length, const std::string& folder) {
  const auto ports = free_ports(3);
  const auto written = what == "catchup" ? std::optional(std::filesystem::path(folder) / "written") : std::nullopt;
  std::map<pid_t, std::size_t> children;
  for (std::size_t self = 0; self < 3; ++self) {
    const std::string own = fmt::format("{}/{}", folder, self);
    std::filesystem::create_directories(own);
    if (written && self == late)
      while (!std::filesystem::exists(*written)) {
        int ended = 0;
        if (waitpid(-1, &ended, WNOHANG) > 0) wrong("a server ended before all was written");
        std::this_thread::sleep_for(10ms);
      }
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (what != "floor") serve(self, ports, own, proposers, length, written);
      const FloorSettings settings{{ports[1], ports[2]}, own, proposers, length};
      if (self > 0) follow(settings, self - 1);
      lead(settings);
    }
    children.emplace(child, self);
  }
  // The one that measures ends by itself.
  int status = 0;
  children.erase(wait(&status));
  for (const auto& [child, self] : children) kill(child, SIGKILL);
  for (const auto& [child, self] : children) waitpid(child, nullptr, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace
}  // namespace benchmarks

int main(int count, char** arguments) {
  if (count != 5) benchmarks::wrong("raft_replicas raft|floor|catchup PROPOSERS SECONDS FOLDER");
  const std::string what = arguments[1];
  const int proposers = std::atoi(arguments[2]), seconds = std::atoi(arguments[3]);
  if ((what != "raft" && what != "floor" && what != "catchup") || proposers < 1 || seconds < 1)
    benchmarks::wrong("wanted raft, floor or catchup, and numbers of proposers and seconds from 1 on");
  return benchmarks::run(what, static_cast<std::size_t>(proposers), std::chrono::seconds(seconds), arguments[4]);
}
