#!/bin/sh
# Installs Concord for C: headers, libconcord.a, a pkg-config file, and the assemblies it calls.
#   sh install.sh PREFIX [DIRECTORY OF Concord.Nt.dll]
# Without the directory the assemblies are built from source, which takes the .NET 10 SDK.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: sh install.sh PREFIX [DIRECTORY OF Concord.Nt.dll]" >&2; exit 2; }
mkdir -p "$1"
prefix=$(cd "$1" && pwd)
home=$prefix/lib/concord
mkdir -p "$prefix/include/concord" "$home" "$prefix/lib/pkgconfig"

if [ $# -ge 2 ]; then
  cp "$2"/Concord.Nt.dll "$2"/Concord.dll "$2"/Concord.Nt.runtimeconfig.json "$2"/Concord.Nt.deps.json "$home"
else
  dotnet publish "$here/../Concord.Nt.csproj" -c Release -o "$home" -v quiet -nologo
fi

cp "$here"/include/*.h "$prefix/include/concord"
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
for source in concord host; do
  ${CC:-cc} -O2 -fPIC -Wall -I"$here/include" -DCONCORD_HOME="\"$home\"" -c "$here/src/$source.c" -o "$objects/$source.o"
done
rm -f "$prefix/lib/libconcord.a"
${AR:-ar} rcs "$prefix/lib/libconcord.a" "$objects/concord.o" "$objects/host.o"
escaped=$(printf '%s' "$prefix" | sed 's/[&|\\]/\\&/g')
sed "s|@prefix@|$escaped|" "$here/concord.pc.in" >"$prefix/lib/pkgconfig/concord.pc"
