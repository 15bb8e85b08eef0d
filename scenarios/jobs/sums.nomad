# A batch job: two tasks that compute, print and end.
job "sums" {
  datacenters = ["*"]
  type        = "batch"

  group "add" {
    count = 2

    task "sum" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "echo 40 + 2 = $((40+2))"]
      }

      resources {
        cpu    = 20
        memory = 10
      }
    }
  }
}
