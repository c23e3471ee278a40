#!/bin/sh
# Makes what `docker compose up` needs: .env, and a file for each secret in deploy/compose/private.
#
#   deploy/compose/prepare.sh                  to try the bot with a stand-in for LINE
#   LINE_CHANNEL_SECRET=… LINE_CHANNEL_ACCESS_TOKEN=… deploy/compose/prepare.sh
#                                              with a LINE channel; run again when one of them changes
#   deploy/compose/prepare.sh new-passwords    new passwords for the database's users
#
# Run again, it keeps the passwords there are.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p private/secrets private/backups
# The folder is for its owner alone; inside, the users of the containers may read and write, who own nothing here.
chmod 0755 private/secrets
chmod 1777 private/backups

# Writes the secret $2 into the file $1, without replacing the file: a running container has it mounted.
write() {
    printf '%s' "$2" >"private/secrets/$1"
    chmod 0644 "private/secrets/$1"
}

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

case "${1:-}" in
new-passwords) new=yes ;;
"") new=no ;;
*)
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' prepare.sh >&2
    exit 2
    ;;
esac

# Root stays: it is who gives the others their passwords, and comes in from inside the container only.
if [ ! -e private/secrets/root-password ]; then
    write root-password "$(random)"
fi
for user in password migrate-password backup-password monitor-password; do
    if [ "$new" = yes ] || [ ! -e "private/secrets/$user" ]; then
        write "$user" "$(random)"
    fi
done

profile=simulator
api=http://simulator:8080
if [ -n "${LINE_CHANNEL_SECRET:-}" ] && [ -n "${LINE_CHANNEL_ACCESS_TOKEN:-}" ]; then
    write channel-secret "$LINE_CHANNEL_SECRET"
    write channel-access-token "$LINE_CHANNEL_ACCESS_TOKEN"
    touch private/line
elif [ -n "${LINE_CHANNEL_SECRET:-}${LINE_CHANNEL_ACCESS_TOKEN:-}" ]; then
    echo "set both LINE_CHANNEL_SECRET and LINE_CHANNEL_ACCESS_TOKEN, or neither" >&2
    exit 2
elif [ ! -e private/secrets/channel-secret ]; then
    write channel-secret "$(random)"
    write channel-access-token "$(random)"
fi
if [ -e private/line ]; then
    profile=
    api=https://api.line.me
fi

cat >../../.env <<ENV
# Made by deploy/compose/prepare.sh, which writes it anew: put what is yours into compose.override.yaml.
COMPOSE_PROFILES=$profile
LINE_API_BASE_URL=$api
ENV
echo "wrote .env and deploy/compose/private"
