nomad_test(tests_core_client core/client LINK core_client core_wire_protobuf Boost::json fmt::fmt)
