# What the state store costs.
add_executable(bench_state ${CMAKE_CURRENT_LIST_DIR}/state_bench.cpp)
target_link_libraries(bench_state PRIVATE core_state benchmark::benchmark)
