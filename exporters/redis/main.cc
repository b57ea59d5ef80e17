#include "exporters/redis/exporter.h"

int main(int argc, char** argv) {
  replicawatch::redis::RedisExporter exporter;
  return replicawatch::RunApp(exporter, argc, argv);
}
