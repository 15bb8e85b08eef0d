nomad_test(tests_core_jobspec core/jobspec LINK core_jobspec fmt::fmt)
