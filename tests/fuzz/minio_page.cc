// MinIO's own metrics, and the page that is made of them.

#include "common/metrics/encoder.h"
#include "common/metrics/page_reader.h"
#include "exporters/minio/collectors/table.h"
#include "exporters/minio/parse/heal_status.h"
#include "exporters/minio/parse/s3_code.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

namespace {

std::string Relay(std::string_view text) {
  minio::NativeView native;
  const auto page = std::make_shared<const std::string>(text);
  native.nodes = {{"n:1", page}};
  native.pages = {{"cluster", page, 1.0}};
  minio::View view;
  view.native = std::make_shared<const minio::NativeView>(std::move(native));
  SampleSink sink;
  sink.EnterCluster("minio", "c");
  minio::EmitNative(view, sink);
  const Snapshot snapshot = sink.Finish();
  std::string out;
  Encode(snapshot, TextFormat::kPrometheus004, out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  const std::string page = Relay(text);
  const auto again = ReadMetricsPage(page, [](const PageSample& sample) {
    fuzz::Require(sample.labels.size() <= kMaxLabels, "no more labels than allowed");
  });
  fuzz::Require(again.has_value() || again.error().code == ErrorCode::kLimit,
                "what is relayed can be read");
  (void)minio::ParseHealStart(text);
  if (const auto status = minio::ParseHealStatus(text, 10))
    fuzz::Require(status->objects.size() <= 10, "no more objects than allowed");
  fuzz::Require(!minio::CodeLabel(500, text).empty(), "every refusal has a label");
  return 0;
}
