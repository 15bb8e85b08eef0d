#include "simulator/workload/registers.hpp"
#include "simulator/workload/own_jobs.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace simulator {
namespace {

namespace json = boost::json;
using checkers::Linear;

// A job that wants nothing to run, so that a write is one entry of the log and no more work than that.
std::string job_text(const std::string& key, const std::string& value, const std::optional<Linear::Version>& held) {
  std::string out =
      fmt::format(R"({{"Job":{{"ID":"{0}","Name":"{0}","Type":"service","Datacenters":["*"],"Meta":{{"value":"{1}"}},)"
                  R"("TaskGroups":[{{"Name":"none","Count":0,"Tasks":[{{"Name":"none","Driver":"raw_exec",)"
                  R"("Config":{{"command":"/bin/true"}}}}]}}]}})",
                  key, value);
  if (held) out += fmt::format(R"(,"EnforceIndex":true,"JobModifyIndex":{})", *held);
  return out + "}";
}

// The version that stood in the way: the number at the end of the refusal.
std::optional<Linear::Version> version_in(std::string_view refusal) {
  if (refusal.ends_with("job does not exist")) return 0;
  constexpr std::string_view before = "conflicting job modify index: ";
  const auto at = refusal.rfind(before);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = refusal.substr(at + before.size());
  Linear::Version out = 0;
  const auto [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc{} ? std::optional(out) : std::nullopt;
}

std::optional<Linear::Version> version_of(const json::value& body) {
  const auto* object = body.if_object();
  const auto* index = object == nullptr ? nullptr : object->if_contains("JobModifyIndex");
  if (index == nullptr || !index->is_number()) return std::nullopt;
  return index->to_number<Linear::Version>();
}

std::optional<std::string> value_of(const json::value& body) {
  const auto* meta = body.as_object().if_contains("Meta");
  const auto* object = meta == nullptr ? nullptr : meta->if_object();
  const auto* value = object == nullptr ? nullptr : object->if_contains("value");
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

}  // namespace

Registers::Registers(Cluster& cluster, const RegisterPlan& plan, io_sim::Choices& choices)
    : cluster_(cluster), plan_(plan) {
  io_sim::Stream chance = choices.stream("registers");
  read_last_.resize(draw(chance, plan.registers));
  const std::uint64_t clients = draw(chance, plan.clients);
  reads_ = draw(chance, plan.reads);
  stale_ = draw(chance, plan.stale);
  conditional_ = draw(chance, plan.conditional);
  for (std::uint64_t number = 1; number <= clients; ++number) {
    const std::string name = fmt::format("c{}", number);
    clients_.push_back(
        {name, choices.stream("registers", name), 0, false, std::vector<Linear::Version>(read_last_.size())});
  }
}

void Registers::begin() {
  for (std::size_t number = 0; number < clients_.size(); ++number)
    cluster_.world().at(TrueTime{} + plan_.from, [this, number] { pause(number); });
}

void Registers::pause(std::size_t number) {
  const core::Duration after = draw(clients_[number].chance, plan_.pause);
  cluster_.world().at(cluster_.world().now() + after, [this, number] { next(number); });
}

std::optional<NodeId> Registers::some_server(Client& client) const {
  std::vector<NodeId> up;
  for (NodeId node = 0; node < cluster_.servers(); ++node)
    if (cluster_.region_of(node) == 0 && cluster_.counts(node)) up.push_back(node);
  if (up.empty()) return std::nullopt;
  return up[client.chance.below(up.size())];
}

std::string Registers::key(std::size_t which) { return fmt::format("{}{}", register_prefix, which + 1); }

std::optional<std::string> Registers::unread() const {
  const auto found = std::find(read_last_.begin(), read_last_.end(), false);
  if (found == read_last_.end()) return std::nullopt;
  return key(static_cast<std::size_t>(found - read_last_.begin())) + " could not be read since all faults ended";
}

Registers::Asked Registers::wish(Client& client, std::size_t which) {
  Asked out;
  out.key = key(which);
  out.last = ended_;
  if (ended_) {
    out.began = linear_.begin(out.key);
    return out;
  }
  if (client.chance.chance(reads_)) {
    out.wish = client.chance.chance(stale_) ? Wish::read_stale : Wish::read;
    out.began = linear_.begin(out.key);
    return out;
  }
  out.wish = client.chance.chance(conditional_) ? Wish::set : Wish::write;
  if (out.wish == Wish::set) out.held = client.seen[which];
  out.value = fmt::format("{}-{}", client.name, client.wishes);
  out.began = linear_.begin_write(out.key, out.value);
  return out;
}

void Registers::next(std::size_t number) {
  if (fallen_ || (ended_ && !unread())) return;
  Client& client = clients_[number];
  const auto server = some_server(client);
  if (!server) return pause(number);
  const std::uint64_t turn = ++client.wishes;
  const auto due = std::find(read_last_.begin(), read_last_.end(), false);
  const std::size_t which =
      ended_ ? static_cast<std::size_t>(due - read_last_.begin()) : client.chance.below(read_last_.size());
  const Asked asked = wish(client, which);
  client.waits = true;
  io_sim::World& world = cluster_.world();
  world.at(world.now() + plan_.patience, [this, number, turn] {
    Client& impatient = clients_[number];
    if (!impatient.waits || impatient.wishes != turn) return;
    coverage_.reached("a register's client was left without an answer");
    impatient.waits = false;
    pause(number);
  });
  core::world::ApiRequested request;
  if (asked.wish == Wish::write || asked.wish == Wish::set) {
    request.method = "PUT";
    request.target = "/v1/jobs";
    request.body = job_text(asked.key, asked.value, asked.held);
  } else {
    request.method = "GET";
    request.target = fmt::format("/v1/job/{}?{}", asked.key, asked.wish == Wish::read_stale ? "stale" : "consistent");
  }
  world.ask(*server, std::move(request),
            [this, number, turn, which, asked](std::optional<core::world::ApiAnswered> answer) {
              Client& patient = clients_[number];
              if (!patient.waits || patient.wishes != turn) return;
              patient.waits = false;
              if (answer) answered(patient, which, asked, *answer);
              pause(number);
            });
}

void Registers::answered(Client& client, std::size_t which, const Asked& asked,
                         const core::world::ApiAnswered& answer) {
  auto wrong = asked.wish == Wish::read || asked.wish == Wish::read_stale ? judge_read(client, which, asked, answer)
                                                                          : judge_write(client, which, asked, answer);
  if (wrong && !fallen_) fallen_ = std::move(wrong);
}

std::optional<std::string> Registers::judge_read(Client& client, std::size_t which, const Asked& asked,
                                                 const core::world::ApiAnswered& answer) {
  Linear::Version version = 0;
  std::string value;
  if (answer.status == 200) {
    boost::system::error_code unreadable;
    const json::value body = json::parse(answer.body, unreadable);
    const auto found = unreadable ? std::nullopt : version_of(body);
    const auto text = found ? value_of(body) : std::nullopt;
    if (!text) return fmt::format("a read of {} was answered by what is no register: {}", asked.key, answer.body);
    version = *found;
    value = *text;
  } else if (answer.status != 404) {
    return std::nullopt;  // nobody leads, or the way to who does is cut
  }
  client.seen[which] = std::max(client.seen[which], version);
  if (asked.last) read_last_[which] = true;
  if (asked.wish == Wish::read_stale) return linear_.read_stale(asked.key, version, value);
  coverage_.reached("a register was read");
  return linear_.read(asked.key, asked.began, version, value);
}

std::optional<std::string> Registers::judge_write(Client& client, std::size_t which, const Asked& asked,
                                                  const core::world::ApiAnswered& answer) {
  if (answer.status != 200) {
    // Any other failure leaves open whether the write was, or will be, carried out.
    const auto found = asked.held ? version_in(answer.body) : std::nullopt;
    if (!found) return std::nullopt;
    client.seen[which] = std::max(client.seen[which], *found);
    coverage_.reached("a register was not set, because its version was another");
    return linear_.refused(asked.key, asked.began, *asked.held, *found);
  }
  boost::system::error_code unreadable;
  const json::value body = json::parse(answer.body, unreadable);
  const auto version = unreadable ? std::nullopt : version_of(body);
  if (!version) return fmt::format("a write of {} was answered without a version: {}", asked.key, answer.body);
  client.seen[which] = std::max(client.seen[which], *version);
  if (asked.held)
    coverage_.reached("a register was set on its version");
  else
    coverage_.reached("a register was written");
  return linear_.wrote(asked.key, asked.began, *version, asked.value, asked.held);
}

}  // namespace simulator
