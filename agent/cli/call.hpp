// One command being carried out: its flags, its arguments, whom it asks and what it prints.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/cli/api.hpp"
#include "agent/cli/columns.hpp"
#include "agent/cli/style.hpp"
#include "agent/config/flags.hpp"

namespace agent::cli {

class Call;

/// A command as the table of commands.cpp has it.
struct Command {
  std::string_view name;       // "job run"
  std::string_view arguments;  // "[options] <path>"
  std::string_view synopsis;   // one line for the lists
  std::string_view help;       // what it does
  int (*run)(Call&);           // null: a family of commands ("job")
  bool listed = true;          // false: an older name kept working
  bool asks = true;            // takes the flags of every API command
};

class Call {
 public:
  Call(const Command& command, std::span<const std::string> args, Streams& io);

  // --- before parse() ---
  config::Flags flags;
  /// Adds -json and -t.
  void formats();
  /// False when the flags are wrong or want help, which has been told; return exit().
  bool parse();
  int exit() const { return exit_; }

  // --- after it ---
  std::vector<std::string> args;
  Api& api() { return api_; }
  Streams& io() { return io_; }
  /// How to show values: full ids when `verbose`.
  Style style(bool verbose = false) const;
  Paint paint() const { return paint_; }

  /// One more line on stdout or stderr.
  void output(std::string_view words);
  void error(std::string_view words);
  /// Says what is wrong with the arguments and where help is. Always 1.
  int usage(std::string_view words);
  /// Prints `words` as an error. Always 1.
  int fail(std::string_view words);

  bool wants_format() const { return json_ || !template_.empty(); }
  /// Prints `value` as -json or -t ask. The exit code.
  int print_formatted(const Json& value);
  bool wants_json() const { return json_; }

 private:
  void read_environment();
  void print_help();

  const Command& command_;
  std::span<const std::string> given_;
  Streams& io_;
  Api api_;
  config::Flags asked_;  // of every command that asks an agent
  Paint paint_;
  bool no_color_ = false;
  bool force_color_ = false;
  bool json_ = false;
  std::string template_;
  int exit_ = 0;
};

/// Cuts a UUID prefix to a whole number of bytes, as the server's index wants it.
std::string even_prefix(std::string_view id);

}  // namespace agent::cli
