// Commands of the nomad CLI as scenarios write them: "job stop -purge web".
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/scenario/files.hpp"

namespace simulator {

/// As a shell splits them: at spaces, with '...' and "..." around what belongs together. The error says what is wrong.
std::expected<std::vector<std::string>, std::string> split_words(std::string_view text);

struct WrongWords {
  std::string found;
  std::string wanted;
  std::string hint;
};
/// What is wrong with the words, as far as the CLI finds it before it asks an agent: the command, its flags, its job
/// file. Job files are looked for in `folder`, by way of `files`.
std::optional<WrongWords> wrong_words(std::string_view text, const std::filesystem::path& folder, Files& files);

/// The first line of a command's errors, and what follows it where it ends in a colon.
std::string what_it_told(std::string_view errors);

}  // namespace simulator
