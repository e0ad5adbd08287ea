#!/usr/bin/env bash
# Does what README.md tells somebody who has nothing yet, in an empty home and, if started by root, as another user: installs
# the tool, purges a tree, runs the six lines in a program, and the benchmark of Concord.BenchmarkDotNet.
#   eng/fresh-user.sh [FEED]        FEED: a folder of packed packages; without it, this clone is packed first
# Others' packages come from where the machine's .NET takes them. The last line is "a fresh user did all of it".
set -euo pipefail
exec </dev/null
clone=$(cd "$(dirname "$0")/.." && pwd)
feed=${1:-}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# A build server that outlives the script would keep its output open.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

say() { echo "== $*"; }

# block FILE HEADING LANGUAGE NUMBER: a block of code below a heading of a page.
block() {
  awk -v heading="$2" -v start="\`\`\`$3" -v wanted="$4" '
    $0 == heading { inside = 1; next }
    inside && /^## / { exit }
    inside && !open && $0 == start { open = 1; number++; next }
    open && $0 == "```" { open = 0; next }
    open && number == wanted { print }' "$1"
}

# What the user does, in the folder that README calls the clone, of which the packages are all that is left.
if [ "${FRESH_USER_STEP:-}" = inside ]; then
  # README's Install, but for the packing.
  block README.md '## Install' sh 1 | sed '/^dotnet pack /d' >install.sh
  grep -q 'dotnet tool install' install.sh
  say "install: $(tr '\n' ';' <install.sh)"
  bash -euo pipefail install.sh
  export PATH=$HOME/.dotnet/tools:$PATH
  concord --version

  say "purge a tree"
  mkdir -p "$HOME/tree/below"
  for name in one two below/three; do head -c 300000 /dev/urandom >"$HOME/tree/$name"; done
  code=0
  concord purge "$HOME/tree" || code=$?
  # Where the system does not tell (an overlay), or where the cache is the file (tmpfs), the command says so.
  case $(stat -f -c %T "$HOME") in
    tmpfs | overlayfs) [ "$code" -le 1 ] ;;
    *) [ "$code" = 0 ] ;;
  esac

  # add PROJECT PACKAGE…: a new program, and README's lines that add the packages to it.
  add() {
    local project=$1 package
    shift
    dotnet new console --output "$HOME/$project" >/dev/null
    for package in "$@"; do
      (cd "$HOME/$project" && eval "$(grep -m1 -E "^dotnet add package $package( |\$)" "$OLDPWD/README.md")" >/dev/null)
    done
  }

  say "the six lines in a program"
  add lines Concord
  { echo 'using Concord;'; block README.md '# Concord' csharp 1; } >"$HOME/lines/Program.cs"
  (cd "$HOME/lines" && dotnet run -c Release) | tee lines.out
  grep -q 'in memory' lines.out

  say "a cold benchmark"
  add cold BenchmarkDotNet Concord.BenchmarkDotNet
  awk '/^```csharp$/ { open = 1; next } /^```$/ { if (open) exit } open' benchmark.md >"$HOME/cold/Program.cs"
  (cd "$HOME/cold" && dotnet run -c Release -- --job dry) >cold.out 2>&1 || { cat cold.out; exit 1; }
  grep -E '^(BenchmarkDotNet v|\| (Method|Hot|Cold) )' cold.out
  [ "$(grep -cE '^\| (Hot|Cold) ' cold.out)" = 2 ]
  exit 0
fi

if [ -z "$feed" ]; then
  say "pack"
  (cd "$clone" && dotnet pack Concord.slnx -c Release -v quiet -nologo)
  feed=$clone/artifacts/package/release
fi
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir -p "$home/clone/artifacts/package/release" "$home/tmp"
cp "$feed"/*.nupkg "$home/clone/artifacts/package/release"
cp "$clone/README.md" "$home/clone"
cp "$clone/src/Concord.BenchmarkDotNet/README.md" "$home/clone/benchmark.md"
cp "$0" "$home/fresh-user.sh"
chmod 755 "$home"

as=()
if [ "$(id -u)" = 0 ]; then
  chown -R nobody "$home"
  as=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups)
fi
say "an empty home of user ${as:+nobody }in $home"
cd "$home/clone"
${as[@]+"${as[@]}"} env -u NUGET_PACKAGES -u DOTNET_CLI_HOME -u XDG_DATA_HOME -u XDG_CONFIG_HOME \
  HOME="$home" TMPDIR="$home/tmp" FRESH_USER_STEP=inside bash "$home/fresh-user.sh"
echo "a fresh user did all of it"
