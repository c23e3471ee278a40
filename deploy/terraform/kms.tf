locals {
  # What each key is for, and the service that uses it.
  keys = {
    cluster  = "service-${data.google_project.this.number}@container-engine-robot.iam.gserviceaccount.com"
    registry = "service-${data.google_project.this.number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
  }
}

# Google never deletes a key ring: to destroy everything else, see "Delete everything" in deploy/README.md.
resource "google_kms_key_ring" "linebot" {
  name       = "linebot"
  location   = var.region
  depends_on = [google_project_service.used]
}

resource "google_kms_crypto_key" "linebot" {
  for_each = local.keys

  name            = each.key
  key_ring        = google_kms_key_ring.linebot.id
  rotation_period = "7776000s" # 90 days

  # Without its key a registry or a cluster is lost.
  lifecycle {
    prevent_destroy = true
  }
}

# This account does not exist before somebody asks for it.
resource "google_project_service_identity" "registry" {
  provider = google-beta

  project    = var.project_id
  service    = "artifactregistry.googleapis.com"
  depends_on = [google_project_service.used]
}

resource "google_kms_crypto_key_iam_member" "service_agent" {
  for_each = local.keys

  crypto_key_id = google_kms_crypto_key.linebot[each.key].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${each.value}"
  depends_on    = [google_project_service_identity.registry]
}
