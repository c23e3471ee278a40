# Autopilot always has these three on, and the provider refuses to be told so.
resource "google_container_cluster" "linebot" {
  #checkov:skip=CKV_GCP_12:Autopilot enforces network policies by its data plane
  #checkov:skip=CKV_GCP_61:Autopilot has intranode visibility; flow logs are on in network.tf
  #checkov:skip=CKV_GCP_69:Autopilot always runs the metadata server

  name     = "linebot-gke"
  location = var.region

  enable_autopilot    = true
  deletion_protection = false

  network    = google_compute_network.linebot.id
  subnetwork = google_compute_subnetwork.linebot.id

  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }

  release_channel {
    channel = "REGULAR"
  }

  private_cluster_config {
    enable_private_nodes = true
  }

  # The API server has a name and no address: IAM decides who gets through, and no list of addresses has to be kept.
  control_plane_endpoints_config {
    dns_endpoint_config {
      allow_external_traffic = true
    }
    ip_endpoints_config {
      enabled = false
    }
  }

  master_authorized_networks_config {}

  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  dynamic "authenticator_groups_config" {
    for_each = var.administrators_group[*]
    content {
      security_group = authenticator_groups_config.value
    }
  }

  # Secrets are encrypted in etcd with our own key: base64 is not encryption.
  database_encryption {
    state    = "ENCRYPTED"
    key_name = google_kms_crypto_key.linebot["cluster"].id
  }

  # Mounts secrets of Secret Manager as files.
  secret_manager_config {
    enabled = true
  }

  # Which images may run says the project's policy; the default allows all and logs.
  binary_authorization {
    evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"
  }

  # Updates come at night in Japan, when the fewest people write to the bot (times are UTC).
  maintenance_policy {
    recurring_window {
      start_time = "2026-01-01T17:00:00Z"
      end_time   = "2026-01-01T21:00:00Z"
      recurrence = "FREQ=DAILY"
    }
  }

  resource_labels = {
    application = "linebot"
  }

  depends_on = [google_kms_crypto_key_iam_member.service_agent]
}
