nomad_test(tests_core_raft core/raft LINK core_raft core_server simulator_generators simulator_property fmt::fmt)
# The sentences of rules/ are names of tests, so a change of them is looked at when the program is linked.
file(GLOB rules CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/core/raft/rules/*.script)
set_property(TARGET tests_core_raft APPEND PROPERTY LINK_DEPENDS ${rules})
nomad_bench(tests_core_raft)
