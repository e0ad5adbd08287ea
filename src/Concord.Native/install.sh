#!/bin/sh
# Installs Concord for C from its unpacked tarball: headers, library, pkg-config and CMake files.
#   sh install.sh [PREFIX, /usr/local by default]          DESTDIR=STAGE sh install.sh PREFIX
# All of it is installed, or nothing is changed. Needs no tool but a shell's own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -le 1 ] || { echo "usage: sh install.sh [PREFIX]" >&2; exit 2; }
[ $# -eq 0 ] || [ -n "$1" ] || { echo "install.sh: PREFIX is empty; nothing was installed" >&2; exit 2; }
case ${1:-} in
  -*) echo "usage: sh install.sh [PREFIX]" >&2; exit 2 ;;
esac
prefix=${1:-/usr/local}
case $prefix in
  /*) ;;
  *) prefix=$PWD/$prefix ;;
esac
target=${DESTDIR:-}$prefix

fail() { echo "install.sh: $1; nothing was installed" >&2; exit 1; }

# What belongs to the library, each by its path below the prefix. A package that lacks some of it is not whole.
files=$(cd "$here" && find include lib share ! -type d | sort) || fail "this is not Concord's unpacked tarball"
for needed in include/concord/concord.h lib/libconcord.so.0 lib/pkgconfig/concord.pc lib/cmake/Concord/ConcordConfig.cmake; do
  [ -e "$here/$needed" ] || fail "$here/$needed is missing: unpack the tarball anew"
done

# First everything is copied beside its place, which needs the room and the rights; then names change, and change back
# if one does not.
old=
undo() {
  trap - EXIT HUP INT TERM
  IFS='
'
  for file in $files; do
    rm -f "$target/$file.concord-new"
    if [ -n "$old" ]; then
      if [ -e "$old/$file" ] || [ -L "$old/$file" ]; then mv -f "$old/$file" "$target/$file"
      elif [ -e "$old/$file.made" ]; then rm -f "$target/$file"
      fi
    fi
  done
  [ -z "$old" ] || rm -rf "$old"
  [ -z "$made" ] || (cd / && for folder in $made; do rmdir "$folder" 2>/dev/null || :; done)
  exit 1
}
made=
stop() { echo "install.sh: stopped; nothing was installed" >&2; undo; }
trap stop HUP INT TERM
trap 'echo "install.sh: failed; nothing was installed" >&2; undo' EXIT

# Makes a folder, and those above it, and keeps the deepest first, for the way back.
make_folder() {
  [ -d "$1" ] && return
  make_folder "$(dirname "$1")"
  mkdir "$1"
  made="$1
$made"
}

IFS='
'
for file in $files; do
  make_folder "$(dirname "$target/$file")"
  [ ! -d "$target/$file" ] || [ -L "$target/$file" ] || { echo "install.sh: $target/$file is a folder" >&2; exit 1; }
  cp -P "$here/$file" "$target/$file.concord-new"
  [ -L "$here/$file" ] || chmod 644 "$target/$file.concord-new"
done
old=$(mktemp -d "$target/.concord-old.XXXXXX")
for file in $files; do
  mkdir -p "$old/$(dirname "$file")"
  if [ -e "$target/$file" ] || [ -L "$target/$file" ]; then cp -P "$target/$file" "$old/$file"; else : >"$old/$file.made"; fi
done
for file in $files; do mv -f "$target/$file.concord-new" "$target/$file"; done
trap - EXIT HUP INT TERM
rm -rf "$old"
unset IFS
echo "Concord is installed in $target"
