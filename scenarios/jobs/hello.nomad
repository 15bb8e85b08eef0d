# A service that says hello. Run it with: nomad job run scenarios/jobs/hello.nomad
job "hello" {
  datacenters = ["*"]

  group "greeters" {
    count = 1

    restart {
      attempts = 3
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    task "hello" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "while true; do echo \"$GREETING from $NOMAD_ALLOC_NAME\"; sleep 2; done"]
      }

      env {
        GREETING = "hello"
      }

      resources {
        cpu    = 20
        memory = 16
      }
    }
  }
}
