// An agent that answers from a table, and a terminal that remembers.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/cli/json.hpp"
#include "agent/cli/streams.hpp"

namespace tests::cli {

/// A file of tests/agent/cli/vectors.
std::string vector_file(const std::string& path);
/// The body of vectors/http/NAME.http.
std::string body_of(const std::string& name);
agent::cli::Json json_of(const std::string& name);
/// What a real Nomad printed for vectors/cli/NAME.txt, and its exit code.
struct Printed {
  std::string words;
  int exit;
};
Printed printed_by_nomad(const std::string& name);

class Fake {
 public:
  Fake();
  /// "GET /v1/jobs" to status and body; the query does not count.
  void answer(const std::string& method_and_path, std::string body, std::uint16_t status = 200);
  /// Several answers in turn; the last one stays.
  void answers(const std::string& method_and_path, std::vector<std::string> bodies);
  int run(std::vector<std::string> args);

  std::string both;  // stdout and stderr as they came
  std::string out, err;
  std::vector<std::string> asked;   // "GET http://..." in order
  std::vector<std::string> bodies;  // sent with them
  agent::cli::Streams io;

 private:
  std::map<std::string, std::pair<std::uint16_t, std::vector<std::string>>> table_;
};

}  // namespace tests::cli
