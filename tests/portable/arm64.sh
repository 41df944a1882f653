#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does it run where there is no x86?  Compiles everything for arm64 and runs the unit
# and property tests under qemu's user mode: the scalar kernels, and what the
# compiler makes NEON of.
#
#   sh tests/portable/arm64.sh [DIR]     4 to 15 minutes on two cores; all it makes is in
#                                        DIR, or build/arm64
#
# The cross compilers and qemu are installed, as any package; the libraries for
# arm64 are only unpacked in DIR, and this system's apt and dpkg know nothing of them.
set -eu
cd "$(dirname "$0")/../.."
. client/packages.sh
mkdir -p "${1:-build/arm64}"
dir=$(cd "${1:-build/arm64}" && pwd)
root=$dir/root

# shellcheck disable=SC2086 # one argument a package
bq_install_packages $BQ_PACKAGES gcc-aarch64-linux-gnu g++-aarch64-linux-gnu qemu-user-static

# apt_arm64 WORD..: apt-get with lists, cache and status of its own.
apt_arm64() {
	apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Dir::State::Lists="$dir/apt/lists" \
		-o Dir::Cache="$dir/apt/cache" -o Dir::State::status=/dev/null -o Debug::NoLocking=1 \
		-o APT::Sandbox::User=root "$@"
}

if [ ! -e "$root/done" ]; then
	echo "unpacking libraries for arm64" >&2
	mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" "$root"
	libraries=
	for package in $BQ_PACKAGES; do
		case $package in lib*-dev | zlib1g-dev) libraries="$libraries $package" ;; esac
	done
	apt_arm64 update
	# shellcheck disable=SC2086
	apt_arm64 -y --no-install-recommends --download-only install $libraries
	for package in "$dir"/apt/cache/archives/*.deb; do
		dpkg-deb -x "$package" "$root"
	done
	touch "$root/done"
fi

cat >"$dir/toolchain.cmake" <<END
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_SYSROOT "$root")
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64-static;-L;$root")
END
PKG_CONFIG_LIBDIR=$root/usr/lib/aarch64-linux-gnu/pkgconfig:$root/usr/share/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root \
	cmake -S . -B "$dir/build" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$dir/toolchain.cmake" -DBQ_TESTS=ON -DBQ_BENCH=OFF \
	>"$dir/configure.log" 2>&1 || {
	cat "$dir/configure.log" >&2
	exit 1
}
ninja -C "$dir/build"

# test_build asks the kernel how a file is mapped, which qemu makes up.
ctest --test-dir "$dir/build" -j "$(nproc)" -L "unit|prop" -E "^test_build$" --timeout 600 --output-on-failure
