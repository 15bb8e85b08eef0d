# A service of three with a port each, and what a new version of it is rolled out by.
variable "count" {
  type        = number
  default     = 3
  description = "How many of the server run."
}

job "web" {
  datacenters = ["*"]
  type        = "service"

  constraint {
    attribute = "${attr.kernel.name}"
    value     = "linux"
  }

  update {
    max_parallel     = 1
    min_healthy_time = "1s"
    healthy_deadline = "30s"
  }

  group "front" {
    count = var.count

    restart {
      attempts = 2
      interval = "30s"
      delay    = "1s"
      mode     = "fail"
    }

    network {
      port "http" {}
    }

    task "server" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "echo started on $NOMAD_PORT_http; echo oops >&2; exec sleep 600"]
      }

      env {
        COLOR = "blue"
      }

      resources {
        cpu    = 50
        memory = 16
      }
    }
  }
}
