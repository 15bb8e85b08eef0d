#include "simulator/report/recorder.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace simulator::report {
namespace {

namespace world = core::world;
namespace state = core::state;
namespace model = core::model;

Part::What part_of(core::raft::Role role) {
  switch (role) {
    case core::raft::Role::follower:
      return Part::What::follower;
    case core::raft::Role::pre_candidate:
      return Part::What::pre_candidate;
    case core::raft::Role::candidate:
      return Part::What::candidate;
    case core::raft::Role::leader:
      return Part::What::leader;
  }
  return Part::What::follower;
}

// What the curves are, in the order in which sample() fills them.
constexpr const char* curve_names[] = {"allocations wanted", "allocations running", "allocations pending",
                                       "tasks on the hosts", "nodes ready",         "nodes down",
                                       "clients up"};

RegionCounts count(const state::State& now) {
  RegionCounts out;
  now.jobs("*", "", [&](const state::Ref<model::Job>& job) {
    if (!job->stop)
      for (const model::TaskGroup& group : job->task_groups)
        out.wanted += static_cast<std::uint64_t>(std::max<std::int64_t>(group.count.value_or(1), 0));
    if (const auto summary = now.job_summary(job->namespace_, job->id))
      for (const auto& [name, group] : summary->summary) {
        out.running += static_cast<std::uint64_t>(group.running);
        out.pending += static_cast<std::uint64_t>(group.starting);
      }
    return true;
  });
  now.nodes("", [&](const state::Ref<model::Node>& node) {
    // One that has registered and is not ready yet is neither.
    out.ready += node->status == model::NodeStatus::ready ? 1 : 0;
    out.down += node->status == model::NodeStatus::down ? 1 : 0;
    return true;
  });
  return out;
}

std::uint64_t stream_of(const world::Event& event) {
  if (const auto* received = std::get_if<world::StreamReceived>(&event)) return received->stream.value;
  if (const auto* closed = std::get_if<world::StreamClosed>(&event)) return closed->stream.value;
  return 0;
}

}  // namespace

TimelineRecorder::TimelineRecorder(Cluster& cluster)
    : cluster_(cluster),
      messages_{Thinned<Message>{most_messages[0]}, Thinned<Message>{most_messages[1]},
                Thinned<Message>{most_messages[2]}, Thinned<Message>{most_messages[3]},
                Thinned<Message>{most_messages[4]}},
      usual_loss_(cluster.world().network().everywhere().loss) {
  for (const char* name : curve_names) curves_.push_back({name, {}});
}

void TimelineRecorder::handled(NodeId node, TrueTime at, const world::Event& event, const world::Effects& effects) {
  const std::uint64_t life = cluster_.world().life(node);
  const std::uint64_t number = causes_.add(node, at, event);
  causes_.answers(number, node, life, event);
  for (Deed& deed : just_done_) deeds_.add({std::move(deed), number, at, node, cluster_.plan(node).region});
  just_done_.clear();
  link(number, node, life, event);
  look_at_servers(at, node, number);
  note_effects(number, at, node, life, effects);
  if (at < next_sample_) return;
  for (const Sent& lost : links_.take_lost(at, false))
    if (lost.label) keep({0, lost.at, TrueTime::never(), lost.from, lost.to, *lost.label});
  look_at_network(at);
  sample(at);
  next_sample_ = TrueTime{} + sample_interval_ * static_cast<std::int64_t>(curves_.front().values.size());
}

void TimelineRecorder::committed(const checkers::Commit& commit) {
  for (Deed& deed : deeds_of(*commit.command, commit.sight.state)) just_done_.push_back(std::move(deed));
}

// What the event received: from whom, and by which event of theirs.
void TimelineRecorder::link(std::uint64_t event, NodeId node, std::uint64_t life, const world::Event& happened) {
  const io_sim::World& world = cluster_.world();
  const TrueTime at = causes_.time_of(event);
  if (const auto* datagram = std::get_if<world::DatagramReceived>(&happened)) {
    const auto from = world.node_at(datagram->from);
    if (!from) return;
    if (const auto sent = links_.datagram_received(*from, node, datagram->bytes)) received(event, at, *sent);
  } else if (const auto* accepted = std::get_if<world::StreamAccepted>(&happened)) {
    if (const auto from = world.node_at(accepted->peer))
      links_.stream_accepted({node, life, accepted->stream.value}, *from, accepted->listener == world::Listener::serf,
                             at);
  } else if (const auto* bytes = std::get_if<world::StreamReceived>(&happened)) {
    for (const Sent& sent : links_.stream_received({node, life, bytes->stream.value}, bytes->bytes))
      received(event, at, sent);
  } else if (std::holds_alternative<world::StreamClosed>(happened)) {
    links_.stream_closed({node, life, stream_of(happened)});
  }
}

