// The loop, driving small machines of the tests' own.
#include <gtest/gtest.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <expected>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "io-real/loop/loop.hpp"
#include "io-real/net/http/http_client.hpp"
#include "tests/io-real/scratch_folder.hpp"

namespace {

namespace world = core::world;
using core::Address;
using io_real::loop::Loop;
using io_real::loop::LoopConfig;
using namespace std::chrono_literals;

const Address loopback{std::string("\x7f\0\0\1", 4), 0};
constexpr std::int32_t too_late = 99;

/// Does what its function says. A test that waits for what never comes ends with `too_late`.
class Toy : public world::Machine {
 public:
  using Handle = std::function<void(core::Now, const world::Event&, world::Effects&)>;
  explicit Toy(Handle handle) : handle_(std::move(handle)) {}

  void handle(core::Now now, const world::Event& event, world::Effects& effects) override {
    EXPECT_FALSE(inside_) << "the loop called back while the machine was at work";
    EXPECT_GE(now.instant, last_) << "time went back";
    inside_ = true;
    last_ = now.instant;
    if (last_resort_ == core::Instant::never()) {
      EXPECT_TRUE(std::holds_alternative<world::Woken>(event)) << "Woken comes first";
      last_resort_ = now.instant + 20s;
    }
    if (now.instant >= last_resort_) effects.push_back(world::Exited{too_late, "nothing happened"});
    handle_(now, event, effects);
    inside_ = false;
  }
  core::Instant deadline() const override { return std::min(wake_at, last_resort_); }

  core::Instant wake_at = core::Instant::never();

