# Restores the newest dump into an empty MySQL of its own and dumps that again: the two must hold the same, every table,
# row and value.
set -euo pipefail
BACKUPS="${BACKUPS:-/backups}"
WORK="${WORK:-/tmp}"
. "$(dirname "$0")/dump.sh"

files=("$BACKUPS"/linebot-*.sql.gz)
newest="${files[-1]}"
age="$((($(date +%s) - $(stat --format=%Y "$newest")) / 3600))"
if ((age > 26)); then
    echo "the newest backup, $newest, is $age hours old" >&2
    exit 1
fi

mysqld --no-defaults --initialize-insecure --datadir="$WORK/data"
mysqld --no-defaults --datadir="$WORK/data" --socket="$WORK/socket" --pid-file="$WORK/pid" \
    --skip-networking --mysqlx=OFF --secure-file-priv=NULL --disable-log-bin &
server=$!
trap 'kill "$server" && wait "$server"' EXIT
for _ in {1..60}; do
    mysqladmin --socket="$WORK/socket" --user=root --silent ping && break
    sleep 1
done

client=(--socket="$WORK/socket" --user=root)
mysql "${client[@]}" --execute='CREATE DATABASE linebot CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'
gunzip <"$newest" | mysql "${client[@]}" linebot

# The tables and all their rows, each table's in lines of their own. Not the columns: MySQL writes their character set
# in other words after a restore.
content() {
    grep --text --extended-regexp '^(CREATE TABLE|INSERT INTO) '
}
before="$(gunzip <"$newest" | content | sha256sum)"
after="$(dump "${client[@]}" | content | sha256sum)"
if [[ "$before" != "$after" ]]; then
    echo "what came back from $newest differs from what was in it" >&2
    exit 1
fi
# An empty dump would be equal as well.
versions="$(mysql "${client[@]}" --skip-column-names --execute='SELECT COUNT(*) FROM linebot.schema_migrations')"
((versions > 0))
mysql "${client[@]}" --table --execute="SELECT table_name, table_rows FROM information_schema.tables
    WHERE table_schema = 'linebot' ORDER BY table_name"
echo "$newest can be restored: everything came back unchanged"
