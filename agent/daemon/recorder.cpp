#include "agent/daemon/recorder.hpp"

#include <chrono>

#include "io-real/clock/clock.hpp"

namespace agent::daemon {
namespace world = core::world;
namespace {

const char* name_of(world::Signal signal) {
  switch (signal) {
    case world::Signal::interrupt:
      return "interrupt";
    case world::Signal::terminate:
      return "terminated";
    case world::Signal::hangup:
      return "hangup";
  }
  return "";
}

// About how much memory an event takes while it waits to be written.
std::size_t weight_of(const world::Event& event) {
  std::size_t out = sizeof event;
  if (const auto* received = std::get_if<world::StreamReceived>(&event)) out += received->bytes.size();
  if (const auto* datagram = std::get_if<world::DatagramReceived>(&event)) out += datagram->bytes.size();
  if (const auto* request = std::get_if<world::ApiRequested>(&event)) out += request->body.size();
  if (const auto* file = std::get_if<world::AllocFileRead>(&event)) out += file->bytes.size();
  // What an agent reads when it starts may be as long as it likes: there is no other time to record it.
  return out;
}

}  // namespace

std::expected<std::unique_ptr<Recorder>, std::string> Recorder::open(const config::Recording& recording,
                                                                     const core::agent::Config& config,
                                                                     std::uint64_t seed, Say say) {
  std::unique_ptr<Recorder> recorder(new Recorder(say));
  recorder->leaves_on_interrupt_ = config.leave_on_interrupt;
  recorder->leaves_on_terminate_ = config.leave_on_terminate;
  if (recording.file.empty()) return recorder;
  const auto began = static_cast<std::uint64_t>(io_real::clock::wall_now().unix_ns);
  auto journal = Journal::open(
      recording.file, core::agent::make_header(config, seed, began),
      {static_cast<std::uint64_t>(recording.most_mb) << 20, std::chrono::minutes(recording.minutes)}, std::move(say));
  if (!journal) return std::unexpected(journal.error());
  recorder->journal_ = std::move(*journal);
  return recorder;
}

Recorder::~Recorder() {
  if (journal_ && handling_) journal_->add(std::move(entry_), 0);
}

void Recorder::on_event(core::Now now, const world::Event& event) {
  if (journal_) {
    entry_ = {now, event, 0};
    handling_ = true;
  }
  tell_signal(event);
}

void Recorder::tell_signal(const world::Event& event) {
  const auto* signalled = std::get_if<world::Signalled>(&event);
  if (signalled == nullptr) return;
  say_(std::string("==> Caught signal: ") + name_of(signalled->signal));
  if (signalled->signal == world::Signal::hangup) {
    say_("==> Reloading configuration...");
  } else if ((signalled->signal == world::Signal::interrupt ? leaves_on_interrupt_ : leaves_on_terminate_) &&
             !leaving_) {
    leaving_ = true;
    say_("==> Gracefully shutting down agent...");
  }
}

void Recorder::on_effects(core::Now, const world::Effects& effects) {
  if (!journal_) return;
  handling_ = false;
  entry_.effects_hash = core::agent::short_hash(effects);
  const std::size_t weight = weight_of(entry_.event);
  journal_->add(std::move(entry_), weight);
  if (agent_ != nullptr) follow_state();
  observe();
}

// In the life's first segment the events alone tell all.
void Recorder::follow_state() {
  const bool whole = commits_.more(*agent_, [this](const core::raft::Entry& entry) { journal_->add(entry); });
  if (!whole || journal_->wants_moment()) journal_->add(commits_.begin(*agent_));
}

void Recorder::observe() {
  const core::server::Server* const server = agent_ == nullptr ? nullptr : agent_->server();
  if (server == nullptr || server->raft() == nullptr) return;
  const std::uint64_t term = server->raft()->term().value;
  const bool leads = server->raft()->is_leader();
  if (++since_observed_ < observed_each && term == term_ && leads == leads_) return;
  since_observed_ = 0;
  term_ = term;
  leads_ = leads;
  if (auto observed = core::agent::observe(*agent_)) journal_->add(std::move(*observed));
}

}  // namespace agent::daemon
