output "address" {
  description = "What the A record of the bot's domain points to."
  value       = google_compute_global_address.ingress.address
}

output "registry" {
  description = "Where the images go."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.linebot.repository_id}"
}

output "database" {
  description = "What the Cloud SQL proxy connects to; null without a database."
  value       = one(google_sql_database_instance.linebot[*].connection_name)
}

output "delivery_account" {
  description = "The account of the trigger that releases."
  value       = google_service_account.delivery.email
}
