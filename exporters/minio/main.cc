#include "exporters/minio/exporter.h"

int main(int argc, char** argv) {
  replicawatch::minio::MinioExporter exporter;
  return replicawatch::RunApp(exporter, argc, argv);
}
