#include "core/wire/serf/filter.hpp"

#include "core/wire/serf/msgpack.hpp"

namespace core::wire::serf {
namespace {

constexpr char node_type = 0;
constexpr char tag_type = 1;
constexpr std::size_t max_filter_nodes = 4096;

}  // namespace

std::string encode(const NodeFilter& filter) {
  Writer out(std::string(1, node_type));
  out.array(filter.nodes.size());
  for (const std::string& node : filter.nodes) out.text(node);
  return out.take();
}

std::string encode(const TagFilter& filter) {
  Writer out(std::string(1, tag_type));
  out.map(2);
  out.text("Expr");
  out.text(filter.expression);
  out.text("Tag");
  out.text(filter.tag);
  return out.take();
}

Decoded<Filter> decode_filter(std::string_view bytes) {
  if (bytes.empty()) return std::unexpected(DecodeError{DecodeError::Reason::truncated, 0});
  Reader in(bytes.substr(1));
  Filter filter;
  if (bytes.front() == node_type) {
    auto& nodes = filter.emplace<NodeFilter>().nodes;
    const std::size_t count = in.read_array(max_filter_nodes);
    for (std::size_t i = 0; i < count && in.ok(); ++i) nodes.push_back(in.read_text());
  } else if (bytes.front() == tag_type) {
    auto& by_tag = filter.emplace<TagFilter>();
    in.read_struct({text_field("Tag", by_tag.tag), text_field("Expr", by_tag.expression)});
  } else {
    return std::unexpected(DecodeError{DecodeError::Reason::unknown_type, 0});
  }
  if (in.error()) return std::unexpected(DecodeError{in.error()->reason, in.error()->offset + 1});
  return filter;
}

}  // namespace core::wire::serf
