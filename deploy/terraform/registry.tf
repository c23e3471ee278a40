resource "google_artifact_registry_repository" "linebot" {
  repository_id = "linebot-repo"
  location      = var.region
  format        = "DOCKER"
  description   = "Images of app-server and linebot-nginx"
  kms_key_name  = google_kms_crypto_key.linebot["registry"].id

  # A tag once given is never moved, so that it says what runs.
  docker_config {
    immutable_tags = true
  }

  cleanup_policies {
    id     = "keep-the-last-thirty"
    action = "KEEP"
    most_recent_versions {
      keep_count = 30
    }
  }

  cleanup_policies {
    id     = "delete-after-ninety-days"
    action = "DELETE"
    condition {
      older_than = "7776000s"
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.service_agent]
}
