# Shared by the checks of this folder: each sources it, defines what follows, and ends with `house_main`.
#
#   check            prints a line for each violation in the tree below the current folder, nothing if there is none
#   sound            writes, in an empty folder, a tree without violations
#   planted_<what>   writes a tree with one, and prints a regular expression that a line of `check` must match
#
# So a check that can no longer fail, fails.
set -euo pipefail

house_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Paths of the tree's files that match an extended regular expression: those that git tracks or would track; where git or
# its data are not at hand, all outside build/.
house_files() {
  {
    if [ -e .git ] && git ls-files --cached --others --exclude-standard 2>/dev/null; then
      :
    else
      find . \( -path ./build -o -path ./.git \) -prune -o -type f -print | sed 's|^\./||'
    fi
  } | { grep -E -- "${1:-.}" || true; } | sort -u | while IFS= read -r file; do
    if [ -f "$file" ]; then printf '%s\n' "$file"; fi
  done
}

# put FILE: writes its standard input to FILE, making the folders.
put() {
  mkdir -p "$(dirname "$1")"
  cat >"$1"
}

house_run_planted() {
  local plant=$1 scratch=$2 want found
  want=$(cd "$scratch" && "$plant")
  found=$(cd "$scratch" && check) || {
    echo "$plant: the check itself failed"
    return
  }
  if [ "$plant" = sound ]; then
    if [ -n "$found" ]; then printf '%s\n' "refused, though nothing is wrong with it:" "$found"; fi
  elif ! grep -qE -- "$want" <<<"$found"; then
    printf '%s\n' "$plant: not noticed; wanted a line like '$want', got:" "$found"
  fi
}

house_main() {
  local plants plant scratch found failed=0
  plants=$(compgen -A function planted_)
  for plant in sound $plants; do
    scratch=$(mktemp -d)
    found=$(house_run_planted "$plant" "$scratch")
    rm -rf "$scratch"
    if [ -n "$found" ]; then
      printf '%s\n' "$found"
      failed=1
    fi
  done
  found=$(cd "$house_root" && check) || failed=1
  if [ -n "$found" ]; then
    printf '%s\n' "$found"
    failed=1
  fi
  if [ "$failed" = 0 ]; then echo "$(basename "$0"): ok, $(echo "$plants" | wc -w) planted violations noticed"; fi
  exit "$failed"
}