 private:
  Handle handle_;
  core::Instant last_;
  core::Instant last_resort_ = core::Instant::never();
  bool inside_ = false;
};

LoopConfig quiet() {
  LoopConfig config;
  config.log.to_stdout = false;
  config.workers = 2;
  return config;
}

std::unique_ptr<Loop> open(LoopConfig config) {
  auto loop = Loop::open(std::move(config));
  if (!loop) throw std::runtime_error(loop.error());
  return std::move(*loop);
}

TEST(Loop, WakesTheMachineAtItsDeadlineAndNotBefore) {
  int woken = 0;
  core::Instant expected;
  Toy* self = nullptr;
  Toy toy([&](core::Now now, const world::Event& event, world::Effects& effects) {
    ASSERT_TRUE(std::holds_alternative<world::Woken>(event));
    EXPECT_GE(now.instant, expected);
    EXPECT_TRUE(now.wall.is_set());
    // The third deadline is nearer than one that was set before it.
    ++woken;
    expected = self->wake_at = now.instant + (woken == 1 ? 20ms : 2ms);
    if (woken == 4) effects.push_back(world::Exited{7, "done"});
  });
  self = &toy;
  EXPECT_EQ(open(quiet())->run(toy, nullptr, nullptr), 7);
  EXPECT_EQ(woken, 4);
}

TEST(Loop, ANearerDeadlineReplacesAFartherOne) {
  const auto loop = open(quiet());
  Toy* self = nullptr;
  Toy toy([&](core::Now now, const world::Event& event, world::Effects& effects) {
    if (std::holds_alternative<world::Computed>(event)) self->wake_at = now.instant + 1ms;
    if (std::holds_alternative<world::Woken>(event) && now.instant >= self->wake_at)
      effects.push_back(world::Exited{3, ""});
    if (self->wake_at == core::Instant::never()) {
      self->wake_at = now.instant + 19s;
      loop->post(world::Computed{{1}});
    }
  });
  self = &toy;
  EXPECT_EQ(loop->run(toy, nullptr, nullptr), 3);
}

// So that a machine may gather what comes together.
TEST(Loop, WakesAMachineThatIsDueWhenAllIsToldThatCameTogether) {
  const auto loop = open(quiet());
  std::string told;
  Toy* self = nullptr;
  Toy toy([&](core::Now now, const world::Event& event, world::Effects& effects) {
    if (std::holds_alternative<world::Computed>(event)) {
      told += 'c';
      self->wake_at = now.instant;
      return;
    }
    if (told.empty()) {
      for (std::uint64_t i = 1; i <= 3; ++i) loop->post(world::Computed{{i}});
      return;
    }
    told += 'w';
    // Due once more, and then no more.
    self->wake_at = told.ends_with("ww") ? core::Instant::never() : now.instant;
    if (told.ends_with("ww")) effects.push_back(world::Exited{4, ""});
  });
  self = &toy;
  EXPECT_EQ(loop->run(toy, nullptr, nullptr), 4);
  EXPECT_EQ(told, "cccww");
}

TEST(Loop, ComputesBesideAndAnswers) {
  struct Square : world::Work {
    explicit Square(std::uint64_t n) : number(n) {}
    void run() override {
      number *= number;
      thread = std::this_thread::get_id();
      sigset_t mask;
      ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      hears = ::sigismember(&mask, SIGTERM) == 0;
    }
    std::uint64_t number;
    std::thread::id thread;
    bool hears = true;
  };
  constexpr std::uint64_t count = 3000;  // more than may wait at once
  std::vector<std::shared_ptr<Square>> works;
  std::uint64_t computed = 0;
  Toy toy([&](core::Now, const world::Event& event, world::Effects& effects) {
    if (const auto* done = std::get_if<world::Computed>(&event)) {
      EXPECT_EQ(works[done->token.value]->number, done->token.value * done->token.value);
      if (++computed == count) effects.push_back(world::Exited{0, ""});
      return;
    }
    for (std::uint64_t i = 0; works.size() < count; ++i) {
      works.push_back(std::make_shared<Square>(i));
      effects.push_back(world::Compute{{i}, "square", works.back()});
    }
  });
  EXPECT_EQ(open(quiet())->run(toy, nullptr, nullptr), 0);
  EXPECT_NE(works[0]->thread, std::this_thread::get_id());
  EXPECT_FALSE(works[0]->hears) << "signals are for the loop's thread";
}

TEST(Loop, SignalsAreEventsAndHangupReloads) {
  auto config = quiet();
  int reloads = 0;
  config.reload = [&]() -> std::expected<world::Reloaded, std::string> {
    if (++reloads == 1) return std::unexpected("a file that is not fit for use");
    return world::Reloaded{world::LogLevel::debug};
  };
  std::string seen;
  Toy toy([&](core::Now, const world::Event& event, world::Effects& effects) {
    const auto send = [](int number) { ::kill(::getpid(), number); };
    if (std::holds_alternative<world::Woken>(event)) send(SIGHUP);
    if (const auto* reloaded = std::get_if<world::Reloaded>(&event)) {
      seen += "reloaded ";
      EXPECT_EQ(reloaded->log_level, world::LogLevel::debug);
      send(SIGINT);
    }
    const auto* signalled = std::get_if<world::Signalled>(&event);
    if (!signalled) return;
    switch (signalled->signal) {
      case world::Signal::hangup:
        seen += "hangup ";
        if (reloads == 1) send(SIGHUP);
        break;
      case world::Signal::interrupt:
        seen += "interrupt ";
        send(SIGTERM);
        break;
      case world::Signal::terminate:
        seen += "terminate";
        effects.push_back(world::Exited{1, "graceful leave"});
    }
  });
  EXPECT_EQ(open(std::move(config))->run(toy, nullptr, nullptr), 1);
  EXPECT_EQ(seen, "hangup hangup reloaded interrupt terminate");
}

TEST(LoopDeathTest, ASecondInterruptForcesTheEndThatTakesItsTime) {
  // A computation that does not come to an end by itself, and an operator who loses patience.
  struct Endless : world::Work {
    void run() override {
      const auto give_up = std::chrono::steady_clock::now() + 20s;
      while (std::chrono::steady_clock::now() < give_up) {
        std::this_thread::sleep_for(20ms);
        ::kill(::getpid(), SIGINT);
      }
    }
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run_and_end = [] {
    Toy toy([](core::Now, const world::Event& event, world::Effects& effects) {
      if (std::holds_alternative<world::Woken>(event))
        effects.push_back(world::Compute{{1}, "endless", std::make_shared<Endless>()});
      if (std::holds_alternative<world::Signalled>(event)) effects.push_back(world::Exited{0, ""});
    });
    open(quiet())->run(toy, nullptr, nullptr);
  };
  EXPECT_EXIT(run_and_end(), testing::KilledBySignal(SIGINT), "");
}

TEST(Loop, EffectsBeforeTheExitAreCarriedOutAndThoseBehindAreNot) {
  tests::ScratchFolder folder;
  auto config = quiet();
  config.data_dir = (folder.path() / "data").string();
  Toy toy([&](core::Now, const world::Event&, world::Effects& effects) {
    for (std::uint64_t i = 0; i < 100; ++i)
      effects.push_back(world::DiskBatch{{i}, {world::WriteAt{"log", i, "x"}, world::Sync{"log"}}});
    effects.push_back(world::Exited{0, ""});
    effects.push_back(world::DiskBatch{{100}, {world::WriteAt{"late", 0, "x"}}});
  });
  EXPECT_EQ(open(std::move(config))->run(toy, nullptr, nullptr), 0);
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "data/log"), 100u);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "data/late"));
}

