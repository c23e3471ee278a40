# Restores the newest dump into an empty MySQL of its own and dumps that again: the two must be equal, so every table,
# row and value has come back.
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

# Comments name the server and its version. A table that was loaded from a dump names the character set of its columns
# beside their collation, which implies it; one made by a migration does not.
without_comments() {
    grep --text --invert-match '^--' | sed 's/ CHARACTER SET utf8mb4//'
}
before="$(gunzip <"$newest" | without_comments | sha256sum)"
after="$(dump "${client[@]}" | without_comments | sha256sum)"
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
