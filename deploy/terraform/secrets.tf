locals {
  # Values come from outside: gcloud secrets versions add (deploy/README.md).
  channel_secrets = toset(["linebot-channel-secret", "linebot-channel-access-token"])

  # The password of each user of the database, made here.
  database_secrets = { for user in local.database_users : user => "linebot-${user}-password" }
}

resource "google_secret_manager_secret" "linebot" {
  for_each = setunion(local.channel_secrets, values(local.database_secrets))

  secret_id = each.value

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.used]
}

resource "google_secret_manager_secret_version" "database" {
  for_each = local.database_secrets

  secret                 = google_secret_manager_secret.linebot[each.value].id
  secret_data_wo         = ephemeral.random_password.database[each.key].result
  secret_data_wo_version = var.database_password_version
}
