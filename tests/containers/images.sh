# Sourced, after engine.sh. What images are made from, and the images.

# Base images that SDK_IMAGE, RUNTIME_IMAGE, CUDA_IMAGE and POSTGRES_IMAGE name are taken; for the others stand-ins are made.
make_stand_ins() {
  [ -n "${SDK_IMAGE:-}" ] && [ -n "${RUNTIME_IMAGE:-}" ] && [ -n "${CUDA_IMAGE:-}" ] && [ -n "${POSTGRES_IMAGE:-}" ] && return 0
  local dotnet base sdk
  dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  base=orrery-stand-in-base:bookworm
  # By what they are made of: another SDK on this machine is another image.
  sdk=$(dotnet --version)
  if ! "$ORRERY_DOCKER" image inspect "$base" >/dev/null 2>&1; then
    command -v mmdebstrap >/dev/null || install_packages mmdebstrap || return 1
    make_base "$base" || return 1
  fi
  if [ -z "${SDK_IMAGE:-}" ]; then
    export SDK_IMAGE=orrery-stand-in-sdk:$sdk
    make_dotnet "$SDK_IMAGE" "$base" "$dotnet" sdk || return 1
  fi
  if [ -z "${RUNTIME_IMAGE:-}" ]; then
    export RUNTIME_IMAGE=orrery-stand-in-runtime:$sdk
    make_dotnet "$RUNTIME_IMAGE" "$base" "$dotnet" runtime || return 1
  fi
  if [ -z "${POSTGRES_IMAGE:-}" ]; then
    export POSTGRES_IMAGE=orrery-stand-in-postgres:bookworm
    "$ORRERY_DOCKER" image inspect "$POSTGRES_IMAGE" >/dev/null 2>&1 ||
      logged "$POSTGRES_IMAGE" "$ORRERY_DOCKER" build --network host --target postgres --build-arg BASE="$base" --tag "$POSTGRES_IMAGE" "$here/stand-ins" || return 1
  fi
  # No CUDA is in it, nor needed to build what runs on it.
  export CUDA_IMAGE=${CUDA_IMAGE:-$base}
}

# Debian 12 with what .NET needs, from the mirrors that this machine's apt has for it; mmdebstrap's own where it has none.
make_base() {
  local sources
  sources=$(grep -lE '^(Suites:|deb ).* bookworm( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null)
  echo "Making $1 …" >&2
  # shellcheck disable=SC2086
  mmdebstrap --variant=minbase --include=ca-certificates,libicu72,libssl3,tzdata --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
    bookworm "$work/base.tar" $sources >"$work/mmdebstrap.log" 2>&1 || { tail -n 20 "$work/mmdebstrap.log" >&2; return 1; }
  "$ORRERY_DOCKER" import "$work/base.tar" "$1" >/dev/null && rm "$work/base.tar"
}

# .NET of this machine on Debian: $1 the image, $2 its base, $3 where .NET is, $4 what.
make_dotnet() {
  "$ORRERY_DOCKER" image inspect "$1" >/dev/null 2>&1 && return 0
  local context=$work/$4 part
  mkdir -p "$context/nuget" "$context/dotnet"
  # Packages are fetched as this machine fetches them: its authorities, its sources, with what it says there to be let in. The image stays here.
  cp "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$context/ca-certificates.crt"
  [ ! -f ~/.nuget/NuGet/NuGet.Config ] || cp ~/.nuget/NuGet/NuGet.Config "$context/nuget/"
  for part in $([ "$4" = sdk ] && ls "$3" || echo dotnet host shared); do
    cp -a "$3/$part" "$context/dotnet/"
  done
  cp "$here/stand-ins/Dockerfile" "$context/"
  logged "$1" "$ORRERY_DOCKER" build --network host --target "$4" --build-arg BASE="$2" --tag "$1" "$context"
  local ended=$?
  rm -rf "$context"
  return $ended
}

# Our images, from the Dockerfile as it stands but for the line that has Docker fetch a frontend from its registry.
build_images() {
  local target
  sed '/^# syntax=/d' "$root/Dockerfile" >"$work/Dockerfile"
  for target in front silo-cpu standalone silo-gpu; do
    logged "orrery-$target:dev" "$ORRERY_DOCKER" build --network host --target "$target" --tag "orrery-$target:dev" --file "$work/Dockerfile" \
      --build-arg SDK_IMAGE="$SDK_IMAGE" --build-arg RUNTIME_IMAGE="$RUNTIME_IMAGE" --build-arg CUDA_IMAGE="$CUDA_IMAGE" "$root" || return 1
  done
}

# A command, from the third argument on, that makes $1: quiet where it succeeds.
logged() {
  local what=$1 began=$SECONDS
  shift
  echo "Making $what …" >&2
  if "$@" >"$work/build.log" 2>&1; then
    echo "$what made in $((SECONDS - began)) s" >&2
  else
    tail -n 60 "$work/build.log" >&2
    echo "$what cannot be made" >&2
    return 1
  fi
}
