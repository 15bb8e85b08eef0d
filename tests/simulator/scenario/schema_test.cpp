// The JSON Schema and the reader come from one table: what the one takes the other takes, and what is misspelt or of
// the wrong kind both refuse. (What needs other keys to be known, such as names of nodes, only the reader can tell.)
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "simulator/scenario/json_schema.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {
namespace {

namespace fs = std::filesystem;

std::string output_of(const std::string& command) {
  std::string out;
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), got);
  pclose(pipe);
  return out;
}

class Schema : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("schema-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::create_directories(folder_);
    std::ofstream(folder_ / "schema.json") << json_schema();
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string validate(const std::vector<fs::path>& files) {
    std::string command =
        "python3 " NOMAD_SOURCE_DIR "/tests/simulator/scenario/validate.py " + (folder_ / "schema.json").string();
    for (const fs::path& file : files) command += " " + file.string();
    return output_of(command);
  }
  fs::path folder_;
};

TEST_F(Schema, TakesEveryScenarioOfTheLibrary) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(NOMAD_SOURCE_DIR "/scenarios"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  ASSERT_GE(files.size(), 25U);
  for (const fs::path& file : files) {
    const auto read = load_scenario(file.string());
    EXPECT_TRUE(read.has_value()) << read.error();
  }
  const std::string said = validate(files);
  EXPECT_EQ(said.find("refused"), std::string::npos) << said;
  std::size_t taken = 0;
  for (std::size_t at = said.find("ok /"); at != std::string::npos; at = said.find("ok /", at + 1)) ++taken;
  EXPECT_EQ(taken, files.size()) << said;
}

TEST_F(Schema, RefusesWhatTheReaderRefuses) {
  const std::string head = "cluster: {servers: 3}\nuntil: 1m\n";
  const std::vector<std::string> wrong{
      "clustr: {servers: 3}\nuntil: 1m\n",
      "cluster: {servers: 3}\n",
      "cluster: {servers: three}\nuntil: 1m\n",
      "cluster: {servers: 3}\nuntil: 6 minutes\n",
      "cluster: {servers: [{coun: 3}]}\nuntil: 1m\n",
      "cluster: {servers: 3, config: {raft_multiplyer: 3}}\nuntil: 1m\n",
      "cluster: {servers: 3, config: {server: {heartbeat_grace: soon}}}\nuntil: 1m\n",
      head + "network: {loss: lots}\n",
      head + "network: {same_rack: {latensy: 1ms}}\n",
      head + "timeline: [{at: 5s, crsh: leader}]\n",
      head + "timeline: [{at: 5s, crash: leader, pause: leader}]\n",
      head + "timeline: [{at: 5s, crash: leader, by: 3s}]\n",
      head + "timeline: [{at: 5s, slow: leader}]\n",
      head + "timeline: [{crash: leader}]\n",
      head + "nemeses: [{crash: leader}]\n",
      head + "nemeses: [{rate: often, crash: leader}]\n",
      head + "expect: [{sometimes: leaders = 1}]\n",
      head + "expect: [{eventually: leaders = 1}]\n",
      head + "swarm: {draw: {cluster.servers: 3}}\n",
      head + "require: leaders\n",
  };
  std::vector<fs::path> files;
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    EXPECT_FALSE(read_scenario("a.yaml", wrong[i]).has_value()) << wrong[i];
    files.push_back(folder_ / (std::to_string(i) + ".yaml"));
    std::ofstream(files.back()) << wrong[i];
  }
  const std::string said = validate(files);
  for (std::size_t i = 0; i < wrong.size(); ++i)
    EXPECT_NE(said.find("refused " + files[i].string() + ":"), std::string::npos) << wrong[i] << "\n" << said;
}

}  // namespace
}  // namespace simulator
