#!/bin/sh
# Builds libconcord and packs it, with all that a C program needs, into one tarball.
#   sh pack.sh [DIRECTORY FOR THE TARBALL] [RUNTIME, linux-x64 by default]
# Takes the .NET 10 SDK, gcc and binutils, for another processor those of its name (linux-arm64: aarch64-linux-gnu-gcc);
# what is in the tarball takes none of them. Prints the tarball's path.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
output=${1:-$root/artifacts/native}
runtime=${2:-linux-x64}
mkdir -p "$output"
output=$(cd "$output" && pwd)
version=$(dotnet msbuild "$here/Concord.Native.csproj" -getProperty:VersionPrefix)
minor=${version#*.}
minor=${minor%%.*}
name=concord-$version-$runtime

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet publish "$here/Concord.Native.csproj" -c Release -r "$runtime" -v quiet -nologo >&2
built=$root/artifacts/publish/Concord.Native/release_$runtime/Concord.Native.so

tree=$work/$name
mkdir -p "$tree/include/concord" "$tree/lib/pkgconfig" "$tree/lib/cmake/Concord" "$tree/share/concord"
cp "$here"/include/*.h "$tree/include/concord"
cp "$built" "$tree/lib/libconcord.so.$version"
ln -s "libconcord.so.$version" "$tree/lib/libconcord.so.0"
ln -s libconcord.so.0 "$tree/lib/libconcord.so"
fill() { sed -e "s|@version@|$version|; s|@major@|${version%%.*}|; s|@minor@|$minor|" "$1" >"$2"; }
fill "$here/concord.pc.in" "$tree/lib/pkgconfig/concord.pc"
fill "$here/cmake/ConcordConfigVersion.cmake.in" "$tree/lib/cmake/Concord/ConcordConfigVersion.cmake"
cp "$here/cmake/ConcordConfig.cmake" "$tree/lib/cmake/Concord"
cp "$root/LICENSE" "$here"/suppressions/* "$tree/share/concord"
cp "$here/install.sh" "$tree"
cp "$here/README.md" "$tree"
tar -C "$work" --owner=0 --group=0 --numeric-owner -czf "$work/$name.tar.gz" "$name"
mv "$work/$name.tar.gz" "$output/$name.tar.gz"
echo "$output/$name.tar.gz"
