# What the load balancer lets through to nginx. LINE says nothing of the addresses it calls from, so no rule may name
# any; the signature is what keeps others out.
resource "google_compute_security_policy" "linebot" {
  name        = "linebot"
  description = "Webhooks and the page that says the bot runs; floods are turned away at the edge."
  depends_on  = [google_project_service.used]

  #checkov:skip=CKV_GCP_73:The rule is there, for everything but the webhook; the policy knows it only without a condition

  rule {
    description = "Log4Shell probes and their like"
    action      = "deny(403)"
    priority    = 100
    match {
      # Not the webhook: its body is what people write, and one who writes `${jndi:...}` would have his message, and those
      # that LINE sends with it, refused for good. The signature guards it.
      expr {
        expression = "!(request.path == '/callback') && evaluatePreconfiguredWaf('cve-canary')"
      }
    }
  }

  rule {
    description = "Only what nginx answers: the webhook and the page"
    action      = "deny(404)"
    priority    = 200
    match {
      expr {
        expression = "!(request.path == '/callback' && request.method == 'POST') && !(request.path == '/' && (request.method == 'GET' || request.method == 'HEAD'))"
      }
    }
  }

  rule {
    description = "Floods from one address"
    action      = "throttle"
    priority    = 300
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = var.requests_a_minute_and_address
        interval_sec = 60
      }
    }
  }

  rule {
    description = "The last word, which every policy must have; the rule before it has taken everything"
    action      = "deny(403)"
    priority    = 2147483647
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }
}
