//! Delivery and its papers: pipelines, scripts, Terraform, and every command line a reader is told to type.
//!
//! | module | what it holds to its word |
//! |---|---|
//! | [`commands`], [`known`] | every command line in the papers, against a list |
//! | [`programs`] | the same against gcloud, kubectl and Terraform themselves |
//! | [`documents`] | paths, overlays and alerts named in the papers; the list of what the seeds had |
//! | [`sizing`] | the figures of the benchmark, and what is calculated from them |
//! | [`scripts`], [`usage`], [`releases`] | what the scripts call, with stand-ins for kubectl and docker, and real git |
//! | [`builds`], [`pipelines`] | Cloud Build; Skaffold, Argo CD and Flux |
//! | [`terraform`], [`arguments`] | its form, its policies, and arguments that providers have |
//! | [`manifests`] | what scripts and papers name of the manifests |
//! | [`files`], [`shell`], [`workshop`] | files and Markdown, lines of shell, a copy of the scripts to try them in |

mod arguments;
mod builds;
mod commands;
mod documents;
mod files;
mod known;
mod manifests;
mod pipelines;
mod programs;
mod releases;
mod scripts;
mod shell;
mod sizing;
mod terraform;
mod usage;
mod workshop;
