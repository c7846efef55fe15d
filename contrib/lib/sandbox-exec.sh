# SPDX-License-Identifier: GPL-2.0-or-later
# `sandbox exec`: who the ordinary user is, and what a command of hers finds in its environment. Sourced by contrib/sandbox.

DEDICATED_USER=torcuser

# Sets RUN_AS where --user did not.
choose_user() {
	[ -z "$RUN_AS" ] || { id -u -- "$RUN_AS" >/dev/null 2>&1 || fail "there is no user $RUN_AS"; return; }
	[ "$(id -u)" = 0 ] || { RUN_AS=$(id -un); return; }
	if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
		RUN_AS=$SUDO_USER
	else
		RUN_AS=$DEDICATED_USER
		id -u "$RUN_AS" >/dev/null 2>&1 || with_lock add_user
	fi
}

add_user() {
	! id -u "$RUN_AS" >/dev/null 2>&1 || return 0
	command -v useradd >/dev/null || fail "missing package; run: apt-get install passwd"
	useradd --no-create-home --home-dir /nonexistent --shell /bin/bash "$RUN_AS" || fail "cannot make the user $RUN_AS"
	say "made the ordinary user $RUN_AS to run jobs (userdel $RUN_AS removes it)" >&2
}

# The folders of the programs, in a build tree or installed, before the caller's PATH.
program_path() {
	local top=${HERE%/*} d s path=''
	for d in "${TORC_BUILD_DIR:-}" "$top/build" "$top" "${top%/*}" "${top%/*/*}"; do
		for s in '' bin/ submitter/ runner/ report/ cli/ server/; do
			[ -z "$d" ] || [ -z "$(compgen -G "$d/${s}torc-*")$(find "$d/${s}torc" -type f 2>/dev/null)" ] || path+=$d/$s:
		done
		[ -z "$path" ] || break
	done
	printf '%s%s' "$path" "$PATH"
}

# What is another user's, or another Slurm's, is not for the command.
clean_environment() {
	local v
	for v in $(compgen -e); do
		case $v in
		SLURM_CONF) ;;
		SLURM_* | SLURMD_* | SUDO_* | XDG_* | MAIL | OLDPWD | DBUS_SESSION_BUS_ADDRESS) unset "$v" ;;
		esac
	done
}

# Runs as the user: only she can tell what she may enter. $1 is the folder of the configuration.
AS_USER='
[ -r "$1" ] || { echo "sandbox: $(id -un) cannot read $1: the folders above it must be open to her" >&2; exit 1; }
[ -x . ] || { echo "sandbox: $(id -un) cannot enter this folder, $PWD: change to another one, or open it" >&2; exit 1; }
IFS=: read -ra dirs <<< "$PATH"; PATH=
for d in "${dirs[@]}"; do [ ! -x "$d" ] || PATH+=${PATH:+:}$d; done
[ -w "${TMPDIR:-/tmp}" ] || unset TMPDIR
shift; exec "$@"'

cmd_exec() {
	local switch=() home path
	[ ${#ARGS[@]} -gt 0 ] || usage_error "exec wants a command"
	find_or_fail
	choose_user
	path=$(program_path)
	clean_environment
	if [ "$(id -un)" != "$RUN_AS" ]; then
		need_root "exec as another user"
		home=$D/home/$RUN_AS
		[ -d "$home" ] || install -d -m 755 -o "$RUN_AS" -g "$(id -gn "$RUN_AS")" "$home" || exit 1
		switch=(setpriv --reuid "$RUN_AS" --regid "$(id -g "$RUN_AS")" --init-groups --)
		export HOME=$home USER=$RUN_AS LOGNAME=$RUN_AS
	fi
	export PATH=$path TORC_SANDBOX=$D
	exec "${switch[@]}" bash -c "$AS_USER" bash "$SLURM_CONF" "${ARGS[@]}"
}
