nomad_test(tests_core_agent core/agent LINK core_agent io_sim fmt::fmt)
