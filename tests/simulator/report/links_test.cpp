// What an event received is traced back to what sent it, however the bytes are cut up on their way.
#include "simulator/report/links.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace simulator::report {
namespace {

namespace rpc = core::wire::rpc;

constexpr NodeId opener = 0;
constexpr NodeId acceptor = 1;

std::string call(std::uint64_t number) {
  return rpc::encode_frame({{number}, false, rpc::AllocsWanted{{"alloc-" + std::to_string(number)}, number}});
}

TEST(Links, ADatagramIsTracedToItsSender) {
  Labels labels;
  Links links(labels);
  links.datagram_sent(7, {100}, 2, 3, "abc");
  links.datagram_sent(8, {200}, 2, 3, "abc");
  EXPECT_FALSE(links.datagram_received(3, 2, "abc"));
  EXPECT_FALSE(links.datagram_received(2, 3, "abd"));
  EXPECT_EQ(links.datagram_received(2, 3, "abc")->event, 7U);
  EXPECT_EQ(links.datagram_received(2, 3, "abc")->event, 8U);
  // The network doubled one: it is told whose it was, and not counted again.
  const auto again = links.datagram_received(2, 3, "abc");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->event, 8U);
  EXPECT_FALSE(again->label);
  EXPECT_TRUE(links.take_lost({300}, true).empty());
}

TEST(Links, WhatNeverArrivesIsLost) {
  Labels labels;
  Links links(labels);
  links.datagram_sent(7, {100}, 2, 3, "abc");
  EXPECT_TRUE(links.take_lost({200}, false).empty()) << "it may still be on its way";
  const auto lost = links.take_lost(TrueTime{200} + Links::longest_way, false);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].event, 7U);
  EXPECT_TRUE(links.take_lost(TrueTime{300} + Links::longest_way, true).empty()) << "it is told once";
}

// Several streams between the same two nodes, both ways, their ids no help, accepted in any order.
RC_GTEST_PROP(Links, EachMessageIsTracedToTheEventThatSentIt, ()) {
  Labels labels;
  Links links(labels);
  const auto streams = *rc::gen::inRange<std::uint64_t>(1, 4);
  std::vector<std::uint64_t> order;
  for (std::uint64_t i = 0; i < streams; ++i) order.push_back(i);
  for (std::uint64_t i = 0; i < streams; ++i) links.stream_opened({opener, 1, 2 * i}, acceptor, false, {});
  std::swap(order.front(), order[*rc::gen::inRange<std::size_t>(0, streams)]);
  for (const std::uint64_t i : order) links.stream_accepted({acceptor, 1, 2 * i + 1}, opener, false, {});
  struct Way {
    std::string bytes;  // not received yet
    std::vector<std::uint64_t> expected;
    std::vector<std::uint64_t> found;
  };
  std::vector<Way> there(streams), back(streams);
  std::uint64_t event = 0;
  const auto receive = [&](std::uint64_t stream, bool to_acceptor, std::size_t count) {
    Way& way = (to_acceptor ? there : back)[stream];
    const std::string bytes = way.bytes.substr(0, count);
    way.bytes.erase(0, bytes.size());
    if (bytes.empty()) return;
    const Links::End end = to_acceptor ? Links::End{acceptor, 1, 2 * stream + 1} : Links::End{opener, 1, 2 * stream};
    for (const Sent& sent : links.stream_received(end, bytes)) way.found.push_back(sent.event);
  };
  const auto send = [&](std::uint64_t stream, bool to_acceptor) {
    Way& way = (to_acceptor ? there : back)[stream];
    const Links::End end = to_acceptor ? Links::End{opener, 1, 2 * stream} : Links::End{acceptor, 1, 2 * stream + 1};
    const std::string bytes =
        (to_acceptor && way.expected.empty() ? std::string(1, rpc::protocol_byte) : "") + call(++event);
    links.stream_sent(end, event, {static_cast<std::int64_t>(event)}, bytes);
    way.bytes += bytes;
    way.expected.push_back(event);
  };
  // Each opener speaks first, in full, as agents do: by that the ends are paired.
  for (std::uint64_t i = 0; i < streams; ++i) send(i, true);
  for (const std::uint64_t i : order) receive(i, true, call(1).size() + 1);
  for (int i = *rc::gen::inRange(0, 60); i > 0; --i) {
    const auto stream = *rc::gen::inRange<std::uint64_t>(0, streams);
    const bool to_acceptor = *rc::gen::arbitrary<bool>();
    if (*rc::gen::arbitrary<bool>())
      send(stream, to_acceptor);
    else
      receive(stream, to_acceptor, *rc::gen::inRange<std::size_t>(1, 80));
  }
  for (std::uint64_t i = 0; i < streams; ++i) {
    receive(i, true, std::string::npos);
    receive(i, false, std::string::npos);
    RC_ASSERT(there[i].found == there[i].expected);
    RC_ASSERT(back[i].found == back[i].expected);
  }
  RC_ASSERT(links.take_lost({}, true).empty());
}

TEST(Labels, TellAMessageByItsNumbers) {
  Labels labels;
  rpc::FrameReader reader(false);
  const core::raft::RequestVote vote{{5}, {40}, {4}, false};
  const auto label = labels.of_stream(reader, rpc::encode_frame({{}, false, rpc::RaftCarried{"id", "to", vote}}));
  ASSERT_TRUE(label);
  EXPECT_EQ(labels.text(*label), "RequestVote (term 5, last index 40, last term 4, transfer 0)");
  EXPECT_EQ(labels.kinds()[label->kind].family, Family::election);
  const auto heartbeat = labels.of_stream(
      reader, rpc::encode_frame({{}, false, rpc::RaftCarried{"id", "to", core::raft::Heartbeat{}}}) + call(1));
  ASSERT_TRUE(heartbeat);
  EXPECT_EQ(labels.kinds()[heartbeat->kind].name, "Heartbeat") << "the weightier of the two";
  EXPECT_EQ(heartbeat->more, 1U);
}

}  // namespace
}  // namespace simulator::report
