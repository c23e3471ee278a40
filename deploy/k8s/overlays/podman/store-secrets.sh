#!/bin/sh
# Stores with podman the Secrets of the file $1, as deploy/k8s/secrets.sh printed them, in place of those it has.
set -eu

# Podman before 4.4 reads `data` only, and does not decode what stands there.
# (containers/podman#16631)
field=stringData
case "$(podman version --format '{{.Client.Version}}')" in
4.[0-3].*) field=data ;;
esac

for name in line-channel pass-secret mysql-users; do
    if podman secret inspect "$name" >/dev/null 2>&1; then
        podman secret rm "$name" >/dev/null
    fi
    {
        printf 'apiVersion: v1\nkind: Secret\nmetadata:\n'
        sed -n "/^  name: $name\$/,/^---/{/^---/!{s/^stringData:/$field:/;p;};}" "$1"
    } | podman secret create "$name" - >/dev/null
    echo "stored $name"
done
