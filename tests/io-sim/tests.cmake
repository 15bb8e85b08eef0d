nomad_test(tests_io_sim io-sim LINK io_sim)