class LoopDisk : public testing::TestWithParam<bool> {};

TEST_P(LoopDisk, WritesAndReadsBack) {
  tests::ScratchFolder folder;
  auto config = quiet();
  if (GetParam()) config.data_dir = folder.path().string();
  std::string listing;
  Toy toy([&](core::Now, const world::Event& event, world::Effects& effects) {
    if (std::holds_alternative<world::Woken>(event))
      effects.push_back(world::DiskBatch{{1}, {world::WriteAt{"vote", 0, "term 3"}, world::Sync{"vote"}}});
    if (const auto* done = std::get_if<world::DiskBatchDone>(&event)) {
      EXPECT_EQ(done->error, "");
      effects.push_back(world::ReadDirectory{{2}, ""});
    }
    if (const auto* read = std::get_if<world::DirectoryRead>(&event)) {
      for (const auto& file : read->files) listing += file.name + "=" + file.bytes;
      effects.push_back(world::Exited{0, ""});
    }
  });
  EXPECT_EQ(open(std::move(config))->run(toy, nullptr, nullptr), 0);
  EXPECT_EQ(listing, "vote=term 3");
}
INSTANTIATE_TEST_SUITE_P(InMemoryAndOnDisk, LoopDisk, testing::Bool());

TEST(Loop, AnswersTheApiEvenWithItsLastBreath) {
  auto config = quiet();
  config.http = {loopback, loopback};
  const auto loop = open(std::move(config));
  ASSERT_EQ(loop->http_addresses().size(), 2u);
  Toy toy([](core::Now, const world::Event& event, world::Effects& effects) {
    const auto* asked = std::get_if<world::ApiRequested>(&event);
    if (!asked) return;
    effects.push_back(world::ApiAnswered{asked->request, 200, {}, "you asked " + asked->target, false});
    if (asked->target == "/quit") effects.push_back(world::Exited{5, ""});
  });
  std::string first;
  std::string last;
  std::thread operator_thread([&] {
    namespace http = io_real::net::http;
    const auto ask = [](const Address& at, const std::string& target) {
      const auto answer = http::request({.url = "http://" + at.text() + target, .timeout = 20s});
      return answer ? answer->body : answer.error();
    };
    first = ask(loop->http_addresses()[0], "/v1/jobs");
    last = ask(loop->http_addresses()[1], "/quit");
  });
  EXPECT_EQ(loop->run(toy, nullptr, nullptr), 5);
  operator_thread.join();
  EXPECT_EQ(first, "you asked /v1/jobs");
  EXPECT_EQ(last, "you asked /quit");
}

