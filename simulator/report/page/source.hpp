// The page's own files, as the build has put them into the program (embed.cmake).
#pragma once

#include <string_view>

namespace simulator::report {

std::string_view page_html();
std::string_view page_css();
/// data.js, draw.js, panels.js and view.js, one after the other.
std::string_view page_js();

}  // namespace simulator::report
