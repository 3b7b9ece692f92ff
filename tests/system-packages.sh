#!/bin/sh
# The browser tests need a Chromium. Installs the distribution's where that is possible; otherwise those tests skip and say so.
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing chromium for the browser tests"
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium) >/dev/null 2>&1 && exit 0
fi
echo "no chromium, and no way to install one: the browser tests will be skipped"
