// A template as a tree. Used by template.cpp only.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/cli/json.hpp"

namespace agent::cli::templates {

struct Pipeline;

/// One word of a command, and the fields taken of it.
struct Operand {
  enum class Kind { dot, variable, literal, function, nested };
  Kind kind = Kind::dot;
  std::string name;  // of a variable or a function
  Json literal;
  std::shared_ptr<const Pipeline> nested;
  std::vector<std::string> fields;
};

struct Command {
  std::vector<Operand> operands;
};

struct Pipeline {
  std::vector<std::string> variables;  // set by it
  std::vector<Command> commands;
};

struct Node {
  enum class Kind { text, output, range, conditional, with };
  Kind kind = Kind::text;
  std::string text;
  Pipeline pipeline;
  std::vector<Node> body, otherwise;
};

/// The most blocks and brackets within each other.
inline constexpr std::size_t max_depth = 100;

std::expected<std::vector<Node>, std::string> parse(std::string_view source);

}  // namespace agent::cli::templates
