#include "tests/core/raft/describe.hpp"

#include <stdexcept>

#include <fmt/format.h>

namespace tests {
namespace {

using namespace core::raft;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

std::string servers_text(const Configuration& configuration) {
  std::string out;
  for (const Server& server : configuration.servers)
    out += (out.empty() ? "" : ",") + server.id + (server.suffrage == Suffrage::nonvoter ? "-" : "");
  return "{" + out + "}";
}

std::string entry_text(const Entry& entry) {
  std::string what = fmt::format(":{}", entry.bytes());
  if (entry.kind == EntryKind::noop) what = ":noop";
  if (entry.kind == EntryKind::configuration) what = ":" + servers_text(*decode_configuration(entry.bytes()));
  return fmt::format("{}/{}{}", entry.index.value, entry.term.value, what);
}

std::string entries_text(const Entries& entries) {
  std::string out;
  for (const Entry& entry : entries) out += " " + entry_text(entry);
  return out;
}

std::string round_text(std::uint64_t round) { return round == 0 ? "" : fmt::format(" round={}", round); }

std::string message_text(const Message& message) {
  return std::visit(
      Overloaded{
          [](const RequestPreVote& m) {
            return fmt::format("request-pre-vote next-term={} last={}/{}", m.next_term.value, m.last_index.value,
                               m.last_term.value);
          },
          [](const RequestPreVoteReply& m) {
            return fmt::format("pre-vote {} term={} next-term={}", m.granted ? "granted" : "refused", m.term.value,
                               m.next_term.value);
          },
          [](const RequestVote& m) {
            return fmt::format("request-vote term={} last={}/{}{}", m.term.value, m.last_index.value, m.last_term.value,
                               m.transfer ? " transfer" : "");
          },
          [](const RequestVoteReply& m) {
            return fmt::format("vote {} term={}", m.granted ? "granted" : "refused", m.term.value);
          },
          [](const AppendEntries& m) {
            return fmt::format("append term={} previous={}/{} commit={}{}", m.term.value, m.previous_index.value,
                               m.previous_term.value, m.commit.value, entries_text(m.entries));
          },
          [](const AppendEntriesReply& m) {
            if (m.success) return fmt::format("appended term={} match={}", m.term.value, m.match.value);
            return fmt::format("append-refused term={} previous={} conflict={}/{}", m.term.value,
                               m.previous_index.value, m.conflict_index.value, m.conflict_term.value);
          },
          [](const Heartbeat& m) {
            return fmt::format("heartbeat term={} commit={} expected={}{}", m.term.value, m.commit.value,
                               m.expected.value, round_text(m.round));
          },
          [](const HeartbeatReply& m) {
            return fmt::format("heartbeat-answered term={} match={} last={}{}", m.term.value, m.match.value,
                               m.last_index.value, round_text(m.round));
          },
          [](const TimeoutNow& m) { return fmt::format("timeout-now term={}", m.term.value); },
          [](const InstallSnapshot& m) {
            return fmt::format("install-snapshot term={} last={}/{} configuration={}:{} chunk={}/{} {}", m.term.value,
                               m.last_index.value, m.last_term.value, m.configuration_index.value,
                               servers_text(*decode_configuration(*m.configuration)), m.chunk, m.chunks, *m.data);
          },
          [](const InstallSnapshotReply& m) {
            return fmt::format("snapshot-answered term={} last={}/{} next-chunk={}{}", m.term.value, m.last_index.value,
                               m.last_term.value, m.next_chunk, m.installed ? " installed" : "");
          },
      },
      message);
}

std::string effect_text(const Effect& effect, const Raft& raft, bool notes) {
  return std::visit(
      Overloaded{
          [](const Send& e) { return fmt::format("send {} {}\n", e.to.get(), message_text(e.message)); },
          [](const Persist& e) {
            std::string out = fmt::format("persist {}", e.sequence.value);
            if (e.hard_state)
              out += fmt::format(" term={} vote={}", e.hard_state->term.value, e.hard_state->vote.value_or("-"));
            if (e.base) out += fmt::format(" base={}/{}", e.base->index.value, e.base->term.value);
            if (e.truncate_from) out += fmt::format(" truncate-from={}", e.truncate_from->value);
            return out + entries_text(e.entries) + "\n";
          },
          [&](const Committed& e) {
            std::string out = "committed";
            for (const Entry& entry : raft.log().slice(e.first, e.last)) out += " " + entry_text(entry);
            return out + "\n";
          },
          [](const ProposalAccepted& e) {
            return fmt::format("accepted {} at {}/{}\n", e.id.value, e.index.value, e.term.value);
          },
          [](const ProposalRefused& e) {
            static constexpr const char* reasons[] = {"not-leader",     "transferring",   "overloaded", "too-large",
                                                      "not-ready",      "change-pending", "no-change",  "no-voter-left",
                                                      "quorum-at-risk", "bad-server"};
            return fmt::format("refused {} {} leader={}\n", e.id.value, reasons[static_cast<int>(e.why)],
                               e.leader.value_or("-"));
          },
          [](const ReadReady& e) { return fmt::format("read {} at {}\n", e.id.value, e.index.value); },
          [](const ReadRefused& e) {
            return fmt::format("read {} refused {} leader={}\n", e.id.value,
                               e.why == Refusal::not_ready ? "not-ready" : "not-leader", e.leader.value_or("-"));
          },
          [](const TransferEnded& e) { return "transfer ended" + (e.error.empty() ? "" : ": " + e.error) + "\n"; },
          [](const LeadershipChanged& e) {
            return fmt::format("now {} term={} leader={}\n", name(e.role), e.term.value, e.leader.value_or("-"));
          },
          [](const ConfigurationChanged& e) {
            std::string out = fmt::format("configuration at {}:", e.index.value);
            for (const Server& server : e.configuration.servers)
              out += " " + server.id + (server.suffrage == Suffrage::nonvoter ? "-" : "");
            return out + "\n";
          },
          [](const SnapshotWanted&) { return std::string("snapshot-wanted\n"); },
          [](const SnapshotReceived& e) {
            std::string out = "snapshot-received " + describe(e.snapshot->meta) + ":";
            for (const Payload& chunk : e.snapshot->chunks) out += " " + *chunk;
            return out + "\n";
          },
          [](const SnapshotInstalled& e) { return "snapshot-installed " + describe(e.meta) + "\n"; },
          [&](const Note& e) {
            if (!notes) return std::string();
            std::string out = "note " + e.text;
            for (const auto& field : e.fields) out += " " + field.key + "=\"" + field.value + "\"";
            return out + "\n";
          },
      },
      effect);
}

// "{n1,n2-}": n2 does not vote.
Configuration parse_servers(const std::string& text) {
  Configuration configuration;
  std::string id;
  for (const char c : text.substr(1)) {
    if (c != ',' && c != '}') {
      id += c;
      continue;
    }
    const bool nonvoter = id.ends_with('-');
    if (nonvoter) id.pop_back();
    configuration.servers.push_back({id, id + ":4647", nonvoter ? Suffrage::nonvoter : Suffrage::voter});
    id.clear();
  }
  return configuration;
}

// "3/2" is index 3 of term 2; "3/2:x" is that entry with payload x; "3/2:{n1,n2-}" a configuration.
Entry parse_entry(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) throw std::invalid_argument("not an entry: " + text);
  Entry entry{Term{std::stoull(text.substr(slash + 1))}, Index{std::stoull(text)}, EntryKind::noop, {}};
  const auto colon = text.find(':');
  const std::string what = colon == std::string::npos ? "noop" : text.substr(colon + 1);
  if (what == "noop") return entry;
  const bool configuration = what.starts_with("{");
  entry.kind = configuration ? EntryKind::configuration : EntryKind::command;
  entry.payload = configuration ? encode(parse_servers(what)) : std::make_shared<const std::string>(what);
  return entry;
}

Entry position(const Command& command, const char* key) { return parse_entry(command.get(key, "0/0")); }

Message to_message(const Command& c) {
  const std::string& kind = c.args.at(1);
  const Term term{c.number("term")};
  const auto sent = c.number("sent");
  if (kind == "request-pre-vote")
    return RequestPreVote{term, Term{c.number("next-term")}, position(c, "last").index, position(c, "last").term};
  if (kind == "pre-vote") return RequestPreVoteReply{term, Term{c.number("next-term")}, c.args.at(2) == "granted"};
  if (kind == "request-vote")
    return RequestVote{term, position(c, "last").index, position(c, "last").term, c.get("transfer") == "true"};
  if (kind == "vote") return RequestVoteReply{term, c.args.at(2) == "granted"};
  if (kind == "append") {
    AppendEntries message{
        term, position(c, "previous").index, position(c, "previous").term, Index{c.number("commit")}, sent, {}};
    for (std::size_t i = 2; i < c.args.size(); ++i) message.entries.push_back(parse_entry(c.args[i]));
    return message;
  }
  if (kind == "appended")
    return AppendEntriesReply{.term = term, .success = true, .match = Index{c.number("match")}, .sent_ns = sent};
  if (kind == "append-refused")
    return AppendEntriesReply{.term = term,
                              .previous_index = Index{c.number("previous")},
                              .conflict_index = position(c, "conflict").index,
                              .conflict_term = position(c, "conflict").term,
                              .sent_ns = sent};
  if (kind == "heartbeat")
    return Heartbeat{term, Index{c.number("commit")}, Index{c.number("expected")}, sent, c.number("round")};
  if (kind == "heartbeat-answered")
    return HeartbeatReply{term, Index{c.number("match")}, Index{c.number("last")}, Index{c.number("expected")},
                          sent, c.number("round")};
  if (kind == "timeout-now") return TimeoutNow{term};
  if (kind == "install-snapshot") {
    const SnapshotMeta meta = parse_meta(c);
    const std::string chunk = c.get("chunk", "0/1");
    return InstallSnapshot{.term = term,
                           .last_index = meta.index,
                           .last_term = meta.term,
                           .configuration_index = meta.configuration_index,
                           .configuration = encode(meta.configuration),
                           .chunk = std::stoull(chunk),
                           .chunks = std::stoull(chunk.substr(chunk.find('/') + 1)),
                           .data = std::make_shared<const std::string>(c.args.size() > 2 ? c.args[2] : ""),
                           .sent_ns = sent};
  }
  if (kind == "snapshot-answered")
    return InstallSnapshotReply{.term = term,
                                .last_index = position(c, "last").index,
                                .last_term = position(c, "last").term,
                                .next_chunk = c.number("next-chunk"),
                                .installed = c.get("installed") == "true",
                                .sent_ns = sent};
  throw std::invalid_argument("no message: " + kind);
}

ConfigurationChange to_change(const Command& c) {
  const std::string& what = c.args.at(0);
  const ServerId& id = c.args.at(1);
  if (what == "add-voter") return AddVoter{id, id + ":4647"};
  if (what == "add-nonvoter") return AddNonvoter{id, id + ":4647"};
  if (what == "demote") return DemoteVoter{id};
  if (what == "remove") return RemoveServer{id};
  throw std::invalid_argument("no change: " + what);
}

}  // namespace

