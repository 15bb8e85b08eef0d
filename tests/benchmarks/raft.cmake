# Steps and commits of three servers in one thread.
add_executable(bench_raft ${CMAKE_CURRENT_LIST_DIR}/raft_bench.cpp)
target_link_libraries(bench_raft PRIVATE core_raft benchmark::benchmark)
# Figure 16 of the Raft paper: `scripts/elections`.
add_executable(raft_elections ${CMAKE_CURRENT_LIST_DIR}/raft/elections.cpp)
target_link_libraries(raft_elections PRIVATE simulator_property)
# Three processes that replicate a log, and a bare one beside it, with the allocator of `nomad`.
add_executable(raft_replicas ${CMAKE_CURRENT_LIST_DIR}/raft/replicas.cpp ${CMAKE_CURRENT_LIST_DIR}/raft/floor.cpp)
target_link_libraries(raft_replicas PRIVATE allocator core_agent core_server io_real_loop)
