nomad_test(tests_core_scheduler core/scheduler LINK core_scheduler)
