# Prints a dump of the database; the arguments say how to reach the server.
# The same rows give the same text, so that two dumps can be compared.
dump() {
    mysqldump "$@" --single-transaction --quick --triggers --events --order-by-primary \
        --no-tablespaces --set-gtid-purged=OFF --skip-dump-date linebot
}
