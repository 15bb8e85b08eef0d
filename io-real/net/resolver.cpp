// getaddrinfo on threads of our own: Asio's resolver has one thread, and joins it at exit, so a name server
// that does not answer would hold up both the other names and the end of the process.
#include "io-real/net/resolver.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "io-real/net/go_error.hpp"
#include "io-real/thread/signals_blocked.hpp"

namespace io_real::net {
namespace world = core::world;

namespace {

template <class SocketAddress, class Ip>
core::Address address_from(const sockaddr* raw, Ip SocketAddress::* ip) {
  const auto& typed = *reinterpret_cast<const SocketAddress*>(raw);
  const std::string_view bytes(reinterpret_cast<const char*>(&(typed.*ip)), sizeof(Ip));
  return core::Address::from_bytes(bytes, 0).value_or(core::Address{});
}

std::string lookup_error(const std::string& name, int code, int system_error) {
  std::string why;
  switch (code) {
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
      why = "no such host";
      break;
    case EAI_AGAIN:
      why = "server misbehaving";
      break;
    case EAI_SYSTEM:
      why = go_error(system_error);
      break;
    default:
      why = ::gai_strerror(code);
  }
  return "lookup " + name + ": " + why;
}

world::NameResolved look_up(const world::ResolveName& asked) {
  world::NameResolved answer{.token = asked.token, .addresses = {}, .error = {}};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(asked.name.c_str(), nullptr, &hints, &found);
  if (code != 0) {
    answer.error = lookup_error(asked.name, code, errno);
    return answer;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, &::freeaddrinfo);
  for (const addrinfo* each = found; each; each = each->ai_next) {
    core::Address address;
    if (each->ai_family == AF_INET) address = address_from(each->ai_addr, &sockaddr_in::sin_addr);
    if (each->ai_family == AF_INET6) address = address_from(each->ai_addr, &sockaddr_in6::sin6_addr);
    if (address.is_set() && std::ranges::find(answer.addresses, address) == answer.addresses.end())
      answer.addresses.push_back(std::move(address));
  }
  if (answer.addresses.empty()) answer.error = lookup_error(asked.name, EAI_NONAME, 0);
  return answer;
}

}  // namespace

/// Shared with the lookup threads, which may outlive the Resolver.
struct Resolver::State {
  std::mutex mutex;
  std::deque<world::ResolveName> waiting;
  std::size_t threads = 0;
  bool closed = false;
  Report report;
};

Resolver::Resolver(Report report) : state_(std::make_shared<State>()) { state_->report = std::move(report); }

Resolver::~Resolver() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->waiting.clear();
}

void Resolver::carry_out(world::ResolveName name) {
  std::unique_lock lock(state_->mutex);
  if (state_->waiting.size() == max_waiting_lookups)
    return state_->report(world::NameResolved{name.token, {}, "lookup " + name.name + ": too many lookups at once"});
  state_->waiting.push_back(std::move(name));
  if (state_->threads == max_lookup_threads) return;
  ++state_->threads;
  lock.unlock();
  const thread::SignalsBlocked blocked;
  std::thread([state = state_] {
    std::unique_lock held(state->mutex);
    while (!state->waiting.empty()) {
      const auto asked = std::move(state->waiting.front());
      state->waiting.pop_front();
      held.unlock();
      auto answer = look_up(asked);
      held.lock();
      if (!state->closed) state->report(std::move(answer));
    }
    --state->threads;
  }).detach();
}

}  // namespace io_real::net
