#!/usr/bin/env bash
# Finds the Chromium that the pages' tests drive, or installs the system's own, and prints where
# it is. Set SAMPAN_BROWSER to choose one.
set -euo pipefail

find_browser() {
    local one
    for one in ${SAMPAN_BROWSER:+"$SAMPAN_BROWSER"} chromium chromium-browser google-chrome \
        google-chrome-stable; do
        if command -v "$one" >/dev/null; then
            command -v "$one"
            return 0
        fi
    done
    return 1
}

if find_browser; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    printf 'Installing Chromium and a Chinese font with apt-get …\n' >&2
    log="$(mktemp)"
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends chromium fonts-wqy-zenhei; } >"$log" 2>&1 && find_browser; then
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log" >&2
fi
printf 'make: %s\n' "The tests of the pages need Chromium, and none was found." \
    "Install it (Debian: apt-get install chromium fonts-wqy-zenhei), or name one:" \
    "  SAMPAN_BROWSER=/path/to/chromium make test" >&2
exit 2
