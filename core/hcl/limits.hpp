// What hostile input may ask of the parser and the evaluator, at most.
#pragma once

#include <cstddef>
#include <cstdint>

namespace core::hcl {

/// Bytes of one source file: twice Nomad's own limit for job sources. The tree of a hostile file takes some 150 times
/// its bytes.
inline constexpr std::size_t max_source_bytes = 2 << 20;
/// Nested brackets, blocks and templates the parser follows before it gives up: bounds its stack.
inline constexpr int max_nesting = 150;
/// Height of one expression's tree: bounds the stack of evaluation, and of destroying the tree.
inline constexpr std::uint32_t max_expression_height = 400;
/// Errors of one file that are reported; the parser stops after so many.
inline constexpr std::size_t max_diagnostics = 20;
/// Weight of one value (Value::weight: about its bytes).
inline constexpr std::size_t max_value_weight = 16 << 20;
/// Nested lists and objects in one value.
inline constexpr std::uint32_t max_value_depth = 400;
/// What evaluating all of one file may cost, in steps (see Budget): about a second of work.
inline constexpr std::uint64_t max_evaluation_steps = 64 << 20;
/// Items that `range` makes, as in Terraform.
inline constexpr std::size_t max_range_items = 1024;
/// Widths and precisions `format` accepts, and spaces `indent` adds to a line.
inline constexpr std::int64_t max_format_width = 4096;

}  // namespace core::hcl
