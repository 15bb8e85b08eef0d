// JSON text to the same expression tree native HCL makes. The folder's own.
#pragma once

#include "core/hcl/parse.hpp"

namespace core::hcl {

/// The whole source as one JSON value; null, and one diagnostic, when it is none. In Dialect::hcl2 strings with
/// `${` or `%{` become templates; keys are never templates.
ExpressionPtr read_json(Source& source, ParseOptions options, Diagnostics& out);

}  // namespace core::hcl
