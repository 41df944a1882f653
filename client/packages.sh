# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# What a Debian or Ubuntu machine needs to build bq and its tests.  Sourced, not
# run: by client/quickstart.sh and tests/run.sh.
#
#   bq_install_packages $BQ_PACKAGES

# shellcheck disable=SC2034 # for those who source this
BQ_PACKAGES="gcc g++ cmake ninja-build pkg-config libxapian-dev libzstd-dev zlib1g-dev libxxhash-dev libutf8proc-dev
 libjansson-dev libevent-dev libcmocka-dev"

# Those of the packages named that are not installed.
bq_missing_packages() {
	for bq_package in "$@"; do
		bq_state=$(dpkg-query -W -f '${db:Status-Status}' "$bq_package" 2>/dev/null) || bq_state=
		# pkg-config may be provided by pkgconf.
		[ "$bq_package" = pkg-config ] && command -v pkg-config >/dev/null 2>&1 && bq_state=installed
		[ "$bq_state" = installed ] || printf '%s\n' "$bq_package"
	done
}

# Run a command as root: as we are, or through sudo, which may ask only on a
# terminal.
bq_as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif ! command -v sudo >/dev/null 2>&1; then
		echo "neither root nor sudo here; as root, run: $*" >&2
		return 1
	elif [ -t 0 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

# Install those of the packages named that are missing; asks nothing.  Where
# there is no apt it says what is wanted and lets the build find out.
bq_install_packages() {
	if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
		echo "no apt on this machine: the build needs what Debian calls" "$@" >&2
		return 0
	fi
	bq_missing=$(bq_missing_packages "$@" | tr '\n' ' ')
	if [ -z "$bq_missing" ]; then
		return 0
	fi
	echo "installing: $bq_missing" >&2
	# An old list may name versions that are gone; without a network the list at hand may do.
	bq_as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >&2 || echo "apt-get update failed; going on" >&2
	# shellcheck disable=SC2086 # one argument a package
	bq_as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $bq_missing >&2
}
