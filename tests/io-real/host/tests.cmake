nomad_test(tests_io_real_host io-real/host LINK io_real_host)
