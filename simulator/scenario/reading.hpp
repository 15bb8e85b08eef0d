// What is known while a scenario is read: its files, and the first thing that is wrong with it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "simulator/scenario/files.hpp"
#include "simulator/scenario/problem.hpp"

namespace simulator {

struct Reading {
  Files* texts = nullptr;            // where files are read from
  std::vector<std::string> sources;  // the scenario and what it includes, by Place::file
  std::optional<Problem> problem;    // the first

  bool failed() const { return problem.has_value(); }
  void fail(Place place, std::string found, std::string wanted, std::string hint = "") {
    if (!problem) problem = Problem{place, std::move(found), std::move(wanted), std::move(hint)};
  }
  /// Where what a file names is looked for.
  std::filesystem::path folder(Place place) const {
    return place.file < sources.size() ? std::filesystem::path(sources[place.file]).parent_path()
                                       : std::filesystem::path();
  }
};

}  // namespace simulator
