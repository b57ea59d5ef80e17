"""The rows about what MinIO stores: canary, buckets, what lies outside."""
from .minio_names import CLUSTER, NODE, NODE_NAME, SCOPE, SELECT, minio
from .numbers import PLAIN, above, below, number
from .panels import GOOD, SUCCESS, column, coloured, graph, mapping, query, stat, table, timeline

BUCKET = f"{CLUSTER}, bucket"
BUCKET_NAME = "{{cluster}} {{bucket}}"
ONLINE = mapping(v1=("online", "green"), v0=("offline", "orange"))
NO_UPLOADS = "no upload has been left behind"
NO_REPLICATION = "no bucket is replicated elsewhere"


def by_bucket(name, labels=BUCKET):
    return SELECT.max(labels, minio(name))


def canary_rows():
    operation = f"{NODE}, operation"
    name = NODE_NAME + " {{operation}}"
    return [
        [
            timeline("Test writes and reads", "Whether the last PUT, GET, HEAD and DELETE through each node went well. MinioNodeCanaryFails "
                     "is about one node, MinioCanaryFails about all.",
                     SELECT.max(operation, minio("canary_success")), SUCCESS, 8, name),
            graph("How long they took", "The last one through each node.", SELECT.max(operation, minio("canary_duration_seconds")), "s",
                  PLAIN, 8, name),
            graph("How many failed", "Through one node: that node. Through several: an outage.",
                  SELECT.increase(operation, minio("canary_failures_total")), "short", above(1), 8, name),
        ],
        [
            graph("Shards of the canary's objects", "Of the object with the fewest to spare: those there are, and those that it "
                  "should have.",
                  [query(SELECT.min(CLUSTER, minio("canary_shards_present")), SCOPE.cluster_name + " there", "A"),
                   query(f"{SELECT.max(CLUSTER, minio('canary_data_blocks'))} + {SELECT.max(CLUSTER, minio('canary_parity_blocks'))}",
                         SCOPE.cluster_name + " of", "B")], "none", PLAIN, 8, "", step=True),
            graph("Since the last round", "Through each node.", SELECT.min(NODE, minio("canary_age_seconds")), "s", PLAIN, 8, NODE_NAME),
            table("Why they failed", "The S3 code, or what kept the answer away.",
                  [column(SELECT.max(f"{operation}, code", minio("canary_error")) + " == 1", "A", empty="no test write or read fails")],
                  8, 8, {"cluster": "Cluster", "member": "Node", "operation": "Operation", "code": "Code"}, ["Cluster", "Node"],
                  no_value="none"),
        ],
    ]


def bucket_rows():
    aspects = f"{BUCKET}, aspect"
    drift = SELECT.max(aspects, minio("bucket_drift"))
    columns = [column(by_bucket("bucket_exists"), "A"), column(f"sum by ({BUCKET}) ({drift})", "B"),
               column(by_bucket("bucket_objects"), "C"), column(by_bucket("bucket_usage_bytes"), "D"),
               column(by_bucket("bucket_uploads"), "E")]
    names = {"cluster": "Cluster", "bucket": "Bucket", "Value #A": "Exists", "Value #B": "Aspects adrift", "Value #C": "Objects",
             "Value #D": "Size", "Value #E": "Open uploads"}
    return [
        [
            table("Declared buckets", "Against what `buckets:` in the exporter's file says. Counts are the scanner's. MinioBucketMissing, "
                  "MinioBucketDrift and MinioBucketRecreated are about them.", columns, 12, 8,
                  names, ["Cluster", "Bucket"], overrides=[coloured("Exists", GOOD), coloured("Aspects adrift", (), above(1)),
                                                           coloured("Size", (), PLAIN, "bytes")]),
            table("What is adrift", "Aspects of buckets that are not as declared.",
                  [column(f"{drift} == 1", "A", empty="all buckets are as declared")], 8, 8,
                  {"cluster": "Cluster", "bucket": "Bucket", "aspect": "Aspect"}, ["Cluster", "Bucket"], no_value="nothing"),
            stat("Buckets nobody declared", "As far as the exporter's key may see them.", SELECT.max(CLUSTER, minio("buckets_unexpected")),
                 "none", above(1, "yellow"), 4, SCOPE.cluster_name, height=4),
            ],
        [
            graph("Size of buckets", "As the scanner last counted.", by_bucket("bucket_usage_bytes"), "bytes", PLAIN, 12, BUCKET_NAME),
            graph("Oldest open upload", "Multipart uploads that were neither completed nor aborted take space that no listing shows.",
                  f"time() - {SELECT.min(BUCKET, minio('bucket_oldest_upload_timestamp_seconds'))}", "s",
                  above(number("minio_upload_age_seconds"), "yellow"), 12, BUCKET_NAME, empty=NO_UPLOADS),
        ],
    ]


