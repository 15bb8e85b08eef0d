#include "core/gossip/merge_rule.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/wire/serf/serf_message.hpp"

namespace core::gossip {
namespace {

constexpr std::uint8_t memberlist_min = 1;
constexpr std::uint8_t memberlist_max = 5;
constexpr std::uint8_t memberlist_cur = 2;
constexpr std::uint8_t serf_min = 2;
constexpr std::uint8_t serf_max = 5;

bool is_number(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

/// As hashicorp/go-version takes it: dotted numbers, then "-pre" and "+metadata".
bool is_version(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  const auto suffix = text.find_first_of("-+");
  const std::string_view numbers = text.substr(0, suffix);
  if (numbers.empty() || numbers.front() == '.' || numbers.back() == '.' || numbers.find("..") != numbers.npos)
    return false;
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '+' || c == '~';
  };
  return numbers.find_first_not_of("0123456789.") == numbers.npos &&
         (suffix == text.npos || (suffix + 1 < text.size() && std::all_of(text.begin(), text.end(), plain)));
}

std::expected<ProtocolVersions, std::string> check_versions(const Config& config, const wire::serf::Alive& alive) {
  const std::string& bytes = alive.versions;
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  // Agents send six or none. Fewer ends old ones; none makes Nomad's ignore the node.
  if (bytes.empty() && config.merge_rule == MergeRule::any)
    return ProtocolVersions{memberlist_min, memberlist_max, memberlist_cur, serf_min, serf_max, serf_max};
  if (bytes.size() < 6) return std::unexpected("its version list has " + std::to_string(bytes.size()) + " bytes");
  const ProtocolVersions v{at(0), at(1), at(2), at(3), at(4), at(5)};
  const auto spoken = [](std::uint8_t min, std::uint8_t max, std::uint8_t cur, std::uint8_t our_min,
                         std::uint8_t our_max, std::uint8_t our_cur) {
    return min <= cur && cur <= max && min <= our_cur && our_cur <= max && our_min <= cur && cur <= our_max;
  };
  if (v.protocol_min == 0 || v.protocol_max == 0 || v.protocol_min > v.protocol_max)
    return std::unexpected("protocol version(s) are wrong: " + std::to_string(v.protocol_min) + " <= " +
                           std::to_string(v.protocol_cur) + " <= " + std::to_string(v.protocol_max) + " should be >0");
  // One member that nobody can speak with would make every later push/pull fail its version check.
  if (!spoken(v.protocol_min, v.protocol_max, v.protocol_cur, memberlist_min, memberlist_max, memberlist_cur) ||
      !spoken(v.delegate_min, v.delegate_max, v.delegate_cur, serf_min, serf_max, config.serf_protocol))
    return std::unexpected(std::string("its protocol versions are not ours"));
  return v;
}

}  // namespace

std::optional<std::string> refused_by_rule(MergeRule rule, const std::string& name, const std::string& meta) {
  if (rule == MergeRule::any) return std::nullopt;
  const std::string refusal = "member '" + name + "' is not a server";
  const auto tags = wire::serf::decode_tags(meta);
  if (!tags) return refusal;
  const auto tag = [&](const char* key) -> const std::string* {
    const auto found = tags->find(key);
    return found == tags->end() ? nullptr : &found->second;
  };
  const auto number_if_there = [&](const char* key) { return tag(key) == nullptr || is_number(*tag(key)); };
  const bool server = tag("role") != nullptr && *tag("role") == "nomad" && tag("port") != nullptr &&
                      is_number(*tag("port")) && tag("build") != nullptr && is_version(*tag("build")) &&
                      number_if_there("expect") && number_if_there("raft_vsn");
  return server ? std::nullopt : std::optional(refusal);
}

std::expected<Claim, std::string> check_claim(const Config& config, const wire::serf::Alive& alive) {
  if (alive.node.empty() || alive.node.size() > max_name_bytes)
    return std::unexpected("its name has " + std::to_string(alive.node.size()) + " bytes");
  if (alive.meta.size() > wire::serf::max_meta_bytes)
    return std::unexpected("its metadata has " + std::to_string(alive.meta.size()) + " bytes");
  const auto address = Address::from_bytes(alive.address, alive.port == 0 ? config.advertise.port : alive.port);
  if (!address) return std::unexpected("its address has " + std::to_string(alive.address.size()) + " bytes");
  if (!wire::serf::decode_tags(alive.meta)) return std::unexpected(std::string("its tags cannot be read"));
  const auto versions = check_versions(config, alive);
  if (!versions) return std::unexpected(versions.error());
  if (auto refusal = refused_by_rule(config.merge_rule, alive.node, alive.meta)) return std::unexpected(*refusal);
  return Claim{alive.node, *address, alive.meta, *versions};
}

std::optional<std::string> incompatible(const NodeTable& table, const std::vector<wire::serf::NodeState>& remote) {
  struct Range {
    unsigned min = 0;
    unsigned max = 255;
    void narrow(unsigned low, unsigned high) {
      min = std::max(min, low);
      max = std::min(max, high);
    }
    bool holds(unsigned value) const { return min <= value && value <= max; }
  };
  Range protocol;
  Range delegate;
  const auto at = [](const std::string& bytes, std::size_t i) {
    return bytes.size() < 6 ? 0u : static_cast<unsigned>(static_cast<std::uint8_t>(bytes[i]));
  };
  for (const auto& node : remote) {
    if (node.state != wire::serf::NodeState::alive || node.versions.size() < 6) continue;
    protocol.narrow(at(node.versions, 0), at(node.versions, 1));
    delegate.narrow(at(node.versions, 3), at(node.versions, 4));
  }
  // Where all speak alike, one stands for all.
  const std::vector<Node*>& ours = table.in_probe_order();
  const std::size_t looked_at = table.versions().size() == 1 ? 1 : ours.size();
  const auto narrow = [&](const ProtocolVersions& versions) {
    protocol.narrow(versions.protocol_min, versions.protocol_max);
    delegate.narrow(versions.delegate_min, versions.delegate_max);
  };
  if (looked_at < ours.size() && table.count(NodeState::alive) > 0)
    narrow(ours.front()->versions());
  else
    for (const Node* node : ours)
      if (node->state == NodeState::alive) narrow(node->versions());
  const auto complaint = [](const std::string& name, const char* what, unsigned value, const Range& range) {
    return "Node '" + name + "' " + what + " version (" + std::to_string(value) + ") is incompatible: [" +
           std::to_string(range.min) + ", " + std::to_string(range.max) + "]";
  };
  const auto check = [&](const std::string& name, unsigned p, unsigned d) -> std::optional<std::string> {
    if (!protocol.holds(p)) return complaint(name, "protocol", p, protocol);
    if (!delegate.holds(d)) return complaint(name, "delegate protocol", d, delegate);
    return std::nullopt;
  };
  for (const auto& node : remote)
    if (auto bad = check(node.name, at(node.versions, 2), at(node.versions, 5))) return bad;
  for (std::size_t i = 0; i < looked_at; ++i)
    if (auto bad = check(ours[i]->name(), ours[i]->versions().protocol_cur, ours[i]->versions().delegate_cur))
      return bad;
  return std::nullopt;
}

ProtocolVersions own_versions(const Config& config) {
  return {memberlist_min, memberlist_max, memberlist_cur, serf_min, serf_max, config.serf_protocol};
}

}  // namespace core::gossip
