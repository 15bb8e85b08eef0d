// Files of this folder, and jobs made from short texts.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "core/jobspec/jobspec.hpp"

namespace tests {

inline std::string read_source(const std::string& path) {
  std::ifstream in(std::string(NOMAD_SOURCE_DIR) + "/" + path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string vector_file(const std::string& name) { return read_source("tests/core/jobspec/vectors/" + name); }

/// The body of a captured HTTP answer.
inline std::string http_body(const std::string& text) {
  const auto blank = text.find("\r\n\r\n");
  return blank == std::string::npos ? text.substr(text.find("\n\n") + 2) : text.substr(blank + 4);
}

inline core::model::Job parse_good(std::string_view text, const core::jobspec::ParseJobOptions& options = {}) {
  auto job = core::jobspec::parse_job(text, "test.nomad", options);
  EXPECT_TRUE(job.has_value()) << (job ? "" : core::hcl::render(job.error()));
  return job ? *job : core::model::Job{};
}

/// The first error's one line; "" when there is none.
inline std::string parse_error(std::string_view text, const core::jobspec::ParseJobOptions& options = {}) {
  const auto job = core::jobspec::parse_job(text, "test.nomad", options);
  return job ? "" : core::hcl::one_line(job.error());
}

/// A job of one group and task, with lines added to the job, the group and the task.
inline std::string small_job(const std::string& job, const std::string& group = "", const std::string& task = "") {
  return "job \"j\" {\n" + job + "\ngroup \"g\" {\n" + group +
         "\ntask \"t\" {\ndriver = \"raw_exec\"\nconfig { command = \"/bin/true\" }\n" + task + "\n}\n}\n}\n";
}

}  // namespace tests
