nomad_test(tests_agent_config agent/config LINK agent_config fmt::fmt)
