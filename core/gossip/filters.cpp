#include "core/gossip/filters.hpp"

#include <algorithm>

#include <re2/re2.h>

#include "core/gossip/config.hpp"
#include "core/wire/serf/filter.hpp"

namespace core::gossip {
namespace {

constexpr std::int64_t max_expression_memory = 1 << 20;  // what a hostile expression may cost

bool finds(const std::string& expression, const std::string& value) {
  if (expression.size() > max_filter_expression_bytes) return false;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(max_expression_memory);
  const RE2 compiled(expression, options);
  return compiled.ok() && RE2::PartialMatch(value, compiled);
}

}  // namespace

bool filters_match(const std::vector<std::string>& filters, const std::string& name,
                   const std::map<std::string, std::string>& tags) {
  return std::all_of(filters.begin(), filters.end(), [&](const std::string& bytes) {
    const auto filter = wire::serf::decode_filter(bytes);
    if (!filter) return false;
    if (const auto* by_name = std::get_if<wire::serf::NodeFilter>(&*filter))
      return std::find(by_name->nodes.begin(), by_name->nodes.end(), name) != by_name->nodes.end();
    const auto& by_tag = std::get<wire::serf::TagFilter>(*filter);
    const auto tag = tags.find(by_tag.tag);
    return finds(by_tag.expression, tag == tags.end() ? std::string() : tag->second);
  });
}

}  // namespace core::gossip
