#include "simulator/checkers/health.hpp"

namespace simulator::checkers {

void Health::look(const Cluster& cluster) {
  const io_sim::World& world = cluster.world();
  if (world.now() < next_look_) return;
  next_look_ = world.now() + look_interval;
  looked_ = world.now();
  const auto note = [&](TrueTime& since, bool well) {
    if (!well)
      since = TrueTime::never();
    else if (since == TrueTime::never())
      since = world.now();
  };
  const bool all_open = world.network().cuts() == 0;
  for (NodeId from = 0; from < servers_; ++from) {
    runs_[from] = world.is_up(from) && !world.is_paused(from);
    note(well_[from], runs_[from] && world.lag(from) <= well_lag);
    for (NodeId to = 0; to < servers_; ++to)
      note(open_[from * servers_ + to], all_open || world.network().reaches(from, to));
  }
}

bool Health::together_since(ServerSet servers, TrueTime since) const {
  for (NodeId a = 0; a < servers_; ++a) {
    if ((servers >> a & 1) == 0) continue;
    if (!well_since(a, since)) return false;
    for (NodeId b = 0; b < servers_; ++b)
      if ((servers >> b & 1) != 0 && !open_since(a, b, since)) return false;
  }
  return true;
}

ServerSet Health::majority_since(ServerSet among, NodeId with, TrueTime since) const {
  // Who is well and reaches `with` both ways; most often those reach each other, too.
  ServerSet found = 0;
  for (NodeId server = 0; server < servers_; ++server) {
    const ServerSet more = found | ServerSet{1} << server;
    const bool may = (among >> server & 1) != 0 && open_since(with, server, since) && open_since(server, with, since);
    if (may && together_since(more, since)) found = more;
  }
  const bool enough = 2 * __builtin_popcount(found) > __builtin_popcount(among);
  return enough && (found >> with & 1) != 0 ? found : 0;
}

}  // namespace simulator::checkers
