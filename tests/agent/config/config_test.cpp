#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "agent/config/addresses.hpp"
#include "agent/config/agent_flags.hpp"
#include "agent/config/core_config.hpp"
#include "agent/config/load.hpp"
#include "agent/config/unsupported.hpp"
#include "agent/config/validate.hpp"

namespace {

using namespace agent::config;

AgentConfig config_of(std::initializer_list<const char*> texts) {
  Fragment whole;
  for (const char* text : texts) {
    auto fragment = parse_config("a.hcl", text);
    EXPECT_TRUE(fragment) << fragment.error().text();
    if (fragment) merge(whole, *fragment);
  }
  auto config = apply({}, whole);
  EXPECT_TRUE(config) << config.error();
  return config.value_or(AgentConfig{});
}

std::string error_of(const std::string& text) {
  const auto fragment = parse_config("a.hcl", text);
  return fragment ? "" : fragment.error().text();
}

std::vector<std::string> problems_of(std::initializer_list<const char*> texts) {
  return validate(config_of(texts)).errors;
}

TEST(AgentConfig, ReadsHclAndJsonAlike) {
  const char* hcl = R"(
    data_dir = "/opt/nomad"
    ports { http = 14646 }
    server {
      enabled          = true
      bootstrap_expect = 3
      heartbeat_grace  = "20s"
      server_join { retry_join = ["10.0.0.1", "10.0.0.2"] retry_interval = "5s" }
    }
    client {
      enabled = true
      meta { "rack" = "r1" }
      reserved { cpu = 100 reserved_ports = "22" }
      options = { "driver.raw_exec.enable" = "1" }
    }
    plugin "raw_exec" { config { enabled = true } }
  )";
  const char* json = R"({"data_dir": "/opt/nomad", "ports": {"http": 14646},
    "server": {"enabled": true, "bootstrap_expect": 3, "heartbeat_grace": "20s",
               "server_join": {"retry_join": ["10.0.0.1", "10.0.0.2"], "retry_interval": "5s"}},
    "client": [{"enabled": true, "meta": {"rack": "r1"}, "reserved": {"cpu": 100, "reserved_ports": "22"},
                "options": {"driver.raw_exec.enable": "1"}}],
    "plugin": [{"raw_exec": [{"config": [{"enabled": true}]}]}]})";
  for (const char* text : {hcl, json}) {
    const AgentConfig config = config_of({text});
    EXPECT_EQ(config.data_dir, "/opt/nomad");
    EXPECT_EQ(config.ports.http, 14646);
    EXPECT_EQ(config.ports.rpc, 4647);
    EXPECT_TRUE(config.server.enabled);
    EXPECT_EQ(config.server.bootstrap_expect, 3);
    EXPECT_EQ(config.server.heartbeat_grace, 20s);
    EXPECT_EQ(config.server.server_join.retry_join.size(), 2U);
    EXPECT_EQ(config.server.server_join.retry_interval, 5s);
    EXPECT_EQ(config.client.meta.at("rack"), "r1");
    EXPECT_EQ(config.client.reserved.cpu, 100);
    EXPECT_TRUE(driver_enabled(config, "raw_exec"));
    EXPECT_FALSE(driver_enabled(config, "exec"));
    EXPECT_TRUE(validate(config).ok()) << validate(config).errors.at(0);
  }
}

TEST(AgentConfig, MergesLaterFilesOverEarlier) {
  const AgentConfig config = config_of(
      {R"(name = "a" datacenter = "east" leave_on_interrupt = true client { meta { a = "1" b = "1" } servers = ["s1"]
          no_host_uuid = true } server { server_join { start_join = ["x"] retry_max = 4 } } plugin "p" { args = ["1"] })",
       R"(name = "b" datacenter = "" leave_on_interrupt = false client { meta { b = "2" } servers = ["s2"]
          no_host_uuid = false } server { server_join { start_join = ["y"] } } plugin "p" { config { k = 1 } })"});
  EXPECT_EQ(config.name, "b");
  EXPECT_EQ(config.datacenter, "east");      // empty says nothing
  EXPECT_TRUE(config.leave_on_interrupt);    // only true overrides
  EXPECT_FALSE(config.client.no_host_uuid);  // but where the default is true
  EXPECT_EQ(config.client.meta, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(config.client.servers, (std::vector<std::string>{"s1", "s2"}));
  EXPECT_EQ(config.server.server_join.start_join, std::vector<std::string>{"y"});  // replaced
  EXPECT_EQ(config.server.server_join.retry_max, 4);
  EXPECT_EQ(config.plugin.at("p").args.size(), 1U);
  EXPECT_TRUE(config.plugin.at("p").config.is_object());
}

