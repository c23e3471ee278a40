# What the scripts beside this file share. Sourced, not run.
# shellcheck shell=sh

namespace=linebot

# The root of the repository, wherever the script was called from.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
overlays=$root/deploy/k8s/overlays

dry_run=no
operand=

fail() {
  echo "$(basename -- "$0"): $1" >&2
  exit 2
}

# Reads --help, --dry-run and one operand. The script's own option, if it has one, is $own_option: what follows it, or
# `yes` if $own_option_takes is empty, is left in $given.
own_option=
own_option_takes=
given=
read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h)
        usage
        exit 0
        ;;
      --dry-run) dry_run=yes ;;
      -*)
        [ "$1" = "$own_option" ] || fail "unknown option $1"
        if [ -n "$own_option_takes" ]; then
          [ $# -gt 1 ] || fail "$own_option needs a $own_option_takes"
          shift
          given=$1
        else
          # shellcheck disable=SC2034 # Read by the scripts that have an option of their own.
          given=yes
        fi
        ;;
      *)
        [ -z "$operand" ] || fail "'$1' is one too many: $operand was named before"
        operand=$1
        ;;
    esac
    shift
  done
}

# Prints a command as it could be typed.
show() {
  printf '+'
  for word in "$@"; do
    case $word in
      '' | *[!A-Za-z0-9_./:=@,-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
}

# Runs a command after printing it; with --dry-run it is only printed.
run() {
  show "$@"
  if [ "$dry_run" = no ]; then
    "$@"
  fi
}

# The same in the bot's namespace.
in_namespace() {
  run kubectl --namespace "$namespace" "$@"
}

# The folder of an overlay, by its name.
overlay_folder() {
  [ "$1" != podman ] || fail "the overlay podman is played by 'podman kube play', not applied to a cluster"
  [ -n "$1" ] || fail "which overlay? There are: $(list_overlays)"
  [ -f "$overlays/$1/kustomization.yaml" ] || fail "there is no overlay '$1'; there are: $(list_overlays)"
  echo "$overlays/$1"
}

list_overlays() {
  for folder in "$overlays"/*/; do
    [ ! -f "${folder}kustomization.yaml" ] || printf '%s ' "$(basename -- "$folder")"
  done
}

# What the objects of a tier are called, by a short name or by that name itself.
tier_name() {
  case $1 in
    app | app-server) echo app-server ;;
    web | linebot-nginx) echo linebot-nginx ;;
    db | mysql-db) echo mysql-db ;;
    migrate | linebot-migrate) echo linebot-migrate ;;
    backup | mysql-backup) echo mysql-backup ;;
    *) fail "which tier? There are: app web db migrate backup${1:+, not $1}" ;;
  esac
}
