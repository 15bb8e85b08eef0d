// The program nomad-sim: hands the command line to the command that it names.
#include "simulator/commands/commands.hpp"

int main(int argc, char** argv) { return simulator::commands::carry_out({argv, argv + argc}); }
