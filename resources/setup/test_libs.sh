#!/bin/sh
# What the tests and the bundle's build need beyond the terminal itself: a PostgreSQL server, an X server with a window
# manager, a D-Bus session with a GNOME keyring, and the two tools that PyInstaller calls. Prints nothing when all is there.
# Where it may not install it prints the command; the tests that need the missing part then skip and say so.
set -eu
[ "$(uname -s)" = Linux ] || exit 0
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
python=${1:-python3}
. "$here/apt.sh"

missing=
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v Xvfb >/dev/null || missing="$missing xvfb"
command -v openbox >/dev/null || missing="$missing openbox"
command -v dbus-run-session >/dev/null || missing="$missing dbus-daemon"
command -v gnome-keyring-daemon >/dev/null || missing="$missing gnome-keyring"
command -v objdump >/dev/null || missing="$missing binutils"
# Debian's interpreter is linked statically; a bundle needs the shared library.
case $("$python" -c 'import sys; print(sys.base_prefix)') in
  /usr)
    shared=libpython$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if have_apt && ! is_installed "$shared" && ! is_installed "${shared}t64"; then missing="$missing $shared"; fi ;;
esac
[ -n "$missing" ] || exit 0

if may_install; then
  install_packages "what the tests need" "$missing" ""
else
  echo "Some tests will be skipped. This installs what they need:"
  if have_apt; then install_command "$missing" ""; else echo "  (Debian names)$missing"; fi
fi
