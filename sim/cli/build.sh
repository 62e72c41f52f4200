# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Building on demand: what ./pvmmio-sim, tests/run and .ci/run have in common. POSIX sh, to be
# sourced; functions and variables begin with build_.
#
#	. "$root/sim/cli/build.sh"
#	build_bring_up_to_date "$root" build sim/cli/pvmmio-sim || exit 3
#
# Everything said here goes to standard error, and only when there is something to do. A build
# folder that Meson or Ninja cannot use any more is made anew; one that Meson did not make is never
# touched.

# Libraries that the build needs, with the Debian packages that hold them. A caller that needs more
# packages lists them in build_extra_packages.
build_libraries='liburcu:liburcu-dev libfyaml:libfyaml-dev jansson:libjansson-dev cmocka:libcmocka-dev'

build_say()
{
	printf 'pvmmio-sim: %s\n' "$*" >&2
}

# The packages that are missing here, separated by spaces.
build_missing_packages()
{
	build_cc=${CC:-cc}
	build_cc=${build_cc%% *}
	case ${build_cc##*/} in
	clang*) build_cc_package=clang ;;
	*) build_cc_package=gcc ;;
	esac
	build_missing=
	if ! command -v "$build_cc" >/dev/null 2>&1; then
		build_missing="$build_missing $build_cc_package libc6-dev"
	elif ! echo '#include <stdio.h>' | "$build_cc" -E -x c - >/dev/null 2>&1; then
		build_missing="$build_missing libc6-dev"
	fi
	command -v meson >/dev/null 2>&1 || build_missing="$build_missing meson"
	command -v ninja >/dev/null 2>&1 || build_missing="$build_missing ninja-build"
	command -v pkg-config >/dev/null 2>&1 || build_missing="$build_missing pkg-config"
	for build_library in $build_libraries; do
		pkg-config --exists "${build_library%%:*}" 2>/dev/null ||
			build_missing="$build_missing ${build_library##*:}"
	done
	for build_package in ${build_extra_packages-}; do
		build_has_package "$build_package" || build_missing="$build_missing $build_package"
	done
	echo "${build_missing# }"
}

# Is Debian package $1 installed? Yes, too, where that cannot be told.
build_has_package()
{
	command -v dpkg-query >/dev/null 2>&1 || return 0
	case $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) in
	ii*) return 0 ;;
	esac
	return 1
}

# Install PACKAGE... as root on a system with apt; otherwise name the command that would.
build_install()
{
	build_command="apt-get install -y --no-install-recommends $*"
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
		build_say "missing build dependencies; this installs them (Debian and relatives):"
		printf '    sudo %s\n' "$build_command" >&2
		return 1
	fi
	build_say "installing $*"
	build_log=$(mktemp) || return 1
	if build_apt install -y --no-install-recommends "$@" >"$build_log" 2>&1 ||
		{ build_apt update && build_apt install -y --no-install-recommends "$@"; } \
			>"$build_log" 2>&1; then
		rm -f "$build_log"
		return 0
	fi
	cat "$build_log" >&2
	rm -f "$build_log"
	build_say "could not install build dependencies; the command was: $build_command"
	return 1
}

build_apt()
{
	DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null 9<&-
}

build_install_missing()
{
	build_packages=$(build_missing_packages)
	# shellcheck disable=SC2086 # a list of package names
	[ -z "$build_packages" ] || build_install $build_packages
}

# Is folder $2 configured for the sources in $1?
build_is_configured()
{
	[ -f "$2/build.ninja" ] && [ -f "$2/source-root" ] || return 1
	IFS= read -r build_source <"$2/source-root" && [ "$build_source" = "$1" ]
}

# Is there nothing to do for target $3 (empty: all) in folder $2 of the sources in $1?
build_is_current()
{
	build_is_configured "$1" "$2" || return 1
	# shellcheck disable=SC2086 # no target is no word
	case $(ninja -C "$2" -n $3 2>&1) in
	*'ninja: no work to do.'*) return 0 ;;
	esac
	return 1
}

# One attempt at ROOT FOLDER TARGET OPTION...; output to $build_log.
build_attempt()
{
	build_root=$1 build_folder=$2 build_target=$3
	shift 3
	if ! build_is_configured "$build_root" "$build_folder"; then
		# What an interrupted set-up or a moved checkout leaves behind is of no use to Meson.
		[ ! -d "$build_folder/meson-private" ] || rm -rf "$build_folder"
		meson setup "$@" "$build_folder" "$build_root" >"$build_log" 2>&1 </dev/null ||
			return 1
	fi
	# shellcheck disable=SC2086 # no target is no word
	ninja -C "$build_folder" --quiet $build_target >"$build_log" 2>&1 </dev/null
}

# Is the failure in $build_log one of the build folder, not of a compiler?
build_folder_is_broken()
{
	[ -d "$1/meson-private" ] && grep -q '^ninja: error: ' "$build_log"
}

build_from_scratch_if_needed()
{
	build_attempt "$@" && return 0
	build_folder_is_broken "$2" || return 1
	build_say "$2 is unusable, building from scratch..."
	rm -rf "$2"
	build_attempt "$@"
}

# Call with descriptor 9 open on the root folder: it is the lock between several starts.
build_locked()
{
	flock -s 9 2>/dev/null
	build_is_current "$1" "$2" "$3" && return 0
	flock -x 9 2>/dev/null
	build_is_current "$1" "$2" "$3" && return 0

	if [ -n "$(ls -A "$2" 2>/dev/null)" ] && [ ! -d "$2/meson-private" ]; then
		build_say "$2 is in the way and no build folder; move or remove it"
		return 1
	fi
	build_install_missing || return 1
	build_say "building in $2 ..."
	build_log=$(mktemp) || return 1
	build_from_scratch_if_needed "$@"
	build_status=$?
	if [ $build_status != 0 ]; then
		cat "$build_log" >&2
		build_say "the build failed; if the sources are right, remove $2 and try again"
	fi
	rm -f "$build_log"
	return $build_status
}

# build_bring_up_to_date ROOT NAME TARGET [MESON_OPTION...]: build TARGET (empty: everything) in
# ROOT/NAME, configured with the given options. ROOT is absolute and free of symbolic links.
# Waits for another start that builds in the same checkout. 0, or 1 after saying why.
build_bring_up_to_date()
{
	build_top=$1 build_name=$2
	shift 2
	# shellcheck disable=SC2094 # the folder is only locked
	build_locked "$build_top" "$build_top/$build_name" "$@" 9<"$build_top"
}
