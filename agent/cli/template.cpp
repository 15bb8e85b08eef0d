#include "agent/cli/template.hpp"

#include <algorithm>
#include <optional>
#include <span>

#include <fmt/format.h>
#include <fmt/printf.h>

#include "agent/cli/columns.hpp"
#include "agent/cli/template_parse.hpp"

namespace agent::cli {
namespace {

using templates::Command;
using templates::Node;
using templates::Operand;
using templates::Pipeline;
using Fault = std::unexpected<std::string>;
using Result = std::expected<Json, std::string>;

/// As Go prints a value: maps by the order of their keys.
std::string printed(const Json& value) {
  if (value.is_null()) return "<nil>";
  if (value.is_string()) return text(value);
  if (value.is_bool()) return truth(value) ? "true" : "false";
  if (value.is_double()) return go_number(real(value));
  if (value.is_number()) return pretty(value);
  std::vector<std::string> parts;
  if (value.is_array()) {
    for (const auto& item : items(value)) parts.push_back(printed(item));
    return "[" + join(parts, " ") + "]";
  }
  for (const auto& [key, member] : members(value)) parts.push_back(key + ":" + printed(*member));
  return "map[" + join(parts, " ") + "]";
}

bool holds(const Json& value) {
  if (value.is_bool()) return truth(value);
  if (value.is_number()) return real(value) != 0;
  if (value.is_string()) return !value.get_string().empty();
  return size(value) > 0;
}

Result length(std::span<const Json> args) {
  if (args.size() != 1) return Fault("wrong number of args for len");
  if (args[0].is_string()) return Json(args[0].get_string().size());
  if (args[0].is_structured()) return Json(size(args[0]));
  return Fault("error calling len: len of " + printed(args[0]));
}

Result indexed(std::span<const Json> args) {
  if (args.empty()) return Fault("wrong number of args for index");
  Json here = args[0];
  for (const auto& key : args.subspan(1)) {
    if (here.is_array()) {
      const auto list = items(here);
      const auto place = number(key);
      if (!key.is_number() || place < 0 || static_cast<std::size_t>(place) >= list.size()) {
        return Fault("error calling index: index out of range: " + printed(key));
      }
      const Json found = list[static_cast<std::size_t>(place)];
      here = found;
    } else if (here.is_object() && key.is_string()) {
      const Json found = at(here, text(key));
      here = found;
    } else {
      return Fault("error calling index: can't index " + printed(here));
    }
  }
  return here;
}

/// One verb of printf with its flags: "%-10s".
std::expected<std::string, std::string> verb(std::string flags, char kind, const Json& value) {
  switch (kind) {
    case 's':
    case 'v':
      return fmt::sprintf(flags + "s", printed(value));
    case 'q':
      return fmt::sprintf(flags + "s", quoted(printed(value)));
    case 'd':
      if (!value.is_number()) return "%!d(" + printed(value) + ")";
      return fmt::sprintf(flags + "d", number(value));
    case 'x':
      if (!value.is_number()) return Fault("printf: %x wants a number");
      return fmt::sprintf(flags + "x", number(value));
    case 't':
      return printed(value);
    case 'f':
    case 'g':
    case 'e':
      return fmt::sprintf(flags + kind, real(value));
    default:
      return Fault(fmt::format("printf: verb \"%{}\" is not supported", kind));
  }
}

constexpr std::size_t max_width_digits = 3;  // of a printf verb

Result printed_by_format(std::span<const Json> args) {
  if (args.empty() || !args[0].is_string()) return Fault("printf wants a format");
  const auto format = text(args[0]);
  std::string out;
  std::size_t next = 1;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    auto end = format.find_first_not_of("+-# 0123456789.", i + 1);
    if (end == std::string::npos) return Fault("printf: a verb is missing at the end");
    const auto flags = format.substr(i, end - i);
    i = end;
    if (format[end] == '%') {
      out += '%';
      continue;
    }
    const auto digits = std::ranges::count_if(flags, [](char c) { return c >= '0' && c <= '9'; });
    if (static_cast<std::size_t>(digits) > max_width_digits) return Fault("printf: the width is too large");
    if (next == args.size()) {
      out += fmt::format("%!{}(MISSING)", format[end]);
      continue;
    }
    auto words = verb(flags, format[end], args[next++]);
    if (!words) return Fault(words.error());
    out += *words;
  }
  return Json(out);
}

Result call(const std::string& name, std::span<const Json> args) {
  if (name == "len") return length(args);
  if (name == "index") return indexed(args);
  if (name == "printf") return printed_by_format(args);
  if (name == "print" || name == "println") {
    std::vector<std::string> parts;
    for (const auto& arg : args) parts.push_back(printed(arg));
    return Json(join(parts, name == "print" ? "" : " ") + (name == "print" ? "" : "\n"));
  }
  if (name == "not") {
    if (args.size() != 1) return Fault("wrong number of args for not");
    return Json(!holds(args[0]));
  }
  if (name == "and" || name == "or") {
    if (args.empty()) return Fault("wrong number of args for " + name);
    const auto decides = [&](const Json& arg) { return holds(arg) == (name == "or"); };
    const auto found = std::ranges::find_if(args, decides);
    return found == args.end() ? args.back() : *found;
  }
  if (name == "eq" || name == "ne") {
    if (args.size() < 2) return Fault("wrong number of args for " + name);
    const bool equal = std::ranges::any_of(args.subspan(1), [&](const Json& arg) { return arg == args[0]; });
    return Json(equal == (name == "eq"));
  }
  return Fault("template function " + quoted(name) + " is not supported");
}

class Renderer {
 public:
  explicit Renderer(const Json& data) { variables_.emplace_back("", data); }

