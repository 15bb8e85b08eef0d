// LIN: the history of the registers' clients is linearizable. Each value is written once and each answer names the
// version that the register had (the Raft index of the write), so every operation has its place in one order; what is
// left to check is that this order agrees with real time and that the values fit. That takes constant time an
// operation, while the run goes on, and memory for the versions only. (linear_search.hpp has the exact search that
// needs no versions; a test holds the two against each other.)
//
// A write without an answer may have happened, may happen later, or never: its version is learnt when somebody reads
// it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace simulator::checkers {

class Linear {
 public:
  using Version = std::uint64_t;  // 0: the register was never written

  /// A question or a wish that is under way: what was known when it began.
  struct Began {
    Version floor = 0;
  };

  /// Before anything is sent.
  Began begin(const std::string& key) { return {registers_[key].floor}; }
  /// Before it is sent: from now on the value may be read.
  Began begin_write(const std::string& key, const std::string& value);

  // Each answers what is wrong, in a sentence, if anything is.
  std::optional<std::string> read(const std::string& key, const Began& began, Version version,
                                  const std::string& value);
  /// A read that may be late: what it saw was there once.
  std::optional<std::string> read_stale(const std::string& key, Version version, const std::string& value);
  /// `expected`: it was to happen only at that version.
  std::optional<std::string> wrote(const std::string& key, const Began& began, Version version,
                                   const std::string& value, std::optional<Version> expected);
  /// A check-and-set was refused because the register had another version than expected.
  std::optional<std::string> refused(const std::string& key, const Began& began, Version expected, Version found);

  std::uint64_t operations() const { return operations_; }

  /// Versions of a register that are kept behind its newest: older ones that a late reader names are not judged.
  static constexpr std::size_t versions_kept = 4096;

 private:
  struct Register {
    Version floor = 0;                       // nobody who begins now may see less
    std::map<Version, std::string> values;   // as far as they were seen
    std::map<std::string, Version> written;  // by value; 0 while the version is not known
    std::map<Version, Version> succeeded;    // check-and-sets: version to the one expected before it
    Version forgotten = 0;                   // versions up to here are not kept
  };
  std::optional<std::string> learn(const std::string& key, Register& known, Version version, const std::string& value);
  static std::optional<std::string> between(const std::string& key, const Register& known, Version version);
  static void forget_old(Register& known);

  std::map<std::string, Register> registers_;
  std::uint64_t operations_ = 0;
};

}  // namespace simulator::checkers
