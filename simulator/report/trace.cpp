#include "simulator/report/trace.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "core/describe/text.hpp"

namespace simulator {
namespace {

constexpr std::size_t longest_text = 400;  // bytes of one event or effect; a trace is to be read

std::string quoted(std::string text) {
  if (text.size() > longest_text) {
    text.resize(longest_text);
    text += "...";
  }
  // Cut anywhere, or bytes of the wire: only ASCII is sure to be JSON.
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return boost::json::serialize(boost::json::value(text));
}

}  // namespace

Trace::Trace(const io_sim::World& world, const std::string& path, std::string& error)
    : world_(world), out_(std::fopen(path.c_str(), "w")) {
  if (!out_) error = fmt::format("cannot write the trace {}: {}", path, std::strerror(errno));
}

void Trace::handled(io_sim::NodeId node, io_sim::TrueTime at, const core::world::Event& event,
                    const core::world::Effects& effects) {
  if (!out_) return;
  std::string all;
  for (const core::world::Effect& effect : effects) {
    if (!all.empty()) all += ',';
    all += quoted(core::describe::text_of(effect));
  }
  fmt::print(out_.get(),
             R"({{"n":{},"ns":{},"node":"{}","event":{},"effects":[{}],"hash":"{:016x}"}})"
             "\n",
             world_.events(), at.ns, world_.name(node), quoted(core::describe::text_of(event)), all,
             world_.trace_hash());
}

}  // namespace simulator
