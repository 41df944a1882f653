#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what is missing, builds, runs every test.  Safe to run again; all
# it makes is under build/.  Stops at the first stage that fails and names it.
#
#   sh tests/run.sh          all four stages, the whole suite last, so that the
#                            last words are ctest's about it:
#                            clang      clang, release flags: everything compiles
#                            sanitize   clang, ASan and UBSan: unit, property and damage tests
#                            threads    clang, TSan: the tests of the daemon and of threads that build
#                            release    gcc: everything is built, every test runs
#   sh tests/run.sh quick    release only
#   sh tests/run.sh STAGE..  the named ones
#
# With BQ_TRIES=2 a test that fails runs once more; one that passes then is named as
# unsteady before ctest's last words, and what it said when it failed stays in the
# log.  Without, every failure counts.
set -eu
cd "$(dirname "$0")/.."
. client/packages.sh

# What the run needs beside what a build needs.
test_packages="clang libclang-rt-dev python3 netcat-openbsd strace xapian-tools libsimde-dev"

fail() {
	echo "tests/run.sh: $*" >&2
	exit 1
}

# configure DIR OPTION..: a directory made earlier keeps its generator.
configure() {
	dir=$1
	shift
	[ -f "$dir/CMakeCache.txt" ] || set -- -G Ninja "$@"
	mkdir -p "$dir"
	cmake -S . -B "$dir" "$@" >"$dir/configure.log" 2>&1 && return
	cat "$dir/configure.log" >&2
	return 1
}

configure_clang() {
	dir=$1
	shift
	configure "$dir" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ "$@"
}

# compile DIR TARGET..
compile() {
	dir=$1
	shift
	cmake --build "$dir" -j "$jobs" --target "$@"
}

# What ctest says, line by line, and before its summary the tests that failed and passed later.
name_unsteady() {
	failed=" " unsteady=
	while IFS= read -r line; do
		name=${line#*Test *: }
		name=${name%% *}
		case $line in
		*"Test "*"#"*"***"*) failed="$failed$name " ;;
		*"Test "*"#"*" Passed "*) case $failed in *" $name "*) unsteady="$unsteady $name" ;; esac ;;
		[0-9]*"% tests passed"*) for name in $unsteady; do echo "unsteady: $name"; done ;;
		esac
		printf '%s\n' "$line"
	done
}

# run_tests DIR CTEST-OPTION..
run_tests() {
	dir=$1
	shift
	{
		code=0
		$launch ctest --test-dir "$dir" -j "$jobs" --output-on-failure --no-tests=error \
			--repeat "until-pass:${BQ_TRIES:-1}" "$@" || code=$?
		echo "$code" >"$dir/ctest.code"
	} | name_unsteady
	return "$(cat "$dir/ctest.code")"
}

stage_clang() {
	configure_clang build/clang -DBQ_BENCH=ON && compile build/clang all
}

stage_sanitize() {
	launch=$fixed_addresses
	configure_clang build/asan -DBQ_BENCH=OFF -DBQ_SANITIZE=address,undefined &&
		compile build/asan programs-unit programs-prop programs-corrupt &&
		run_tests build/asan -L '^(unit|prop|corrupt)$'
}

stage_threads() {
	launch=$fixed_addresses
	configure_clang build/tsan -DBQ_BENCH=OFF -DBQ_SANITIZE=thread &&
		compile build/tsan programs-daemon programs-threads &&
		run_tests build/tsan -L '^(daemon|threads)$'
}

stage_release() {
	configure build -DBQ_TESTS=ON -DBQ_BENCH=ON && compile build all && run_tests build
}

stage() {
	echo "== $1 ($(($(date +%s) - began)) s after the start)"
	launch=
	"stage_$1" || fail "stage $1 failed"
}

case ${1-} in
"") set -- clang sanitize threads release ;;
quick) set -- release ;;
esac
for name; do
	case $name in
	clang | sanitize | threads | release) ;;
	*) fail "no stage '$name': clang, sanitize, threads, release, or quick" ;;
	esac
done

# shellcheck disable=SC2086 # a list of words
bq_install_packages $BQ_PACKAGES $test_packages || fail "packages are missing"

# The address ranges the sanitizers expect collide with the wide randomisation
# of newer kernels: go without it where that is allowed.
fixed_addresses="setarch $(uname -m) -R"
$fixed_addresses true 2>/dev/null || fixed_addresses=
jobs=$(nproc 2>/dev/null || echo 2)
if command -v ccache >/dev/null 2>&1; then
	export CCACHE_DIR="$PWD/build/ccache" CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

began=$(date +%s)
for name; do
	stage "$name"
done

# A run leaves nothing outside build/; on a developer's checkout there is more.
if [ "${CI-}" = true ] && git rev-parse --git-dir >/dev/null 2>&1; then
	left=$(git status --porcelain)
	[ -z "$left" ] || fail "not under build/: $left"
fi
