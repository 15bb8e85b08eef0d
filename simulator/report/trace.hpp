// The trace of a run as JSON lines: each event with its time, its node and what came of it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "io-sim/world.hpp"

namespace simulator {

class Trace final : public io_sim::Watcher {
 public:
  /// `error` is set when the file cannot be written.
  Trace(const io_sim::World& world, const std::string& path, std::string& error);
  void handled(io_sim::NodeId node, io_sim::TrueTime at, const core::world::Event& event,
               const core::world::Effects& effects) override;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const io_sim::World& world_;
  std::unique_ptr<std::FILE, Close> out_;
};

}  // namespace simulator
