#include "simulator/property/gossip_operations.hpp"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "simulator/property/gossip_pool.hpp"

namespace simulator::property {

using namespace std::chrono_literals;

namespace {

struct Text {
  std::size_t members;
  std::string name(std::size_t member) const { return GossipPool::name(member % members); }

  // All of its nanoseconds: a line is to do the same when it is read again.
  static std::string ms(core::Duration time) {
    std::string out = fmt::format("{}.{:06}", time / 1ms, (time % 1ms).count());
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
    return out;
  }

  std::string operator()(const PassTime& pass) const { return ms(pass.time) + " ms pass"; }
  std::string operator()(const StartMember& start) const { return name(start.member) + " starts and joins"; }
  std::string operator()(const KillMember& kill) const { return name(kill.member) + " is killed"; }
  std::string operator()(const LeaveMember& leave) const { return name(leave.member) + " leaves"; }
  std::string operator()(const ForceLeaveMember& leave) const {
    return name(leave.by) + " is told to force " + name(leave.member) + " out";
  }
  std::string operator()(const SplitPool& split) const {
    std::string one;
    for (std::size_t i = 0; i < members; ++i)
      if (split.side >> i & 1) one += name(i);
    return fmt::format("the pool splits: {} | the others", one.empty() ? "nobody" : one);
  }
  std::string operator()(const HealPool&) const { return "the network heals"; }
  std::string operator()(const LoseDatagrams& lose) const {
    return fmt::format("{}% of datagrams are lost", lose.percent % 101);
  }
  std::string operator()(const StallMember& stall) const {
    return fmt::format("{} neither sends nor receives for {} ms", name(stall.member), ms(stall.time));
  }
};

// Reads what Text writes, from left to right.
class Words {
 public:
  Words(std::string_view line, std::size_t members) : left_(line), members_(members) {}

  bool skip(std::string_view words) {
    if (!left_.starts_with(words)) return false;
    left_.remove_prefix(words.size());
    return true;
  }
  std::optional<std::size_t> member() {
    if (left_.empty() || left_[0] < 'a' || static_cast<std::size_t>(left_[0] - 'a') >= members_) return std::nullopt;
    const auto member = static_cast<std::size_t>(left_[0] - 'a');
    left_.remove_prefix(1);
    return member;
  }
  std::optional<std::uint64_t> number() {
    std::uint64_t out = 0;
    const auto [stopped, error] = std::from_chars(left_.data(), left_.data() + left_.size(), out);
    if (error != std::errc{}) return std::nullopt;
    left_.remove_prefix(static_cast<std::size_t>(stopped - left_.data()));
    return out;
  }
  /// Milliseconds, with up to six places behind the point.
  std::optional<core::Duration> ms() {
    const auto whole = number();
    if (!whole || *whole > static_cast<std::uint64_t>(longest_time / 1ms)) return std::nullopt;
    core::Duration out = static_cast<std::int64_t>(*whole) * 1ms;
    if (!skip(".")) return out;
    core::Duration place = 100us;
    const std::size_t before = left_.size();
    for (; !left_.empty() && left_[0] >= '0' && left_[0] <= '9'; left_.remove_prefix(1), place /= 10) {
      if (place == core::Duration{}) return std::nullopt;
      out += (left_[0] - '0') * place;
    }
    return left_.size() < before ? std::optional(out) : std::nullopt;
  }
  bool ended() const { return left_.empty(); }

 private:
  static constexpr core::Duration longest_time = 24h;

  std::string_view left_;
  std::size_t members_;
};

std::optional<GossipOperation> read_of_member(Words& words) {
  const auto member = words.member();
  if (!member) return std::nullopt;
  if (words.skip(" starts and joins")) return StartMember{*member};
  if (words.skip(" is killed")) return KillMember{*member};
  if (words.skip(" leaves")) return LeaveMember{*member};
  if (words.skip(" is told to force ")) {
    const auto other = words.member();
    return other && words.skip(" out") ? std::optional(ForceLeaveMember{*member, *other}) : std::nullopt;
  }
  if (!words.skip(" neither sends nor receives for ")) return std::nullopt;
  const auto time = words.ms();
  return time && words.skip(" ms") ? std::optional(StallMember{*member, *time}) : std::nullopt;
}

std::optional<GossipOperation> read(Words& words) {
  if (words.skip("the network heals")) return HealPool{};
  if (words.skip("the pool splits: ")) {
    SplitPool split;
    if (!words.skip("nobody"))
      while (const auto member = words.member()) split.side |= std::uint64_t{1} << *member;
    return words.skip(" | the others") ? std::optional(split) : std::nullopt;
  }
  Words rest = words;
  if (const auto percent = rest.number(); percent && *percent <= 100 && rest.skip("% of datagrams are lost")) {
    words = rest;
    return LoseDatagrams{*percent};
  }
  rest = words;
  if (const auto time = rest.ms(); time && rest.skip(" ms pass")) {
    words = rest;
    return PassTime{*time};
  }
  return read_of_member(words);
}

enum class Kind { start, heal, kill, leave, force_leave, split, lose, stall };

GossipOperation draw_one(core::Rng& rng, Kind kind, std::size_t members, std::size_t member) {
  switch (kind) {
    case Kind::start:
      return StartMember{member};
    case Kind::heal:
      return HealPool{};
    case Kind::kill:
      return KillMember{member};
    case Kind::leave:
      return LeaveMember{member};
    case Kind::force_leave:
      return ForceLeaveMember{rng.below(members), member};
    case Kind::split:
      return SplitPool{rng.below(std::uint64_t{1} << members)};
    case Kind::lose:
      return LoseDatagrams{rng.below(40)};
    case Kind::stall:
      break;
  }
  return StallMember{member, rng.between(1s, 10s)};
}

}  // namespace

GossipOperations draw_gossip_operations(core::Rng& rng, std::size_t members, std::size_t count) {
  std::vector<Kind> kinds{Kind::start};
  for (const Kind kind : {Kind::heal, Kind::kill, Kind::leave, Kind::force_leave, Kind::split, Kind::lose, Kind::stall})
    if (rng.chance(0.4)) kinds.push_back(kind);
  const core::Duration longest = rng.chance(0.3) ? core::Duration{4min} : core::Duration{10s};
  const bool one_most = rng.chance(0.5);
  const std::size_t favourite = rng.below(members);
  GossipOperations out;
  for (; count > 0; --count) {
    out.push_back(PassTime{rng.between(100ms, longest)});
    const Kind kind = kinds[rng.below(kinds.size())];
    const std::size_t drawn = rng.below(members);
    const bool again = one_most && rng.chance(0.8);
    out.push_back(draw_one(rng, kind, members, again ? favourite : drawn));
  }
  return out;
}

std::expected<GossipOperation, std::string> parse_operation(std::string_view line, std::size_t members) {
  Words words(line, members);
  const auto operation = read(words);
  if (operation && words.ended()) return *operation;
  return std::unexpected(fmt::format("\"{}\" is nothing that can happen to {} members", line.substr(0, 80), members));
}

std::string text(const GossipOperation& operation, std::size_t members) { return std::visit(Text{members}, operation); }

}  // namespace simulator::property
