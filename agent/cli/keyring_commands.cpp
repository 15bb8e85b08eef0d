// operator gossip keyring generate, install, list, remove, use.
#include <sys/random.h>

#include <array>

#include <fmt/format.h>
#include <boost/json/object.hpp>

#include "agent/cli/columns.hpp"
#include "agent/cli/commands.hpp"
#include "core/describe/json.hpp"

namespace agent::cli {
namespace {

constexpr std::size_t new_key_bytes = 32;

/// Changes the keys of all servers: one key, one operation.
int change_keys(Call& call, const char* operation, std::string_view doing) {
  if (!call.parse()) return call.exit();
  if (call.args.size() != 1) return call.usage("This command requires one argument: <key>");
  call.output(std::string(doing));
  const Json body = boost::json::object{{"Key", call.args[0]}};
  auto answer = call.api().put(fmt::format("/v1/agent/keyring/{}", operation), {}, &body);
  if (!answer) return call.fail("error: " + answer.error().text);
  return 0;
}

}  // namespace

int gossip_keyring_generate(Call& call) {
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  std::array<char, new_key_bytes> key;
  if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    return call.fail("Error reading random data");
  call.output(core::describe::to_base64({key.data(), key.size()}));
  return 0;
}

int gossip_keyring_install(Call& call) {
  return change_keys(call, "install", "Installing new gossip encryption key...");
}
int gossip_keyring_remove(Call& call) { return change_keys(call, "remove", "Removing gossip encryption key..."); }
int gossip_keyring_use(Call& call) { return change_keys(call, "use", "Changing primary gossip encryption key..."); }

int gossip_keyring_list(Call& call) {
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  call.output("Gathering installed encryption keys...");
  auto answer = call.api().get("/v1/agent/keyring/list");
  if (!answer) return call.fail("error: " + answer.error().text);
  std::vector<Row> rows{{"Key"}};
  for (const auto& [key, count] : members(*answer, "Keys")) rows.push_back({std::string(key)});
  call.output(format_table(rows));
  return 0;
}

}  // namespace agent::cli
