// One member of a gossip pool with Serf's plain settings, as a process: the core's gossip on the real network, worked
// over HTTP. For the tests that put it into one pool with real `serf` agents, and beside them for measuring.
//
//   gossip_member NAME SERF-ADDRESS HTTP-ADDRESS [profile=lan|wan|local] [key=BASE64 ...] [compress=no] [TAG=VALUE ...]
//
//   /members /join?ADDRESS /event?NAME,PAYLOAD /query?NAME,PAYLOAD /heard /leave /force-leave?NAME /prune?NAME
//   /keys/install?BASE64 /keys/use?... /keys/remove?... /keys/list /stats
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/random.h>

#include <boost/json.hpp>

#include "core/base/base64.hpp"
#include "core/gossip/gossip.hpp"
#include "core/world/machine.hpp"
#include "io-real/loop/loop.hpp"

namespace {

namespace gossip = core::gossip;
namespace json = boost::json;
namespace world = core::world;

class PoolMember final : public world::Machine {
 public:
  PoolMember(gossip::Config config, std::uint64_t seed)
      : name_(config.name), gossip_(std::move(config), core::Rng(seed)) {}

  void handle(core::Now now, const world::Event& event, world::Effects& effects) override {
    now_ = now;
    std::visit([&](const auto& what) { on(what, effects); }, event);
  }
  core::Instant deadline() const override { return gossip_.deadline(); }

 private:
  using Handler = void (PoolMember::*)(world::RequestId, const std::string&, world::Effects&);

  template <class T>
  void on(const T&, world::Effects&) {}
  void on(const world::Woken&, world::Effects& effects) { feed(gossip::Woken{}, effects); }
  void on(const world::DatagramReceived& what, world::Effects& effects) {
    feed(gossip::DatagramReceived{what.from, what.bytes}, effects);
  }
  void on(const world::StreamAccepted& what, world::Effects& effects) {
    feed(gossip::StreamAccepted{{what.stream.value}, what.peer}, effects);
  }
  void on(const world::StreamConnected& what, world::Effects& effects) {
    feed(gossip::StreamConnected{{what.stream.value}}, effects);
  }
  void on(const world::StreamReceived& what, world::Effects& effects) {
    feed(gossip::StreamReceived{{what.stream.value}, what.bytes}, effects);
  }
  void on(const world::StreamClosed& what, world::Effects& effects) {
    feed(gossip::StreamFailed{{what.stream.value}, what.reason}, effects);
  }
  void on(const world::Signalled&, world::Effects& effects) { effects.push_back(world::Exited{0, "signalled"}); }

  void on(const world::ApiRequested& what, world::Effects& effects) {
    const auto question = what.target.find('?');
    const std::string path = what.target.substr(0, question);
    const std::string argument = question == std::string::npos ? "" : what.target.substr(question + 1);
    const auto comma = argument.find(',');
    const std::string first = argument.substr(0, comma);
    const std::string second = comma == std::string::npos ? "" : argument.substr(comma + 1);
    const auto done = [&] { answer(what.request, json::object{{"ok", true}}, effects); };
    const gossip::RequestId request{what.request.value};
    if (path == "/members") return answer(what.request, members(), effects);
    if (path == "/heard") return answer(what.request, heard_, effects);
    if (path == "/stats") return answer(what.request, json::value_from(gossip_.stats()), effects);
    if (path == "/join") {
      waiting_[request.value] = what.request;
      return feed(gossip::JoinRequested{request, {core::Address::parse(argument).value_or(core::Address{})}}, effects);
    }
    if (path == "/query") {
      waiting_[request.value] = what.request;
      return feed(gossip::QueryRequested{request, first, second, {}, {}, true, 0, {}}, effects);
    }
    if (path.starts_with("/keys/")) {
      waiting_[request.value] = what.request;
      return feed(
          gossip::KeysRequested{request, operation(path.substr(6)), core::base::from_base64(argument).value_or(""), 0},
          effects);
    }
    if (path == "/leave") {
      leaving_ = what.request;
      return feed(gossip::LeaveRequested{}, effects);
    }
    if (path == "/event") feed(gossip::UserEventRequested{first, second, false}, effects);
    if (path == "/force-leave") feed(gossip::ForceLeaveRequested{argument, false}, effects);
    if (path == "/prune") feed(gossip::ForceLeaveRequested{argument, true}, effects);
    done();
  }

  static gossip::KeyOperation operation(const std::string& name) {
    return name == "install"  ? gossip::KeyOperation::install
           : name == "use"    ? gossip::KeyOperation::use
           : name == "remove" ? gossip::KeyOperation::remove
                              : gossip::KeyOperation::list;
  }

  json::value members() const {
    json::object out;
    for (const gossip::Member& member : gossip_.members())
      out[member.name()] = json::object{{"status", gossip::to_string(member.status)},
                                        {"address", member.address().text()},
                                        {"tags", json::value_from(member.tags())}};
    return out;
  }

  void feed(const gossip::Event& event, world::Effects& effects) {
    std::vector<gossip::Effect> said;
    gossip_.handle(now_.instant, event, said);
    for (auto& effect : said) std::visit([&](auto& what) { carry(what, effects); }, effect);
  }

