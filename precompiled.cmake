# Precompiled headers: most of a build is the reading of the same headers over and over (3.3 of the 4.3 s that a checker of
# the simulator takes). Three steps of them, so that who includes little depends on little. A file includes what it uses all
# the same, for builds with -DNOMAD_PRECOMPILE=OFF; headers are held to it by scripts/check, sources by nothing but care.
option(NOMAD_PRECOMPILE "Read the common headers once" ON)
if(NOT NOMAD_PRECOMPILE)
  return()
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Else the file has its time in it, and no cache ever knows it again.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

set(library_headers <algorithm> <chrono> <expected> <functional> <map> <memory> <optional> <set> <span> <string> <utility>
  <variant> <vector> <boost/describe.hpp> <boost/mp11.hpp> <fmt/format.h>)
set(model_headers ${library_headers} <boost/json.hpp> "${PROJECT_SOURCE_DIR}/core/model/job.hpp"
  "${PROJECT_SOURCE_DIR}/core/state/state.hpp" "${PROJECT_SOURCE_DIR}/core/world/world.hpp")
set(cluster_headers ${model_headers} "${PROJECT_SOURCE_DIR}/core/agent/agent.hpp" "${PROJECT_SOURCE_DIR}/io-sim/world.hpp"
  "${PROJECT_SOURCE_DIR}/simulator/cluster/cluster.hpp" "${PROJECT_SOURCE_DIR}/simulator/scenario/scenario.hpp")

# nomad_precompile(NAME HEADERS... FOR folders...): makes them once, for all libraries and programs of the folders.
function(nomad_precompile name)
  cmake_parse_arguments(arg "" "" "HEADERS;FOR" ${ARGN})
  file(WRITE ${CMAKE_BINARY_DIR}/${name}.cpp "")
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/${name}.cpp)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
  foreach(folder IN LISTS arg_FOR)
    nomad_targets_of(${folder} targets)
    foreach(target IN LISTS targets)
      get_target_property(has ${target} PRECOMPILE_HEADERS_REUSE_FROM)
      get_target_property(wants_none ${target} DISABLE_PRECOMPILE_HEADERS)
      if(NOT has AND NOT wants_none)
        target_precompile_headers(${target} REUSE_FROM ${name})
      endif()
    endforeach()
  endforeach()
endfunction()

# The targets of a folder that compile something, and of those below it.
function(nomad_targets_of folder out)
  get_property(all DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  set(found "")
  foreach(target IN LISTS all)
    get_target_property(type ${target} TYPE)
    if(type MATCHES "STATIC_LIBRARY|EXECUTABLE")
      list(APPEND found ${target})
    endif()
  endforeach()
  get_property(below DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(one IN LISTS below)
    nomad_targets_of(${one} more)
    list(APPEND found ${more})
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

nomad_precompile(headers_of_libraries HEADERS ${library_headers}
  FOR core/base core/describe core/hcl core/model core/storage core/raft core/gossip core/world core/wire io-real)
nomad_precompile(headers_of_model HEADERS ${model_headers}
  FOR core/jobspec core/state core/scheduler core/server core/client core/api core/agent agent simulator/explore simulator/property)
nomad_precompile(headers_of_clusters HEADERS ${cluster_headers} FOR io-sim simulator)
