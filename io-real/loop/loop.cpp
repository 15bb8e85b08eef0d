#include "io-real/loop/loop.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <deque>
#include <iterator>
#include <mutex>
#include <utility>
#include <variant>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "io-real/clock/clock.hpp"
#include "io-real/disk/file_disk.hpp"
#include "io-real/disk/memory_disk.hpp"
#include "io-real/loop/workers.hpp"
#include "io-real/net/datagrams.hpp"
#include "io-real/net/intake.hpp"
#include "io-real/net/resolver.hpp"

namespace io_real::loop {
namespace asio = boost::asio;
namespace world = core::world;

namespace {

// How many events are handled before sockets and timers get their turn.
constexpr std::size_t events_a_turn = 256;
// How long answers and streams may take to get out at the end.
constexpr std::chrono::seconds farewell_time{2};
// The Serf port is one number for TCP and UDP; with port 0, TCP's choice may be taken for UDP.
constexpr int port_attempts = 16;

}  // namespace

struct Loop::Impl {
  explicit Impl(LoopConfig wanted) : config(std::move(wanted)) {}
  ~Impl();

  std::expected<void, std::string> open();
  std::expected<void, std::string> open_ports();
  std::int32_t run(world::Machine& machine, HostCarrier* host, Observer* observer);
  std::size_t post(world::Event event);
  void take_in(world::Event event);
  void turn();
  void post_turn();
  void wake_if_due();
  void tell(const world::Event& event);
  void set_timer();
  void timer_fired();
  void wait_for_signal();
  void signalled(int number);
  void begin_end();

  void on(world::SendDatagram& effect) {
    if (datagrams) datagrams->carry_out(effect);
  }
  void on(world::OpenStream& effect) { streams->carry_out(effect); }
  void on(world::SendStream& effect) { streams->carry_out(std::move(effect)); }
  void on(world::CloseStream& effect) { streams->carry_out(effect); }
  void on(world::ResolveName& effect) { resolver->carry_out(std::move(effect)); }
  void on(world::DiskBatch& effect) { disk->carry_out(std::move(effect)); }
  void on(world::ReadDirectory& effect) { disk->carry_out(std::move(effect)); }
  void on(world::ApiAnswered& effect) { http->carry_out(std::move(effect)); }
  void on(world::ApiStreamed& effect) { http->carry_out(std::move(effect)); }
  void on(world::Logged& effect) { log->write(now.wall, effect); }
  void on(world::Exited& effect) {
    exit_code = effect.code;
    context.stop();
  }
  void on(world::Compute& effect) { workers->carry_out(std::move(effect)); }
  // Everything else is the host's.
  template <class HostEffect>
  void on(HostEffect& effect) {
    if (host) host->carry_out(world::Effect(std::move(effect)));
  }

  LoopConfig config;
  asio::io_context context{1};
  asio::steady_timer timer{context};
  asio::signal_set signals{context};

  std::mutex mutex;
  std::deque<world::Event> inbox;  // guarded by mutex
  bool turn_posted = false;        // guarded by mutex
  bool ended = false;              // guarded by mutex

  std::deque<world::Event> taken;  // out of the inbox, and not told yet
  std::shared_ptr<net::Intake> intake = std::make_shared<net::Intake>();
  world::Machine* machine = nullptr;
  HostCarrier* host = nullptr;
  Observer* observer = nullptr;
  core::Now now;
  core::Instant timer_at = core::Instant::never();
  world::Effects effects;
  std::optional<std::int32_t> exit_code;

  // The carriers, whose threads and handlers use all of the above.
  std::unique_ptr<LogSink> log;
  std::unique_ptr<disk::Disk> disk;
  std::unique_ptr<net::Streams> streams;
  std::unique_ptr<net::Datagrams> datagrams;
  std::unique_ptr<net::http::HttpServer> http;
  std::unique_ptr<net::Resolver> resolver;
  std::unique_ptr<Workers> workers;
};

Loop::Impl::~Impl() {
  const std::lock_guard lock(mutex);
  ended = true;
}

std::expected<void, std::string> Loop::Impl::open() {
  auto sink = LogSink::open(config.log);
  if (!sink) return std::unexpected(sink.error());
  log = std::move(*sink);
  const auto report = [this](world::Event event) { post(std::move(event)); };
  if (config.data_dir.empty()) {
    disk = std::make_unique<disk::MemoryDisk>(report);
  } else {
    auto opened = disk::FileDisk::open(config.data_dir, report);
    if (!opened) return std::unexpected(opened.error());
    disk = std::move(*opened);
  }
  if (auto listening = open_ports(); !listening) return listening;
  auto server = net::http::HttpServer::open(context, {config.http, config.http_limits}, report);
  if (!server) return std::unexpected(server.error());
  http = std::move(*server);
  resolver = std::make_unique<net::Resolver>(report);
  workers = std::make_unique<Workers>(config.workers, report);
  return {};
}

std::expected<void, std::string> Loop::Impl::open_ports() {
  const auto report = [this](world::Event event) { take_in(std::move(event)); };
  for (int attempt = 1;; ++attempt) {
    auto opened = net::Streams::open(context, {config.rpc, config.serf, config.stream_limits}, report, intake);
    if (!opened) return std::unexpected(opened.error());
    streams = std::move(*opened);
    const auto serf = streams->address(world::Listener::serf);
    if (!serf) return {};
    auto socket = net::Datagrams::open(context, {config.serf->ip, serf->port}, report, intake);
    if (socket) {
      datagrams = std::move(*socket);
      return {};
    }
    if (config.serf->port != 0 || attempt == port_attempts) return std::unexpected(socket.error());
  }
}

std::int32_t Loop::Impl::run(world::Machine& driven, HostCarrier* host_carrier, Observer* watcher) {
  machine = &driven;
  host = host_carrier;
  observer = watcher;
  std::signal(SIGPIPE, SIG_IGN);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    boost::system::error_code ignored;  // fails only when out of memory
    signals.add(number, ignored);
  }
  wait_for_signal();
  auto work = asio::make_work_guard(context);
  tell(world::Woken{});
  if (!exit_code) {
    streams->start();
    if (datagrams) datagrams->start();
    http->start();
    set_timer();
    context.run();
  }
  work.reset();
  begin_end();
  context.restart();
  context.run_for(farewell_time);
  disk.reset();  // carries out what is queued
  return *exit_code;
}

