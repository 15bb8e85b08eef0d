// `dynamic "<type>" { for_each, iterator, labels, content { } }`: one block for each item of a collection.
#pragma once

#include <memory>
#include <vector>

#include "core/hcl/evaluate.hpp"

namespace core::hcl {

/// A block, and the context its body is evaluated in (and its own `dynamic` blocks are expanded in).
struct ExpandedBlock {
  Block block;
  std::shared_ptr<const EvalContext> context;
};

/// The blocks of `type` in `body` as find_blocks gives them, then those its `dynamic` blocks make. `context` stays the
/// parent of all; it must outlive the result. In the bodies, the iterator (the type, or what `iterator` names) is an
/// object of `key` and `value`.
std::vector<ExpandedBlock> expand_blocks(const Body& body, std::string_view type, std::size_t label_count,
                                         const std::shared_ptr<const EvalContext>& context, Diagnostics& out);

/// The types that `dynamic` blocks of the body make: to be checked like those written out.
std::vector<Block> dynamic_blocks(const Body& body, Diagnostics& out);

}  // namespace core::hcl
