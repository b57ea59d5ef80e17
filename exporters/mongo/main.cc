#include "exporters/mongo/exporter.h"

int main(int argc, char** argv) {
  replicawatch::mongo::MongoExporter exporter;
  return replicawatch::RunApp(exporter, argc, argv);
}
