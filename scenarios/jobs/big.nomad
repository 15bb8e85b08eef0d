# A service that needs machines with a fast disk.
job "big" {
  datacenters = ["dc1"]
  type        = "service"

  constraint {
    attribute = "${meta.disk}"
    value     = "fast"
  }

  group "big" {
    count = 4

    restart {
      attempts = 2
      interval = "30m"
      delay    = "15s"
      mode     = "fail"
    }

    reschedule {
      delay          = "30s"
      delay_function = "exponential"
      max_delay      = "1h"
      unlimited      = true
    }

    task "server" {
      driver = "raw_exec"

      config {
        command = "/usr/bin/web-server"
        args    = ["-listen", "127.0.0.1:8080"]
      }

      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
}
