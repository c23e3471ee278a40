# Four users, each with what its work needs and no more. Root is for people.
#
# The image's entrypoint runs this once, on an empty data folder. Run it again after a password was changed:
#   kubectl exec mysql-db-0 -- bash /docker-entrypoint-initdb.d/10-users.sh
# The password before stays valid until the next change (RETAIN CURRENT PASSWORD), so nobody is shut out meanwhile.

SECRETS="${SECRETS:-/run/secrets/db}"
APP_SECRETS="${APP_SECRETS:-/run/secrets/db-app}"

# The entrypoint has this function; by hand it is made here.
if ! command -v docker_process_sql >/dev/null; then
    docker_process_sql() {
        MYSQL_PWD="$(cat "$SECRETS/root-password")" mysql --user=root "$@"
    }
fi

# Prints the password in the file $1 as it stands between quotes in SQL.
password() {
    local text
    text="$(cat "$1")"
    text="${text//\\/\\\\}"
    printf %s "${text//\'/\'\'}"
}

# Makes the user $1 with the password in the file $2 and the privileges $3.
user() {
    cat <<SQL
CREATE USER IF NOT EXISTS $1 IDENTIFIED BY '$(password "$2")' REQUIRE SSL;
ALTER USER $1 IDENTIFIED BY '$(password "$2")' RETAIN CURRENT PASSWORD;
GRANT $3 TO $1;
SQL
}

{
    user "'$LINEBOT_APP_USER'@'%'" "$APP_SECRETS/password" \
        'SELECT, INSERT, UPDATE, DELETE ON linebot.*'
    user "'linebot_migrate'@'%'" "$SECRETS/migrate-password" \
        'SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES ON linebot.*'
    user "'linebot_backup'@'%'" "$SECRETS/backup-password" \
        'SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON linebot.*'
    # The probes, inside the pod.
    user "'linebot_monitor'@'127.0.0.1'" "$SECRETS/monitor-password" \
        'PROCESS, REPLICATION CLIENT ON *.*'
} | docker_process_sql
