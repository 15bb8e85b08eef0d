// The test program is also the supervisor of the tasks it starts, and the agents that are killed in it.
#include <sys/prctl.h>

#include <cstring>

#include <gtest/gtest.h>

#include "io-real/host/supervise.hpp"
#include "tests/io-real/host/host_fixture.hpp"

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], io_real::host::supervise_argument) == 0)
    return io_real::host::supervise_main(argc, argv);
  if (argc > 5 && std::strcmp(argv[1], io_real::host::agent_argument) == 0) return io_real::host::agent_main(argv);
  // Supervisors of killed agents become ours, whoever is process 1 here.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
