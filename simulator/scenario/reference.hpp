// The language as tables of Markdown, for the README: made from the table that scenarios are read by.
#pragma once

#include <string>

namespace simulator {

std::string language_reference();

}  // namespace simulator
