#!/usr/bin/env bash
# Packs what a release publishes: every package, with compiled code for the runtimes that releases have, the address of
# the repository, and the same bytes wherever the same commit is packed.
#   eng/pack-release.sh [FOLDER, artifacts/packages by default]
set -euo pipefail
cd "$(dirname "$0")/.."

# Read as properties of the build. The libraries are copied into every portable program: only where many run them.
export PackedRuntimes='linux-x64;linux-arm64;win-x64'
export ToolRuntimes='linux-x64;linux-arm64;win-x64;win-arm64;osx-x64;osx-arm64'
dotnet pack Concord.slnx -c Release -o "${1:-artifacts/packages}" -p:ContinuousIntegrationBuild=true -nologo
