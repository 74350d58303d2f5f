# Sourced. An engine that builds and runs containers: the one that answers already, else a dockerd of our own, whose files lie in .cache/containers.
# Sets ORRERY_DOCKER, ORRERY_COMPOSE and DOCKER_HOST; where there can be none, sets $reason and returns 1.
# Debian 12's docker.io (20.10) and docker-compose (1.29) are enough.

own_dockerd=

# Packages that are missing, installed where this is a Debian and we may.
install_packages() {
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || { reason="$* would have to be installed, by apt-get and as root"; return 1; }
  echo "Installing $* …" >&2
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; } >"$work/apt.log" 2>&1 ||
    { reason="apt-get cannot install $*: $(tail -n 1 "$work/apt.log")"; return 1; }
}

# A client that builds with BuildKit: newer ones need a plugin for that, Debian's has it within.
choose_client() {
  local client
  for client in docker /usr/bin/docker; do
    command -v "$client" >/dev/null || continue
    if "$client" buildx version >/dev/null 2>&1 || [[ "$("$client" --version 2>/dev/null)" == *" 20.10."* ]]; then
      export ORRERY_DOCKER=$client DOCKER_BUILDKIT=1
      return 0
    fi
  done
  return 1
}

choose_compose() {
  if "$ORRERY_DOCKER" compose version >/dev/null 2>&1; then
    export ORRERY_COMPOSE="$ORRERY_DOCKER compose"
  elif command -v docker-compose >/dev/null; then
    export ORRERY_COMPOSE=docker-compose
  else
    return 1
  fi
}

start_dockerd() {
  local i
  [ "$(id -u)" = 0 ] || { reason="no engine answers, and one of our own needs root"; return 1; }
  command -v dockerd >/dev/null || install_packages docker.io iptables || return 1
  mkdir -p "$root/.cache/containers"
  export DOCKER_HOST=unix://$work/docker.sock
  # No bridge of its own: images are built in the machine's network, and compose.yaml has one.
  setsid dockerd --host "$DOCKER_HOST" --data-root "$root/.cache/containers" --exec-root "$work/exec" --pidfile "$work/dockerd.pid" --bridge none \
    >"$work/dockerd.log" 2>&1 &
  own_dockerd=$!
  for ((i = 0; i < 60; i++)); do
    sleep 0.5
    kill -0 "$own_dockerd" 2>/dev/null || break
    docker info >/dev/null 2>&1 && return 0
  done
  reason="dockerd cannot start here: $(grep -v '^ *$' "$work/dockerd.log" | tail -n 1)"
  stop_engine
  return 1
}

stop_engine() {
  [ -n "$own_dockerd" ] || return 0
  kill "$own_dockerd" 2>/dev/null
  wait "$own_dockerd" 2>/dev/null
  own_dockerd=
}

start_engine() {
  if ! docker info >/dev/null 2>&1; then
    start_dockerd || return 1
  fi
  choose_client || { install_packages docker.io && choose_client; } || { reason=${reason:-"no docker client here builds with BuildKit"}; return 1; }
  choose_compose || { install_packages docker-compose && choose_compose; } || { reason=${reason:-"docker-compose is missing"}; return 1; }
}