void TimelineRecorder::received(std::uint64_t event, TrueTime at, const Sent& sent) {
  causes_.came_of(event, sent);
  if (sent.label) keep({0, sent.at, at, sent.from, sent.to, *sent.label});
}

void TimelineRecorder::keep(Message message) {
  message.number = ++heard_;
  messages_[static_cast<std::size_t>(labels_.kinds()[message.label.kind].family)].add(message);
  latest_.add(message);
}

void TimelineRecorder::note_effects(std::uint64_t event, TrueTime at, NodeId node, std::uint64_t life,
                                    const world::Effects& effects) {
  const io_sim::World& world = cluster_.world();
  for (const world::Effect& effect : effects) {
    causes_.asked(event, node, life, effect);
    if (const auto* datagram = std::get_if<world::SendDatagram>(&effect)) {
      if (const auto to = world.node_at(datagram->to)) links_.datagram_sent(event, at, node, *to, datagram->bytes);
    } else if (const auto* open = std::get_if<world::OpenStream>(&effect)) {
      if (const auto to = world.node_at(open->to))
        links_.stream_opened({node, life, open->stream.value}, *to, open->to.port == io_sim::World::serf_port, at);
    } else if (const auto* send = std::get_if<world::SendStream>(&effect)) {
      links_.stream_sent({node, life, send->stream.value}, event, at, send->bytes);
    } else if (const auto* close = std::get_if<world::CloseStream>(&effect)) {
      links_.stream_closed({node, life, close->stream.value});
    }
  }
}

void TimelineRecorder::look_at_servers(TrueTime at, std::optional<NodeId> handling, std::uint64_t event) {
  // Nodes may join while the run goes on.
  const std::size_t known = servers_.size();
  if (known < cluster_.servers())
    for (NodeId node = 0; node < cluster_.size(); ++node)
      if (cluster_.is_server(node) &&
          std::none_of(servers_.begin(), servers_.end(), [&](const Server& one) { return one.node == node; }))
        servers_.push_back({.node = node});
  for (std::size_t i = known; i < servers_.size(); ++i) parts_.push_back({at, servers_[i].node, Part::What::down, 0});
  for (Server& server : servers_) {
    const bool up = cluster_.world().is_up(server.node);
    if (server.node == handling || up != server.look.up || cluster_.world().life(server.node) != server.look.life)
      look_at_server(server, at, server.node == handling ? event : 0);
    const bool paused = cluster_.world().is_paused(server.node);
    if (paused && !server.paused) server.paused = begin_band(at, server.node, Band::What::paused, "stands still");
    if (!paused) end_band(server.paused, at);
  }
  if (cluster_.world().network().cuts() != cuts_) look_at_network(at);
}

void TimelineRecorder::look_at_server(Server& server, TrueTime at, std::uint64_t event) {
  Look now{.up = cluster_.world().is_up(server.node), .life = cluster_.world().life(server.node)};
  const core::server::Server* const up = cluster_.server(server.node);
  const core::raft::Raft* const raft = up == nullptr ? nullptr : up->raft();
  if (now.up) now.part = Part::What::starting;
  if (raft != nullptr) {
    now.part = part_of(raft->role());
    now.term = raft->term().value;
    now.vote = raft->vote();
    now.last = raft->last_index().value;
    now.commit = raft->commit_index().value;
  }
  if (now.part != server.look.part || now.term != server.look.term) {
    clipped_ = clipped_ || parts_.size() >= most_parts;
    if (!clipped_) parts_.push_back({at, server.node, now.part, now.term});
  }
  if (raft != nullptr && (now.last != server.look.last || now.commit != server.look.commit))
    server.progress.add({at, server.node, now.last, now.commit});
  if (event != 0 && raft != nullptr) tell_changes(server, now, event);
  server.look = std::move(now);
}