TEST(AgentConfig, NamesThePlaceOfWhatIsWrong) {
  EXPECT_EQ(error_of("region = \"a\"\ndatacentre = \"x\""),
            "a.hcl:2:1: unexpected keys datacentre: did you mean \"datacenter\"?");
  EXPECT_EQ(error_of("server {\n  enabledd = true\n}"),
            "a.hcl:2:3: unexpected keys enabledd: did you mean \"enabled\"?");
  EXPECT_EQ(error_of("{\"zzzzzzz\": 1}"), "a.hcl:1:2: unexpected keys zzzzzzz");
  EXPECT_EQ(error_of("ports {\n  http = \"many\"\n}"),
            "a.hcl:2:10: Incorrect attribute value type: Inappropriate value for attribute \"http\": a whole number is "
            "required, but this is the string \"many\".");
  EXPECT_EQ(error_of("ports { http = 99999999999 }").substr(0, 12), "a.hcl:1:16: ");
  EXPECT_EQ(error_of("server = ").substr(0, 8), "a.hcl:1:");
  EXPECT_EQ(error_of("dev_mode = true").substr(0, 36), "a.hcl:1:1: unexpected keys dev_mode");
}

TEST(AgentConfig, RefusesWhatItCannotDo) {
  const char* base = "data_dir = \"/d\" server { enabled = true }";
  const auto unsupported_of = [&](const char* text) { return problems_of({base, text}); };
  EXPECT_EQ(unsupported_of("acl { enabled = true }"),
            std::vector<std::string>{"acl.enabled is not supported by this version"});
  EXPECT_EQ(unsupported_of("tls { rpc = true ca_file = \"c\" }").size(), 2U);
  EXPECT_EQ(unsupported_of("vault { enabled = true }").size(), 1U);
  EXPECT_EQ(unsupported_of("client { host_volume \"v\" { path = \"/v\" } }").size(), 1U);
  EXPECT_TRUE(
      unsupported_of("acl { enabled = false } tls { http = false } vault { enabled = false } ui { enabled = true }"
                     "consul { auto_advertise = false } audit { enabled = false } telemetry { statsd_address = \"\" }")
          .empty());
}