TEST(Loop, SpeaksToItselfOverStreamsDatagramsAndNames) {
  auto config = quiet();
  config.rpc = loopback;
  config.serf = loopback;
  const auto loop = open(std::move(config));
  ASSERT_TRUE(loop->rpc_address());
  const auto rpc = *loop->rpc_address();
  const auto serf = *loop->serf_address();
  std::string seen;
  Toy toy([&](core::Now, const world::Event& event, world::Effects& effects) {
    if (std::holds_alternative<world::Woken>(event)) effects.push_back(world::ResolveName{{9}, "127.0.0.1"});
    if (const auto* resolved = std::get_if<world::NameResolved>(&event)) {
      seen += "resolved ";
      EXPECT_EQ(resolved->addresses, std::vector{loopback});
      effects.push_back(world::OpenStream{{2}, rpc});
      effects.push_back(world::SendStream{{2}, "frame"});
    }
    if (const auto* received = std::get_if<world::StreamReceived>(&event)) {
      seen += received->bytes + " ";
      effects.push_back(world::SendDatagram{serf, "gossip"});
    }
    if (const auto* datagram = std::get_if<world::DatagramReceived>(&event)) {
      seen += datagram->bytes;
      EXPECT_EQ(datagram->from, serf);
      effects.push_back(world::CloseStream{{2}});
    }
    if (const auto* closed = std::get_if<world::StreamClosed>(&event)) {
      EXPECT_EQ(closed->reason, "EOF");
      effects.push_back(world::Exited{0, ""});
    }
  });
  EXPECT_EQ(loop->run(toy, nullptr, nullptr), 0);
  EXPECT_EQ(seen, "resolved frame gossip");
}

TEST(Loop, HandsTheHostWhatIsTheHosts) {
  const auto loop = open(quiet());
  struct Host : io_real::loop::HostCarrier {
    explicit Host(Loop& l) : loop(l) {}
    void carry_out(const world::Effect& effect) override {
      seen += std::to_string(effect.index()) + " ";
      if (const auto* make = std::get_if<world::MakeAllocDir>(&effect))
        loop.post(world::AllocDirMade{make->alloc_id, ""});
    }
    Loop& loop;
    std::string seen;
  } host(*loop);
  std::string made;
  Toy toy([&](core::Now, const world::Event& event, world::Effects& effects) {
    if (std::holds_alternative<world::Woken>(event))
      effects = {world::FingerprintHost{{1}}, world::KillTask{{"a", "t"}}, world::MakeAllocDir{"alloc", {"task"}}};
    if (const auto* done = std::get_if<world::AllocDirMade>(&event)) {
      made = done->alloc_id;
      effects.push_back(world::Exited{0, ""});
    }
  });
  EXPECT_EQ(loop->run(toy, &host, nullptr), 0);
  const auto index = [](world::Effect effect) { return std::to_string(effect.index()) + " "; };
  EXPECT_EQ(host.seen, index(world::FingerprintHost{}) + index(world::KillTask{}) + index(world::MakeAllocDir{}));
  EXPECT_EQ(made, "alloc");
}

TEST(Loop, TheObserverSeesEveryEventBeforeAndEveryEffectAfter) {
  struct Watcher : io_real::loop::Observer {
    void on_event(core::Now now, const world::Event& event) override {
      at = now.instant;
      seen += "event" + std::to_string(event.index()) + " ";
    }
    void on_effects(core::Now now, const world::Effects& effects) override {
      EXPECT_EQ(now.instant, at);
      seen += "effects" + std::to_string(effects.size()) + " ";
    }
    std::string seen;
    core::Instant at;
  } watcher;
  Toy toy([&](core::Now, const world::Event& event, world::Effects& effects) {
    watcher.seen += "handle ";
    if (std::holds_alternative<world::Woken>(event)) effects.push_back(world::DiskBatch{{1}, {}});
    if (std::holds_alternative<world::DiskBatchDone>(event)) effects = {world::Logged{}, world::Exited{0, ""}};
  });
  EXPECT_EQ(open(quiet())->run(toy, nullptr, &watcher), 0);
  const auto done = std::to_string(world::Event(world::DiskBatchDone{}).index());
  EXPECT_EQ(watcher.seen, "event0 handle effects1 event" + done + " handle effects2 ");
}

