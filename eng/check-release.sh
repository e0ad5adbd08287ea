#!/usr/bin/env bash
# Fails unless a tag fits what it would release: v, then the version of Directory.Build.props, which CHANGELOG.md dates.
#   eng/check-release.sh TAG
#   eng/check-release.sh --notes TAG        prints what CHANGELOG.md says of it
set -euo pipefail
cd "$(dirname "$0")/.."
notes=
if [ "${1:-}" = --notes ]; then
  notes=1
  shift
fi
tag=${1:?usage: eng/check-release.sh [--notes] TAG}
version=$(sed -n 's:.*<VersionPrefix>\(.*\)</VersionPrefix>.*:\1:p' Directory.Build.props)

fail() { echo "check-release.sh: $1" >&2; exit 1; }
[ "$tag" = "v$version" ] || fail "the tag is $tag, the version $version: it would have to be v$version"
grep -qE "^## ${version//./\\.} - [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md ||
  fail "CHANGELOG.md has no '## $version - YEAR-MONTH-DAY'"
[ -z "$notes" ] || awk -v version="$version" '
  $1 == "##" { inside = $2 == version; next }
  inside { print }' CHANGELOG.md
