# Sourced by the set-up scripts: ask for Debian packages by name, install them where root or a password-free sudo allows.

have_apt() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

may_install() { have_apt && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

is_known() { apt-cache show "$1" >/dev/null 2>&1; }

# Debian 13 and Ubuntu 24.04 renamed two of the libraries; fonts that a release lacks are left out.
# $1 packages that must be, $2 packages that may be
available_names() {
  for package in $1; do
    case $package in
      libasound2 | libglib2.0-0) is_known "${package}t64" && package=${package}t64 ;;
    esac
    printf ' %s' "$package"
  done
  for package in $2; do
    if is_known "$package"; then printf ' %s' "$package"; fi
  done
}

install_command() {
  echo "  sudo apt-get update && sudo apt-get install --no-install-recommends$(available_names "$1" "$2")"
}

# $1 what it is, for the user; $2 packages that must be; $3 packages that may be
install_packages() {
  [ -n "$2$3" ] || return 0
  log=$(mktemp)
  echo "Installing $1:$2$3"
  # The lists of a bare machine are empty; the names can be settled only after the update.
  if as_root apt-get update -q >"$log" 2>&1 &&
     as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
       -o DPkg::Lock::Timeout=600 $(available_names "$2" "$3") >>"$log" 2>&1; then
    rm -f "$log"
  else
    cat "$log" >&2
    rm -f "$log"
    echo "apt-get failed; the lines above say why." >&2
    return 1
  fi
}
