variable "project_id" {
  description = "The Google Cloud project everything is made in."
  type        = string
}

variable "region" {
  description = "The region of cluster, database and images. LINE calls from Japan."
  type        = string
  default     = "asia-northeast1"
}

variable "namespace" {
  description = "The Kubernetes namespace whose service accounts may read the secrets."
  type        = string
  default     = "linebot"
}

variable "database" {
  description = "Whether to make a Cloud SQL instance: the overlay gke-cloudsql needs it, the others do without."
  type        = bool
  default     = true
}

variable "database_tier" {
  description = "Machine type of the database: cores and memory in MiB."
  type        = string
  default     = "db-custom-1-3840"
}

variable "protect_database" {
  description = "Refuses to delete the database. Apply with false before `terraform destroy`."
  type        = bool
  default     = true
}

variable "database_password_version" {
  description = "Raise it by one to give the database's users new passwords."
  type        = number
  default     = 1
}

variable "requests_a_minute_and_address" {
  description = "More than this from one address is refused with 429. LINE sends from few addresses: keep it high."
  type        = number
  default     = 30000
}

variable "billing_account" {
  description = "The billing account, for the budget (012345-6789AB-CDEF01). No budget is made without it."
  type        = string
  default     = null
}

variable "budget" {
  description = "Amount a month, in the currency of the billing account, at which its administrators get mail."
  type        = number
  default     = 300
}

variable "administrators_group" {
  description = "Google group whose members' groups may be named in Kubernetes roles: gke-security-groups@DOMAIN. Needs Google Workspace or Cloud Identity."
  type        = string
  default     = null
}