  template <class T>
  void carry(const T&, world::Effects&) {}
  void carry(gossip::SendDatagram& what, world::Effects& effects) {
    effects.push_back(world::SendDatagram{what.to, std::move(what.bytes)});
  }
  void carry(gossip::OpenStream& what, world::Effects& effects) {
    effects.push_back(world::OpenStream{{what.stream.value}, what.to});
  }
  void carry(gossip::SendStream& what, world::Effects& effects) {
    effects.push_back(world::SendStream{{what.stream.value}, std::move(what.bytes)});
  }
  void carry(gossip::CloseStream& what, world::Effects& effects) {
    effects.push_back(world::CloseStream{{what.stream.value}});
  }
  void carry(gossip::Note& what, world::Effects& effects) {
    effects.push_back(world::Logged{
        static_cast<world::LogLevel>(static_cast<int>(what.level) + 1), "gossip", std::move(what.text), {}});
  }
  void carry(gossip::UserEventReceived& what, world::Effects&) {
    heard_.push_back(json::object{{"event", what.name}, {"payload", what.payload}, {"ltime", what.time.value}});
  }
  void carry(gossip::QueryReceived& what, world::Effects& effects) {
    heard_.push_back(json::object{{"query", what.name}, {"payload", what.payload}, {"from", what.from}});
    const gossip::QueryId query = what.query;
    feed(gossip::QueryReplied{query, name_ + " heard " + what.payload}, effects);
  }
  void carry(gossip::QueryAcked& what, world::Effects&) {
    acks_[what.request.value].push_back(json::string(what.from));
  }
  void carry(gossip::QueryAnswered& what, world::Effects&) { answers_[what.request.value][what.from] = what.payload; }
  void carry(gossip::QueryFinished& what, world::Effects& effects) {
    finish(what.request, json::object{{"acks", acks_[what.request.value]}, {"answers", answers_[what.request.value]}},
           effects);
  }
  void carry(gossip::JoinFinished& what, world::Effects& effects) {
    finish(what.request, json::object{{"joined", what.joined}, {"errors", json::value_from(what.errors)}}, effects);
  }
  void carry(gossip::KeysFinished& what, world::Effects& effects) {
    finish(what.request,
           json::object{{"error", what.error},
                        {"nodes", what.tally.nodes},
                        {"keys", json::value_from(what.tally.keys)},
                        {"primary", json::value_from(what.tally.primary_keys)},
                        {"messages", json::value_from(what.tally.messages)}},
           effects);
  }
  void carry(gossip::NameConflictLost&, world::Effects& effects) {
    effects.push_back(world::Exited{3, "name conflict"});
  }
  void carry(gossip::Left&, world::Effects& effects) {
    if (leaving_) answer(*leaving_, json::object{{"ok", true}}, effects);
    effects.push_back(world::Exited{0, "left"});
  }

  void finish(gossip::RequestId request, json::object body, world::Effects& effects) {
    const auto found = waiting_.find(request.value);
    if (found == waiting_.end()) return;
    answer(found->second, std::move(body), effects);
    waiting_.erase(found);
  }
  static void answer(world::RequestId request, const json::value& body, world::Effects& effects) {
    effects.push_back(
        world::ApiAnswered{request, 200, {{"Content-Type", "application/json"}}, json::serialize(body), false});
  }

  std::string name_;
  gossip::Gossip gossip_;
  core::Now now_;
  json::array heard_;
  std::map<std::uint64_t, world::RequestId> waiting_;
  std::map<std::uint64_t, json::array> acks_;
  std::map<std::uint64_t, json::object> answers_;
  std::optional<world::RequestId> leaving_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) {
    std::fprintf(stderr, "usage: gossip_member NAME SERF-ADDRESS HTTP-ADDRESS [key=value ...]\n");
    return 2;
  }
  const auto serf = core::Address::parse(arguments[2]);
  const auto http = core::Address::parse(arguments[3]);
  if (!serf || !http) return 2;
  gossip::Config config;
  config.name = arguments[1];
  config.advertise = *serf;
  config.profile = gossip::Profile::lan();
  config.serf = {};
  config.merge_rule = gossip::MergeRule::any;
  config.serf_protocol = 5;
  config.resolve_name_conflicts = true;
  io_real::loop::LoopConfig loop_config;
  loop_config.log.level = world::LogLevel::info;
  for (int i = 4; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto equals = argument.find('=');
    const std::string key = argument.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : argument.substr(equals + 1);
    if (key == "profile")
      config.profile = value == "wan"     ? gossip::Profile::wan()
                       : value == "local" ? gossip::Profile::local()
                                          : gossip::Profile::lan();
    else if (key == "key")
      config.keys.push_back(core::base::from_base64(value).value_or(""));
    else if (key == "compress")
      config.compress = value != "no";
    else if (key == "log" && value == "debug")
      loop_config.log.level = world::LogLevel::debug;
    else
      config.tags[key] = value;
  }
  loop_config.serf = *serf;
  loop_config.http = {*http};
  auto loop = io_real::loop::Loop::open(loop_config);
  if (!loop) {
    std::fprintf(stderr, "%s\n", loop.error().c_str());
    return 1;
  }
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) return 1;
  PoolMember member(std::move(config), seed);
  return (*loop)->run(member, nullptr, nullptr);
}
