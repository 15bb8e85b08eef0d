#include "core/jobspec/init.hpp"

namespace core::jobspec {
namespace {

constexpr std::string_view brief_text = R"(job "example" {
  datacenters = ["*"]

  group "clock" {
    count = 1

    task "tick" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "while true; do date; sleep 5; done"]
      }

      resources {
        cpu    = 50
        memory = 32
      }
    }
  }
}
)";

constexpr std::string_view long_text = R"(# A job says what should run, and how many of it. Submit it with
#
#   nomad job run example.nomad.hcl
#
# and look at it with `nomad job status example`. `nomad job plan` shows what a change would do before it is made.
job "example" {
  # Where it may run: names of datacenters, with * for any.
  datacenters = ["*"]

  # "service" runs until it is stopped, "batch" until it has succeeded. "system" runs on every node.
  type = "service"

  # Nodes that do not fit are left out. Each node's attributes are in `nomad node status -verbose <node>`.
  constraint {
    attribute = "${attr.kernel.name}"
    value     = "linux"
  }

  # How a new version replaces the old one.
  update {
    # So many allocations at once.
    max_parallel = 1

    # Running for this long counts as healthy ...
    min_healthy_time = "10s"

    # ... and not healthy by then as failed.
    healthy_deadline = "3m"
  }

  # Tasks of a group run together on one node.
  group "clock" {
    # How many of the group are to run.
    count = 1

    # A task that ends is restarted on its node: at most `attempts` times in an `interval`, `delay` apart. Then the
    # group fails there ("fail"), and is placed again on another node.
    restart {
      attempts = 2
      interval = "30m"
      delay    = "15s"
      mode     = "fail"
    }

    # Disk for logs and files of the group's tasks, in MB.
    ephemeral_disk {
      size = 300
    }

    # A port is chosen on the node; tasks find it in NOMAD_PORT_http.
    network {
      port "http" {}
    }

    task "tick" {
      # What runs it. "raw_exec" starts a plain process, with the rights of the agent; clients offer it only where
      # their configuration says so (a `-dev` agent does).
      driver = "raw_exec"

      # In the driver's own words.
      config {
        command = "/bin/sh"
        args    = ["-c", "while true; do echo \"$GREETING from port $NOMAD_PORT_http\"; date; sleep 5; done"]
      }

      # Added to the environment of the task.
      env {
        GREETING = "hello"
      }

      # What it leaves in `nomad alloc logs`: so many files of so many MB.
      logs {
        max_files     = 3
        max_file_size = 5
      }

      # Time between the polite signal and the one that cannot be refused.
      kill_timeout = "5s"

      # What the scheduler sets aside on the node: MHz and MB.
      resources {
        cpu    = 50
        memory = 32
      }
    }
  }
}
)";

}  // namespace

std::string_view example_job(bool brief) { return brief ? brief_text : long_text; }

}  // namespace core::jobspec
