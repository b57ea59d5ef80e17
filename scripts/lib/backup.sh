# shellcheck shell=bash
# What the backup and restore scripts of all services share. Sourced. docs/backup.md has what users see of it.
#
# A backup script sets `service`, `tool` and `method`, sources this, declares options (`common_options`, then `option` for its own),
# defines three functions and calls `backup_main HELP "$@"`:
#   backup_preflight  finds the source, or calls fail "$E_PREFLIGHT" WHY; may ask for room with need_space
#   backup_dump       leaves plaintext files in the folder $work, or streams one with `store NAME <INPUT`; describes them with
#                     manifest_set PATH JSON; manifest_set .items '{"keys":1}' becomes replicawatch_backup_last_items{kind}
#   backup_verify     looks at the files in $work and calls `mismatch WHAT` for each difference; verified=false when it could not look
# The library does the rest around them: the lock, the space, encryption, checksums, manifest.json, the rename, retention, the status
# file, and the end of it all when a signal comes.
#
# A restore script calls `restore_options`, `option`, `restore_begin HELP "$@"`, then `open_backup`, which checks all of the backup before it returns, then
# `extract NAME TARGET` for what it wants, and `drill_succeeded` after a restore on trial.
#
# In both: `stage CODE TEXT` says what is being done and which exit code it has if it fails unexpectedly; `fail CODE TEXT` ends; `run`
# starts what takes long, so that a signal ends it at once, and `within` what must not take longer than --timeout; `undo COMMAND...`
# is done at the end, however that comes.
set -Eeuo pipefail
umask 077
shopt -s inherit_errexit
export LC_ALL=C
exec 7>&2 # what is said goes there, also from the trap of a signal that came while 2 was somewhere else

# The exit codes of docs/backup.md.
# shellcheck disable=SC2034  # not every script has a use for each
readonly E_LOCK=2 E_PREFLIGHT=3 E_DUMP=4 E_VERIFY=5 E_UPLOAD=6 E_RETENTION=7 E_USAGE=64 E_RETRY=75

backup_library=$(dirname "${BASH_SOURCE[0]}")/backup
# shellcheck source=scripts/lib/backup/options.sh
. "$backup_library/options.sh"
# shellcheck source=scripts/lib/backup/process.sh
. "$backup_library/process.sh"
# shellcheck source=scripts/lib/backup/status.sh
. "$backup_library/status.sh"
# shellcheck source=scripts/lib/backup/files.sh
. "$backup_library/files.sh"
# shellcheck source=scripts/lib/backup/repository.sh
. "$backup_library/repository.sh"
# shellcheck source=scripts/lib/backup/create.sh
. "$backup_library/create.sh"
# shellcheck source=scripts/lib/backup/restore.sh
. "$backup_library/restore.sh"
# shellcheck source=scripts/lib/backup/scratch.sh
. "$backup_library/scratch.sh"
