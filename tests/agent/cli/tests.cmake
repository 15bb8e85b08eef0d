nomad_test(tests_agent_cli agent/cli LINK agent_cli fmt::fmt)
