# Dumps the database and keeps the last 7 days, 4 Sundays and 6 firsts of a month.
set -euo pipefail
umask 027
BACKUPS="${BACKUPS:-/backups}"
SECRETS="${SECRETS:-/run/secrets/db}"
DB_HOST="${DB_HOST:-mysql-db}"
DB_PORT="${DB_PORT:-3306}"
. "$(dirname "$0")/dump.sh"

MYSQL_PWD="$(cat "$SECRETS/backup-password")"
export MYSQL_PWD
unfinished="$BACKUPS/unfinished"
dump --host="$DB_HOST" --port="$DB_PORT" --user=linebot_backup --ssl-mode=REQUIRED | gzip >"$unfinished"
# mysqldump writes this line last; without it the dump was cut off.
gunzip <"$unfinished" | tail --lines=1 | grep --quiet '^-- Dump completed'
newest="$BACKUPS/linebot-$(date +%F).sql.gz"
mv "$unfinished" "$newest"
echo "wrote $newest, $(stat --format=%s "$newest") bytes"

today="$(date +%s)"
for file in "$BACKUPS"/linebot-*.sql.gz; do
    day="$(basename "$file" .sql.gz)"
    day="${day#linebot-}"
    age="$(((today - $(date --date="$day" +%s)) / 86400))"
    if ((age < 7)) ||
        { ((age < 28)) && [[ "$(date --date="$day" +%u)" == 7 ]]; } ||
        { ((age < 184)) && [[ "$day" == *-01 ]]; }; then
        continue
    fi
    rm "$file"
    echo "removed $file, $age days old"
done
