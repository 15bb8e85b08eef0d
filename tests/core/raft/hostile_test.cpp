// Whatever frames a peer sends, a server neither ends by them nor is kept from being elected when they stop.
#include <optional>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/raft/raft.hpp"
#include "core/wire/protobuf/protobuf.hpp"
#include "core/wire/rpc/messages.hpp"
#include "tests/support/arbitrary.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::raft;
using wire::rpc::RaftCarried;

/// A server of three with a disk that writes at once, and a time that goes on.
class Target {
 public:
  Target() {
    Configuration three;
    for (const char* id : {"n1", "n2", "n3"}) three.servers.push_back({id, std::string(id) + ":4647", Suffrage::voter});
    Restored disk{.hard_state = {Term{2}, {}}, .entries = {}};
    disk.entries.push_back(
        {.term = Term{1}, .index = Index{1}, .kind = EntryKind::configuration, .payload = encode(three)});
    raft_.emplace(Raft::Config{.self = "n1", .address = "n1:4647"}, std::move(disk), Rng(1), now_);
    handle(Started{});
  }

  void handle(const Event& event) {
    Effects effects;
    raft_->handle(now_, event, effects);
    for (const Effect& effect : effects) {
      if (const auto* persist = std::get_if<Persist>(&effect)) unwritten_ = persist->sequence;
      if (std::holds_alternative<Send>(effect)) ++sent;
    }
  }
  void write() {
    if (const auto sequence = std::exchange(unwritten_, std::nullopt)) handle(Persisted{*sequence});
  }
  void wait(Duration time) {
    const Instant end = now_ + time;
    for (int i = 0; i < 1000 && raft_->deadline() <= end; ++i) {
      now_ = std::max(now_, raft_->deadline());
      handle(Woken{});
      write();
    }
    now_ = std::max(now_, end);
  }
  /// Both others vote for it whenever it asks.
  bool gets_elected() {
    for (int i = 0; i < 100 && !raft_->is_leader(); ++i) {
      wait(std::chrono::seconds(2));
      for (const char* voter : {"n2", "n3"}) {
        handle(MessageReceived{ServerId(voter), RequestPreVoteReply{raft_->term(), raft_->term().next(), true}});
        write();
        handle(MessageReceived{ServerId(voter), RequestVoteReply{raft_->term(), true}});
        write();
      }
    }
    return raft_->is_leader();
  }
  const Raft& raft() const { return *raft_; }
  const Raft::Config& config() const { return raft_->config(); }

  std::size_t sent = 0;  // messages

 private:
  Instant now_{1'000'000'000};
  std::optional<Raft> raft_;
  std::optional<PersistSequence> unwritten_;
};

/// As it comes out of a frame: what a sender left out is empty.
std::optional<Message> over_the_wire(const Message& message) {
  auto read = wire::protobuf::decode<RaftCarried>(wire::protobuf::encode(RaftCarried{"x", "n1", message}));
  return read ? std::optional(std::move(read->message)) : std::nullopt;
}

RC_GTEST_PROP(HostileFrames, EndNoServerAndKeepNoneFromLeading, ()) {
  Target target;
  const auto few = [](std::uint64_t below) { return *rc::gen::inRange<std::uint64_t>(0, below); };
  for (std::uint64_t left = few(60); left > 0; --left) {
    auto message = over_the_wire(*arbitrary<Message>());
    if (!message) continue;
    std::visit(
        [&]<class T>(T& what) {
          // Most are of the terms and places that matter to it.
          if (few(8) != 0) what.term = Term{target.raft().term().value + few(3)};
          if constexpr (std::same_as<T, AppendEntries>) {
            if (few(2) == 0) what.previous_index = Index{few(4)};
            if (few(2) == 0) what.previous_term = Term{few(4)};
            std::vector<Entry> entries;
            for (std::uint64_t i = 0, count = few(4); i < count; ++i)
              entries.push_back({.term = Term{few(5)},
                                 .index = Index{what.previous_index.value + 1 + i},
                                 .kind = EntryKind{static_cast<std::uint8_t>(few(3))},
                                 .payload = std::make_shared<const std::string>("x")});
            if (few(2) == 0) what.entries = Entries(std::move(entries));
          }
        },
        *message);
    static constexpr const char* senders[] = {"n2", "n3", "ghost", "n1"};
    target.handle(MessageReceived{ServerId(senders[few(4)]), std::move(*message)});
    if (few(2) == 0) target.write();
    if (few(3) == 0) target.wait(std::chrono::milliseconds(few(3000)));
  }
  target.write();
  // A frame may have taken it out of the configuration, or brought one with other voters.
  const Configuration& voters = target.raft().configuration();
  if (voters.is_voter("n1") && voters.is_voter("n2") && voters.is_voter("n3") && voters.voters() == 3)
    RC_ASSERT(target.gets_elected());
}

TEST(HostileFrames, AnswersThatWaitForAHungDiskAreBounded) {
  Target target;
  for (int i = 0; i < 5000; ++i)
    target.handle(MessageReceived{ServerId("n2"), RequestVote{Term{3}, Index{1}, Term{1}, false}});
  EXPECT_EQ(target.sent, 0u);
  target.write();
  EXPECT_EQ(target.sent, target.config().max_held_messages);
}

}  // namespace
}  // namespace tests
