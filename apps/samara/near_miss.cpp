#include "apps/samara/near_miss.hpp"

#include <algorithm>

namespace samara::cli {
namespace {

// Edits that turn one word into the other; two neighbours that changed places are one edit.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> now(b.size() + 1);
  for (size_t j = 0; j <= b.size(); j++) last[j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); j++) {
      size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

constexpr size_t k_word_bytes_max = 64;  // longer words are no typing errors of ours

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> known) {
  if (word.empty() || word.size() > k_word_bytes_max) return {};
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  const std::string* found = nullptr;
  for (const std::string& candidate : known) {
    if (candidate.size() > k_word_bytes_max) continue;
    size_t edits = distance(word, candidate);
    // A word that was only begun is near, too.
    if (word.size() >= 3 && candidate.starts_with(word)) edits = 1;
    if (edits < best) {
      best = edits;
      found = &candidate;
    }
  }
  return found == nullptr ? std::string() : *found;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  std::string name = nearest(word, known);
  return name.empty() ? name : ", did you mean '" + name + "'?";
}

}  // namespace samara::cli
