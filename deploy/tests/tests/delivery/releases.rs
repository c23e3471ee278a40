//! From images to a commit on the release branch: docker and kustomize are stand-ins, git is real.

use crate::workshop::{Workshop, said};
use std::path::Path;

const REGISTRY: &str = "asia-northeast1-docker.pkg.dev/project/linebot-repo";

/// A stand-in for docker that pushes nothing and names a digest for each image, as buildx does.
const DOCKER: &str = r#"
while [ $# -gt 0 ]; do
  case $1 in
    --metadata-file) metadata=$2 ;;
  esac
  shift
done
[ -n "${metadata:-}" ] || exit 0
case $metadata in *app-server*) letter=a ;; *) letter=b ;; esac
digest=$(printf %064d 0 | tr 0 $letter)
printf '{\n  "buildx.build.ref": "linebot/linebot0/x",\n  "containerimage.digest": "sha256:%s",\n  "image.name": "x"\n}\n' \
  "$digest" >"$metadata"
"#;

/// A stand-in for kustomize that writes what it was given where kustomize would.
const KUSTOMIZE: &str = r#"
shift 3
printf 'images:\n' >kustomization.yaml
for image in "$@"; do printf '  - %s\n' "$image" >>kustomization.yaml; done
"#;

/// A repository with a remote, both empty but for the scripts and overlays.
fn workshop() -> Workshop {
    let workshop = Workshop::new(&[]);
    workshop.stand_in("docker", DOCKER);
    workshop.stand_in("kustomize", KUSTOMIZE);
    workshop.write(".gitignore", "/calls\n/programs\n/target\n/remote\n");
    workshop.write(
        ".gitconfig",
        "[user]\n  name = Somebody\n  email = somebody@example.com\n[init]\n  defaultBranch = main\n",
    );
    git(&workshop, "init --quiet --bare remote");
    git(&workshop, "init --quiet");
    git(&workshop, "remote add origin remote");
    commit(&workshop, "first");
    workshop
}

fn git(workshop: &Workshop, arguments: &str) -> String {
    let output = workshop
        .command(Path::new("git"))
        .args(arguments.split(' '))
        .output()
        .expect("git runs");
    assert!(
        output.status.success(),
        "git {arguments}: {}",
        said(&output)
    );
    said(&output).trim().to_owned()
}

fn commit(workshop: &Workshop, message: &str) {
    workshop.write("program", message);
    git(workshop, "add --all");
    git(workshop, &format!("commit --quiet --message {message}"));
    git(workshop, "push --quiet origin HEAD:main");
}

fn succeed(workshop: &Workshop, script: &str, arguments: &[&str]) -> String {
    let output = workshop.run(script, arguments);
    assert!(output.status.success(), "{script}: {}", said(&output));
    said(&output)
}

fn noted(tag: &str) -> String {
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    format!(
        "app-server={REGISTRY}/app-server:{tag}@sha256:{a}\nlinebot-nginx={REGISTRY}/linebot-nginx:{tag}@sha256:{b}\n"
    )
}

#[test]
fn images_are_built_from_the_commit_and_noted_by_tag_and_digest() {
    let workshop = workshop();
    succeed(&workshop, "images", &["--push", REGISTRY, "1.0.0"]);
    assert_eq!(workshop.read("target/release-images"), noted("1.0.0"));
    let (time, revision) = (
        git(&workshop, "log -1 --format=%ct"),
        git(&workshop, "rev-parse HEAD"),
    );
    let built = |file: &str, name: &str| {
        format!(
            "docker buildx build --platform linux/amd64 --file ROOT/deploy/images/{file}.Containerfile --build-arg \
             SOURCE_DATE_EPOCH={time} --build-arg VERSION=1.0.0 --build-arg REVISION={revision} --builder linebot --tag \
             {REGISTRY}/{name}:1.0.0 --sbom true --provenance mode=max --metadata-file ROOT/target/{name}.json --push ROOT"
        )
    };
    assert_eq!(
        workshop.lines(),
        [
            "docker buildx inspect linebot".to_owned(),
            built("app", "app-server"),
            built("nginx", "linebot-nginx"),
        ]
    );
}

#[test]
fn without_a_registry_images_stay_on_this_machine() {
    let workshop = workshop();
    succeed(&workshop, "images", &["1.0.0"]);
    let lines = workshop.lines();
    assert_eq!(lines.len(), 2);
    for (line, name) in lines.iter().zip(["app-server", "linebot-nginx"]) {
        assert!(
            line.ends_with(&format!("--tag localhost/{name}:1.0.0 --load ROOT")),
            "{line}"
        );
        assert!(!line.contains("--push"), "{line}");
    }
    assert!(!workshop.path("target/release-images").exists());
}

