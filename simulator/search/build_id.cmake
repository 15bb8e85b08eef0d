# Writes ${OUT}: which sources this build is made of, as a hash that is the same for every compiler. Called at each build;
# the file changes only when they do.
file(GLOB_RECURSE sources LIST_DIRECTORIES false RELATIVE ${SOURCE}
  ${SOURCE}/core/*.cpp ${SOURCE}/core/*.hpp ${SOURCE}/proto/*.proto ${SOURCE}/io-sim/*.cpp ${SOURCE}/io-sim/*.hpp
  ${SOURCE}/simulator/*.cpp ${SOURCE}/simulator/*.hpp)
list(SORT sources)
set(all "")
foreach(source IN LISTS sources)
  file(SHA256 ${SOURCE}/${source} hash)
  string(APPEND all "${source} ${hash}\n")
endforeach()
string(SHA256 hash "${all}")
string(SUBSTRING ${hash} 0 12 hash)
set(text "#include \"simulator/search/build_id.hpp\"\n\nnamespace simulator::search {\nstd::string build_id() { return \"${VERSION}-${hash}\"; }\n}  // namespace simulator::search\n")
set(before "")
if(EXISTS ${OUT})
  file(READ ${OUT} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${OUT} "${text}")
endif()
