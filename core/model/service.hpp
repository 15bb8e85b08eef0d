// Services of groups and tasks, and their checks (http-api.md §11).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/describe/type.hpp"

namespace core::model {

struct CheckRestart {
  std::int32_t limit = 0;
  Duration grace{};
  bool ignore_warnings = false;
};
BOOST_DESCRIBE_STRUCT(CheckRestart, (), (limit, grace, ignore_warnings))

struct ServiceCheck {
  std::string name;
  std::string type;
  std::string command;
  std::vector<std::string> args;
  std::string path;
  std::string protocol;
  std::string port_label;
  bool expose = false;
  std::string address_mode;
  std::string advertise;
  Duration interval{};
  Duration timeout{};
  std::string initial_status;
  std::string tls_server_name;
  bool tls_skip_verify = false;
  std::string method;
  std::map<std::string, std::vector<std::string>> header;
  std::optional<CheckRestart> check_restart;
  std::string grpc_service;
  bool grpc_use_tls = false;
  std::string task_name;
  std::int32_t success_before_passing = 0;
  std::int32_t failures_before_critical = 0;
  std::string body;
  std::string on_update;
};
BOOST_DESCRIBE_STRUCT(ServiceCheck, (),
                      (name, type, command, args, path, protocol, port_label, expose, address_mode, advertise, interval,
                       timeout, initial_status, tls_server_name, tls_skip_verify, method, header, check_restart,
                       grpc_service, grpc_use_tls, task_name, success_before_passing, failures_before_critical, body,
                       on_update))

struct Service {
  std::string name;
  std::string port_label;
  std::string address_mode;
  std::string address;
  std::vector<std::string> tags;
  std::vector<std::string> canary_tags;
  bool enable_tag_override = false;
  std::vector<ServiceCheck> checks;
  std::optional<CheckRestart> check_restart;
  boost::json::value connect;  // Consul Connect is kept as written
  std::map<std::string, std::string> meta;
  std::map<std::string, std::string> canary_meta;
  std::map<std::string, std::string> tagged_addresses;
  std::string task_name;
  std::string on_update;
  std::string provider;
};
BOOST_DESCRIBE_STRUCT(Service, (),
                      (name, port_label, address_mode, address, tags, canary_tags, enable_tag_override, checks,
                       check_restart, connect, meta, canary_meta, tagged_addresses, task_name, on_update, provider))

}  // namespace core::model

namespace core::describe {
template <>
struct JsonRules<model::ServiceCheck> {
  static constexpr std::array rules{JsonRule{"grpc_service", "GRPCService"}, JsonRule{"grpc_use_tls", "GRPCUseTLS"}};
};
}  // namespace core::describe

// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<model::Service>();
}  // namespace core::describe
