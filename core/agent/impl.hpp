// The inside of Agent, shared by its .cpp files and by nobody else.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/agent/agent.hpp"
#include "core/agent/blocking.hpp"
#include "core/agent/request.hpp"
#include "core/agent/transport.hpp"
#include "core/api/api.hpp"

namespace core::agent {

inline constexpr Duration hold_timeout = 5s;               // how long an API request waits for a leader
inline constexpr Duration hold_retry = hold_timeout / 16;  // before a leader that could not be reached is asked again
inline constexpr Duration answer_grace = 1s;               // of a leader that was, to tell what became of a write
inline constexpr Duration tell_interval = 10s;             // between lines on what others may do often
inline constexpr Duration log_poll_interval = 1s;          // how often a followed log is looked at (http-api.md §5)
inline constexpr Duration heartbeat_frame_interval = 10s;
inline constexpr std::uint64_t log_chunk_bytes = 64 * 1024;
inline constexpr std::size_t max_reply_part_bytes = 4 << 20;  // of an answer that another agent gets
inline constexpr std::uint32_t max_hops = 3;                  // of a request handed on between agents
inline constexpr std::size_t max_waiting_requests = 10'000;
inline constexpr std::uint32_t max_writes = 32;  // of one request, each refused because something had changed
inline constexpr std::size_t max_forwarded_answer_bytes = 48 << 20;  // under what may wait to be sent on a connection
inline constexpr std::size_t frame_overhead = 64;                    // of a frame, and of each header in it
inline constexpr Duration longest_blocking_query = 10min;
inline constexpr Duration longest_archive_call = 1h;  // a state saved or restored by another
inline constexpr std::uint16_t default_serf_port = 4648;
inline constexpr std::uint16_t default_rpc_port = 4647;
inline constexpr std::uint16_t default_http_port = 4646;

class Agent::Impl {
 public:
  Impl(Config config, std::uint64_t seed);

  void handle(Now now, const world::Event& event, world::Effects& effects);
  Instant deadline() const;

  // agent.cpp
  void start(Now now, world::Effects& effects);
  void network_event(Now now, const world::Event& event, world::Effects& effects);
  void signalled(Now now, world::Signal signal, world::Effects& effects);
  void feed_server(Now now, const server::Event& event, world::Effects& effects);
  void feed_client(Now now, const client::Event& event, world::Effects& effects);
  void drain(Now now, world::Effects& effects);
  void take(Now now, server::Output& output, world::Effects& effects);
  void take(Now now, Transport::Output& output, world::Effects& effects);
  void asked(Now now, const Transport::Asked& asked, world::Effects& effects);
  void shut_down(std::int32_t code, std::string reason, world::Effects& effects);
  void log(world::Effects& effects, world::LogLevel level, std::string module, std::string message,
           std::vector<world::LogField> fields = {});
  void filter_logs(std::size_t from, world::Effects& effects);

  // refusals.cpp
  bool refused_for_its_region(Now now, const Transport::Asked& asked, world::Effects& effects);
  void connection_refused(Now now, const world::ConnectionRefused& what, world::Effects& effects);
  struct Often {
    std::uint64_t count = 0;
    std::uint64_t told = 0;  // of these
    Instant tell_again{};
  };
  void tell_of(Now now, Often& what, std::string module, std::string message, std::vector<world::LogField> fields,
               world::Effects& effects);
  std::vector<base::Metric> metrics() const;

  // requests.cpp
  void route(Now now, ApiRequest request, bool timed_out, world::Effects& effects);
  void carry_out(Now now, ApiRequest& request, api::Outcome& outcome, world::Effects& effects);
  void answer(const Caller& caller, const api::Answer& answer, world::Effects& effects, bool more = false);
  void stream(const Caller& caller, std::string bytes, bool more, world::Effects& effects);
  void forward(Now now, const ApiRequest& request, const Address& to, bool as_leader, world::Effects& effects);
  bool too_large_to_forward(const ApiRequest& request, world::Effects& effects);
  std::string where_the_leader_is() const;
  void to_leader(Now now, ApiRequest& request, world::Effects& effects);
  bool another_leads();
  void leave_old_leader(Now now, world::Effects& effects);
  void give_up_writes(Now now, world::Effects& effects);
  void verify_leader(Now now, ApiRequest& request, world::Effects& effects);
  void to_node(Now now, ApiRequest& request, const std::string& node_id, world::Effects& effects);
  void to_region(Now now, ApiRequest& request, const std::string& region, world::Effects& effects);
  void forwarded_answered(Now now, const Transport::Answered& answered, world::Effects& effects);
  void rows_touched(Now now, const std::vector<state::Touched>& touched, world::Effects& effects);
  void requests_wake(Now now, world::Effects& effects);
  void release_held(Now now, world::Effects& effects);
  void cancelled(const Caller& caller, world::Effects& effects);
  void note_asked(const world::ApiRequested& request);
  void note_answered(world::RequestId request, world::Effects& effects);
  std::optional<Address> some_server(std::size_t attempt) const;

  // streams.cpp
  struct Follow;
  void follow_log(Now now, const Caller& caller, const api::FollowLog& what, world::Effects& effects);
  void follow_listed(Now now, std::uint64_t id, const world::AllocDirListed& listed, world::Effects& effects);
  void follow_read(Now now, std::uint64_t id, const world::AllocFileRead& read, world::Effects& effects);
  void follow_list(std::uint64_t id, world::Effects& effects);
  void follow_next(std::uint64_t id, world::Effects& effects);
  void follow_end(std::uint64_t id, world::Effects& effects);
  void streams_wake(Now now, world::Effects& effects);
  void monitor(const world::Logged& line, world::Effects& effects);