// For the chain of causes: what the event did to the server.
void TimelineRecorder::tell_changes(const Server& server, const Look& now, std::uint64_t event) {
  const Look& was = server.look;
  const auto tell = [&](const std::string& text) { causes_.changed(event, text); };
  if (was.part == Part::What::starting || was.part == Part::What::down)
    return tell(fmt::format("has read its disk: term {}, last index {}", now.term, now.last));
  const bool new_term = now.term != was.term;
  if (now.part != was.part || (new_term && now.part != Part::What::follower)) {
    if (now.part == Part::What::leader) tell(fmt::format("is elected leader of term {}", now.term));
    if (now.part == Part::What::candidate) tell(fmt::format("stands for election in term {}", now.term));
    if (now.part == Part::What::pre_candidate) tell(fmt::format("asks who would vote for it in term {}", now.term + 1));
    if (now.part == Part::What::follower)
      tell(was.part == Part::What::leader ? fmt::format("leads no more, and follows in term {}", now.term)
                                          : fmt::format("follows in term {}", now.term));
  } else if (new_term) {
    tell(fmt::format("moves on to term {}", now.term));
  }
  if (now.vote && (now.vote != was.vote || new_term)) tell(fmt::format("votes for {}", name_of(*now.vote)));
  if (now.last > was.last) tell(fmt::format("has entries up to {}", now.last));
  if (now.last < was.last) tell(fmt::format("cuts its log from {} back to {}", was.last, now.last));
  if (now.commit != was.commit) tell(fmt::format("has committed up to {}", now.commit));
}

std::string TimelineRecorder::name_of(const core::raft::ServerId& id) const {
  for (const Server& server : servers_) {
    const core::server::Server* const up = cluster_.server(server.node);
    if (up != nullptr && up->id() == id) return cluster_.name(server.node);
  }
  return id;
}

std::optional<std::size_t> TimelineRecorder::begin_band(TrueTime at, NodeId node, Band::What what, std::string text) {
  clipped_ = clipped_ || bands_.size() >= most_bands;
  if (clipped_) return std::nullopt;
  bands_.push_back({at, TrueTime::never(), node, what, std::move(text)});
  return bands_.size() - 1;
}

void TimelineRecorder::end_band(std::optional<std::size_t>& band, TrueTime at) {
  if (band) bands_[*band].to = at;
  band.reset();
}

// Whom the server cannot reach, or be reached by.
std::string TimelineRecorder::cut_text(NodeId server) const {
  const io_sim::Network& network = cluster_.world().network();
  std::vector<std::string> both, to, from;
  std::size_t clients = 0;
  for (NodeId other = 0; other < cluster_.size(); ++other) {
    const bool goes = network.reaches(server, other);
    const bool comes = network.reaches(other, server);
    if (goes && comes) continue;
    if (!cluster_.is_server(other))
      ++clients;
    else
      (goes ? from : comes ? to : both).push_back(cluster_.name(other));
  }
  std::string out;
  const auto add = [&](const char* what, const std::string& whom) {
    if (!whom.empty()) out += fmt::format("{}{} {}", out.empty() ? "" : "; ", what, whom);
  };
  add("cut from", list_text(both));
  add("cannot send to", list_text(to));
  add("cannot hear", list_text(from));
  if (clients > 0) add(out.empty() ? "cut from" : "and from", counted(clients, "client"));
  return out;
}

void TimelineRecorder::look_at_network(TrueTime at) {
  cuts_ = cluster_.world().network().cuts();
  for (Server& server : servers_) {
    const std::string text = cuts_ == 0 ? "" : cut_text(server.node);
    if (server.cut && bands_[*server.cut].text == text) continue;
    end_band(server.cut, at);
    if (!text.empty()) server.cut = begin_band(at, server.node, Band::What::cut, text);
  }
  const double loss = cluster_.world().network().everywhere().loss;
  const std::string text = loss > usual_loss_ ? fmt::format("{:.1f} % of the packets are lost", loss * 100) : "";
  if (loss_ && bands_[*loss_].text == text) return;
  end_band(loss_, at);
  if (!text.empty()) loss_ = begin_band(at, Band::everywhere, Band::What::loss, text);
}

