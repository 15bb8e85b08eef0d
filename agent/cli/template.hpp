// The part of Go's text/template that operators give to -t.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "agent/cli/json.hpp"

namespace agent::cli {

/// Renders `source` over `data`. There are: fields (`.A.B`), variables (`$x := …`), `range`, `if`, `with`, `else`,
/// `end`, pipes, comments, trimming (`{{-`), literals, and the functions index, len, printf, print, println, eq, ne,
/// not, and, or. Anything else is an error that names it.
std::expected<std::string, std::string> render_template(std::string_view source, const Json& data);

/// The most bytes a template may produce.
inline constexpr std::size_t max_template_output = std::size_t{64} << 20;

}  // namespace agent::cli
