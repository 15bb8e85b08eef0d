// An operator at the HTTP API: asks some server that is up, and asks again elsewhere until there is an answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "simulator/cluster/cluster.hpp"

namespace simulator {

class Operator {
 public:
  struct Answer {
    std::uint16_t status = 0;
    std::string body;
  };
  /// Status 0: nobody took it in all that time.
  using Done = std::function<void(const Answer&)>;

  Operator(Cluster& cluster, io_sim::Choices& choices) : cluster_(cluster), chance_(choices.stream("operator")) {}

  /// What the requests ask for may be asked for twice: an answer that is lost says nothing of the deed.
  /// `region`: whose servers are asked.
  void request(std::string method, std::string target, std::string body, Done done, std::size_t region = 0);

  static constexpr core::Duration answer_patience{30'000'000'000};
  static constexpr core::Duration retry_interval{1'000'000'000};
  static constexpr int max_attempts = 120;

 private:
  struct Request {
    std::string method;
    std::string target;
    std::string body;
    Done done;
    std::size_t region = 0;
    int attempts = 0;
    std::uint64_t ask = 0;  // the answer to an earlier one comes too late
    Answer last;
  };
  void attempt(std::shared_ptr<Request> request);
  std::optional<NodeId> some_server(std::size_t region);

  Cluster& cluster_;
  io_sim::Stream chance_;
};

}  // namespace simulator
