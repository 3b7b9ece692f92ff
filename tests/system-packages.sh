#!/bin/sh
# The browser tests need a Chromium, those of the store on PostgreSQL its server, those of several servers haproxy.
# Installs the distribution's where that is possible; otherwise those tests skip and say so.
install() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  echo "installing $1"
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Options::=--force-confold "$1") >/dev/null 2>&1
}

command -v chromium >/dev/null 2>&1 || install chromium ||
  echo "no chromium, and no way to install one: the browser tests will be skipped"

if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  # The tests start servers of their own: the package need not make and run one.
  if [ "$(id -u)" = 0 ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  fi
  install postgresql || echo "no PostgreSQL, and no way to install one: the tests of the store on it will be skipped"
fi

PATH="$PATH:/usr/sbin"
command -v haproxy >/dev/null 2>&1 || install haproxy ||
  echo "no haproxy, and no way to install one: the tests of several servers behind it will be skipped"
exit 0
