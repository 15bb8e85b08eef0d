#include "io-real/host/signals.hpp"

#include <array>
#include <csignal>
#include <utility>

namespace io_real::host {
namespace {

// The names that Nomad knows on Linux.
constexpr std::array<std::pair<std::string_view, int>, 29> signals{{
    {"SIGABRT", SIGABRT}, {"SIGALRM", SIGALRM},   {"SIGBUS", SIGBUS},   {"SIGCHLD", SIGCHLD}, {"SIGCONT", SIGCONT},
    {"SIGFPE", SIGFPE},   {"SIGHUP", SIGHUP},     {"SIGILL", SIGILL},   {"SIGINT", SIGINT},   {"SIGIO", SIGIO},
    {"SIGIOT", SIGIOT},   {"SIGKILL", SIGKILL},   {"SIGPIPE", SIGPIPE}, {"SIGPROF", SIGPROF}, {"SIGQUIT", SIGQUIT},
    {"SIGSEGV", SIGSEGV}, {"SIGSTOP", SIGSTOP},   {"SIGSYS", SIGSYS},   {"SIGTERM", SIGTERM}, {"SIGTRAP", SIGTRAP},
    {"SIGTSTP", SIGTSTP}, {"SIGTTIN", SIGTTIN},   {"SIGTTOU", SIGTTOU}, {"SIGURG", SIGURG},   {"SIGUSR1", SIGUSR1},
    {"SIGUSR2", SIGUSR2}, {"SIGWINCH", SIGWINCH}, {"SIGXCPU", SIGXCPU}, {"SIGXFSZ", SIGXFSZ},
}};

}  // namespace

std::optional<int> signal_number(std::string_view name) {
  for (const auto& [known, number] : signals)
    if (known == name) return number;
  return std::nullopt;
}

std::string signal_names() {
  std::string names;
  for (const auto& [name, number] : signals) {
    if (!names.empty()) names += ',';
    names += name;
  }
  return names;
}

}  // namespace io_real::host
