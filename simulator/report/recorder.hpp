// Records a run as a Timeline. It watches as the checkers do, and changes nothing: a run has the same trace with it.
//
//   TimelineRecorder recorder(cluster);
//   world.watch(&recorder);                 // after the checkers' watcher, so that it sees what they found
//   ... run ...
//   Timeline timeline = recorder.finish(lines, violations);
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "simulator/checkers/checker.hpp"
#include "simulator/cluster/cluster.hpp"
#include "simulator/report/causes.hpp"
#include "simulator/report/deeds.hpp"
#include "simulator/report/links.hpp"
#include "simulator/report/sampling.hpp"
#include "simulator/report/timeline.hpp"

namespace simulator::report {

/// What the state of a region's leader says of its work.
struct RegionCounts {
  std::uint64_t wanted = 0, running = 0, pending = 0, ready = 0, down = 0;
  RegionCounts& operator+=(const RegionCounts& other) {
    wanted += other.wanted;
    running += other.running;
    pending += other.pending;
    ready += other.ready;
    down += other.down;
    return *this;
  }
};

class TimelineRecorder final : public io_sim::Watcher {
 public:
  explicit TimelineRecorder(Cluster& cluster);

  void handled(NodeId node, TrueTime at, const core::world::Event& event, const core::world::Effects& effects) override;

  /// A command was seen committed for the first time, at the event that is handled next.
  void committed(const checkers::Commit& commit);

  /// The run is over; what fell, if anything did.
  Timeline finish(std::vector<StoryLine> story, const std::vector<checkers::Violation>& violations);

  // Bounds, each of one run.
  static constexpr std::array<std::size_t, families> most_messages{20'000, 30'000, 25'000, 40'000, 25'000};
  static constexpr std::size_t last_messages = 4'000;  // kept besides, whatever they are: the end is what matters
  static constexpr std::size_t most_parts = 50'000;
  static constexpr std::size_t most_bands = 10'000;
  static constexpr std::size_t most_progress = 8'000;  // a server
  static constexpr std::size_t most_samples = 1'200;
  static constexpr std::size_t most_story_lines = 4'000;
  static constexpr std::size_t most_groups = 16;
  static constexpr std::size_t latest_deeds = 12;  // of one thing, in its story

 private:
  // A server as it was when last looked at.
  struct Look {
    bool up = false;
    std::uint64_t life = 0;
    Part::What part = Part::What::down;
    std::uint64_t term = 0;
    std::optional<core::raft::ServerId> vote;
    std::uint64_t last = 0;
    std::uint64_t commit = 0;
  };
  struct Server {
    NodeId node = 0;
    Look look;
    Thinned<Progress> progress{most_progress};
    std::optional<std::size_t> paused;  // the open band
    std::optional<std::size_t> cut;
  };

  void link(std::uint64_t event, NodeId node, std::uint64_t life, const core::world::Event& happened);
  void note_effects(std::uint64_t event, TrueTime at, NodeId node, std::uint64_t life,
                    const core::world::Effects& effects);
  void received(std::uint64_t event, TrueTime at, const Sent& sent);
  void keep(Message message);
  void look_at_servers(TrueTime at, std::optional<NodeId> handling, std::uint64_t event);
  void look_at_server(Server& server, TrueTime at, std::uint64_t event);
  void tell_changes(const Server& server, const Look& now, std::uint64_t event);
  void look_at_network(TrueTime at);
  std::string cut_text(NodeId server) const;
  void sample(TrueTime at);
  void make_groups();
  std::optional<std::size_t> begin_band(TrueTime at, NodeId node, Band::What what, std::string text);
  void end_band(std::optional<std::size_t>& band, TrueTime at);
  std::string name_of(const core::raft::ServerId& id) const;
  void explain(Timeline& out, const std::vector<checkers::Violation>& violations) const;
  CauseChain story_of(const std::vector<Deeds::Done>& deeds, const std::vector<std::string>& names) const;

  Cluster& cluster_;
  Labels labels_;
  Links links_{labels_};
  Causes causes_;
  Deeds deeds_;
  std::vector<Deed> just_done_;  // by the event that is handled next
  std::vector<Server> servers_;
  std::array<Thinned<Message>, families> messages_;
  std::uint64_t heard_ = 0;
  Ring<Message> latest_{last_messages};
  std::vector<Part> parts_;
  std::vector<Band> bands_;
  bool clipped_ = false;  // parts or bands
  std::size_t cuts_ = 0;
  double usual_loss_ = 0;
  std::optional<std::size_t> loss_;
  TrueTime next_sample_;
  core::Duration sample_interval_{250'000'000};
  std::vector<RegionCounts> known_;  // by region
  std::vector<Curve> curves_;
  std::vector<Group> groups_;
};

}  // namespace simulator::report
