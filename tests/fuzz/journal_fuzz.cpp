// A journal and its index of any bytes: what is no entry is refused, what is one can be written
// again, and an index leads nowhere outside of itself.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/assert.hpp"
#include "store/journal_format.hpp"

using namespace samara;
using namespace samara::store;

namespace {

void try_entries(ByteView rest) {
  while (auto entry = parse_entry(rest)) {
    SAMARA_ASSERT(entry->size_bytes <= rest.size());
    Bytes again;
    append_entry(again, *entry, entry->time);
    auto back = parse_entry(again);
    SAMARA_ASSERT(back && back->kind == entry->kind && back->name == entry->name);
    SAMARA_ASSERT(back->size_bytes == entry->size_bytes && back->time == entry->time);
    // An object keeps its id, right or wrong; what follows the id of others is hashed anew.
    if (entry->kind != JournalKind::object) {
      SAMARA_ASSERT(back->whole());
    } else {
      SAMARA_ASSERT(back->whole() == entry->whole());
    }
    rest = rest.subspan(entry->size_bytes);
  }
}

void try_index(ByteView bytes) {
  auto view = JournalIndexView::open(bytes);
  if (!view) return;
  JournalIndex index;
  index.journal_bytes = view->journal_bytes();
  for (size_t i = 0; i < view->objects(); i++) index.objects.push_back(view->object_at(i));
  for (size_t i = 0; i < view->records(); i++) index.records.push_back(view->record_at(i));
  for (size_t i = 0; i < view->removals(); i++) index.removals.push_back(view->removal_at(i));
  // Whatever order it is in, a search ends.
  std::vector<JournalPlace> places;
  for (const JournalObject& object : index.objects) static_cast<void>(view->object(object.id));
  for (const JournalRecord& record : index.records) view->records(record.key, places);
  const Bytes sorted = print_index(index);
  auto again = JournalIndexView::open(sorted);
  SAMARA_ASSERT(again.has_value());
  for (const JournalObject& object : index.objects) SAMARA_ASSERT(again->object(object.id));
  for (const JournalRecord& record : index.records) {
    places.clear();
    again->records(record.key, places);
    SAMARA_ASSERT(std::find(places.begin(), places.end(), record.place) != places.end());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  if (is_journal_head(bytes)) try_entries(bytes.subspan(k_journal_head_bytes));
  try_entries(bytes);
  try_index(bytes);
  return 0;
}
