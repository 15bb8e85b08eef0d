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

std::string entry_text(const Entry& entry) {
  std::string what = fmt::format(":{}", entry.bytes());
  if (entry.kind == EntryKind::noop) what = ":noop";
  if (entry.kind == EntryKind::configuration) {
    what = ":{";
    const Configuration configuration = *decode_configuration(entry.bytes());
    for (const Server& server : configuration.servers)
      what += (what.size() > 2 ? "," : "") + server.id + (server.suffrage == Suffrage::nonvoter ? "-" : "");
    what += "}";
  }
  return fmt::format("{}/{}{}", entry.index.value, entry.term.value, what);
}

std::string entries_text(const std::vector<Entry>& entries) {
  std::string out;
  for (const Entry& entry : entries) out += " " + entry_text(entry);
  return out;
}

std::string message_text(const Message& message) {
  return std::visit(Overloaded{
                        [](const RequestPreVote& m) {
                          return fmt::format("request-pre-vote next-term={} last={}/{}", m.next_term.value,
                                             m.last_index.value, m.last_term.value);
                        },
                        [](const RequestPreVoteReply& m) {
                          return fmt::format("pre-vote {} term={} next-term={}", m.granted ? "granted" : "refused",
                                             m.term.value, m.next_term.value);
                        },
                        [](const RequestVote& m) {
                          return fmt::format("request-vote term={} last={}/{}{}", m.term.value, m.last_index.value,
                                             m.last_term.value, m.transfer ? " transfer" : "");
                        },
                        [](const RequestVoteReply& m) {
                          return fmt::format("vote {} term={}", m.granted ? "granted" : "refused", m.term.value);
                        },
                        [](const AppendEntries& m) {
                          return fmt::format("append term={} previous={}/{} commit={}{}", m.term.value,
                                             m.previous_index.value, m.previous_term.value, m.commit.value,
                                             entries_text(m.entries));
                        },
                        [](const AppendEntriesReply& m) {
                          if (m.success) return fmt::format("appended term={} match={}", m.term.value, m.match.value);
                          return fmt::format("append-refused term={} previous={} conflict={}/{}", m.term.value,
                                             m.previous_index.value, m.conflict_index.value, m.conflict_term.value);
                        },
                        [](const Heartbeat& m) {
                          return fmt::format("heartbeat term={} commit={} expected={}", m.term.value, m.commit.value,
                                             m.expected.value);
                        },
                        [](const HeartbeatReply& m) {
                          return fmt::format("heartbeat-answered term={} match={} last={}", m.term.value, m.match.value,
                                             m.last_index.value);
                        },
                        [](const TimeoutNow& m) { return fmt::format("timeout-now term={}", m.term.value); },
                    },
                    message);
}

std::string effect_text(const Effect& effect, const Raft& raft, bool notes) {
  return std::visit(
      Overloaded{
          [](const Send& e) { return fmt::format("send {} {}\n", e.to, message_text(e.message)); },
          [](const Persist& e) {
            std::string out = fmt::format("persist {}", e.sequence.value);
            if (e.hard_state)
              out += fmt::format(" term={} vote={}", e.hard_state->term.value, e.hard_state->vote.value_or("-"));
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
            static constexpr const char* reasons[] = {"not-leader", "transferring",  "overloaded",
                                                      "too-large",  "not-ready",     "change-pending",
                                                      "no-change",  "no-voter-left", "bad-server"};
            return fmt::format("refused {} {} leader={}\n", e.id.value, reasons[static_cast<int>(e.why)],
                               e.leader.value_or("-"));
          },
          [](const LeadershipChanged& e) {
            return fmt::format("now {} term={} leader={}\n", name(e.role), e.term.value, e.leader.value_or("-"));
          },
          [](const ConfigurationChanged& e) {
            std::string out = fmt::format("configuration at {}:", e.index.value);
            for (const Server& server : e.configuration.servers)
              out += " " + server.id + (server.suffrage == Suffrage::nonvoter ? "-" : "");
            return out + "\n";
          },
          [&](const Note& e) {
            if (!notes) return std::string();
            std::string out = "note " + e.text;
            for (const auto& field : e.fields) out += " " + field.key + "=\"" + field.value + "\"";
            return out + "\n";
          },
      },
      effect);
}

// "3/2" is index 3 of term 2; "3/2:x" is that entry with payload x; "3/2:{n1,n2-}" a configuration.
Entry parse_entry(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) throw std::invalid_argument("not an entry: " + text);
  Entry entry{Term{std::stoull(text.substr(slash + 1))}, Index{std::stoull(text)}, EntryKind::noop, {}};
  const auto colon = text.find(':');
  const std::string what = colon == std::string::npos ? "noop" : text.substr(colon + 1);
  if (what == "noop") return entry;
  if (!what.starts_with("{")) {
    entry.kind = EntryKind::command;
    entry.payload = std::make_shared<const std::string>(what);
    return entry;
  }
  entry.kind = EntryKind::configuration;
  Configuration configuration;
  std::string id;
  for (const char c : what.substr(1)) {
    if (c != ',' && c != '}') {
      id += c;
      continue;
    }
    const bool nonvoter = id.ends_with('-');
    if (nonvoter) id.pop_back();
    configuration.servers.push_back({id, id + ":4647", nonvoter ? Suffrage::nonvoter : Suffrage::voter});
    id.clear();
  }
  entry.payload = encode(configuration);
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
  if (kind == "heartbeat") return Heartbeat{term, Index{c.number("commit")}, Index{c.number("expected")}, sent};
  if (kind == "heartbeat-answered")
    return HeartbeatReply{term, Index{c.number("match")}, Index{c.number("last")}, Index{c.number("expected")}, sent};
  if (kind == "timeout-now") return TimeoutNow{term};
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
  if (c.verb == "transfer") return TransferRequested{c.args.empty() ? std::nullopt : std::optional(c.args[0])};
  if (c.verb == "bootstrap") return Bootstrap{*decode_configuration(parse_entry("1/1:" + c.args.at(0)).bytes())};
  if (c.verb == "woken") return Woken{};
  throw std::invalid_argument("no event: " + c.verb);
}

}  // namespace tests
