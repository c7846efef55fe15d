# SPDX-License-Identifier: GPL-2.0-or-later
# `sandbox start --accounting`: slurmdbd, and the MariaDB in which it writes, private to the sandbox. Sourced by contrib/sandbox.
#
# Whoever reaches the socket of the database is its administrator, and only root enters its folder. There is no network port;
# where its socket is, slurmdbd's client library reads from MYSQL_UNIX_PORT. stop kills both as it kills all that is ours.

ACCOUNT=torc # of the ordinary user that `sandbox exec` runs commands as

slurmdbd_port() { echo "${PORTS[NODES + 1]}"; }

# For slurm.conf; with Munge, what Slurm calls the storage's password is its socket.
accounting_lines() {
	cat <<-C
	AccountingStorageType=accounting_storage/slurmdbd
	AccountingStorageHost=127.0.0.1
	AccountingStoragePort=$(slurmdbd_port)
	AccountingStoragePass=$D/run/munge.sock
	C
}

slurmdbd_conf() {
	cat <<-C
	AuthType=auth/munge
	AuthInfo=socket=$D/run/munge.sock
	DbdHost=$(hostname)
	DbdAddr=127.0.0.1
	DbdPort=$(slurmdbd_port)
	SlurmUser=root
	LogFile=$D/log/slurmdbd.log
	PidFile=$D/run/slurmdbd.pid
	DebugLevel=verbose
	StorageType=accounting_storage/mysql
	StorageHost=localhost
	StorageUser=root
	StorageLoc=slurm
	C
	communication_lines
}

start_accounting() {
	(umask 077 && slurmdbd_conf > "$D/etc/slurmdbd.conf")
	start_mariadb || return 1
	MYSQL_UNIX_PORT=$D/db/sock slurmdbd || return 1
	wait_for 30 slurmdbd_listens || return 1
	choose_user
	# root's association comes with the cluster
	{ sacctmgr -i add cluster "$TAG" && sacctmgr -i add account $ACCOUNT && sacctmgr -i add user "$RUN_AS" account=$ACCOUNT; } \
		> "$D/log/sacctmgr.log" 2>&1 || { cat "$D/log/sacctmgr.log" >&2; return 1; }
}

start_mariadb() {
	local mariadb=(mariadbd --no-defaults --user=root --datadir="$D/db" --skip-networking --skip-grant-tables --skip-log-bin
		--innodb-buffer-pool-size=16M --innodb-use-native-aio=0)
	mkdir -m 700 "$D/db" || return 1
	{ printf 'CREATE DATABASE mysql;\nUSE mysql;\n'; cat "$(mariadb_tables)"; } |
		TORC_SANDBOX=$D "${mariadb[@]}" --bootstrap --innodb-log-file-size=4M > "$D/log/mariadb.log" 2>&1 || return 1
	# nothing here outlives a crash of the machine, so nothing waits for the disk; slurmdbd wants that much patience
	(cd "$D" && TORC_SANDBOX=$D exec setsid --fork "${mariadb[@]}" --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=0 \
		--innodb-lock-wait-timeout=900 --socket="$D/db/sock" --pid-file="$D/run/mariadb.pid" < /dev/null >> "$D/log/mariadb.log" 2>&1) || return 1
	wait_for 30 [ -S "$D/db/sock" ]
}

# The statements that make what a server without any table of its own lacks.
mariadb_tables() { find /usr/share/mariadb /usr/share/mysql -name 'm*_system_tables.sql' -print -quit 2>/dev/null; }

slurmdbd_listens() { [[ " $(listening_ports) " == *" $(slurmdbd_port) "* ]]; }
