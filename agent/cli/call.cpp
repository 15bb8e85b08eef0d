#include "agent/cli/call.hpp"

#include <fmt/format.h>

#include "agent/cli/template.hpp"

namespace agent::cli {
Call::Call(const Command& command, std::span<const std::string> given, Streams& io)
    : command_(command), given_(given), io_(io), api_(io, ApiOptions{}) {
  if (!command.asks) return;
  read_environment();
  auto& options = api_.options();
  asked_.add("address", options.address, "The agent to ask. Default http://127.0.0.1:4646, or NOMAD_ADDR.", "url")
      .add("region", options.region, "The region to forward to. Default the agent's own, or NOMAD_REGION.", "name")
      .add("namespace", options.name_space, "The namespace to look in. Default \"default\", or NOMAD_NAMESPACE.",
           "name")
      .add("token", options.token, "The ACL token to present, or NOMAD_TOKEN.", "secret")
      .add("no-color", no_color_, "No colours; also by NOMAD_CLI_NO_COLOR or NO_COLOR.")
      .add("force-color", force_color_, "Colours even where stdout is no terminal, or by NOMAD_CLI_FORCE_COLOR.");
}

void Call::read_environment() {
  const auto read = [&](const char* name, std::string& into) {
    if (const auto value = io_.environment.find(name); value != io_.environment.end() && !value->second.empty()) {
      into = value->second;
    }
  };
  auto& options = api_.options();
  read("NOMAD_ADDR", options.address);
  read("NOMAD_REGION", options.region);
  read("NOMAD_NAMESPACE", options.name_space);
  read("NOMAD_TOKEN", options.token);
  read("NOMAD_HTTP_AUTH", options.basic_auth);
}

void Call::formats() {
  flags.add("json", json_, "Print the API's JSON.");
  flags.add("t", template_, "Print what this Go template makes of the API's JSON.", "template");
}

bool Call::parse() {
  auto all = flags;
  all.add(asked_);
  auto parsed = all.parse(given_);
  if (!parsed && parsed.error().help) {
    print_help();
    return false;
  }
  if (!parsed) {
    error(parsed.error().message);
    error(fmt::format("For additional help try 'nomad {} -help'", command_.name));
    exit_ = 1;
    return false;
  }
  args = std::move(*parsed);
  const auto set = [&](const char* name) {
    const auto value = io_.environment.find(name);
    return value != io_.environment.end() && !value->second.empty();
  };
  const bool refused = no_color_ || set("NOMAD_CLI_NO_COLOR") || set("NO_COLOR");
  const bool forced = force_color_ || set("NOMAD_CLI_FORCE_COLOR") || set("CLICOLOR_FORCE");
  paint_.on = force_color_ || (!refused && (forced || io_.is_terminal));
  if (json_ && !template_.empty()) {
    exit_ = fail("Both json and template formatting are not allowed");
    return false;
  }
  return true;
}

void Call::print_help() {
  auto out = fmt::format("Usage: nomad {} {}\n\n{}\n", command_.name, command_.arguments, command_.help);
  if (const auto own = flags.usage(); !own.empty()) out += "\nOptions:\n\n" + own;
  if (command_.asks) out += "\nOptions of every command that asks an agent:\n\n" + asked_.usage();
  output(trimmed(out));
}

Style Call::style(bool verbose) const { return {verbose, io_.now(), paint_}; }

void Call::output(std::string_view words) { io_.out(std::string(words) + "\n"); }
void Call::error(std::string_view words) { io_.err(paint_.red(words) + "\n"); }

int Call::usage(std::string_view words) {
  error(words);
  error(fmt::format("For additional help try 'nomad {} -help'", command_.name));
  return 1;
}

int Call::fail(std::string_view words) {
  error(words);
  return 1;
}

int Call::print_formatted(const Json& value) {
  if (json_) {
    output(pretty(value));
    return 0;
  }
  auto rendered = render_template(template_, value);
  if (!rendered) return fail("Error formatting the data using template: " + rendered.error());
  output(*rendered);
  return 0;
}

std::string even_prefix(std::string_view id) {
  std::size_t digits = 0;
  for (const char c : id) digits += c != '-';
  return std::string(id.substr(0, id.size() - digits % 2));
}

}  // namespace agent::cli
