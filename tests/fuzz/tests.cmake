# Fuzzers of what comes from outside into gossip (libFuzzer, so Clang alone; `scripts/fuzz` builds and runs them). What
# they fuzz is compiled once more, instrumented, so that no other target pays for it.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  file(GLOB fuzzed ${PROJECT_SOURCE_DIR}/core/base/*.cpp ${PROJECT_SOURCE_DIR}/core/wire/serf/*.cpp
    ${PROJECT_SOURCE_DIR}/core/gossip/*.cpp)
  add_library(fuzzed_gossip STATIC EXCLUDE_FROM_ALL ${fuzzed})
  target_include_directories(fuzzed_gossip PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_options(fuzzed_gossip PUBLIC -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  target_link_libraries(fuzzed_gossip PUBLIC Boost::headers OpenSSL::Crypto ZLIB::ZLIB PkgConfig::re2 PkgConfig::xxhash)
  foreach(what packet stream tags snapshot)
    add_executable(fuzz_gossip_${what} EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/gossip/${what}_fuzz.cpp)
    target_link_libraries(fuzz_gossip_${what} PRIVATE fuzzed_gossip)
    target_link_options(fuzz_gossip_${what} PRIVATE -fsanitize=fuzzer,address,undefined)
  endforeach()
endif()
