#!/bin/sh
# Prints the Secrets that the overlays expect, with new random passwords for the database, for
#   LINE_CHANNEL_SECRET=... LINE_CHANNEL_ACCESS_TOKEN=... ./secrets.sh | kubectl create --filename -
# `create`, not `apply`: it refuses to replace the passwords of a database that exists.
set -eu

: "${LINE_CHANNEL_SECRET:?the channel secret of the LINE Developers Console}"
: "${LINE_CHANNEL_ACCESS_TOKEN:?the long-lived channel access token}"

# 32 letters and digits.
random_password() {
    LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 32
}

app="$(random_password)"
migrate="$(random_password)"
root="$(random_password)"

# Prints the Secret $1 with the pairs that follow.
secret() {
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: linebot\n' "$1"
    printf 'type: Opaque\nstringData:\n'
    shift
    while [ $# -gt 0 ]; do
        printf "  %s: '%s'\n" "$1" "$(printf %s "$2" | sed "s/'/''/g")"
        shift 2
    done
}

secret line-channel \
    channel-secret "$LINE_CHANNEL_SECRET" \
    channel-access-token "$LINE_CHANNEL_ACCESS_TOKEN"
# The bot's user of the database. The address is for the component mysql-tls.
secret pass-secret \
    password "$app" \
    url "mysql://linebot_app:$app@mysql-db:3306/linebot?ssl-mode=VERIFY_CA&ssl-ca=/run/secrets/db-ca/ca.crt"
# The other users.
secret mysql-users \
    root-password "$root" \
    migrate-password "$migrate" \
    backup-password "$(random_password)" \
    monitor-password "$(random_password)" \
    migrate-url "mysql://linebot_migrate:$migrate@mysql-db:3306/linebot?ssl-mode=VERIFY_CA&ssl-ca=/run/secrets/db-ca/ca.crt"
# The same under the names of document 002 (overlay loadbalancer) and document 004 (overlay headless-mysql).
secret apikey \
    id "$LINE_CHANNEL_ACCESS_TOKEN" \
    key "$LINE_CHANNEL_SECRET"
secret dbsecret \
    user linebot_app \
    password "$app" \
    root_password "$root"
