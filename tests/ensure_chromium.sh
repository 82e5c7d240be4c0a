#!/bin/sh
# Browser tests drive the Chromium of the machine; this finds or installs it.
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
if [ -d "/Applications/Google Chrome.app" ]; then
    exit 0
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
fi
if command -v apt-get >/dev/null 2>&1 && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
    echo "Installing Chromium for the browser tests"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    $as_root apt-get update -q >/dev/null || true
    $as_root apt-get install -q -y --no-install-recommends chromium >/dev/null
    exit 0
fi

echo "The browser tests need Chromium. Install it, for example: apt-get install chromium" >&2
exit 1
