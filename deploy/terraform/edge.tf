# The address of the A record. The Ingress names it.
resource "google_compute_global_address" "ingress" {
  name       = "linebot-ingress"
  depends_on = [google_project_service.used]
}

resource "google_compute_ssl_policy" "linebot" {
  name            = "linebot-modern"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [google_project_service.used]
}
