// HCL, the configuration language: the front door.
//
//   parse / parse_json / parse_any    text to a File: bodies of attributes and blocks, with their places
//   evaluate / evaluate_body          an expression or a whole body to a Value, in an EvalContext
//   find_blocks, report_unknown, ...  what a decoder of some configuration needs
//   expand_blocks                     as find_blocks, with `dynamic` blocks written out
//   render / one_line                 what was wrong, as HCL says it
#pragma once

#include "core/hcl/body.hpp"
#include "core/hcl/diagnostic.hpp"
#include "core/hcl/dynamic.hpp"
#include "core/hcl/evaluate.hpp"
#include "core/hcl/function.hpp"
#include "core/hcl/limits.hpp"
#include "core/hcl/parse.hpp"
#include "core/hcl/type.hpp"
#include "core/hcl/value.hpp"
