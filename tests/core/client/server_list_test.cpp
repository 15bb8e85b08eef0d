// The list of servers: who is asked first, and who is not forgotten.
#include <gtest/gtest.h>

#include "core/client/server_list.hpp"

namespace core::client {
namespace {

std::vector<std::string> texts(const ServerList& list) {
  std::vector<std::string> out;
  for (const Address& server : list.all()) out.push_back(server.text());
  return out;
}

std::vector<std::string> named(int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i)
    out.push_back("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ":4647");
  return out;
}

TEST(ServerList, TheOneThatFailedGoesToTheEnd) {
  ServerList list;
  Rng rng(1);
  list.set(named(3), rng);
  const auto before = texts(list);
  list.failed(list.first());
  EXPECT_EQ(texts(list), (std::vector{before[1], before[2], before[0]}));
  list.failed(list.all()[1]);  // who is not asked does not move
  EXPECT_EQ(texts(list), (std::vector{before[1], before[2], before[0]}));
}

TEST(ServerList, ASetThatIsTheSameKeepsItsOrder) {
  ServerList list;
  Rng rng(1);
  list.set(named(20), rng);
  const auto before = texts(list);
  list.set(named(20), rng);
  EXPECT_EQ(texts(list), before);
}

// A server that has just started may know nobody but itself, and be gone the next moment (nomad#4666).
TEST(ServerList, WhoIsNotNamedAnyMoreIsAskedAgainWhenAllOthersFail) {
  ServerList list;
  Rng rng(1);
  list.set(named(3), rng);
  list.set(std::vector<std::string>{"10.0.0.1:4647"}, rng);
  EXPECT_EQ(texts(list), std::vector<std::string>{"10.0.0.1:4647"});
  list.all_failed();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list.first().text(), "10.0.0.1:4647");
  list.all_failed();
  EXPECT_EQ(list.size(), 3U) << "each is there once";
  list.set(std::vector<std::string>{"10.0.0.1:4647"}, rng);
  list.set(named(2), rng);
  EXPECT_EQ(list.size(), 2U) << "the servers' word holds while they answer";
  list.all_failed();
  EXPECT_EQ(list.size(), 3U);
}

TEST(ServerList, HasALimit) {
  ServerList list;
  Rng rng(1);
  list.set(named(300), rng);
  EXPECT_EQ(list.size(), ServerList::max_servers);
  list.set(std::vector<std::string>{"10.9.9.9:4647"}, rng);
  list.all_failed();
  EXPECT_EQ(list.size(), 1 + ServerList::max_former);
  EXPECT_EQ(list.first().text(), "10.9.9.9:4647");
}

}  // namespace
}  // namespace core::client