void TimelineRecorder::make_groups() {
  std::vector<NodeId> clients;
  for (NodeId node = 0; node < cluster_.size(); ++node)
    if (!cluster_.is_server(node)) clients.push_back(node);
  const std::size_t each = std::max<std::size_t>((clients.size() + most_groups - 1) / most_groups, 1);
  for (std::size_t i = 0; i < clients.size(); i += each) {
    const std::size_t last = std::min(i + each, clients.size()) - 1;
    const std::string& first_name = cluster_.name(clients[i]);
    std::string name = last == i ? first_name : fmt::format("{} … {}", first_name, cluster_.name(clients[last]));
    groups_.push_back({std::move(name), clients[i], static_cast<std::uint32_t>(last - i + 1), {}, {}, {}});
  }
}

void TimelineRecorder::sample(TrueTime at) {
  io_sim::World& world = cluster_.world();
  if (groups_.empty()) make_groups();
  // The value of a moment: samples that were due meanwhile are as the last one was.
  while (TrueTime{} + sample_interval_ * static_cast<std::int64_t>(curves_.front().values.size() + 1) <= at &&
         !curves_.front().values.empty()) {
    for (Curve& curve : curves_) curve.values.push_back(curve.values.back());
    for (Group& group : groups_)
      for (auto* row : {&group.up, &group.cut, &group.tasks}) row->push_back(row->back());
  }
  RegionCounts counts;
  known_.resize(cluster_.regions().size());
  for (std::size_t region = 0; region < known_.size(); ++region) {
    // Where nobody speaks for a region, what was last known of it stands.
    if (const auto leader = cluster_.established_leader(region))
      known_[region] = count(cluster_.server(*leader)->state());
    counts += known_[region];
  }
  std::uint64_t tasks = 0;
  std::uint64_t up = 0;
  const bool is_cut = world.network().cuts() > 0;
  for (Group& group : groups_) {
    std::uint64_t of_group[3] = {0, 0, 0};
    for (NodeId node = group.first; node < group.first + group.count; ++node) {
      of_group[0] += world.is_up(node) && !world.is_paused(node) ? 1 : 0;
      of_group[2] += world.host(node).running();
      if (!is_cut) continue;
      std::size_t reachable = 0;
      std::size_t all = 0;
      for (const Server& server : servers_) {
        if (cluster_.region_of(server.node) != cluster_.region_of(node)) continue;
        ++all;
        reachable += world.network().reaches(node, server.node) && world.network().reaches(server.node, node) ? 1 : 0;
      }
      of_group[1] += 2 * reachable < all ? 1 : 0;
    }
    group.up.push_back(of_group[0]);
    group.cut.push_back(of_group[1]);
    group.tasks.push_back(of_group[2]);
    up += of_group[0];
    tasks += of_group[2];
  }
  const std::uint64_t values[] = {counts.wanted, counts.running, counts.pending, tasks, counts.ready, counts.down, up};
  for (std::size_t i = 0; i < curves_.size(); ++i) curves_[i].values.push_back(values[i]);
  const auto halve = [](std::vector<std::uint64_t>& row) {
    for (std::size_t i = 0; 2 * i < row.size(); ++i) row[i] = row[2 * i];
    row.resize((row.size() + 1) / 2);
  };
  while (curves_.front().values.size() >= most_samples) {
    for (Curve& curve : curves_) halve(curve.values);
    for (Group& group : groups_)
      for (auto* row : {&group.up, &group.cut, &group.tasks}) halve(*row);
    sample_interval_ *= 2;
  }
}

// The chains behind the first violation: of the event at which it was seen; the story of each job, evaluation, client
// and allocation that it names; and what the servers had come to that it names, or where it names nothing, all of them.
void TimelineRecorder::explain(Timeline& out, const std::vector<checkers::Violation>& violations) const {
  if (violations.empty() || causes_.last() == 0) return;
  const checkers::Violation& first = violations.front();
  if (first.node)
    out.causes.push_back({fmt::format("{}, where {} fell", cluster_.name(*first.node), first.invariant),
                          causes_.chain(causes_.last(), labels_, out.nodes)});
  for (const std::vector<Deeds::Done>& deeds : deeds_.named_in(first.what))
    out.causes.push_back(story_of(deeds, out.nodes));
  const bool names_all = out.causes.empty();
  const auto add = [&](NodeId server) {
    const std::uint64_t change = causes_.last_change_of(server);
    if (server == first.node || change == 0) return;
    out.causes.push_back(
        {fmt::format("{}, {}", cluster_.name(server), first.node ? "as it was then" : "what it came to last"),
         causes_.chain(change, labels_, out.nodes)});
  };
  const auto named = [&](const Server& server) { return is_named(cluster_.name(server.node), first.what); };
  for (const Server& server : servers_)
    if (named(server)) add(server.node);
  for (const Server& server : servers_)
    if (names_all && !named(server)) add(server.node);
}

