// The options of one command: each is declared with the value it sets and a line of help, then read from the arguments.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"

namespace simulator {

class Options {
 public:
  /// `usage` is what follows "nomad-sim", one way to call the command a line; `about` tells what it does.
  Options(std::string usage, std::string about) : usage_(std::move(usage)), about_(std::move(about)) {}

  // The values are set by parse(), which they must outlive. `value` names what an option takes: "N".
  void flag(std::string name, bool& into, std::string help);
  void text(std::string name, std::string& into, std::string value, std::string help);
  void number(std::string name, std::uint64_t& into, std::string value, std::string help, std::uint64_t least = 0,
              std::uint64_t most = ~std::uint64_t{});
  void duration(std::string name, core::Duration& into, std::string value, std::string help, core::Duration least = {});
  /// May stand alone: `into` is then `alone`. A following argument that is no option is taken as its value.
  void optional_text(std::string name, std::string& into, std::string value, std::string alone, std::string help);
  /// Reads its value in its own way; the answer is empty, or says what was wanted: "wants a file".
  void custom(std::string name, std::string value, std::string help,
              std::function<std::string(const std::string&)> set);

  /// The arguments that are no options. The error is a sentence.
  std::expected<std::vector<std::string>, std::string> parse(const std::vector<std::string>& arguments);
  /// Whether parse() met --help; nothing else counts then.
  bool help_asked() const { return help_asked_; }
  std::string help() const;
  /// Whether parse() met the option.
  bool given(std::string_view name) const;

 private:
  struct Option {
    std::string name;
    std::string value;  // empty: a flag
    std::string help;
    bool may_stand_alone = false;
    std::function<std::string(const std::string&)> set;
    bool given = false;
  };
  Option* find(std::string_view name);
  std::string unknown(const std::string& name) const;

  std::string usage_;
  std::string about_;
  std::vector<Option> options_;
  bool help_asked_ = false;
};

}  // namespace simulator
