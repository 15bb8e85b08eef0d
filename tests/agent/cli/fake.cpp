#include "tests/agent/cli/fake.hpp"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "agent/cli/api.hpp"
#include "agent/cli/cli.hpp"

namespace tests::cli {

std::string vector_file(const std::string& path) {
  std::ifstream file(std::string(NOMAD_SOURCE_DIR) + "/tests/agent/cli/vectors/" + path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::string body_of(const std::string& name) {
  auto whole = vector_file("http/" + name + ".http");
  auto start = whole.find("\r\n\r\n");
  std::size_t skip = 4;
  if (start == std::string::npos) {
    start = whole.find("\n\n");
    skip = 2;
  }
  return whole.substr(start + skip);
}

agent::cli::Json json_of(const std::string& name) { return agent::cli::parse_json(body_of(name)).value(); }

Printed printed_by_nomad(const std::string& name) {
  auto whole = vector_file("cli/" + name + ".txt");
  whole.erase(0, whole.find('\n') + 1);
  const auto end = whole.rfind("[exit ");
  const int exit = std::atoi(whole.c_str() + end + 6);
  whole.resize(end);
  return {whole, exit};
}

Fake::Fake() {
  setenv("TZ", "UTC", 1);
  tzset();
  io.out = [this](std::string_view bytes) {
    out += bytes;
    both += bytes;
  };
  io.err = [this](std::string_view bytes) {
    err += bytes;
    both += bytes;
  };
  io.read_line = []() -> std::optional<std::string> { return std::nullopt; };
  io.read_all = [] { return std::string(); };
  io.now = [] { return std::int64_t{1795349797} * 1'000'000'000; };  // 12:16:37
  io.sleep = [](std::int64_t) {};
  io.http =
      [this](const io_real::net::http::HttpCall& call) -> std::expected<io_real::net::http::HttpAnswer, std::string> {
    asked.push_back(call.method + " " + call.url);
    bodies.push_back(call.body);
    const auto path_at = call.url.find("/v1/");
    const auto path = call.url.substr(path_at, call.url.find('?') - path_at);
    const auto found = table_.find(call.method + " " + path);
    if (found == table_.end()) return std::unexpected("dial tcp 127.0.0.1:4646: connect: connection refused");
    auto& [status, list] = found->second;
    const auto body = list.front();
    if (list.size() > 1) list.erase(list.begin());
    if (status == 200 && call.on_chunk) {
      call.on_chunk(body);
      return io_real::net::http::HttpAnswer{.status = status};
    }
    return io_real::net::http::HttpAnswer{.status = status, .body = body};
  };
}

void Fake::answer(const std::string& method_and_path, std::string body, std::uint16_t status) {
  table_[method_and_path] = {status, {std::move(body)}};
}
void Fake::answers(const std::string& method_and_path, std::vector<std::string> list) {
  table_[method_and_path] = {200, std::move(list)};
}

int Fake::run(std::vector<std::string> args) {
  both = out = err = "";
  asked.clear();
  bodies.clear();
  return agent::cli::run(args, io);
}

}  // namespace tests::cli
