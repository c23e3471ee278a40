locals {
  # Workload Identity: these are the pods of one Kubernetes service account, and nobody holds a key.
  pods = "principal://iam.googleapis.com/projects/${data.google_project.this.number}/locations/global/workloadIdentityPools/${var.project_id}.svc.id.goog/subject/ns/${var.namespace}/sa"

  # Which service account reads which secret. For MySQL in the cluster, one that copies them all (the component
  # external-secrets): there are no files for the others to read themselves.
  readers = var.database ? merge(
    { for secret in local.channel_secrets : secret => "app-server" },
    {
      (local.database_secrets["app"])     = "app-server"
      (local.database_secrets["migrate"]) = "linebot-migrate"
    },
  ) : { for secret in setunion(local.channel_secrets, values(local.database_secrets)) : secret => "secret-reader" }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = local.readers

  secret_id = google_secret_manager_secret.linebot[each.key].id
  role      = "roles/secretmanager.secretAccessor"
  member    = "${local.pods}/${each.value}"

  # The pool of identities comes with the first cluster.
  depends_on = [google_container_cluster.linebot]
}

resource "google_project_iam_member" "cloud_sql_client" {
  for_each = var.database ? toset(["app-server", "linebot-migrate"]) : toset([])

  project    = var.project_id
  role       = "roles/cloudsql.client"
  member     = "${local.pods}/${each.value}"
  depends_on = [google_container_cluster.linebot]
}
