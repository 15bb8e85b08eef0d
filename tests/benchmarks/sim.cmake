# How fast clusters are simulated: prints one JSON line a cluster.
add_executable(bench_sim ${CMAKE_CURRENT_LIST_DIR}/sim_bench.cpp)
target_link_libraries(bench_sim PRIVATE allocator simulator fmt::fmt)
target_compile_definitions(bench_sim PRIVATE NOMAD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
