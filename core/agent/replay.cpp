// A recorded life, lived again.
#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "core/agent/moment.hpp"
#include "core/agent/recording.hpp"
#include "core/describe/hash.hpp"
#include "core/describe/text.hpp"

namespace core::agent {
namespace {

class Life {
 public:
  Life(const SegmentReader& first, ReplayWatcher* watcher) : watcher_(watcher) {
    out_.run_again = first.header().segment == 1;
    out_.events = first.header().first_event - 1;
    if (out_.run_again) agent_.emplace(first.config(), first.header().seed);
  }

  void take(const SegmentReader::Event& recorded) {
    ++out_.events;
    now_ = recorded.now;
    if (!agent_) return;
    if (const auto* computed = std::get_if<world::Computed>(&recorded.event))
      if (const auto work = computing_.extract(computed->token)) work.mapped()->run();
    world::Effects effects;
    agent_->handle(recorded.now, recorded.event, effects);
    describe::hash(trace_, describe::type_of<world::Event>(), &recorded.event);
    const std::uint32_t found = short_hash(effects);
    trace_.add(std::uint64_t{found});
    for (const world::Effect& effect : effects)
      if (const auto* compute = std::get_if<world::Compute>(&effect)) computing_.emplace(compute->token, compute->work);
    if (watcher_ != nullptr) watcher_->handled(now_, *agent_);
    if (found == recorded.effects_hash || out_.divergence) return;
    out_.divergence = fmt::format("event {} ({}): the effects' hash was {:08x} when recorded and is {:08x} now",
                                  out_.events, describe::text_of(recorded.event), recorded.effects_hash, found);
    for (const world::Effect& effect : effects) *out_.divergence += "\n  " + describe::text_of(effect);
  }

  void take(const wire::Observed& recorded) {
    ++out_.observations;
    if (watcher_ != nullptr) watcher_->observed(now_, recorded);
    if (out_.divergence) return;
    if (!agent_) return compare(recorded);
    const auto found = observe(*agent_);
    if (found && *found == recorded) return;
    out_.divergence = fmt::format("after event {}: the server was {} when recorded, and is {} now", out_.events,
                                  describe::text_of(recorded), found ? describe::text_of(*found) : "not there");
  }

  void take(const wire::Checkpoint& checkpoint) {
    if (!agent_) return differs(rebuilt_.take(checkpoint));
    const std::uint64_t found = agent_->server() == nullptr ? 0 : agent_->server()->state().hash();
    if (found == checkpoint.state_hash) return;
    differs(fmt::format("the state's hash was {:016x} when recorded and is {:016x} now", checkpoint.state_hash, found));
  }
  void take(const Chunk& chunk) {
    if (!agent_) differs(rebuilt_.take(chunk));
  }
  void take(const raft::Entry& entry) {
    if (agent_) return;
    differs(rebuilt_.take(entry));
    if (watcher_ != nullptr && rebuilt_.state() != nullptr) watcher_->applied(now_, entry, *rebuilt_.state());
  }

  void damaged(std::string where) { out_.damage = std::move(where); }

  Replayed finish() {
    out_.trace_hash = trace_.value();
    if (agent_ && agent_->server() != nullptr) out_.state_hash = agent_->server()->state().hash();
    if (rebuilt_.state() != nullptr) out_.state_hash = rebuilt_.state()->hash();
    out_.entries = rebuilt_.entries();
    return std::move(out_);
  }

 private:
  void differs(std::string how) {
    if (!how.empty() && !out_.divergence) out_.divergence = fmt::format("after event {}: {}", out_.events, how);
  }
  // What was seen of the server, with the state that was followed.
  void compare(const wire::Observed& recorded) {
    const state::State* const state = rebuilt_.state();
    if (state == nullptr || (recorded.applied == state->index() && recorded.state_hash == state->hash())) return;
    differs(fmt::format("the state was {:016x} at index {} when recorded, and is {:016x} at index {} now",
                        recorded.state_hash, recorded.applied, state->hash(), state->index()));
  }

  ReplayWatcher* watcher_;
  Replayed out_;
  Now now_;
  std::optional<Agent> agent_;  // when its whole life is here, and else
  Rebuilt rebuilt_;
  describe::Hasher trace_;
  std::map<world::ComputeToken, std::shared_ptr<world::Work>> computing_;
};

}  // namespace

std::expected<Replayed, std::string> replay(const std::vector<std::string_view>& segments, ReplayWatcher* watcher) {
  std::vector<SegmentReader> readers;
  for (const std::string_view bytes : segments) {
    auto reader = SegmentReader::open(bytes);
    if (!reader) return std::unexpected(reader.error());
    if (!readers.empty()) {
      const wire::RecordingHeader& before = readers.back().header();
      if (reader->header().seed != before.seed || reader->header().segment != before.segment + 1)
        return std::unexpected(fmt::format("found segment {} after segment {}, wanted the next one of the same life",
                                           reader->header().segment, before.segment));
    }
    readers.push_back(std::move(*reader));
  }
  if (readers.empty()) return std::unexpected("no segment of a recording");
  Life life(readers.front(), watcher);
  for (SegmentReader& reader : readers) {
    for (;;) {
      auto next = reader.next();
      if (!next) {
        life.damaged(next.error());
        return life.finish();
      }
      if (!*next) break;
      std::visit([&](const auto& frame) { life.take(frame); }, **next);
    }
  }
  return life.finish();
}

}  // namespace core::agent
