# Our gossip and real `serf` agents (Debian's package) in one pool, as processes on loopback.
add_executable(gossip_member ${CMAKE_CURRENT_LIST_DIR}/gossip_member.cpp)
target_link_libraries(gossip_member PRIVATE core_gossip io_real_loop Boost::json)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME interop.serf COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/serf_test.py -v)
set_tests_properties(interop.serf PROPERTIES TIMEOUT 600 COST 200
  ENVIRONMENT "GOSSIP_MEMBER_BIN=$<TARGET_FILE:gossip_member>;PYTHONDONTWRITEBYTECODE=1")