// last=3/2 configuration=1:{n1,n2}
SnapshotMeta parse_meta(const Command& c) {
  const std::string configuration = c.get("configuration", "1:{n1,n2,n3}");
  const Entry last = parse_entry(c.get("last", "0/0"));
  return {last.index, last.term, Index{std::stoull(configuration)},
          parse_servers(configuration.substr(configuration.find(':') + 1))};
}

std::string describe(const SnapshotMeta& meta) {
  return fmt::format("{}/{} configuration={}:{}", meta.index.value, meta.term.value, meta.configuration_index.value,
                     servers_text(meta.configuration));
}

std::string describe(const Effects& effects, const Raft& raft, bool notes) {
  std::string out;
  for (const Effect& effect : effects) out += effect_text(effect, raft, notes);
  return out.empty() ? "nothing\n" : out;
}

Event to_event(const Command& c) {
  const auto payload = [&] { return std::make_shared<const std::string>(c.args.at(0)); };
  if (c.verb == "started") return Started{};
  if (c.verb == "from") return MessageReceived{c.args.at(0), to_message(c)};
  if (c.verb == "propose") return Proposed{ProposalId{c.number("id", 1)}, payload()};
  if (c.verb == "change") return ConfigurationProposed{ProposalId{c.number("id", 1)}, to_change(c)};
  if (c.verb == "persisted") return Persisted{PersistSequence{std::stoull(c.args.at(0))}};
  if (c.verb == "unreachable") return PeerUnreachable{c.args.at(0)};
  if (c.verb == "read") return ReadRequested{ReadId{c.number("id", 1)}};
  if (c.verb == "transfer") return TransferRequested{c.args.empty() ? std::nullopt : std::optional(c.args[0])};
  if (c.verb == "bootstrap") return Bootstrap{*decode_configuration(parse_entry("1/1:" + c.args.at(0)).bytes())};
  if (c.verb == "snapshot-taken") return SnapshotTaken{parse_meta(c)};
  if (c.verb == "snapshot-stored") return SnapshotStored{parse_meta(c), c.get("error")};
  if (c.verb == "snapshot-built") {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->meta = parse_meta(c);
    for (const std::string& chunk : c.args) snapshot->chunks.push_back(std::make_shared<const std::string>(chunk));
    return SnapshotBuilt{std::move(snapshot)};
  }
  if (c.verb == "woken") return Woken{};
  throw std::invalid_argument("no event: " + c.verb);
}

}  // namespace tests
