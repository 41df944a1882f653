# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034
#
# The Debian packages bq is built from, and how to get those that are missing.
# Sourced by client/quickstart.sh and tests/run.sh; it does nothing by itself.

# What `cmake -S . -B build && cmake --build build` needs, tests included.
BQ_PACKAGES="gcc g++ cmake ninja-build pkg-config libxapian-dev libevent-dev libzstd-dev libjansson-dev
	libutf8proc-dev libxxhash-dev libinih-dev libcmocka-dev"
# What the whole test run needs beside them.
BQ_TEST_PACKAGES="clang libclang-rt-dev python3 netcat-openbsd strace xapian-tools"

# Install those of the named packages that are missing; 1 and a reason on
# stderr when that is not possible.  Elsewhere than on Debian and its children
# it only says what is needed: CMake finds out what is there.
bq_install_packages() {
	if ! command -v dpkg-query >/dev/null 2>&1; then
		echo "no Debian: make sure that there is what these packages hold:" "$@" >&2
		return 0
	fi
	bq_missing=
	for bq_package; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$bq_package" 2>/dev/null) in
		installed) ;;
		*) bq_missing="$bq_missing $bq_package" ;;
		esac
	done
	[ -n "$bq_missing" ] || return 0
	bq_sudo=
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null 2>&1; then
			echo "missing, and neither root nor sudo to install it: apt-get install$bq_missing" >&2
			return 1
		fi
		bq_sudo=sudo
	fi
	echo "installing:$bq_missing" >&2
	bq_apt="$bq_sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120"
	# shellcheck disable=SC2086 # lists of words
	$bq_apt update >&2 || echo "apt-get update failed; going on with the lists that are there" >&2
	# shellcheck disable=SC2086
	if ! $bq_apt install --no-install-recommends $bq_missing </dev/null >&2; then
		echo "apt-get could not install:$bq_missing" >&2
		return 1
	fi
}