#[test]
fn a_builder_is_made_where_there_is_none() {
    let workshop = workshop();
    workshop.stand_in(
        "docker",
        &format!("[ \"$2\" != inspect ] || exit 1\n{DOCKER}"),
    );
    succeed(&workshop, "images", &["--push", REGISTRY, "1.0.0"]);
    assert_eq!(
        workshop.lines()[1],
        "docker buildx create --name linebot --driver docker-container"
    );
}

#[test]
fn an_image_without_a_digest_is_no_release() {
    let workshop = workshop();
    workshop.stand_in("docker", "exit 0");
    workshop.write("target/release-images", "app-server=of/an:older@build\n");
    workshop.write("target/app-server.json", "{}\n");
    let output = workshop.run("images", &["--push", REGISTRY, "1.0.0"]);
    assert!(!output.status.success());
    assert!(
        said(&output).contains("named no digest for app-server"),
        "{}",
        said(&output)
    );
    // What an earlier build had noted must not be released in its place.
    assert!(!workshop.path("target/release-images").exists());
}

#[test]
fn a_release_is_the_commit_with_its_images_on_the_branch() {
    let workshop = workshop();
    for (message, tag) in [("second", "1.0.1"), ("third", "1.0.2")] {
        commit(&workshop, message);
        succeed(&workshop, "images", &["--push", REGISTRY, tag]);
        workshop.calls();
        succeed(
            &workshop,
            "release",
            &["--commit", "release", "gke-cloudsql"],
        );
        let images = noted(tag);
        let images: Vec<&str> = images.lines().collect();
        assert_eq!(
            workshop.calls(),
            [["kustomize", "edit", "set", "image", images[0], images[1]]]
        );

        git(&workshop, "fetch --quiet origin");
        let short = git(&workshop, "rev-parse --short HEAD");
        assert_eq!(
            git(&workshop, "log -1 --format=%s origin/release"),
            format!("Release {short} on gke-cloudsql")
        );
        assert_eq!(git(&workshop, "show origin/release:program"), message);
        let overlay = git(
            &workshop,
            "show origin/release:deploy/k8s/overlays/gke-cloudsql/kustomization.yaml",
        );
        assert_eq!(
            overlay,
            format!("images:\n  - {}\n  - {}", images[0], images[1])
        );
        // As a pipeline has it: a clean checkout each time.
        git(&workshop, "reset --quiet --hard");
    }
    // The branch has a history of its own, so that a release is taken back by reverting it.
    let subjects = git(&workshop, "log --format=%s --first-parent origin/release");
    let releases = subjects.lines().filter(|line| line.starts_with("Release "));
    assert_eq!(releases.count(), 2, "{subjects}");
    git(&workshop, "checkout --quiet -B release origin/release");
    git(&workshop, "revert --no-edit HEAD");
    assert_eq!(workshop.read("program"), "second");
    let overlay = workshop.read("deploy/k8s/overlays/gke-cloudsql/kustomization.yaml");
    assert!(overlay.contains(":1.0.1@sha256:"), "{overlay}");
}

#[test]
fn without_commit_a_release_changes_the_overlay_and_no_history() {
    let workshop = workshop();
    succeed(&workshop, "images", &["--push", REGISTRY, "1.0.0"]);
    let before = git(&workshop, "rev-parse HEAD");
    succeed(&workshop, "release", &["gke-cloudsql"]);
    assert_eq!(git(&workshop, "rev-parse HEAD"), before);
    assert_eq!(
        git(&workshop, "status --porcelain"),
        "M deploy/k8s/overlays/gke-cloudsql/kustomization.yaml"
    );
    assert!(!git(&workshop, "branch --all").contains("release"));
}

#[test]
fn a_dry_run_pushes_nothing() {
    let workshop = workshop();
    succeed(&workshop, "images", &["--push", REGISTRY, "1.0.0"]);
    workshop.calls();
    let printed = succeed(
        &workshop,
        "release",
        &["--dry-run", "--commit", "release", "gke-cloudsql"],
    );
    assert!(printed.contains("+ kustomize edit set image"), "{printed}");
    assert!(workshop.calls().is_empty());
    assert!(git(&workshop, "ls-remote --heads origin").ends_with("refs/heads/main"));
    let printed = succeed(
        &workshop,
        "images",
        &["--dry-run", "--push", REGISTRY, "1.0.1"],
    );
    assert!(printed.contains("app-server:1.0.1"), "{printed}");
    assert!(workshop.calls().is_empty());
    assert_eq!(workshop.read("target/release-images"), noted("1.0.0"));
}