  // joining.cpp
  void begin_joins(Now now, world::Effects& effects);
  void join(Now now, const std::vector<std::string>& names,
            std::function<void(Now, int, const std::string&, world::Effects&)> done, world::Effects& effects);
  void name_resolved(Now now, const world::NameResolved& resolved, world::Effects& effects);
  void joined(Now now, const server::Joined& joined, world::Effects& effects);
  void retry_join(Now now, world::Effects& effects);
  void resolve_ready(Now now, std::uint64_t id, world::Effects& effects);
  void resolve(Now now, const std::vector<std::string>& names, std::uint16_t default_port,
               std::function<void(Now, std::vector<Address>, std::string, world::Effects&)> done,
               world::Effects& effects);

  Config config_;
  Rng rng_;
  Now now_;
  bool started_ = false;
  Instant began_;
  bool exiting_ = false;

  std::optional<server::Server> server_;
  std::optional<client::Client> client_;
  Transport transport_;
  world::StreamId next_stream_{4};          // multiples of four: gossip has the other even numbers
  std::set<world::StreamId> serf_streams_;  // accepted on the Serf port
  std::map<std::string, ConnectionId> node_connections_;
  std::map<ConnectionId, std::string> connection_nodes_;
  Often other_regions_;
  Often refused_connections_[3];  // by listener

  // What the parts said and is yet to be carried on.
  std::deque<server::Output> server_outputs_;
  std::vector<state::Touched> touched_;
  std::deque<client::Call> client_calls_;
  std::deque<Transport::Output> transport_outputs_;
  bool client_left_ = false;

  // Calls of ours, by the transport's id.
  struct OfServer {
    wire::rpc::CallId call;
  };
  struct OfClient {
    wire::rpc::CallId call;
  };
  struct OfRequest {
    ApiRequest request;
    bool begun = false;
    std::size_t attempt = 0;
    std::optional<Address> leader{};      // to whom it went as to the leader
    Instant given_up = Instant::never();  // another leads, and the answer is not waited for any longer
  };
  std::map<wire::rpc::CallId, std::variant<OfServer, OfClient, OfRequest>> calls_;
  std::optional<raft::ServerId> known_leader_;
  Instant give_up_at_ = Instant::never();  // the first of `given_up`

  // API requests that are not answered yet.
  struct Noted {
    std::string method;
    std::string path;
    Instant asked;
  };
  std::map<world::RequestId, Noted> noted_;  // of HTTP, for the line that tells of the answer; only where it is read
  std::uint64_t last_tag_ = 0;
  struct Writing {
    Caller caller;
    std::function<api::Answer(std::uint64_t, const state::Applied&, const state::State&)> answer;
    std::optional<ApiRequest> again{};  // to be routed anew when the command is refused
  };
  std::map<server::Tag, Writing> writes_;
  struct Planning {
    Caller caller;
    std::function<api::Answer(const model::Plan&, const model::Evaluation&)> answer;
  };
  std::map<server::Tag, Planning> plans_;
  struct Saving {
    Caller caller;
    std::function<api::Answer(std::string)> answer;
  };
  std::map<server::Tag, Saving> saves_;
  std::map<server::Tag, ApiRequest> reads_;  // that wait for a quorum to say that this server leads
  struct KeyRequest {
    Caller caller;
    std::function<api::Answer(const api::GossipKeys::Tally&, const std::string&)> answer;
  };
  std::map<server::Tag, KeyRequest> key_requests_;
  Blocking blocking_;
  struct Held {
    ApiRequest request;
    Instant until;
    Instant not_before{};
    std::optional<Address> avoid{};  // the leader that could not be reached, until then
  };
  std::vector<Held> held_;
  std::uint64_t last_host_token_ = 0;
  struct FileWanted {
    Caller caller;
    std::function<api::Answer(const world::AllocFileRead&)> answer;
  };
  struct FilesWanted {
    Caller caller;
    std::function<api::Answer(const world::AllocDirListed&)> answer;
  };
  struct ForFollow {
    std::uint64_t id = 0;
  };
  std::map<world::HostToken, std::variant<FileWanted, FilesWanted, ForFollow>> host_calls_;

  struct Follow {
    Caller caller;
    api::FollowLog what;
    bool begun = false;
    std::uint32_t file = 0;  // the number at the end of the file's name
    std::uint32_t newest = 0;
    std::uint64_t offset = 0;
    std::int64_t skip = 0;  // bytes of older files still to be passed over
    Instant look_again = Instant::never();
    Instant last_sent;
    bool ended = false;
  };
  std::map<std::uint64_t, Follow> follows_;
  std::uint64_t last_follow_ = 0;
  struct Monitor {
    api::MonitorLogs what;
  };
  std::map<Caller, Monitor> monitors_;

  // Joining.
  struct Resolving {
    std::size_t open = 0;
    std::vector<Address> found;
    std::string error;
    std::function<void(Now, std::vector<Address>, std::string, world::Effects&)> done;
  };
  std::map<std::uint64_t, Resolving> resolving_;
  std::uint64_t last_resolving_ = 0;
  std::map<world::ResolveToken, std::pair<std::uint64_t, std::uint16_t>> names_;
  std::uint64_t last_name_ = 0;
  std::map<server::Tag, std::function<void(Now, int, const std::string&, world::Effects&)>> joins_;
  Instant retry_join_at_ = Instant::never();
  std::uint32_t join_attempts_ = 0;

  enum class Going { no, shutting_down, leaving };
  Going going_ = Going::no;
};

/// A view of the agent, which has run for `age`, for the API's routes. `metrics` are those of the agent itself.
std::unique_ptr<api::View> view_of(const Config& config, const server::Server* server, const client::Client* client,
                                   std::function<std::vector<base::Metric>()> metrics, Now now, Duration age);

}  // namespace core::agent
