# The backup and restore scripts, an image for each service with the tools of the very version that is backed up: --target mongo, redis or
# minio, from the root of the tree.
ARG BASE_IMAGE=debian:trixie-slim
ARG MONGO_IMAGE=mongo:8.0
ARG REDIS_IMAGE=redis:8.0
ARG MC_IMAGE=minio/mc:RELEASE.2025-08-13T08-35-41Z

FROM ${MC_IMAGE} AS mc

FROM ${MONGO_IMAGE} AS mongo
RUN apt-get update && apt-get install -y --no-install-recommends jq age gnupg && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY scripts/lib/backup.sh /usr/lib/replicawatch/scripts/lib/
COPY scripts/lib/backup /usr/lib/replicawatch/scripts/lib/backup
COPY scripts/mongo-backup.sh scripts/mongo-restore.sh /usr/lib/replicawatch/scripts/
ENTRYPOINT ["/usr/lib/replicawatch/scripts/mongo-backup.sh"]

FROM ${REDIS_IMAGE} AS redis
RUN apt-get update && apt-get install -y --no-install-recommends jq age gnupg && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY scripts/lib/backup.sh /usr/lib/replicawatch/scripts/lib/
COPY scripts/lib/backup /usr/lib/replicawatch/scripts/lib/backup
COPY scripts/redis-backup.sh scripts/redis-restore.sh /usr/lib/replicawatch/scripts/
ENTRYPOINT ["/usr/lib/replicawatch/scripts/redis-backup.sh"]

FROM ${BASE_IMAGE} AS minio
RUN apt-get update && apt-get install -y --no-install-recommends jq age gnupg python3 curl ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY --from=mc /usr/bin/mc /usr/bin/
COPY scripts/lib/backup.sh /usr/lib/replicawatch/scripts/lib/
COPY scripts/lib/backup /usr/lib/replicawatch/scripts/lib/backup
COPY scripts/minio-backup.sh scripts/minio-restore.sh /usr/lib/replicawatch/scripts/
ENTRYPOINT ["/usr/lib/replicawatch/scripts/minio-backup.sh"]
