// What a node is at the moment, as JSON and as text.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "simulator/cluster/cluster.hpp"

namespace simulator::debug {

enum class LogShown { tail, whole };

/// Of a server: Raft with the end of its log, the tables in brief, the members it sees. Of a client: its node, its
/// allocations and tasks. Of one that is down: why it ended, if by itself, and the files on its disk.
boost::json::value node_state(Cluster& cluster, NodeId node, LogShown shown = LogShown::tail);

/// Rows of a server's table in full: "nodes", "jobs", "evals", "allocs", "deployments". Null: there is no such table.
boost::json::value table(Cluster& cluster, NodeId node, std::string_view name, const std::string& id_prefix);

/// "server-1  leader of term 2, log 41, commit 41, applied 41"
std::string brief(Cluster& cluster, NodeId node);

/// Keys and values, one a line, indented.
std::string text_of(const boost::json::value& value);

/// "raft.term: 2 -> 3", a line for each difference; empty: none.
std::string difference(const boost::json::value& before, const boost::json::value& after);

}  // namespace simulator::debug
