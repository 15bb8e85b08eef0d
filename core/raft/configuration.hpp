// Who is in the cluster, who votes, and the one-server changes between two configurations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/raft/types.hpp"

namespace core::raft {

enum class Suffrage : std::uint8_t { voter, nonvoter };
BOOST_DESCRIBE_ENUM(Suffrage, voter, nonvoter)

struct Server {
  ServerId id;
  std::string address;  // where its RPC listens, "10.0.0.1:4647"; Raft only carries it
  Suffrage suffrage = Suffrage::voter;
  friend bool operator==(const Server&, const Server&) = default;
};
BOOST_DESCRIBE_STRUCT(Server, (), (id, address, suffrage))

/// The set of servers, sorted by id, so that equal sets are equal bytes.
struct Configuration {
  static constexpr std::size_t max_servers = 64;
  static constexpr std::size_t max_text = 255;  // bytes of an id or an address

  std::vector<Server> servers;

  const Server* find(std::string_view id) const;
  bool contains(std::string_view id) const { return find(id) != nullptr; }
  bool is_voter(std::string_view id) const;
  std::size_t voters() const;
  /// How many voters decide: more than half of them.
  std::size_t quorum() const;
  /// The same set in the order of ids.
  Configuration sorted() const;
  /// "[{Suffrage:Voter ID:... Address:...} ...]", as hashicorp/raft prints it.
  std::string text() const;

  friend bool operator==(const Configuration&, const Configuration&) = default;
};
BOOST_DESCRIBE_STRUCT(Configuration, (), (servers))

/// Adds the server as a voter, promotes a nonvoter, or changes the address of a voter.
struct AddVoter {
  ServerId id;
  std::string address;
};
/// Adds the server as a nonvoter, or changes a nonvoter's address. A voter stays a voter.
struct AddNonvoter {
  ServerId id;
  std::string address;
};
/// Makes a voter a nonvoter.
struct DemoteVoter {
  ServerId id;
};
struct RemoveServer {
  ServerId id;
};
using ConfigurationChange = std::variant<AddVoter, AddNonvoter, DemoteVoter, RemoveServer>;
BOOST_DESCRIBE_STRUCT(AddVoter, (), (id, address))
BOOST_DESCRIBE_STRUCT(AddNonvoter, (), (id, address))
BOOST_DESCRIBE_STRUCT(DemoteVoter, (), (id))
BOOST_DESCRIBE_STRUCT(RemoveServer, (), (id))

enum class ChangeError : std::uint8_t {
  no_change,         // the configuration is already so
  no_voter_left,     // nobody could ever commit again
  too_many,          // more than max_servers
  bad_text,          // an empty or overlong id or address
  unknown_server,    // nobody of that id to demote or remove
  duplicate_address  // another server has that address
};
BOOST_DESCRIBE_ENUM(ChangeError, no_change, no_voter_left, too_many, bad_text, unknown_server, duplicate_address)

/// The configuration after the change. At most one voter comes or goes, so the old and the new
/// configuration's quorums overlap (Raft thesis §4.1).
std::expected<Configuration, ChangeError> changed(const Configuration& from, const ConfigurationChange& change);

/// Why a set of servers is no configuration; empty when it is one (ids unique, texts in bounds, a voter).
std::string why_invalid(const Configuration& configuration);

/// As protobuf: `message Configuration { repeated Server servers = 1; }` and
/// `message Server { string id = 1; string address = 2; Suffrage suffrage = 3; }`.
Payload encode(const Configuration& configuration);
/// Refuses what encode() would not write, save that unknown fields are skipped. The error is a sentence.
std::expected<Configuration, std::string> decode_configuration(std::string_view bytes);

}  // namespace core::raft