TEST(AgentConfig, ValidatesWithNomadsWords) {
  const std::pair<const char*, const char*> cases[] = {
      {"data_dir = \"/d\"", "Must specify either server, client or dev mode for the agent."},
      {"server { enabled = true }", "Must specify \"data_dir\" config option or \"data-dir\" CLI flag"},
      {"client { enabled = true }", "Must specify the state, alloc dir, and plugin dir if data-dir is omitted."},
      {"server { enabled = true } data_dir = \"d\"", "data-dir must be given as an absolute path: got d"},
      {"client { enabled = true } server { bootstrap_expect = 3 } data_dir = \"/d\"",
       "Bootstrap requires server mode to be enabled"},
      {"server { enabled = true } data_dir = \"/d\" datacenter = \"d*\"",
       "Datacenter contains invalid characters (null or '*')"},
      {"server { enabled = true } data_dir = \"/d\" log_level = \"LOUD\"",
       "Invalid log level: LOUD. Valid log levels are: [TRACE DEBUG INFO WARN ERROR OFF]"},
      {"server { enabled = true } data_dir = \"/d\" ports { rpc = 70000 }",
       "Invalid port for ports.rpc: 70000 is not between 0 and 65535"},
      {"server { enabled = true encrypt = \"AAAA\" } data_dir = \"/d\"",
       "Invalid encryption key: key size must be 16, 24 or 32 bytes"},
      {"client { enabled = true min_dynamic_port = 9 max_dynamic_port = 8 } data_dir = \"/d\"",
       "Invalid dynamic port range: min_dynamic_port=9 and max_dynamic_port=8"},
      {"server { enabled = true retry_join = [\"a\"] server_join { retry_join = [\"b\"] } } data_dir = \"/d\"",
       "server_join and retry_join cannot both be defined; prefer setting the server_join block"},
      {"client { enabled = true server_join { start_join = [\"a\"] } } data_dir = \"/d\"",
       "start_join is not supported for Nomad clients"},
      {"server { enabled = true raft_snapshot_threshold = 0 } data_dir = \"/d\"",
       "server.raft_snapshot_threshold must be at least 1, got 0"},
      {"server { enabled = true raft_trailing_logs = 0 } data_dir = \"/d\"",
       "server.raft_trailing_logs must be at least 1, got 0"},
      {"server { enabled = true raft_snapshot_interval = \"4ms\" } data_dir = \"/d\"",
       "server.raft_snapshot_interval must be at least 5ms, got 4ms"},
      {"server { enabled = true raft_snapshot_interval = \"0s\" } data_dir = \"/d\"",
       "server.raft_snapshot_interval must be at least 5ms, got 0s"},
      {"server { enabled = true } data_dir = \"/d\" bind_addr = \"{{ GetPrivateIP }}\"",
       "bind_addr: go-sockaddr templates are not supported by this version: {{ GetPrivateIP }}"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(problems_of({text}), std::vector<std::string>{message}) << text;
  EXPECT_TRUE(validate(dev_config()).ok()) << validate(dev_config()).errors.at(0);
}

TEST(AgentConfig, SettingsOfSnapshotsAreTakenUpAgain) {
  const auto given = reloaded(config_of({"server { enabled = true raft_snapshot_threshold = 7 "
                                         "raft_snapshot_interval = \"9s\" raft_trailing_logs = 3 }"}),
                              core::world::LogLevel::warn);
  EXPECT_EQ(given.raft_snapshot_threshold, 7U);
  EXPECT_EQ(given.raft_snapshot_interval, 9s);
  EXPECT_EQ(given.raft_trailing_logs, 3U);
  const auto defaults = reloaded(config_of({"server { enabled = true }"}), core::world::LogLevel::warn);
  EXPECT_EQ(defaults.raft_snapshot_threshold, 8192U);
  EXPECT_EQ(defaults.raft_snapshot_interval, 120s);
  EXPECT_EQ(defaults.raft_trailing_logs, 10'240U);
}

TEST(AgentFlags, SetKeysAndOverrideFiles) {
  const auto path = std::filesystem::temp_directory_path() / ("agent_config_test_" + std::to_string(::getpid()));
  std::filesystem::create_directory(path);
  std::ofstream(path / "1.hcl") << "region = \"file\" datacenter = \"file\"";
  std::ofstream(path / "2.json") << "{\"name\": \"two\"}";
  std::ofstream(path / "3.hcl~") << "not configuration";
  const std::vector<std::string> arguments{
      "-config=" + path.string(), "--dc",  "flag",  "-server",      "-client=true",    "-join", "a",         "-join=b",
      "-bootstrap-expect=3",      "-meta", "k=v=w", "-servers=x,y", "-retry-interval", "2s",    "-data-dir", "/d"};
  const auto flags = parse_agent_flags(arguments);
  ASSERT_TRUE(flags) << flags.error().message;
  const auto setup = load_agent(*flags);
  std::filesystem::remove_all(path);
  ASSERT_TRUE(setup) << setup.error().text();
  EXPECT_EQ(setup->files.size(), 2U);
  const AgentConfig& config = setup->config;
  EXPECT_EQ(config.region, "file");
  EXPECT_EQ(config.datacenter, "flag");
  EXPECT_EQ(config.name, "two");
  EXPECT_TRUE(config.server.enabled && config.client.enabled);
  EXPECT_EQ(config.server.server_join.start_join, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config.server.server_join.retry_interval, 2s);
  EXPECT_EQ(config.server.bootstrap_expect, 3);
  EXPECT_EQ(config.client.meta.at("k"), "v=w");
  EXPECT_EQ(config.client.servers, (std::vector<std::string>{"x", "y"}));
  const auto missing = load_paths(std::vector<std::string>{"/nonexistent/file.hcl"});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().text().find("/nonexistent/file.hcl: No such file"), std::string::npos);
}

TEST(AgentFlags, DevStartsFromItsOwnDefaults) {
  const auto flags = parse_agent_flags(std::vector<std::string>{"-dev", "-log-level=WARN"});
  ASSERT_TRUE(flags);
  const auto setup = load_agent(*flags);
  ASSERT_TRUE(setup) << setup.error().text();
  EXPECT_TRUE(setup->config.dev_mode);
  EXPECT_EQ(setup->config.log_level, "WARN");
  EXPECT_EQ(setup->config.bind_addr, "127.0.0.1");
  EXPECT_TRUE(driver_enabled(setup->config, "raw_exec"));
}

TEST(AgentFlags, BoundsOfARecordingWantTheRecording) {
  const auto alone = parse_agent_flags(std::vector<std::string>{"-dev", "-record-size", "1024"});
  ASSERT_FALSE(alone);
  EXPECT_NE(alone.error().message.find("-record-size and -record-minutes bound what -record FILE writes"),
            std::string::npos);
  EXPECT_TRUE(parse_agent_flags(std::vector<std::string>{"-dev", "-record", "a", "-record-size", "1024"}));
}

TEST(Flags, FollowGosRules) {
  const auto parse = [](std::vector<std::string> arguments) {
    bool detach = false;
    std::int64_t number = 0;
    std::string text;
    std::vector<std::string> list;
    core::Duration wait{};
    Flags flags;
    flags.add("detach", detach, "d")
        .add("n", number, "n")
        .add("address", text, "a")
        .add("var", list, "v")
        .add("wait", wait, "w");
    const auto rest = flags.parse(arguments);
    if (!rest) return rest.error().help ? "help" : rest.error().message;
    std::string out = (detach ? "detach " : "") + std::to_string(number) + " " + text;
    for (const auto& item : list) out += " v:" + item;
    for (const auto& item : *rest) out += " +" + item;
    return out;
  };
  EXPECT_EQ(parse({"-detach", "-n=3", "--address", "x", "job.nomad", "-n", "4"}), "detach 3 x +job.nomad +-n +4");
  EXPECT_EQ(parse({"-detach=false", "-var", "a=1", "-var=b=2", "--", "-x"}), "0  v:a=1 v:b=2 +-x");
  EXPECT_EQ(parse({"-"}), "0  +-");
  EXPECT_EQ(parse({"-x"}), "flag provided but not defined: -x");
  EXPECT_EQ(parse({"-n"}), "flag needs an argument: -n");
  EXPECT_EQ(parse({"-n", "three"}), "invalid value \"three\" for flag -n: parse error");
  EXPECT_EQ(parse({"-n", "99999999999999999999"}),
            "invalid value \"99999999999999999999\" for flag -n: value out of range");
  EXPECT_EQ(parse({"-detach=maybe"}), "invalid boolean value \"maybe\" for -detach: parse error");
  EXPECT_EQ(parse({"---n"}), "bad flag syntax: ---n");
  EXPECT_EQ(parse({"-=n"}), "bad flag syntax: -=n");
  EXPECT_EQ(parse({"-h"}), "help");
}

TEST(Addresses, AdvertiseAsNomadDoes) {
  AgentConfig config;
  config.server.enabled = true;
  const std::vector<InterfaceAddress> host{{"lo", *core::Address::parse("127.0.0.1:0")},
                                           {"wan", *core::Address::parse("8.8.4.4:0")},
                                           {"eth0", *core::Address::parse("192.168.1.5:0")}};
  auto found = resolve_addresses(config, host);
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->bind_rpc.text(), "0.0.0.0:4647");
  EXPECT_EQ(found->advertise_rpc.text(), "192.168.1.5:4647");
  EXPECT_FALSE(resolve_addresses(config, std::span(host).first(2)));

  config.addresses.http = "127.0.0.1 10.0.0.9";
  config.advertise = {.http = "10.0.0.9", .rpc = "10.0.0.9:5000", .serf = "fd00::1"};
  found = resolve_addresses(config, {});
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->bind_http.size(), 2U);
  EXPECT_EQ(found->advertise_http.text(), "10.0.0.9:4646");
  EXPECT_EQ(found->advertise_rpc.text(), "10.0.0.9:5000");
  EXPECT_EQ(found->advertise_serf.text(), "[fd00::1]:4648");

  config = {};
  config.server.enabled = true;
  config.bind_addr = "127.0.0.1";
  EXPECT_EQ(resolve_addresses(config, host).error(),
            "Defaulting advertise to localhost is unsafe, please set advertise manually");
  EXPECT_EQ(resolve_addresses(dev_config(), {})->advertise_rpc.text(), "127.0.0.1:4647");
  config.advertise.rpc = "{{ GetPublicIP }}";
  config.advertise.http = "1.2.3.4";
  EXPECT_EQ(resolve_addresses(config, host).error(),
            "advertise.rpc: go-sockaddr templates are not supported by this version: {{ GetPublicIP }}");
}

RC_GTEST_PROP(AgentConfigFiles, NoMutationIsFatal, ()) {
  std::string text =
      R"(region = "global" server { enabled = true bootstrap_expect = 3 server_join { retry_join = ["a"] } }
    client { meta { a = "b" } reserved { cpu = 5 } } plugin "raw_exec" { config { enabled = true } } ports { http = 1 })";
  const auto edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    static const std::vector<std::string> pieces{"{", "}", "\"", "= 1", "[{}]", "=", "null", "-1", "${x}", "tls", "[]"};
    if (*rc::gen::arbitrary<bool>())
      text.insert(at, *rc::gen::elementOf(pieces));
    else
      text.erase(at, 3);
  }
  const auto fragment = parse_config("m.hcl", text);
  if (!fragment) {
    RC_ASSERT(!fragment.error().errors.empty());
    return;
  }
  Fragment whole = *fragment;
  merge(whole, *fragment);
  const auto config = apply({}, whole);
  RC_ASSERT(config.has_value());
  validate(*config);
  resolve_addresses(*config, {});
}

}  // namespace
