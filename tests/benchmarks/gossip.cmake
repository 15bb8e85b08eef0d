# What gossip costs: its codec, and whole pools (`build/release/bin/gossip_pools sizes`).
add_executable(bench_gossip ${CMAKE_CURRENT_LIST_DIR}/gossip_bench.cpp)
target_link_libraries(bench_gossip PRIVATE core_wire_serf benchmark::benchmark)
add_executable(gossip_pools ${CMAKE_CURRENT_LIST_DIR}/gossip/pools.cpp ${CMAKE_CURRENT_LIST_DIR}/gossip/pool.cpp)
target_link_libraries(gossip_pools PRIVATE allocator core_gossip)
