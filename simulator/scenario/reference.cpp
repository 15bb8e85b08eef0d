#include "simulator/scenario/reference.hpp"

#include <set>
#include <vector>

#include <fmt/format.h>

#include "simulator/coverage/coverage.hpp"
#include "simulator/scenario/condition.hpp"
#include "simulator/scenario/happening.hpp"
#include "simulator/scenario/language.hpp"

namespace simulator {
namespace {

// A bar would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string row(const Mapping::Key& key, bool first) {
  return fmt::format("| {}`{}`{} | {} | {} |\n", first ? "**" : "", key.name, first ? "**" : "",
                     cell(key.shape().kind()), cell(key.about));
}

class Tables {
 public:
  std::string of(const Mapping& mapping) {
    const auto [at, is_new] = told_.insert(mapping.what());
    if (!is_new) return "";
    std::string out = fmt::format("**{}**\n\n| key | takes | |\n| --- | --- | --- |\n", mapping.what());
    for (const Mapping::Key& key : mapping.keys()) out += row(key, false);
    for (const Mapping* kind : mapping.kinds()) {
      // The actions of the timeline are those of the nemeses.
      if (!told_.insert(kind->what()).second) continue;
      for (std::size_t i = 0; i < kind->keys().size(); ++i) out += row(kind->keys()[i], i == 0);
    }
    out += "\n";
    for (const Mapping::Key& key : mapping.keys()) out += below(key.shape());
    return out;
  }

 private:
  // The mappings that a shape leads to.
  std::string below(const Shape& shape) {
    std::string out;
    for (const Mapping* mapping : shape.mappings()) out += of(*mapping);
    return out;
  }

  std::set<std::string> told_;
};

}  // namespace

std::string language_reference() {
  std::string out = Tables().of(language());
  out += "**happenings** (`after`, `when`, `count_of`)\n\n| | |\n| --- | --- |\n";
  for (const HappeningPhrase& phrase : happening_phrases())
    out +=
        fmt::format("| `{} {}{}` | {} |\n", phrase.subject, phrase.named ? "[NAME] " : "", phrase.verb, phrase.about);
  out += "\n**quantities** of conditions\n\n| | |\n| --- | --- |\n";
  for (const QuantityPhrase& phrase : quantity_phrases())
    out += fmt::format("| `{}{}{}{}` | {} |\n", phrase.subject, phrase.named ? " NAME" : "",
                       phrase.verb.empty() ? "" : " ", phrase.verb, phrase.about);
  out += "| `count of HAPPENING` | how often it has happened so far |\n";
  out += "\n**coverage points** for `require`\n\n";
  for (const std::string_view point : coverage::points) out += fmt::format("- {}\n", point);
  return out;
}

}  // namespace simulator
