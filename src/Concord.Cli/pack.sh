#!/bin/sh
# Builds the command as one native file, which needs no .NET, and packs it with its manual page and what shells complete
# by.
#   sh pack.sh [DIRECTORY FOR THE TARBALL] [RUNTIME, this machine's by default]
# Takes the .NET 10 SDK and the system's compiler (Linux: clang or gcc; macOS: Xcode's; Windows: Visual Studio's, with
# the shell of Git). Prints the tarball's path.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
output=${1:-$root/artifacts/native}
project=$here/Concord.Cli.csproj
runtime=${2:-$(dotnet msbuild "$project" -getProperty:NETCoreSdkPortableRuntimeIdentifier)}
mkdir -p "$output"
output=$(cd "$output" && pwd)
version=$(dotnet msbuild "$project" -getProperty:VersionPrefix)
name=concord-cli-$version-$runtime

# The build stays apart: the clone's own is of another kind of program.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compiler=
case $runtime in
  linux-*) command -v clang >/dev/null || compiler=-p:CppCompilerAndLinker=gcc ;;
esac
dotnet publish "$project" -c Release -r "$runtime" -p:PublishAot=true $compiler --artifacts-path "$work/built" \
  -o "$work/published" -v quiet -nologo >&2

tree=$work/$name
command=concord
[ ! -e "$work/published/concord.exe" ] || command=concord.exe
shells=$here/Shell
# put MODE FILE PLACE: a file of the tarball.
put() {
  mkdir -p "$(dirname "$tree/$3")"
  cp "$2" "$tree/$3"
  chmod "$1" "$tree/$3"
}
put 755 "$work/published/$command" "bin/$command"
put 644 "$shells/concord.1" share/man/man1/concord.1
put 644 "$shells/concord.bash" share/bash-completion/completions/concord
put 644 "$shells/_concord" share/zsh/site-functions/_concord
put 644 "$shells/concord.fish" share/fish/vendor_completions.d/concord.fish
put 644 "$here/README.md" share/doc/concord/README.md
put 644 "$root/LICENSE" share/doc/concord/LICENSE
(cd "$work" && tar -czf "$name.tar.gz" "$name")
mv "$work/$name.tar.gz" "$output/$name.tar.gz"
echo "$output/$name.tar.gz"
