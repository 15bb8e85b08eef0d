#include "simulator/cluster/command_line.hpp"

#include <optional>

#include "agent/cli/cli.hpp"
#include "simulator/scenario/cli_words.hpp"

namespace simulator {

using HttpAnswer = io_real::net::http::HttpAnswer;
using HttpCall = io_real::net::http::HttpCall;

struct CommandLine::Session {
  io_sim::NodeId node = 0;
  Ended ended;
  std::function<void(const Ended&)> done;
  std::optional<Fiber> fiber;
  std::uint64_t call = 0;  // an answer to an earlier one comes too late
  std::optional<std::expected<HttpAnswer, std::string>> answer;
};

namespace {

// "/v1/jobs?x=y" of "http://127.0.0.1:4646/v1/jobs?x=y".
std::string target_of(const std::string& url) {
  const auto scheme = url.find("://");
  const auto path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return path == std::string::npos ? "/" : url.substr(path);
}

}  // namespace

CommandLine::CommandLine(io_sim::World& world, const Files::Texts& files) : world_(world), files_(files) {}
CommandLine::~CommandLine() = default;

void CommandLine::go_on(std::size_t number) {
  Session& session = *sessions_[number];
  session.fiber->resume();
  if (!session.fiber->ended()) return;
  const auto over = std::move(sessions_[number]);
  over->done(over->ended);
}

void CommandLine::run(const std::string& words, const std::filesystem::path& folder, io_sim::NodeId node,
                      std::function<void(const Ended&)> done) {
  const std::size_t number = sessions_.size();
  sessions_.push_back(std::make_unique<Session>());
  Session& session = *sessions_.back();
  session.node = node;
  session.done = std::move(done);
  const auto later = [this, number](core::Duration after, std::uint64_t call) {
    world_.at(world_.now() + after, [this, number, call] {
      if (sessions_[number] != nullptr && sessions_[number]->call == call) go_on(number);
    });
  };
  agent::cli::Streams streams;
  streams.out = [&session](std::string_view bytes) { session.ended.output += bytes; };
  streams.err = [&session](std::string_view bytes) { session.ended.errors += bytes; };
  streams.read_line = []() -> std::optional<std::string> { return std::nullopt; };
  streams.read_all = [] { return std::string(); };
  streams.now = [this] { return io_sim::world_began_unix_ns + world_.now().ns; };
  streams.sleep = [&session, later](std::int64_t ns) {
    later(core::Duration{ns}, ++session.call);
    session.fiber->wait();
  };
  streams.read_file = [this, folder](const std::string& path) -> std::expected<std::string, std::string> {
    if (const auto mine = written_.find(path); mine != written_.end()) return mine->second;
    const auto found = files_.find((folder / path).string());
    if (found == files_.end()) return std::unexpected("no such file or directory");
    return found->second;
  };
  streams.write_file = [this](const std::string& path, std::string_view bytes) -> std::expected<void, std::string> {
    if (!written_.emplace(path, bytes).second) return std::unexpected("file exists");
    return {};
  };
  streams.http = [this, &session, later, number](const HttpCall& call) -> std::expected<HttpAnswer, std::string> {
    const std::uint64_t mine = ++session.call;
    session.answer.reset();
    later(patience, mine);
    const auto answered = [this, number, mine, later](std::optional<core::world::ApiAnswered> answer) {
      Session* const waiting = sessions_[number].get();
      if (waiting == nullptr || waiting->call != mine || waiting->answer) return;
      if (answer)
        waiting->answer = HttpAnswer{answer->status, {}, std::move(answer->body)};
      else
        waiting->answer = std::unexpected("EOF");
      later({}, mine);
    };
    if (!world_.is_up(session.node))
      return std::unexpected("dial tcp " + world_.address(session.node, io_sim::World::http_port).text() +
                             ": connect: connection refused");
    world_.ask(session.node, {{}, call.method, target_of(call.url), {}, call.body}, answered);
    session.fiber->wait();
    if (!session.answer) {
      ++session.call;
      return std::unexpected("context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
    }
    // What still waits for this call must not wake the next.
    ++session.call;
    auto out = std::move(*session.answer);
    session.answer.reset();
    if (out && call.on_chunk && out->status == 200) {
      call.on_chunk(out->body);
      out->body.clear();
    }
    return out;
  };
  session.fiber.emplace([&session, words, streams = std::move(streams)]() mutable {
    auto split = split_words(words).value_or(std::vector<std::string>{});
    if (!split.empty() && split.front() == "nomad") split.erase(split.begin());
    session.ended.exit = agent::cli::run(split, streams);
  });
  go_on(number);
}

}  // namespace simulator
