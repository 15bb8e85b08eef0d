// What many members know of many others: tables, queues and shared identities against the plainest models.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/rng.hpp"
#include "core/gossip/broadcast_queue.hpp"
#include "core/gossip/identity.hpp"
#include "core/gossip/member_table.hpp"
#include "core/gossip/name_index.hpp"
#include "core/gossip/node_table.hpp"
#include "core/wire/serf/serf_message.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::gossip;
namespace serf = core::wire::serf;

std::shared_ptr<const Identity> identity(const std::string& name) {
  return std::make_shared<const Identity>(name, Address{std::string(4, '\1'), 1}, "", ProtocolVersions{});
}

// Digests of two bits: nearly all names collide, as if somebody had chosen them so.
RC_GTEST_PROP(NameIndex, FindsWhatAMapFindsHoweverNamesCollide, (std::uint64_t seed, bool collide)) {
  Rng rng(seed);
  NameIndex index;
  std::vector<std::string> rows;
  std::map<std::string, std::uint32_t> model;
  const auto names = [&](std::uint32_t row) -> std::string_view { return rows[row]; };
  const auto digest = [&](const std::string& name) { return collide ? name_digest(name) << 30 : name_digest(name); };
  for (int i = 0; i < 300; ++i) {
    const std::string name = "m" + std::to_string(rng.below(100));
    const auto found = index.find(name, digest(name), names);
    const auto known = model.find(name);
    RC_ASSERT(found.has_value() == (known != model.end()));
    if (found) RC_ASSERT(*found == known->second);
    if (!found) {
      rows.push_back(name);
      const auto row = static_cast<std::uint32_t>(rows.size() - 1);
      index.insert(name, digest(name), row, names);
      model[name] = row;
    } else if (rng.below(2) == 0) {
      index.erase(name, digest(name), names);
      model.erase(name);
    }
    RC_ASSERT(index.size() == model.size());
  }
}

RC_GTEST_PROP(MemberTable, IsAMapByName, (std::uint64_t seed)) {
  Rng rng(seed);
  MemberTable table;
  std::map<std::string, std::uint32_t> model;
  for (std::uint32_t i = 0; i < 200; ++i) {
    const std::string name = "m" + std::to_string(rng.below(50));
    Member* member = table.find(name);
    RC_ASSERT((member != nullptr) == model.contains(name));
    if (member == nullptr) {
      table.insert(identity(name)).incarnation = Incarnation{i};
      model[name] = i;
    } else if (rng.below(3) == 0) {
      table.erase(*member);
      model.erase(name);
    } else {
      RC_ASSERT(member->incarnation.value == model[name]);
    }
    if (rng.below(4) != 0) continue;
    std::map<std::string, std::uint32_t> seen;
    std::string last;
    for (const Member& one : table) {
      RC_ASSERT(last < one.name());
      last = one.name();
      seen[one.name()] = one.incarnation.value;
    }
    RC_ASSERT(seen == model);
  }
}

TEST(NodeTable, UsesTheRowOfAForgottenOneAgain) {
  Rng rng(1);
  NodeTable table;
  Node& a = table.insert(rng, identity("a"));
  table.insert(rng, identity("b"));
  a.incarnation = Incarnation{7};
  table.erase("a");
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_EQ(table.insert(rng, identity("c")).incarnation, Incarnation{});
  EXPECT_EQ(table.find("c")->name(), "c");
  EXPECT_EQ(table.find("b")->name(), "b");
  EXPECT_EQ(table.size(), 2u);
}

