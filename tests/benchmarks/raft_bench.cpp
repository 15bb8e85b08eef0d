// What a step of Raft costs: three servers in one thread, no network, disks that answer at once.
//
//   items_per_second: committed entries; steps: calls of Raft::handle a second, over all three;
//   allocations: of memory within Raft::handle, for each of its calls.
#include <cstdlib>
#include <deque>
#include <new>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/raft/raft.hpp"

namespace {

std::uint64_t allocations = 0;

}  // namespace

// Not inlined: the compiler would take `free` for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* const out = std::malloc(bytes)) return out;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace core::raft;
using namespace std::chrono_literals;

class Trio {
 public:
  Trio() {
    Configuration configuration;
    for (const char* id : {"8f1a6c1e-0d5b-4c57-9a50-000000000001", "8f1a6c1e-0d5b-4c57-9a50-000000000002",
                           "8f1a6c1e-0d5b-4c57-9a50-000000000003"})
      configuration.servers.push_back({id, id, Suffrage::voter});
    for (const Server& server : configuration.servers) {
      Raft::Config config;
      config.self = server.id;
      ids_.emplace_back(server.id);
      servers_.emplace_back(config, Restored{}, core::Rng(servers_.size() + 1), now_);
    }
    for (std::size_t i = 0; i < servers_.size(); ++i) step(i, Bootstrap{configuration});
    settle();
    while (!servers_[0].is_leader()) {
      now_ = std::max(now_, servers_[0].deadline());
      step(0, Woken{});
      settle();
    }
  }

  void propose(std::size_t batch, const Payload& payload) {
    if (batch == 1) {
      step(0, Proposed{ProposalId{1}, payload});
    } else {
      BatchProposed proposals;
      for (std::size_t i = 0; i < batch; ++i) proposals.proposals.push_back({ProposalId{i}, payload});
      step(0, proposals);
    }
    settle();
  }

  std::uint64_t steps() const { return steps_; }
  std::uint64_t allocated() const { return allocated_; }
  Index committed() const { return servers_[0].commit_index(); }

 private:
  struct Due {
    std::size_t to;
    Event event;
  };

  std::size_t number(const ServerId& id) const { return static_cast<std::size_t>(id.back() - '1'); }

  void step(std::size_t at, const Event& event) {
    ++steps_;
    effects_.clear();
    const std::uint64_t before = allocations;
    servers_[at].handle(now_, event, effects_);
    allocated_ += allocations - before;
    for (Effect& effect : effects_) {
      if (auto* send = std::get_if<Send>(&effect))
        due_.push_back({number(send->to), MessageReceived{ids_[at], std::move(send->message)}});
      else if (const auto* persist = std::get_if<Persist>(&effect))
        due_.push_back({at, Persisted{persist->sequence}});
    }
  }

  void settle() {
    while (!due_.empty()) {
      const Due next = std::move(due_.front());
      due_.pop_front();
      step(next.to, next.event);
    }
  }

  core::Instant now_;
  std::vector<Raft> servers_;
  std::vector<SharedId> ids_;
  std::deque<Due> due_;
  Effects effects_;
  std::uint64_t steps_ = 0;
  std::uint64_t allocated_ = 0;
};

// A log grows for ever without snapshots, so each trio takes part for a bounded number of entries.
constexpr std::uint64_t entries_a_trio = 100'000;

void commit_entries(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  const auto payload = std::make_shared<const std::string>(256, 'x');
  std::uint64_t steps = 0;
  std::uint64_t entries = 0;
  std::uint64_t allocated = 0;
  std::optional<Trio> trio;
  for (auto _ : state) {
    if (!trio || trio->committed().value > entries_a_trio) {
      state.PauseTiming();
      if (trio) steps += trio->steps(), allocated += trio->allocated();
      trio.emplace();
      state.ResumeTiming();
    }
    trio->propose(batch, payload);
    entries += batch;
  }
  steps += trio->steps();
  allocated += trio->allocated();
  state.SetItemsProcessed(static_cast<std::int64_t>(entries));
  state.counters["steps"] = benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
  state.counters["allocations"] = static_cast<double>(allocated) / static_cast<double>(steps);
}
BENCHMARK(commit_entries)->Arg(1)->Arg(64)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
