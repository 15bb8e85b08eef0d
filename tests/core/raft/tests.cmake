nomad_test(tests_core_raft core/raft LINK core_raft simulator_property fmt::fmt)
