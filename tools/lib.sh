# What the scripts under tools/ and .ci/ share: messages, what must be installed, the package itself.
# Sourced, after `set -euo pipefail`, by scripts that run in the top folder of the tree.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit

say() { printf '== [%3d s] %s\n' "$SECONDS" "$*"; }

fail() {
  printf '\nerror: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Messages and file lists must not depend on the language of the machine.
if [ -z "${LC_ALL:-}" ] && locale -a 2>/dev/null | grep -qiE '^C\.utf-?8$'; then
  export LC_ALL=C.UTF-8
fi
MAKEFLAGS=${MAKEFLAGS:--j$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
export MAKEFLAGS

scratch=""
# A folder that goes when the script ends.
scratch_dir() {
  if [ -z "$scratch" ]; then
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/convstep.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
  fi
}

# --- system packages ---------------------------------------------------------------------------

# Whether this user may install Debian packages; `root` is what to put before the command.
root=()
may_use_apt() {
  have apt-get && have dpkg-query || return 1
  if [ "$(id -u)" = 0 ]; then
    root=()
  elif have sudo && sudo -n true 2>/dev/null; then
    root=(sudo -n)
  else
    return 1
  fi
}

apt_lists_read=false
apt_update() {
  $apt_lists_read && return
  say "apt-get update"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null
  apt_lists_read=true
}

deb_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'; }

# Installs those of the Debian packages that are not there yet.
apt_install() {
  local package missing=()
  for package in "$@"; do deb_installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return
  apt_update
  say "apt-get install ${missing[*]}"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" </dev/null
}

# Packages of Debian serve only Debian's own R, not one that was built beside it.
debian_r() {
  have dpkg-query && dpkg-query -S "$(readlink -f "$(command -v R)")" 2>/dev/null |
    grep -q '^r-base-core:'
}

# --- R and its packages -------------------------------------------------------------------------

need_r() {
  if ! have R; then
    may_use_apt || fail "R is not installed, and this user cannot install it with apt-get." \
      "Install R 4.1 or later and run this again."
    apt_install r-base-core r-base-dev
  elif debian_r && may_use_apt; then
    apt_install r-base-dev # compilers, and what R's own configuration links with
  fi
  Rscript -e 'if (getRversion() < "4.1") stop("R ", getRversion(), " is too old: 4.1 is needed")'
  have make || fail "'make' is missing: install the compilers that R needs to build packages."
  say "$(R --version | head -n 1)"
}

# need_packages NAME...: R packages; "Imports" and the like stand for that field of DESCRIPTION.
need_packages() {
  local missing package debs=()
  missing=$(Rscript tools/lib.R missing "$@")
  if [ -n "$missing" ] && debian_r && may_use_apt; then
    apt_update
    for package in $missing; do
      package=r-cran-$(printf '%s' "$package" | tr '[:upper:]' '[:lower:]')
      if apt-cache show "$package" >/dev/null 2>&1; then debs+=("$package"); fi
    done
    [ ${#debs[@]} -gt 0 ] && apt_install "${debs[@]}"
    missing=$(Rscript tools/lib.R missing "$@")
  fi
  if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    say "install.packages:" $missing
    # shellcheck disable=SC2086
    Rscript tools/lib.R install $missing
  fi
}

# Sets R_LIBS so that `library` is searched first.
use_library() { export R_LIBS="$1${R_LIBS:+:$R_LIBS}"; }

# A copy of what git would commit of the tree, objects and leftovers not included.
copy_tree() {
  mkdir -p "$1"
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard |
      while IFS= read -r -d '' file; do
        if [ -e "$file" ]; then printf '%s\0' "$file"; fi
      done |
      tar --null -T - -cf - | tar -xf - -C "$1"
  else
    tar --exclude=./.git --exclude='*.o' --exclude='*.so' --exclude='*.Rcheck' -cf - . | tar -xf - -C "$1"
  fi
}

# Installs the package into the first library that may be written to, unless what is installed
# there was made from these very sources; their checksum lies in the installed package's folder.
need_convstep() {
  local library sum
  library=$(Rscript tools/lib.R library)
  use_library "$library"
  sum=$(Rscript tools/lib.R checksum)
  if [ "$(cat "$library/convstep/SOURCES" 2>/dev/null)" = "$sum" ]; then
    say "convstep is installed and up to date in $library"
    return
  fi
  say "R CMD INSTALL into $library (under a minute, compiling)"
  scratch_dir
  copy_tree "$scratch/install/convstep"
  (cd "$scratch/install" && R CMD INSTALL --no-test-load --library="$library" convstep) \
    >"$scratch/install.log" 2>&1 || {
    cat "$scratch/install.log"
    fail "convstep could not be installed; the lines above say why."
  }
  printf '%s\n' "$sum" >"$library/convstep/SOURCES"
}

# --- the kernels without R ----------------------------------------------------------------------

# build_kernel_tests FOLDER COMPILER FLAG...: FOLDER/test-kernels and FOLDER/test-threads.
build_kernel_tests() {
  local folder=$1 threads=(src/base/{cores,thread_pool,threads}.cpp)
  shift
  mkdir -p "$folder"
  { ls src/base/{geometry,workspace}.cpp "${threads[@]}" tools/test-{kernels,threads}.cpp
    find src/conv src/simd -name '*.cpp'; } |
    xargs -P "$(getconf _NPROCESSORS_ONLN)" -I FILE sh -c \
      'file=$1 object=$2/$(echo "${1%.cpp}" | tr / -).o
       shift 2
       "$@" -std=gnu++17 -Isrc -c "$file" -o "$object"' _ FILE "$folder" "$@" -pthread
  local objects=("$folder"/*.o)
  "$@" -pthread -o "$folder/test-kernels" \
    $(printf '%s\n' "${objects[@]}" | grep -v tools-test-threads)
  "$@" -pthread -o "$folder/test-threads" \
    "$folder"/src-base-{cores,thread_pool,threads}.o "$folder/tools-test-threads.o"
}
