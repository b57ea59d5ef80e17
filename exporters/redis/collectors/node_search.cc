// The indexes of the search module, under the names of redis_exporter 1.x. After the module's
// documentation: none was at hand.

#include <algorithm>
#include <array>

#include "exporters/redis/collectors/node.h"
#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

constexpr std::string_view kCommand = "FT.INFO: ";
constexpr LabelNames kOfIndex = {"index_name"};

// The field of FT.INFO is what follows kCommand in the source; one in _mb comes in MiB.
constexpr auto kTable = std::to_array<MetricDesc>({
    Gauge("FT.INFO: num_docs", "redis_search_index_num_docs", "Documents.", kOfIndex),
    Gauge("FT.INFO: max_doc_id", "redis_search_index_max_doc_id", "The highest id of a document.",
          kOfIndex),
    Gauge("FT.INFO: num_terms", "redis_search_index_num_terms", "Distinct terms.", kOfIndex),
    Gauge("FT.INFO: num_records", "redis_search_index_num_records", "Records.", kOfIndex),
    Gauge("FT.INFO: inverted_sz_mb", "redis_search_index_inverted_size_bytes",
          "Memory of the inverted index.", kOfIndex),
    Gauge("FT.INFO: total_inverted_index_blocks", "redis_search_index_total_inverted_index_blocks",
          "Blocks of the inverted index.", kOfIndex),
    Gauge("FT.INFO: vector_index_sz_mb", "redis_search_index_vector_index_size_bytes",
          "Memory of the vectors.", kOfIndex),
    Gauge("FT.INFO: offset_vectors_sz_mb", "redis_search_index_offset_vectors_size_bytes",
          "Memory of the offsets of terms.", kOfIndex),
    Gauge("FT.INFO: doc_table_size_mb", "redis_search_index_doc_table_size_bytes",
          "Memory of the table of documents.", kOfIndex),
    Gauge("FT.INFO: sortable_values_size_mb", "redis_search_index_sortable_values_size_bytes",
          "Memory of the sortable values.", kOfIndex),
    Gauge("FT.INFO: key_table_size_mb", "redis_search_index_key_table_size_bytes",
          "Memory of the table of keys.", kOfIndex),
    Gauge("FT.INFO: tag_overhead_sz_mb", "redis_search_index_tag_overhead_size_bytes",
          "Memory around the tags.", kOfIndex),
    Gauge("FT.INFO: text_overhead_sz_mb", "redis_search_index_text_overhead_size_bytes",
          "Memory around the texts.", kOfIndex),
    Gauge("FT.INFO: total_index_memory_sz_mb", "redis_search_index_total_index_memory_size_bytes",
          "Memory of the whole index.", kOfIndex),
    Gauge("FT.INFO: geoshapes_sz_mb", "redis_search_index_geoshapes_size_bytes",
          "Memory of the shapes.", kOfIndex),
    Gauge("FT.INFO: records_per_doc_avg", "redis_search_index_avg_per_doc_records",
          "Records of a document on average.", kOfIndex),
    Gauge("FT.INFO: bytes_per_record_avg", "redis_search_index_avg_per_record_bytes",
          "Bytes of a record on average.", kOfIndex),
    Gauge("FT.INFO: offsets_per_term_avg", "redis_search_index_avg_per_term_offsets",
          "Offsets of a term on average.", kOfIndex),
    Gauge("FT.INFO: offset_bits_per_record_avg", "redis_search_index_avg_per_record_offset_bits",
          "Bits of a record's offsets on average.", kOfIndex),
    Gauge("FT.INFO: indexing", "redis_search_index_indexing",
          "1 while existing keys are being indexed.", kOfIndex),
    Gauge("FT.INFO: percent_indexed", "redis_search_index_percent_indexed",
          "Share of the existing keys that is indexed, from 0 to 1.", kOfIndex),
    Gauge("FT.INFO: hash_indexing_failures", "redis_search_index_hash_indexing_failures",
          "Documents that could not be indexed.", kOfIndex),
    Counter("FT.INFO: number_of_uses", "redis_search_index_number_of_uses_total",
            "Queries of the index.", kOfIndex),
    Gauge("FT.INFO: cleaning", "redis_search_index_cleaning",
          "1 while the garbage collection runs.", kOfIndex),
    Gauge("FT._LIST", "replicawatch_redis_search_indexes_left_out",
          "Indexes beyond the 100 that are asked about."),
});

}  // namespace

MetricTable SearchMetrics() { return kTable; }

void EmitNodeSearch(const NodeView& node, SampleSink& sink) {
  if (node.extras == nullptr || node.extras->indexes.empty()) return;
  for (const SearchIndex& index : node.extras->indexes) {
    for (const SearchIndex::Field& field : index.fields) {
      const auto desc = std::find_if(kTable.begin(), kTable.end(), [&](const MetricDesc& known) {
        return known.source.starts_with(kCommand) &&
               known.source.substr(kCommand.size()) == field.name;
      });
      if (desc == kTable.end()) continue;
      constexpr double kMebibyte = 1 << 20;
      const bool in_mebibytes = field.name.ends_with("_mb");
      sink.Add(*desc, in_mebibytes ? field.value * kMebibyte : field.value, {index.name});
    }
  }
  sink.Add(kTable.back(), static_cast<double>(node.extras->indexes_left_out));
}

}  // namespace replicawatch::redis