TEST(Identities, EqualOnesAreOneForAsLongAsSomebodyHasIt) {
  Identities identities;
  const Address here{std::string(4, '\1'), 1};
  const auto first = identities.intern("a", here, "meta", {});
  EXPECT_EQ(identities.intern("a", here, "meta", {}), first);
  EXPECT_NE(identities.intern("a", here, "other", {}), first);
  EXPECT_NE(identities.intern("a", {here.ip, 2}, "meta", {}), first);
  EXPECT_NE(identities.intern("b", here, "meta", {}), first);
  EXPECT_NE(identities.intern("a", here, "meta", {1, 5, 2, 2, 5, 4}), first);
  for (int i = 0; i < 10'000; ++i) identities.intern("m" + std::to_string(i), here, "", {});
  EXPECT_LT(identities.size(), 200u) << "those that nobody has are let go";
  EXPECT_EQ(identities.intern("a", here, "meta", {}), first);
}

/// As the queue was first written: one ordered map.
class QueueModel {
 public:
  void queue(const std::string& bytes, const std::string& about) {
    if (!about.empty()) std::erase_if(messages_, [&](const auto& entry) { return entry.second.second == about; });
    messages_[{0, -static_cast<int>(bytes.size()), -(++last_)}] = {bytes, about};
  }
  std::vector<std::string> take(std::size_t room, std::size_t overhead, int limit) {
    std::vector<std::string> out;
    std::map<Rank, std::pair<std::string, std::string>> left;
    for (auto& [rank, message] : messages_) {
      auto [sent, size, number] = rank;
      if (message.first.size() + overhead <= room) {
        room -= message.first.size() + overhead;
        out.push_back(message.first);
        if (++sent >= limit) continue;
      }
      left[{sent, size, number}] = message;
    }
    messages_ = std::move(left);
    return out;
  }
  void prune(std::size_t size) {
    while (messages_.size() > size) {
      const int most = std::get<0>(messages_.rbegin()->first);
      auto oldest = messages_.end();
      for (auto at = messages_.begin(); at != messages_.end(); ++at)
        if (std::get<0>(at->first) == most &&
            (oldest == messages_.end() || std::get<2>(at->first) > std::get<2>(oldest->first)))
          oldest = at;
      messages_.erase(oldest);
    }
  }
  std::size_t size() const { return messages_.size(); }

 private:
  using Rank = std::tuple<int, int, int>;
  std::map<Rank, std::pair<std::string, std::string>> messages_;
  int last_ = 0;
};

RC_GTEST_PROP(BroadcastQueue, TellsInTheOrderOfAnOrderedMap, (std::uint64_t seed)) {
  Rng rng(seed);
  BroadcastQueue queue;
  QueueModel model;
  std::vector<std::shared_ptr<const Identity>> members;
  for (int i = 0; i < 12; ++i) members.push_back(identity("m" + std::to_string(i)));
  std::vector<Awaited> done;
  for (int i = 0; i < 200; ++i) {
    const auto& about = members[rng.below(members.size())];
    switch (rng.below(7)) {
      case 0:
      case 1: {
        const std::uint32_t incarnation = static_cast<std::uint32_t>(rng.below(200));
        queue.queue_alive(about, Incarnation{incarnation});
        std::string bytes;
        about->alive.append(incarnation, bytes);
        RC_ASSERT(bytes.size() == about->alive.bytes(incarnation));
        model.queue(bytes, about->name);
        break;
      }
      case 2: {
        const std::string bytes = serf::encode(serf::Dead{1, about->name, "m" + std::to_string(i)});
        queue.queue(bytes, about);
        model.queue(bytes, about->name);
        break;
      }
      case 3: {
        const auto time = rng.below(1 << 20);
        queue.queue_join(about, LamportTime{time});
        model.queue(serf::encode(serf::JoinIntent{time, about->name}), "");
        break;
      }
      case 4: {
        const std::size_t left = rng.below(20);
        queue.prune(left);
        model.prune(left);
        break;
      }
      default: {
        std::size_t room = rng.below(400);
        const int limit = 1 + static_cast<int>(rng.below(4));
        serf::Compound out;
        const std::vector<std::string> expected = model.take(room, 2, limit);
        queue.take(room, {2, false}, limit, out, done);
        RC_ASSERT(out.parts() == expected.size());
        if (!expected.empty()) RC_ASSERT(out.take() == serf::compound(expected));
        break;
      }
    }
    RC_ASSERT(queue.size() == model.size());
    RC_ASSERT(queue.empty() == (model.size() == 0));
  }
}

}  // namespace
}  // namespace tests
