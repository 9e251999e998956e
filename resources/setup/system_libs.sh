#!/bin/sh
# The shared libraries that the Qt wheels expect from the system (window plugin and WebEngine), and the two fonts of the look.
# Prints nothing when all are there. Installs with apt where it may, else prints the command and fails.
set -eu
[ "$(uname -s)" = Linux ] || exit 0
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
. "$here/apt.sh"

present=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
tab=$(printf '\t')
missing=
for pair in libEGL.so.1:libegl1 libGL.so.1:libgl1 libdbus-1.so.3:libdbus-1-3 libfontconfig.so.1:libfontconfig1 \
    libglib-2.0.so.0:libglib2.0-0 libxkbcommon-x11.so.0:libxkbcommon-x11-0 libxcb-cursor.so.0:libxcb-cursor0 \
    libxcb-icccm.so.4:libxcb-icccm4 libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-shape.so.0:libxcb-shape0 \
    libXcomposite.so.1:libxcomposite1 libXdamage.so.1:libxdamage1 libXrandr.so.2:libxrandr2 libXtst.so.6:libxtst6 \
    libasound.so.2:libasound2 libnss3.so:libnss3 libxkbfile.so.1:libxkbfile1; do
  case $present in *"$tab${pair%%:*} "*) ;; *) missing="$missing ${pair#*:}" ;; esac
done

if [ -n "$missing" ] && ! have_apt; then
  echo "These system libraries are missing (Debian names):$missing" >&2
  echo "Install them with your package manager, then run make again." >&2
  exit 1
fi

fonts=
if have_apt; then
  for font in fonts-inter fonts-jetbrains-mono; do is_installed "$font" || fonts="$fonts $font"; done
fi

if may_install; then
  install_packages "system libraries" "$missing" "$fonts"
elif [ -n "$missing" ]; then
  echo "System libraries are missing. Install them with this command, then run make again:" >&2
  install_command "$missing" "$fonts" >&2
  exit 1
elif [ -n "$fonts" ]; then
  echo "The terminal looks as designed with these fonts (it runs without them):"
  install_command "" "$fonts"
fi
