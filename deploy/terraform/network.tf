resource "google_compute_network" "linebot" {
  name                    = "linebot"
  auto_create_subnetworks = false
  depends_on              = [google_project_service.used]
}

resource "google_compute_subnetwork" "linebot" {
  name                     = "linebot"
  network                  = google_compute_network.linebot.id
  ip_cidr_range            = "10.10.0.0/20"
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.20.0.0/16"
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.30.0.0/20"
  }

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# Nodes have no addresses of their own; replies to api.line.me leave through this.
resource "google_compute_router" "linebot" {
  name    = "linebot"
  network = google_compute_network.linebot.id
}

resource "google_compute_router_nat" "linebot" {
  name                               = "linebot"
  router                             = google_compute_router.linebot.name
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# GKE opens what it needs by itself; nothing else comes in.
resource "google_compute_firewall" "deny" {
  name      = "linebot-deny-ingress"
  network   = google_compute_network.linebot.id
  direction = "INGRESS"
  priority  = 65534

  source_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }
}

# The addresses Cloud SQL takes its private one from.
resource "google_compute_global_address" "private_services" {
  count = var.database ? 1 : 0

  name          = "linebot-private-services"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  address       = "10.40.0.0"
  prefix_length = 20
  network       = google_compute_network.linebot.id
}

resource "google_service_networking_connection" "private_services" {
  count = var.database ? 1 : 0

  network                 = google_compute_network.linebot.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = google_compute_global_address.private_services[*].name
  # The database is gone minutes before its network is free to go.
  deletion_policy = "ABANDON"
}
