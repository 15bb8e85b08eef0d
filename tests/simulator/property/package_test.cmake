# cmake -DBUILD=... -DEXAMPLES=... -P: the package as its users meet it, first installed, then from the build folder.
set(scratch ${BUILD}/package_test)
# It is the package that is tried here: the examples draw the same each time.
set(ENV{RC_PARAMS} "seed=1")
file(REMOVE_RECURSE ${scratch})

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(code)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}: ${code}\n${text}")
  endif()
endfunction()

set(flags -O1)
set(linking "")
if(SANITIZE)
  set(flags "${flags} -fsanitize=${SANITIZE}")
endif()
set(settings -G Ninja -S ${EXAMPLES} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${flags})
if(LAUNCHER)
  list(APPEND settings -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER})
endif()

run(${CMAKE_COMMAND} --install ${BUILD} --component nomad-development --prefix ${scratch}/prefix)
run(${CMAKE_COMMAND} ${settings} -B ${scratch}/installed -Dnomad_DIR=${scratch}/prefix/lib/cmake/nomad)
run(${CMAKE_COMMAND} --build ${scratch}/installed)
run(${CMAKE_CTEST_COMMAND} --test-dir ${scratch}/installed --output-on-failure)
# From the build folder it is the same libraries: that it is found is enough.
run(${CMAKE_COMMAND} ${settings} -B ${scratch}/in_place -Dnomad_DIR=${BUILD}/package)
file(REMOVE_RECURSE ${scratch})