def replication_rows():
    target = f"{BUCKET}, target"
    online = SELECT.max(f"{target}, endpoint, target_bucket", minio("bucket_replication_target_online"))
    failed = f"sum by ({BUCKET}) ({by_bucket('bucket_replication_failed_objects', target)})"
    return [[
        graph("Waits to be replicated", "In the memory of the nodes. More than the line for 15 min fires MinioReplicationBehind.",
              by_bucket("bucket_replication_queued_objects"), "short", above(number("minio_queued_objects") + 1), 6, BUCKET_NAME,
              empty=NO_REPLICATION),
        graph("Failed to be replicated", "Within the last hour, no longer in the queue. Any for 15 min fires MinioReplicationBehind.",
              failed, "short", above(1), 6, BUCKET_NAME, empty=NO_REPLICATION),
        timeline("Targets", "offline for 10 min fires MinioReplicationTargetOffline.", online, ONLINE, 6,
                 BUCKET_NAME + " to {{endpoint}} {{target_bucket}}", empty=NO_REPLICATION),
        graph("Round trip to the targets", "As the nodes measure it.",
              by_bucket("bucket_replication_target_latency_seconds", target), "s", PLAIN, 6, BUCKET_NAME + " {{target}}",
              empty=NO_REPLICATION),
    ]]


def outside_rows():
    expiry = f"{SELECT.min(NODE, minio('node_certificate_expiry_timestamp_seconds'))} - time()"
    return [[
        stat("Certificate ends in", "Of each node. Less than the limit for an hour fires MinioCertificateExpires.", expiry, "dtdurations",
             below(number("minio_certificate_seconds")), 6, NODE_NAME, height=8, no_value="no TLS"),
        stat("Since the scanner's last end", "Of a round through all objects. More than the limit for an hour fires MinioScannerLate.",
             f"time() - {SELECT.max(CLUSTER, minio('scan_end_timestamp_seconds'))}", "dtdurations",
             above(number("minio_scan_age_seconds"), "yellow"), 6, SCOPE.cluster_name, height=8, no_value="none yet"),
        timeline("KMS, LDAP, targets of logs and notifications", "offline for 10 min fires MinioTargetOffline.",
                 SELECT.max(f"{CLUSTER}, kind, target", minio("target_online")), ONLINE, 6, "{{cluster}} {{kind}} {{target}}",
                 empty="nothing outside is configured"),
        graph("Objects", "In all buckets, as the scanner last counted.", SELECT.max(CLUSTER, minio("objects")), "short", PLAIN, 6,
              SCOPE.cluster_name),
    ], [
        timeline("MinIO's own metrics", "Whether each node's page came in time and could be read. Not for 15 min while the node is up fires "
                 "MinioNativeMetricsMissing.", SELECT.max(NODE, minio("native_success")), SUCCESS, 12, NODE_NAME,
                 empty="the collector native is off"),
        table("Buckets that may not be read", "The right is missing, or the node refuses. MinioBucketsRefused tells of them after an hour.",
              [column(SELECT.max(f"{CLUSTER}, topic", minio("buckets_refused")), "A", empty="nothing is refused")], 12, 8,
              {"cluster": "Cluster", "topic": "What", "Value": "Buckets"}, ["Cluster", "What"], no_value="none"),
    ]]
