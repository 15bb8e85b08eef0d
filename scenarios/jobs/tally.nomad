# A batch job: each instance works for a while and ends well.
job "tally" {
  datacenters = ["dc1"]
  type        = "batch"

  group "tally" {
    count = 5

    task "sum" {
      driver = "raw_exec"

      config {
        command = "/usr/bin/sum"
      }

      resources {
        cpu    = 200
        memory = 128
      }
    }
  }
}
