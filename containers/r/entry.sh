#!/bin/sh
# The entry point of a container in R: gives up root, and turns SIGTERM into a file that R looks for.
#
# R ends at once on SIGTERM and has no handler for it. So R ignores the signal (it is ignored from its start on),
# and this shell answers it: it makes the file of MDLC_STOP_FILE. Where train() does not look, R has made
# MDLC_STOP_FILE.hard, and is killed.
set -u
# First of all: Linux gives a container's first process no signal that it has no handler for.
trap 'exit 143' TERM INT
here=$(cd "$(dirname "$0")" && pwd)
base=${SAGEMAKER_BASE_DIR:-/opt/ml}

# SageMaker starts a container as root and mounts folders that only root may write, so the image has no USER.
if [ "$(id -u)" = 0 ] && id app >/dev/null 2>&1; then
  # Only training writes: hosting mounts the model read-only. A missing folder is made here, because app cannot: its
  # parent is root's.
  if [ "${1:-serve}" = train ]; then
    for folder in model output checkpoints; do
      mkdir -p "$base/$folder" && chown -R app:app "$base/$folder"
    done
  fi
  exec setpriv --reuid=app --regid=app --clear-groups env HOME=/home/app sh "$here/entry.sh" "$@"
fi

MDLC_STOP_FILE=$(mktemp -u)
export MDLC_STOP_FILE
child=""
killed=""
stop() {
  : > "$MDLC_STOP_FILE"
  if [ -e "$MDLC_STOP_FILE.hard" ] && [ -n "$child" ]; then
    killed=1
    kill -KILL "$child"
  fi
}
trap stop TERM INT
(
  trap '' TERM INT
  exec Rscript --vanilla "$here/container.R" "${1:-serve}"
) &
child=$!
while :; do
  wait "$child"
  status=$?
  # A signal ends `wait` too; then R still runs.
  kill -0 "$child" 2>/dev/null || break
done
rm -f "$MDLC_STOP_FILE" "$MDLC_STOP_FILE.hard"
if [ -n "$killed" ]; then exit 143; fi
exit "$status"
