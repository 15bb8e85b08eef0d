// The nouns of Raft: terms, indexes, entries, and the two things a server never forgets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/base/strong.hpp"
#include "core/base/time.hpp"

namespace core::raft {

using Term = base::Strong<struct TermTag>;
using Index = base::Strong<struct IndexTag>;

/// A server's name in the cluster: Nomad's node id, a UUID. Never its address, which may change.
using ServerId = std::string;

/// A server's id in a message: shared and immutable, so that an answer takes no memory of its own for it.
class SharedId {
 public:
  SharedId(ServerId id) : id_(std::make_shared<const ServerId>(std::move(id))) {}
  SharedId(const char* id) : SharedId(ServerId(id)) {}
  const ServerId& get() const { return *id_; }
  operator const ServerId&() const { return *id_; }
  friend bool operator==(const SharedId& a, const SharedId& b) { return *a.id_ == *b.id_; }
  friend bool operator==(const SharedId& a, const ServerId& b) { return *a.id_ == b; }

 private:
  std::shared_ptr<const ServerId> id_;
};

/// What an entry carries. Shared and immutable, so that the log, the disk and every peer's message hold
/// the same bytes. A null pointer is the empty payload.
using Payload = std::shared_ptr<const std::string>;

enum class EntryKind : std::uint8_t {
  noop,           // the first entry of a leader's term: with it everything before commits (Raft §8)
  command,        // bytes for the state machine
  configuration,  // an encoded Configuration (configuration.hpp)
};
BOOST_DESCRIBE_ENUM(EntryKind, noop, command, configuration)

struct Entry {
  Term term;
  Index index;
  EntryKind kind = EntryKind::noop;
  Payload payload;

  std::string_view bytes() const { return payload ? std::string_view(*payload) : std::string_view(); }
  /// What it counts against limits in bytes: its payload and its place in a message.
  std::size_t weight() const { return bytes().size() + overhead; }
  static constexpr std::size_t overhead = 24;

  friend bool operator==(const Entry& a, const Entry& b) {
    return a.term == b.term && a.index == b.index && a.kind == b.kind && a.bytes() == b.bytes();
  }
};
BOOST_DESCRIBE_STRUCT(Entry, (), (term, index, kind, payload))

/// The term a server is in and whom it voted for there: one value, always written as one.
struct HardState {
  Term term;
  std::optional<ServerId> vote;
  friend bool operator==(const HardState&, const HardState&) = default;
};
BOOST_DESCRIBE_STRUCT(HardState, (), (term, vote))

/// The last entry that a snapshot has taken the place of; (0, 0) when there is none.
struct LogBase {
  Index index;
  Term term;
  friend bool operator==(const LogBase&, const LogBase&) = default;
};
BOOST_DESCRIBE_STRUCT(LogBase, (), (index, term))

/// Names a proposal to whoever made it; Raft gives it back and reads nothing into it.
using ProposalId = base::Strong<struct ProposalIdTag>;

/// Names a read to whoever asked for it.
using ReadId = base::Strong<struct ReadIdTag>;

/// Counts the Persist effects, from 1. Zero: nothing was ever to be written.
using PersistSequence = base::Strong<struct PersistSequenceTag>;

enum class Role : std::uint8_t { follower, pre_candidate, candidate, leader };
BOOST_DESCRIBE_ENUM(Role, follower, pre_candidate, candidate, leader)
std::string_view name(Role role);

/// Terms and indexes from outside stay under this, so that adding to them never wraps.
inline constexpr std::uint64_t max_number = std::uint64_t{1} << 62;
/// How far ahead of ours another's term may be: at ten elections a second, 13 years of them.
inline constexpr std::uint64_t max_term_leap = std::uint64_t{1} << 32;

}  // namespace core::raft
