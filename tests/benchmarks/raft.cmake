# Steps and commits of three servers in one thread.
add_executable(bench_raft ${CMAKE_CURRENT_LIST_DIR}/raft_bench.cpp)
target_link_libraries(bench_raft PRIVATE core_raft benchmark::benchmark)
