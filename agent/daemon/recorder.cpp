#include "agent/daemon/recorder.hpp"

#include <cerrno>
#include <cstring>

#include "core/agent/recording.hpp"

namespace agent::daemon {
namespace {

const char* name_of(core::world::Signal signal) {
  switch (signal) {
    case core::world::Signal::interrupt:
      return "interrupt";
    case core::world::Signal::terminate:
      return "terminated";
    case core::world::Signal::hangup:
      return "hangup";
  }
  return "";
}

}  // namespace

std::expected<std::unique_ptr<Recorder>, std::string> Recorder::open(const std::string& path,
                                                                     const core::agent::Config& config,
                                                                     std::uint64_t seed) {
  std::unique_ptr<Recorder> recorder(new Recorder);
  recorder->leaves_on_interrupt_ = config.leave_on_interrupt;
  recorder->leaves_on_terminate_ = config.leave_on_terminate;
  if (path.empty()) return recorder;
  recorder->file_.reset(std::fopen(path.c_str(), "wb"));
  if (!recorder->file_) return std::unexpected("-record " + path + ": " + std::strerror(errno));
  const std::string header = core::agent::record_header(config, seed);
  std::fwrite(header.data(), 1, header.size(), recorder->file_.get());
  return recorder;
}

void Recorder::on_event(core::Now, const core::world::Event& event) {
  if (file_) event_ = event;
  const auto* signalled = std::get_if<core::world::Signalled>(&event);
  if (signalled == nullptr) return;
  std::printf("==> Caught signal: %s\n", name_of(signalled->signal));
  if (signalled->signal == core::world::Signal::hangup) {
    std::printf("==> Reloading configuration...\n");
  } else if ((signalled->signal == core::world::Signal::interrupt ? leaves_on_interrupt_ : leaves_on_terminate_) &&
             !leaving_) {
    leaving_ = true;
    std::printf("==> Gracefully shutting down agent...\n");
  }
  std::fflush(stdout);
}

void Recorder::on_effects(core::Now now, const core::world::Effects& effects) {
  if (!file_) return;
  const std::string frame = core::agent::record_event(now, event_, effects);
  std::fwrite(frame.data(), 1, frame.size(), file_.get());
  // Whole frames reach the system at once: a killed agent's recording replays to its last event.
  std::fflush(file_.get());
}

}  // namespace agent::daemon
