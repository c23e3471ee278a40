locals {
  # Who logs in to the database. Cloud SQL backs up and watches itself; MySQL in the cluster needs users for that.
  database_users = toset(concat(["app", "migrate"], var.database ? [] : ["backup", "monitor", "root"]))
}

resource "google_sql_database_instance" "linebot" {
  count = var.database ? 1 : 0

  name                = "linebot"
  region              = var.region
  database_version    = "MYSQL_8_4"
  deletion_protection = var.protect_database

  settings {
    edition           = "ENTERPRISE"
    tier              = var.database_tier
    availability_type = "REGIONAL"
    disk_type         = "PD_SSD"
    disk_size         = 10
    disk_autoresize   = true

    # Also against a deletion from the console.
    deletion_protection_enabled = var.protect_database

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.linebot.id
      # The proxy in the pod brings a certificate; a client without one is refused.
      ssl_mode = "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"
    }

    # Point-in-time recovery is the binary log: seven days back, to the second.
    backup_configuration {
      enabled                        = true
      binary_log_enabled             = true
      start_time                     = "18:00"
      transaction_log_retention_days = 7
      backup_retention_settings {
        retained_backups = 14
      }
    }

    maintenance_window {
      day          = 7
      hour         = 18
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    # As in the cluster's own MySQL: LINE waits two seconds, so no lock is worth more.
    database_flags {
      name  = "innodb_lock_wait_timeout"
      value = "2"
    }
    database_flags {
      name  = "local_infile"
      value = "off"
    }
    database_flags {
      name  = "slow_query_log"
      value = "on"
    }
    database_flags {
      name  = "long_query_time"
      value = "0.2"
    }
  }

  depends_on = [google_service_networking_connection.private_services]
}

resource "google_sql_database" "linebot" {
  count = var.database ? 1 : 0

  name      = "linebot"
  instance  = google_sql_database_instance.linebot[0].name
  charset   = "utf8mb4"
  collation = "utf8mb4_bin"
}

# Made anew at every run and kept nowhere: only a raised version is written, to both places in the same run.
ephemeral "random_password" "database" {
  for_each = local.database_users

  length  = 32
  special = false
}

# What each may do is said in SQL: deploy/README.md.
resource "google_sql_user" "linebot" {
  for_each = var.database ? local.database_users : toset([])

  name                = "linebot_${each.value}"
  instance            = google_sql_database_instance.linebot[0].name
  password_wo         = ephemeral.random_password.database[each.value].result
  password_wo_version = var.database_password_version
}
