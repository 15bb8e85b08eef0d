nomad_test(tests_simulator_property simulator/property LINK simulator_generators)
set(examples ${PROJECT_SOURCE_DIR}/simulator/property/examples)
target_sources(tests_simulator_property PRIVATE ${examples}/election_property.cpp ${examples}/log_property.cpp
  ${examples}/gossip_property.cpp)

# Somebody else's project: installs the package, finds it, builds the examples against it and runs them.
add_test(NAME tests_simulator_package.SomebodyElsesProjectUsesIt
  COMMAND ${CMAKE_COMMAND} -DBUILD=${CMAKE_BINARY_DIR} -DEXAMPLES=${examples} -DCOMPILER=${CMAKE_CXX_COMPILER}
    -DLAUNCHER=${CCACHE} -DSANITIZE=${NOMAD_SANITIZE} -P ${CMAKE_CURRENT_SOURCE_DIR}/simulator/property/package_test.cmake)
set_tests_properties(tests_simulator_package.SomebodyElsesProjectUsesIt PROPERTIES TIMEOUT 600)
