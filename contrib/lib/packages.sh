# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced: need_packages KIND... installs what contrib/packages lists for these kinds and this machine lacks.

package_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
# a_package TEST A|B: the first of them that passes the test
a_package() {
	local package
	for package in ${2//|/ }; do
		! "$1" "$package" || { echo "$package"; return; }
	done
	return 1
}
package_known() { apt-cache show "$1" > /dev/null 2>&1; }
package_names() { # A|B...: what they are called here
	local package
	for package; do a_package package_known "$package" || echo "${package%%|*}"; done
}

need_packages() {
	local top kind missing= package
	top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
	for kind; do
		for package in $(sed -n "s/^$kind //p" "$top/contrib/packages"); do
			a_package package_installed "$package" > /dev/null || missing="$missing $package"
		done
	done
	[ -n "$missing" ] || return 0
	command -v apt-get > /dev/null || { echo "$0: this is no Debian: install what corresponds to:$missing" >&2; return 1; }
	[ "$(id -u)" = 0 ] || { echo "$0: packages are missing; as root: apt-get install" $(package_names $missing) >&2; return 1; }
	echo "installing:$missing"
	export DEBIAN_FRONTEND=noninteractive
	local log; log=$(mktemp)
	if ! { apt-get -q -o DPkg::Lock::Timeout=300 update &&
		apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $(package_names $missing); } > "$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "$0: apt-get could not install:$missing" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}