// What happened to it, the latest first; then what its beginning came of.
CauseChain TimelineRecorder::story_of(const std::vector<Deeds::Done>& deeds,
                                      const std::vector<std::string>& names) const {
  const std::string where = cluster_.regions().size() == 1 ? "" : " in " + deeds.front().region;
  CauseChain out{fmt::format("{}{}, what happened to it", deeds.front().deed.subject, where), {}};
  const std::size_t shown = std::min(deeds.size(), latest_deeds);
  for (std::size_t i = 0; i < shown; ++i) {
    const Deeds::Done& done = i + 1 == shown ? deeds.front() : deeds[deeds.size() - 1 - i];
    out.steps.push_back({done.event,
                         done.at,
                         done.node,
                         fmt::format("sees committed: {}", done.deed.what),
                         "",
                         CauseStep::Edge::earlier,
                         {},
                         0});
  }
  std::vector<CauseStep> before = causes_.chain(deeds.front().event, labels_, names);
  if (before.empty()) {
    out.steps.back().edge = CauseStep::Edge::none;
    return out;
  }
  // The event of the first deed is told as what it was, and what it did.
  before.front().change = deeds.front().deed.what + (before.front().change.empty() ? "" : ", " + before.front().change);
  out.steps.pop_back();
  out.steps.insert(out.steps.end(), before.begin(), before.end());
  return out;
}

Timeline TimelineRecorder::finish(std::vector<StoryLine> story, const std::vector<checkers::Violation>& violations) {
  const TrueTime end = cluster_.world().now();
  look_at_servers(end, std::nullopt, 0);
  look_at_network(end);
  for (const Sent& lost : links_.take_lost(end, true))
    if (lost.label) keep({0, lost.at, TrueTime::never(), lost.from, lost.to, *lost.label});
  Timeline out;
  for (NodeId node = 0; node < cluster_.size(); ++node) out.nodes.push_back(cluster_.name(node));
  for (const Server& server : servers_) {
    out.servers.push_back(server.node);
    out.regions.push_back(cluster_.plan(server.node).region);
  }
  out.end = end;
  out.kinds = labels_.kinds();
  for (const auto& family : messages_)
    out.messages.insert(out.messages.end(), family.kept().begin(), family.kept().end());
  out.messages.insert(out.messages.end(), latest_.kept().begin(), latest_.kept().end());
  const auto order = [](const Message& message) { return std::pair(message.sent, message.number); };
  std::sort(out.messages.begin(), out.messages.end(),
            [&](const Message& a, const Message& b) { return order(a) < order(b); });
  const auto twice = std::unique(out.messages.begin(), out.messages.end(),
                                 [](const Message& a, const Message& b) { return a.number == b.number; });
  out.messages.erase(twice, out.messages.end());
  for (std::size_t i = 0; i < families; ++i) out.messages_seen[i] = messages_[i].seen();
  for (const Message& message : out.messages)
    ++out.messages_kept[static_cast<std::size_t>(out.kinds[message.label.kind].family)];
  out.parts = parts_;
  out.bands = bands_;
  for (Band& band : out.bands) band.to = std::min(band.to, end);
  out.story = std::move(story);
  for (const Server& server : servers_)
    out.progress.insert(out.progress.end(), server.progress.kept().begin(), server.progress.kept().end());
  out.sampled_every = sample_interval_;
  out.curves = curves_;
  out.groups = groups_;
  explain(out, violations);
  out.events = causes_.last();
  for (std::size_t i = 0; i < families; ++i)
    if (out.messages_kept[i] < out.messages_seen[i])
      out.left_out.push_back(fmt::format("{} of the {} messages of {} are shown: evenly chosen, and all of the last",
                                         out.messages_kept[i], out.messages_seen[i], name(static_cast<Family>(i))));
  if (out.story.size() > most_story_lines) {
    out.left_out.push_back(
        fmt::format("of the story the last {} of {} lines are shown", most_story_lines, out.story.size()));
    out.story.erase(out.story.begin(), out.story.end() - most_story_lines);
  }
  if (clipped_)
    out.left_out.push_back(
        fmt::format("elections and faults are shown until there were {} and {} of them", most_parts, most_bands));
  return out;
}

}  // namespace simulator::report
