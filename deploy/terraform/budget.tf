resource "google_billing_budget" "linebot" {
  count = var.billing_account == null ? 0 : 1

  billing_account = var.billing_account
  display_name    = "linebot"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }

  amount {
    specified_amount {
      units = var.budget
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  depends_on = [google_project_service.used]
}
