#!/usr/bin/env bash
# The promises of the official image that are used here: an empty data folder is initialised, with root's password from
# MYSQL_ROOT_PASSWORD_FILE and the database MYSQL_DATABASE, and then what lies in /docker-entrypoint-initdb.d is
# sourced, with `docker_process_sql` at hand. Anything but `mysqld` is just run.
set -eo pipefail

setting() {
    mysqld --verbose --help 2>/dev/null | sed -n "s/^$1  *//p"
}

docker_process_sql() {
    MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql --user=root --socket="$socket" --database="$MYSQL_DATABASE" "$@"
}

initialise() {
    MYSQL_ROOT_PASSWORD="$(<"$MYSQL_ROOT_PASSWORD_FILE")"
    mysqld --initialize-insecure
    mysqld --daemonize --skip-networking --socket="$socket"
    mysql --user=root --socket="$socket" <<SQL
ALTER USER 'root'@'localhost' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';
CREATE DATABASE IF NOT EXISTS $MYSQL_DATABASE;
SQL
    for file in /docker-entrypoint-initdb.d/*.sh; do
        # shellcheck disable=SC1090
        . "$file"
    done
    MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysqladmin --user=root --socket="$socket" shutdown
}

if [[ "$1" == mysqld ]]; then
    socket="$(setting socket)"
    data="$(setting datadir)"
    mkdir -p "$data"
    if [[ ! -d "$data/mysql" ]]; then
        initialise
    fi
fi
exec "$@"