  std::expected<void, std::string> render(const std::vector<Node>& nodes, const Json& dot) {
    for (const auto& node : nodes) {
      if (auto done = render(node, dot); !done) return done;
      if (out_.size() > max_template_output) return Fault("the output is too large");
    }
    return {};
  }
  std::string take() { return std::move(out_); }

 private:
  std::expected<void, std::string> render(const Node& node, const Json& dot) {
    if (node.kind == Node::Kind::text) {
      out_ += node.text;
      return {};
    }
    auto value = evaluate(node.pipeline, dot);
    if (!value) return Fault(value.error());
    if (node.kind == Node::Kind::output) {
      if (node.pipeline.variables.empty()) {
        out_ += value->is_null() ? "<no value>" : printed(*value);
      } else {
        variables_.emplace_back(node.pipeline.variables[0], std::move(*value));
      }
      return {};
    }
    const auto depth = variables_.size();
    auto done = node.kind == Node::Kind::range ? range(node, *value, dot) : branch(node, *value, dot);
    variables_.resize(std::min(depth, variables_.size()), {});
    return done;
  }

  std::expected<void, std::string> branch(const Node& node, const Json& value, const Json& dot) {
    if (!node.pipeline.variables.empty()) variables_.emplace_back(node.pipeline.variables[0], value);
    if (!holds(value)) return render(node.otherwise, dot);
    return render(node.body, node.kind == Node::Kind::with ? value : dot);
  }

  std::expected<void, std::string> range(const Node& node, const Json& value, const Json& dot) {
    if (!value.is_structured() && !value.is_null()) return Fault("range can't iterate over " + printed(value));
    if (size(value) == 0) return render(node.otherwise, dot);
    const auto depth = variables_.size();
    const auto& names = node.pipeline.variables;
    const auto turn = [&](const Json& key, const Json& element) {
      variables_.resize(depth, {});
      if (names.size() == 2) variables_.emplace_back(names[0], key);
      if (!names.empty()) variables_.emplace_back(names.back(), element);
      return render(node.body, element);
    };
    std::int64_t place = 0;
    for (const auto& element : items(value)) {
      if (auto done = turn(Json(place++), element); !done) return done;
    }
    for (const auto& [key, member] : members(value)) {
      if (auto done = turn(Json(key), *member); !done) return done;
    }
    return {};
  }

  Result evaluate(const Pipeline& pipeline, const Json& dot) {
    std::optional<Json> before;
    for (const auto& command : pipeline.commands) {
      auto value = evaluate(command, before, dot);
      if (!value) return value;
      before = std::move(*value);
    }
    return before.value_or(Json());
  }

  Result evaluate(const Command& command, const std::optional<Json>& piped, const Json& dot) {
    const auto& first = command.operands[0];
    if (first.kind != Operand::Kind::function) {
      if (command.operands.size() > 1 || piped) return Fault("can't give argument to non-function");
      return evaluate(first, dot);
    }
    std::vector<Json> args;
    for (std::size_t i = 1; i < command.operands.size(); ++i) {
      auto value = evaluate(command.operands[i], dot);
      if (!value) return value;
      args.push_back(std::move(*value));
    }
    if (piped) args.push_back(*piped);
    return call(first.name, args);
  }

  Result evaluate(const Operand& operand, const Json& dot) {
    Json here;
    switch (operand.kind) {
      case Operand::Kind::dot:
        here = dot;
        break;
      case Operand::Kind::literal:
        here = operand.literal;
        break;
      case Operand::Kind::function:
        return call(operand.name, {});
      case Operand::Kind::nested: {
        auto value = evaluate(*operand.nested, dot);
        if (!value) return value;
        here = std::move(*value);
        break;
      }
      case Operand::Kind::variable: {
        const auto found = std::ranges::find(variables_.rbegin(), variables_.rend(), operand.name,
                                             [](const auto& variable) { return variable.first; });
        if (found == variables_.rend()) return Fault("undefined variable \"$" + operand.name + "\"");
        here = found->second;
      }
    }
    for (const auto& field : operand.fields) {
      if (!has(here, field)) return Fault("can't evaluate field " + field);
      const Json found = at(here, field);
      here = found;
    }
    return here;
  }

  std::string out_;
  std::vector<std::pair<std::string, Json>> variables_;  // innermost last; "" is `$`, the whole data
};

}  // namespace

std::expected<std::string, std::string> render_template(std::string_view source, const Json& data) {
  auto nodes = templates::parse(source);
  if (!nodes) return Fault(nodes.error());
  Renderer renderer(data);
  if (auto done = renderer.render(*nodes, data); !done) return Fault(done.error());
  return renderer.take();
}

}  // namespace agent::cli
