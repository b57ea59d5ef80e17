"""Backups and restores: what would be lost now, and how long a recovery would take."""
from . import questions
from .board import SERVICE, annotation, cluster_of, dashboard
from .numbers import PLAIN, above, below, number, steps
from .panels import SUCCESS, Select, column, coloured, graph, stat, table, timeline

SELECT = Select('service=~"$service"')
BACKUP = "service, cluster, backup"
NAME = "{{service}} {{cluster}} {{backup}}"


def of(name, labels=BACKUP):
    return SELECT.max(labels, f"replicawatch_backup_{name}")


def age(name):
    return f"time() - {of(name)}"


def intervals(name):
    """An age in units of the time between two runs."""
    return f"({age(name)}) / {of('expected_interval_seconds')}"


def question_rows():
    return [[
        stat("Age of the last good backup", "In runs: 1 is what is meant to be. What was written since is in no backup. Above "
             f"{number('backup_age_intervals'):g} for 15 min fires BackupTooOld; one that never succeeded is in the table below.",
             intervals("last_success_timestamp_seconds"), "none", above(number("backup_age_intervals")), 5, NAME, decimals=1),
        stat("Did the last run end well?", "Its exit code: 0 is well. Anything else for 5 min fires BackupFailed.", of("last_exit_code"), "none",
             steps("green", (1, "orange")), 5, NAME),
        stat("Does it agree with its source?", "Differences that the last verification found. Any fires BackupMismatch.",
             of("last_verify_mismatches"), "none", above(1), 5, NAME),
        stat("Last restore on trial", "A backup is as good as its last restore. Red for 1 h fires BackupRestoreDrillTooOld.",
             age("restore_drill_timestamp_seconds"), "dtdurations", above(number("backup_drill_seconds")), 5, NAME),
        questions.alerts("${service:regex}", 4),
    ]]


def state_rows():
    never = (f"group by ({BACKUP}) ({SELECT('replicawatch_backup_expected_interval_seconds')}) unless on ({BACKUP}) "
             f"group by ({BACKUP}) ({SELECT('replicawatch_backup_last_success_timestamp_seconds')})")
    return [
        [
            table("Backups", "Each with the exit code of its last run, its size, and how it is made.",
                  [column(of("last_exit_code"), "A"), column(of("last_size_bytes"), "B"),
                   column(of("retained"), "C"),
                   column(of("info", f"{BACKUP}, method, encrypted"), "D")], 14, 8,
                  {"service": "Service", "cluster": "Cluster", "backup": "Backup", "Value #A": "Exit code", "Value #B": "Size",
                   "Value #C": "Kept", "method": "Method", "encrypted": "Encrypted"}, ["Cluster", "Backup"], [coloured("Size", unit="bytes")],
                  no_value="nothing is known of any backup"),
            table("Never succeeded", "Meant to be and never was. One that is here for 1 h fires BackupMissing.",
                  [column(never, "A", empty="none, if all goes well")], 5, 8, {"service": "Service", "cluster": "Cluster", "backup": "Backup"},
                  ["Cluster", "Backup"], no_value="none"),
            timeline("Status files", "Whether the state that the scripts left could be read. Red for 5 min fires BackupStatusUnreadable.",
                     # Of a file that can't be read only the service is known.
                     'max by (service, file) (replicawatch_backup_status_readable{service=~"$service"})', SUCCESS, 5, "{{service}} {{file}}"),
        ],
    ]


def course_rows():
    shrunk = f"{of('last_size_bytes')} / max by ({BACKUP}) (quantile_over_time(0.5, {SELECT('replicawatch_backup_last_size_bytes')}[7d]))"
    space = (f"{SELECT.min(BACKUP, 'replicawatch_backup_repository_free_bytes')} / {of('last_size_bytes')}")
    return [
        [
            graph("Size", "Of the last good backup.", of("last_size_bytes"), "bytes", PLAIN, 8, NAME),
            graph("Size against the week", "Of what it was within the last week. Below the line for 15 min fires BackupShrank.", shrunk, "none",
                  below(number("backup_shrink_ratio")), 8, NAME),
            graph("Space for the next ones", "How many backups of the last one's size still fit. Below the line for 15 min fires "
                  "BackupSpaceLow.", space, "none", below(number("backup_space_factor")), 8, NAME),
        ],
        [
            graph("Duration", "Of the last run.", of("last_duration_seconds"), "s", PLAIN, 8, NAME),
            graph("What it holds", "Documents, keys, objects and the like.", of("last_items", f"{BACKUP}, kind"), "short", PLAIN, 8,
                  NAME + " {{kind}}"),
            graph("Age of the last verification", "In runs. Above the line for 15 min fires BackupNotVerified.",
                  intervals("last_verify_timestamp_seconds"), "none", above(number("backup_verify_intervals")), 8, NAME),
        ],
        [
            graph("Time of a restore", "As the last trial took: what a recovery would take.", of("restore_drill_duration_seconds"), "s", PLAIN,
                  8, NAME),
            graph("Data lost by a restore", "How old the data of the last trial was: what a recovery would lose.",
                  of("restore_drill_data_age_seconds"), "s", PLAIN, 8, NAME),
            graph("How far back", "The oldest backup that is kept.", age("oldest_retained_timestamp_seconds"), "dtdurations", PLAIN, 8, NAME),
        ],
    ]


def board():
    runs = annotation("Good backups", "light-green", f"1000 * {of('last_success_timestamp_seconds')}", "Backup {{backup}}", NAME, value_is_time=True)
    return dashboard(
        "replicawatch-backup", "replicawatch / Backups", "Whether there is a backup that could be restored, and what a recovery would cost.",
        [SERVICE, cluster_of('service=~"$service"')], [runs],
        [("Could it be restored?", question_rows()), ("State", state_rows()), ("Course", course_rows())])
