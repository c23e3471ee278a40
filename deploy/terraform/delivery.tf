# Who builds and releases: never the project's default account, which may do far more.
resource "google_service_account" "delivery" {
  account_id   = "linebot-delivery"
  display_name = "Builds, tests and releases linebot (deploy/cloudbuild.yaml)"
  depends_on   = [google_project_service.used]
}

resource "google_artifact_registry_repository_iam_member" "delivery" {
  repository = google_artifact_registry_repository.linebot.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.delivery.member
}

resource "google_project_iam_member" "delivery" {
  for_each = toset([
    "roles/logging.logWriter",
    # The source that `gcloud builds submit` uploads.
    "roles/storage.objectViewer",
  ])

  project = var.project_id
  role    = each.value
  member  = google_service_account.delivery.member
}

# Who tests a proposed change, whoever wrote it: all it may do is say how that went.
resource "google_service_account" "proposal" {
  account_id   = "linebot-proposal"
  display_name = "Tests what is proposed (deploy/cloudbuild-pr.yaml)"
  depends_on   = [google_project_service.used]
}

resource "google_project_iam_member" "proposal" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.proposal.member
}

# The key with which a release is committed to the branch that Argo CD or Flux follows.
resource "google_secret_manager_secret" "release_key" {
  secret_id = "linebot-release-key"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.used]
}

resource "google_secret_manager_secret_iam_member" "release_key" {
  secret_id = google_secret_manager_secret.release_key.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.delivery.member
}