// Gives how many wait in the inbox.
std::size_t Loop::Impl::post(world::Event event) {
  bool wake = false;
  std::size_t waiting = 0;
  {
    const std::lock_guard lock(mutex);
    if (ended) return 0;
    inbox.push_back(std::move(event));
    waiting = inbox.size();
    wake = !std::exchange(turn_posted, true);
  }
  if (wake) asio::post(context, [this] { turn(); });
  return waiting;
}

// What peers send, on the loop's thread.
void Loop::Impl::take_in(world::Event event) {
  if (post(std::move(event)) + taken.size() >= max_waiting_events) intake->shut();
}

void Loop::Impl::turn() {
  if (exit_code) return;
  {
    const std::lock_guard lock(mutex);
    std::ranges::move(inbox, std::back_inserter(taken));
    inbox.clear();
    turn_posted = false;
  }
  for (std::size_t count = 0; count < events_a_turn && !taken.empty() && !exit_code; ++count) {
    const auto event = std::move(taken.front());
    taken.pop_front();
    tell(event);
  }
  if (exit_code) return;
  if (taken.size() <= max_waiting_events / 2 && intake->is_shut()) intake->open();
  wake_if_due();
  if (exit_code) return;
  if (!taken.empty()) post_turn();
  set_timer();
}

void Loop::Impl::post_turn() {
  const std::lock_guard lock(mutex);
  if (!std::exchange(turn_posted, true)) asio::post(context, [this] { turn(); });
}

// A machine that gathers what comes together wants to be woken as soon as all of that is told: no timer is that soon.
void Loop::Impl::wake_if_due() {
  if (machine->deadline() <= std::max(now.instant, clock::monotonic_now())) tell(world::Woken{});
}

void Loop::Impl::tell(const world::Event& event) {
  const auto read = clock::now();
  now = {std::max(now.instant, read.instant), read.wall};
  if (const auto* reloaded = std::get_if<world::Reloaded>(&event)) log->set_level(reloaded->log_level);
  if (observer) observer->on_event(now, event);
  effects.clear();
  machine->handle(now, event, effects);
  if (observer) observer->on_effects(now, effects);
  for (auto& effect : effects) {
    std::visit([this](auto& each) { on(each); }, effect);
    if (exit_code) return;
  }
}

void Loop::Impl::set_timer() {
  const auto deadline = machine->deadline();
  if (deadline <= now.instant) return post_turn();  // sockets get theirs before
  // A timer that fires too early is set anew then: cheaper than moving it at every event.
  if (deadline >= timer_at) return;
  timer_at = deadline;
  timer.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(deadline.ns)));
  timer.async_wait([this, deadline](boost::system::error_code stopped) {
    if (!stopped && deadline == timer_at) timer_fired();
  });
}

void Loop::Impl::timer_fired() {
  timer_at = core::Instant::never();
  if (exit_code) return;
  wake_if_due();
  if (!exit_code) set_timer();
}

void Loop::Impl::wait_for_signal() {
  signals.async_wait([this](boost::system::error_code stopped, int number) {
    if (stopped || exit_code) return;
    signalled(number);
    wait_for_signal();
  });
}

void Loop::Impl::signalled(int number) {
  const auto signal = number == SIGINT    ? world::Signal::interrupt
                      : number == SIGTERM ? world::Signal::terminate
                                          : world::Signal::hangup;
  post(world::Signalled{signal});
  if (signal != world::Signal::hangup || !config.reload) return;
  if (const auto reloaded = config.reload())
    post(*reloaded);
  else  // after what is said of the signal itself
    asio::post(context, [this, why = reloaded.error()] { log->say(why); });
}

void Loop::Impl::begin_end() {
  {
    const std::lock_guard lock(mutex);
    ended = true;
  }
  boost::system::error_code ignored;
  // Whoever asks again while the end takes its time means it: back to what the system does with these.
  signals.remove(SIGINT, ignored);
  signals.remove(SIGTERM, ignored);
  signals.cancel(ignored);
  timer.cancel();
  if (datagrams) datagrams->stop();
  streams->stop();
  http->stop();
  intake->open();  // for streams that wait with their last bytes
}

Loop::Loop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loop::~Loop() = default;

std::expected<std::unique_ptr<Loop>, std::string> Loop::open(LoopConfig config) {
  auto impl = std::make_unique<Impl>(std::move(config));
  if (auto opened = impl->open(); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<Loop>(new Loop(std::move(impl)));
}

std::optional<core::Address> Loop::rpc_address() const { return impl_->streams->address(world::Listener::rpc); }
std::optional<core::Address> Loop::serf_address() const { return impl_->streams->address(world::Listener::serf); }
std::vector<core::Address> Loop::http_addresses() const { return impl_->http->addresses(); }

void Loop::post(world::Event event) { impl_->post(std::move(event)); }
void Loop::log(world::Logged logged) { impl_->log->write(clock::wall_now(), logged); }

void Loop::say(std::string_view line) { impl_->log->say(line); }

std::int32_t Loop::run(world::Machine& machine, HostCarrier* host, Observer* observer) {
  return impl_->run(machine, host, observer);
}

}  // namespace io_real::loop