TEST(Loop, PeersWaitWhileTooManyEventsDo) {
  // A crowd that sends faster than the machine handles. What is read and not handled yet is bounded, and whoever
  // waited is heard to the end.
  constexpr std::size_t peers = 100;
  constexpr std::size_t bytes_each = 1 << 20;
  auto config = quiet();
  config.rpc = loopback;
  config.stream_limits.connections_per_ip = peers;
  const auto loop = open(std::move(config));
  std::uint64_t next_stream = 2;
  std::size_t received = 0;
  std::size_t ended = 0;
  bool crowded = false;
  Toy toy([&](core::Now, const world::Event& event, world::Effects& effects) {
    if (std::holds_alternative<world::Woken>(event) && next_stream == 2)
      for (std::size_t i = 0; i < peers; ++i, next_stream += 2) {
        effects.push_back(world::OpenStream{{next_stream}, *loop->rpc_address()});
        effects.push_back(world::SendStream{{next_stream}, std::string(bytes_each, 'x')});
        effects.push_back(world::CloseStream{{next_stream}});
      }
    if (const auto* bytes = std::get_if<world::StreamReceived>(&event)) received += bytes->bytes.size();
    if (std::exchange(crowded, true) == false)
      for (std::size_t i = 0; i < 2 * io_real::loop::max_waiting_events; ++i) loop->post(world::Computed{{i}});
    if (std::holds_alternative<world::StreamClosed>(event) && ++ended == peers) effects.push_back(world::Exited{0, ""});
  });
  EXPECT_EQ(loop->run(toy, nullptr, nullptr), 0);
  EXPECT_EQ(received, peers * bytes_each);
}

TEST(Loop, EventsOfOneSourceKeepTheirOrder) {
  const auto loop = open(quiet());
  constexpr std::uint64_t each = 5000;
  constexpr std::uint64_t sources = 3;
  std::vector<std::uint64_t> last(sources);
  std::uint64_t count = 0;
  Toy toy([&](core::Now, const world::Event& event, world::Effects& effects) {
    const auto* done = std::get_if<world::Computed>(&event);
    if (!done) return;
    auto& expected = last[done->token.value / each];
    EXPECT_EQ(done->token.value % each, expected++);
    if (++count == sources * each) effects.push_back(world::Exited{0, ""});
  });
  std::vector<std::thread> threads;
  for (std::uint64_t source = 0; source < sources; ++source)
    threads.emplace_back([&, source] {
      for (std::uint64_t i = 0; i < each; ++i) loop->post(world::Computed{{source * each + i}});
    });
  EXPECT_EQ(loop->run(toy, nullptr, nullptr), 0);
  for (auto& thread : threads) thread.join();
}

TEST(Loop, WhatCannotBeOpenedIsASentence) {
  auto config = quiet();
  config.http = {loopback};
  const auto first = open(config);
  config.http = first->http_addresses();
  const auto second = Loop::open(config);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "listen tcp " + config.http[0].text() + ": bind: address already in use");
  config = quiet();
  config.data_dir = "/proc/no/such";
  const auto third = Loop::open(config);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error(), "mkdir /proc/no/such: No such file or directory");
}

TEST(Loop, LogsGoToTheFileAndTheLevelChangesWithAReload) {
  tests::ScratchFolder folder;
  auto config = quiet();
  config.log.file = {{.path = folder.path().string() + "/"}};
  config.reload = [] { return world::Reloaded{world::LogLevel::debug}; };
  Toy toy([&](core::Now, const world::Event& event, world::Effects& effects) {
    const bool reloaded = std::holds_alternative<world::Reloaded>(event);
    effects.push_back(world::Logged{world::LogLevel::debug, "nomad", reloaded ? "heard" : "not heard", {}});
    if (std::holds_alternative<world::Woken>(event)) {
      effects.push_back(world::Logged{world::LogLevel::warn, "nomad.raft", "election timeout", {{"term", "2"}}});
      ::kill(::getpid(), SIGHUP);
    }
    if (reloaded) effects.push_back(world::Exited{0, ""});
  });
  {
    const auto loop = open(std::move(config));
    EXPECT_EQ(loop->run(toy, nullptr, nullptr), 0);
  }
  std::stringstream text;
  text << std::ifstream(folder.path() / "nomad.log").rdbuf();
  EXPECT_NE(text.str().find("[WARN]  nomad.raft: election timeout: term=2\n"), std::string::npos) << text.str();
  EXPECT_NE(text.str().find("[DEBUG] nomad: heard\n"), std::string::npos) << text.str();
  EXPECT_EQ(text.str().find("not heard"), std::string::npos) << "only the level after the reload shows debug lines";
}

}  // namespace
