// Bytes between agents to what they say: the kind of the message and its numbers, for people.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/rpc/framing.hpp"
#include "simulator/report/timeline.hpp"

namespace simulator::report {

class Labels {
 public:
  /// Of a gossip datagram. What cannot be read is "gossip".
  Label of_datagram(std::string_view bytes);
  /// Of bytes on a stream of the RPC port, that `reader` has not seen yet. The weightiest of the envelopes they
  /// complete; nothing when they complete none.
  std::optional<Label> of_stream(core::wire::rpc::FrameReader& reader, std::string_view bytes);
  /// Of bytes on a stream of the Serf port.
  Label of_serf_stream() { return plain("push-pull", Family::gossip); }

  const std::vector<MessageKind>& kinds() const { return kinds_; }
  /// "RequestVote (term 5, last index 40)".
  std::string text(const Label& label) const;

 private:
  Label plain(std::string_view name, Family family);
  Label of_body(const core::wire::rpc::Body& body);
  std::uint16_t kind(std::string_view name, Family family, std::vector<std::string> fields);

  std::vector<MessageKind> kinds_;
  std::map<std::string, std::uint16_t, std::less<>> by_name_;
};

}  // namespace simulator::report
