terraform {
  # Write-only arguments, which keep passwords out of the state, came with 1.11.
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
    # For one resource that is not in the other (kms.tf).
    google-beta = {
      source  = "hashicorp/google-beta"
      version = "~> 6.50"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
  }

  # Where the state lives is said when it is set up: terraform init -backend-config=bucket=NAME
  backend "gcs" {
    prefix = "linebot"
  }
}

provider "google" {
  project = var.project_id
  region  = var.region

  # The budget belongs to the billing account, whose calls need a project to be counted on.
  billing_project       = var.project_id
  user_project_override = true

  default_labels = {
    application = "linebot"
  }
}

provider "google-beta" {
  project = var.project_id
  region  = var.region
}
