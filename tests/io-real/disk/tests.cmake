nomad_test(tests_io_real_disk io-real/disk LINK io_real_disk)
