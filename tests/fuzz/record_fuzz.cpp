// Function objects, companions, execution records and logs: any bytes are accepted or refused, and
// what is accepted is written again to the same bytes, for a record has one form.

#include <cstdlib>

#include "call/execution_record.hpp"
#include "call/function.hpp"

using namespace samara;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static TypeTable* table = new TypeTable;
  static RecordTypes* types = new RecordTypes(*table);
  if (table->size() > 100'000) {  // types of foreign headers stay in their table
    delete types;
    delete table;
    table = new TypeTable;
    types = new RecordTypes(*table);
  }
  ByteView bytes{data, size};
  auto same = [&](const Result<Bytes>& again) {
    if (!again || Bytes(bytes.begin(), bytes.end()) != *again) std::abort();
  };
  if (auto record = decode_function(bytes, *types)) same(encode_function(*record, *types));
  if (auto record = decode_companion(bytes, *types)) same(encode_companion(*record, *types));
  if (auto record = decode_execution(bytes, *types)) {
    auto again = encode_execution(*record, *types);
    auto read =
        again ? decode_execution(*again, *types) : Result<ExecutionRecord>(again.error().clone());
    if (!read || !(*read == *record)) std::abort();
  }
  if (auto entries = decode_log(bytes, *types)) {
    if (!encode_log(*entries, *types)) std::abort();
  }
  return 0;
}
