// (String) -> Dict<String, Integer>: how often each word stands in a text. A template of its own
// keeps the words sorted, since there is no standard library here.
//   clang++ --target=wasm32 -O2 -nostdlib -fno-exceptions -Wl,--no-entry -I ../../include
//       -o word_count.wasm word_count.cpp
//   samara run word_count.wasm '"to be or not to be"'

#include <samara/guest/wasm.h>

namespace {

struct Word {
  const uint8_t* data = nullptr;
  size_t size = 0;

  // Before `other` by their bytes, as the keys of a Dict stand.
  bool operator<(const Word& other) const {
    int order = memcmp(data, other.data, size < other.size ? size : other.size);
    return order < 0 || (order == 0 && size < other.size);
  }
};

template <typename Key, typename Value>
class SortedMap {
 public:
  struct Entry {
    Key key;
    Value value{};
  };

  Value& operator[](const Key& key) {
    size_t low = 0;
    for (size_t high = size_; low < high;) {
      size_t middle = low + (high - low) / 2;
      if (entries_[middle].key < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == size_ || key < entries_[low].key) insert(low, key);
    return entries_[low].value;
  }
  const Entry* begin() const { return entries_; }
  const Entry* end() const { return entries_ + size_; }
  size_t size() const { return size_; }

 private:
  void insert(size_t at, const Key& key) {
    if (size_ == capacity_) {
      capacity_ = capacity_ == 0 ? 64 : 2 * capacity_;
      auto* more = static_cast<Entry*>(samara_alloc(capacity_ * sizeof(Entry)));
      if (more == nullptr) SAMARA_FAIL("no memory");
      for (size_t i = 0; i < size_; i++) more[i] = entries_[i];
      entries_ = more;
    }
    for (size_t i = size_++; i > at; i--) entries_[i] = entries_[i - 1];
    entries_[at] = {key, Value{}};
  }

  Entry* entries_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

}  // namespace

SAMARA_FUNCTION(word_count,
                ".Function (inputs=[.String], output=.Dict (key=.String, value=.Integer))") {
  size_t size = 0;
  const uint8_t* text = samara_read_bytes(in, &size);
  SortedMap<Word, int64_t> counts;
  for (size_t at = 0; at < size;) {
    size_t start = at;
    while (at < size && !is_space(text[at])) at++;
    if (at > start) counts[{text + start, at - start}]++;
    while (at < size && is_space(text[at])) at++;
  }
  samara_write_count(out, counts.size());
  for (const auto& [word, count] : counts) {
    samara_write_bytes(out, word.data, word.size);
    samara_write_integer(out, count);
  }
}
