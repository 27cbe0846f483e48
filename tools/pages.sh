#!/usr/bin/env bash
# Builds what the pages need and git does not hold: scripts, styles and the base map from npm,
# and the translations. Does nothing, and needs no network, if that was done for these sources.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

built=src/sampan_platform/web/static/sampan
stamp_file="$built/.sources"

stop() {
    printf 'make: %s\n' "$@" >&2
    exit 2
}

sources() {
    find src/sampan_platform/web/assets src/sampan_platform/locale/po package.json \
        package-lock.json tools/build_pages.mjs tools/translations.py -type f -print0 |
        LC_ALL=C sort -z | xargs -0 cksum | cksum
}

if [ -f "$stamp_file" ] && [ "$(cat "$stamp_file")" = "$(sources)" ]; then
    exit 0
fi
command -v node >/dev/null && command -v npm >/dev/null ||
    stop "Node.js 20 or newer with npm was not found; the pages are built with it." \
        "Install it (Debian, Ubuntu: apt-get install nodejs npm) and run this again."
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
    stop "Node.js $(node --version) is too old; the pages need 20 or newer."
lock="$(cksum <package-lock.json)"
if [ ! -d node_modules ] || [ "$(cat node_modules/.lock 2>/dev/null)" != "$lock" ]; then
    printf 'Fetching what the pages are built from (npm, some 70 MB the first time) …\n'
    npm ci --no-audit --no-fund --loglevel=error ||
        stop "npm could not fetch the packages; the reason stands above."
    printf '%s' "$lock" >node_modules/.lock
fi
printf 'Building the pages …\n'
node tools/build_pages.mjs
.venv/bin/python -m tools.translations --compile
sources >"$stamp_file"
