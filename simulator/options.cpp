#include "simulator/options.hpp"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "simulator/scenario/problem.hpp"

namespace simulator {
namespace {

constexpr std::uint64_t max_seeds = 100'000'000;
constexpr std::uint64_t max_jobs = 1024;

constexpr const char* help = R"(nomad-sim: whole clusters of real agents in one process, from one seed

Usage: nomad-sim [run] SCENARIO... [options]
       nomad-sim replay RECORDING...

Options
  --seed N              the seed to begin with (1)
  --seeds N             run N seeds in a row, and print those that fail
  --jobs N              on N threads (1)
  --trace FILE          write every event and effect to FILE, as JSON lines (one seed, one scenario)
  --check-determinism   run each seed twice and compare all that happened
  --stop-at-first       with --seeds: no further seeds once one has failed
  --quiet               the verdict only, not the story
  --help, --version

replay feeds what `nomad agent -record FILE` recorded to the same agent, which must do the same.

Exit codes
  0  every invariant held          2  the scenario or the command line is wrong
  1  an invariant fell             3  two runs of one seed, or a replay, differed
)";

std::optional<std::uint64_t> number(const std::string& text, std::uint64_t most) {
  std::uint64_t out = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  if (text.empty() || error != std::errc{} || stopped != end || out > most) return std::nullopt;
  return out;
}

bool switch_on([[maybe_unused]] const std::string& name) {
#ifdef NOMAD_MUTANTS
  using core::base::Mutant;
  const std::pair<const char*, Mutant> known[] = {
      {"K03", Mutant::K03_vote_twice},         {"K04", Mutant::K04_vote_for_stale_log},
      {"K06", Mutant::K06_half_is_a_majority}, {"K16", Mutant::K16_unclamped_commit},
      {"K22", Mutant::K22_ack_before_sync},    {"K43", Mutant::K43_trusting_plan_applier}};
  for (const auto& [mutant_name, mutant] : known)
    if (name == mutant_name) {
      core::base::active_mutant = mutant;
      return true;
    }
#endif
  return false;
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  std::expected<Options, std::string> parse() {
    out_.program = arguments_.empty() ? "nomad-sim" : arguments_[0];
    for (at_ = 1; at_ < arguments_.size() && error_.empty() && out_.answer.empty(); ++at_) take(arguments_[at_]);
    if (!error_.empty()) return std::unexpected(error_);
    if (!out_.answer.empty()) return out_;
    if (out_.files.empty()) return std::unexpected(out_.replay ? "no recording is named" : "no scenario is named");
    if (!out_.trace_file.empty() && (out_.seeds > 1 || out_.files.size() > 1))
      return std::unexpected("--trace is for one seed of one scenario");
    return out_;
  }

 private:
  void take(const std::string& argument) {
    if (at_ == 1 && (argument == "run" || argument == "replay")) {
      out_.replay = argument == "replay";
    } else if (!argument.starts_with('-') || argument == "-") {
      out_.files.push_back(argument);
    } else if (argument == "--help" || argument == "-h" || argument == "-help") {
      out_.answer = help;
    } else if (argument == "--version" || argument == "-version") {
      out_.answer = fmt::format("nomad-sim v{}\n", NOMAD_VERSION);
    } else {
      take_option(argument);
    }
  }

  void take_option(const std::string& argument) {
    const auto equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    if (name == "--quiet") {
      out_.quiet = true;
    } else if (name == "--check-determinism") {
      out_.check_determinism = true;
    } else if (name == "--stop-at-first") {
      out_.stop_at_first = true;
    } else if (name == "--seed" || name == "--seeds" || name == "--jobs") {
      const std::string value = value_of(argument, equals);
      const auto parsed = number(value, name == "--seed" ? ~std::uint64_t{} : name == "--jobs" ? max_jobs : max_seeds);
      if (!parsed || (name != "--seed" && *parsed == 0))
        return fail(fmt::format("{} wants a number, found \"{}\"", name, value));
      if (name == "--seed") out_.seed = *parsed;
      if (name == "--seeds") out_.seeds = *parsed;
      if (name == "--jobs") out_.jobs = static_cast<unsigned>(*parsed);
    } else if (name == "--trace") {
      out_.trace_file = value_of(argument, equals);
      if (out_.trace_file.empty()) fail("--trace wants a file");
    } else if (name == "--mutant") {
      out_.mutant = value_of(argument, equals);
      if (!switch_on(out_.mutant)) fail(fmt::format("this build has no mutant \"{}\"", out_.mutant));
    } else {
      const std::string near = nearest(name, {"--seed", "--seeds", "--jobs", "--trace", "--quiet",
                                              "--check-determinism", "--stop-at-first", "--help", "--version"});
      fail(fmt::format("no option \"{}\"{}", name, near.empty() ? "" : fmt::format(" (did you mean {}?)", near)));
    }
  }

  std::string value_of(const std::string& argument, std::size_t equals) {
    if (equals != std::string::npos) return argument.substr(equals + 1);
    return at_ + 1 < arguments_.size() ? arguments_[++at_] : "";
  }
  void fail(std::string error) { error_ = std::move(error); }

  const std::vector<std::string>& arguments_;
  std::size_t at_ = 1;
  Options out_;
  std::string error_;
};

}  // namespace

std::expected<Options, std::string> parse_options(const std::vector<std::string>& arguments) {
  return Parser(arguments).parse();
}

}  // namespace simulator
