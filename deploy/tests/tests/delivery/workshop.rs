//! A copy of the scripts in a folder of its own, with stand-ins for the programs they call.

use crate::files::root;
use crate::shell::Words;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A small repository: the scripts, and two overlays.
pub(crate) struct Workshop {
    folder: TempDir,
}

impl Workshop {
    /// With a stand-in for each of `programs`, which notes that it was called and succeeds.
    pub(crate) fn new(programs: &[&str]) -> Self {
        let workshop = Self {
            folder: TempDir::new().expect("a folder"),
        };
        let scripts = workshop.path("deploy/scripts");
        fs::create_dir_all(&scripts).expect("a folder");
        for entry in fs::read_dir(root().join("deploy/scripts")).expect("the scripts") {
            let entry = entry.expect("a script");
            fs::copy(entry.path(), scripts.join(entry.file_name())).expect("a copy");
        }
        for overlay in ["local", "gke-cloudsql"] {
            workshop.write(
                &format!("deploy/k8s/overlays/{overlay}/kustomization.yaml"),
                "images:\n  - name: app-server\n    newName: PROJECT_ID/app-server\n",
            );
        }
        fs::create_dir(workshop.path("programs")).expect("a folder");
        for program in programs {
            workshop.stand_in(program, "exit 0");
        }
        workshop
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A program that notes its arguments, one a line, and then does what `body` says.
    pub(crate) fn stand_in(&self, program: &str, body: &str) {
        let calls = self.path("calls");
        let text = format!(
            "#!/bin/sh\n{{ printf '%s\\n' {program} \"$@\"; echo; }} >>'{}'\n{body}\n",
            calls.display()
        );
        let path = self.path("programs").join(program);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("may be run");
    }

    /// Runs a script, with the stand-ins before everything else on the path.
    pub(crate) fn run(&self, script: &str, arguments: &[&str]) -> Output {
        self.command(&self.path("deploy/scripts").join(script))
            .args(arguments)
            .output()
            .expect("the script runs")
    }

    /// A program in this folder, with nothing in its environment but a path and a home.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:/usr/bin:/bin", self.path("programs").display());
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path());
        command
    }

    /// What was called since the last look.
    pub(crate) fn calls(&self) -> Vec<Words> {
        let path = self.path("calls");
        let Ok(text) = fs::read_to_string(&path) else {
            return Vec::new();
        };
        fs::remove_file(path).expect("removed");
        let calls = text.split_terminator("\n\n");
        calls
            .map(|call| {
                call.trim_start_matches('\n')
                    .lines()
                    .map(str::to_owned)
                    .collect()
            })
            .collect()
    }

    /// The same, as lines with `ROOT` for this folder.
    pub(crate) fn lines(&self) -> Vec<String> {
        let here = self.folder.path().display().to_string();
        self.calls()
            .iter()
            .map(|call| call.join(" ").replace(&here, "ROOT"))
            .collect()
    }
}

/// What a run printed, to both.
pub(crate) fn said(output: &Output) -> String {
    let (out, errors) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(errors)
    )
}
