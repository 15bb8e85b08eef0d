# Writes through the HTTP API of running servers: `build/release/bin/http_load 127.0.0.1 4646 64 5`.
add_executable(http_load ${CMAKE_CURRENT_LIST_DIR}/http_load.cpp)
target_link_libraries(http_load PRIVATE fmt::fmt)
