#include "eval/code_point_set.hpp"

#include <algorithm>

namespace samara::eval {

void CodePointSet::add(uint32_t first, uint32_t last) {
  bool behind = ranges_.empty() || first > ranges_.back().last;
  if (behind && (ranges_.empty() || first > ranges_.back().last + 1)) {
    ranges_.push_back({first, last});
    return;
  }
  if (behind || (first >= ranges_.back().first && last >= ranges_.back().last)) {
    ranges_.back().last = last;
    return;
  }
  auto at = std::lower_bound(
      ranges_.begin(), ranges_.end(), first,
      [](const CodePointRange& range, uint32_t code) { return range.first < code; });
  ranges_.insert(at, {first, last});
  normalise();
}

void CodePointSet::add(const CodePointSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
  normalise();
}

void CodePointSet::normalise() {
  std::sort(ranges_.begin(), ranges_.end(),
            [](const CodePointRange& a, const CodePointRange& b) { return a.first < b.first; });
  size_t kept = 0;
  for (const CodePointRange& range : ranges_) {
    if (kept != 0 && range.first <= ranges_[kept - 1].last + 1) {
      ranges_[kept - 1].last = std::max(ranges_[kept - 1].last, range.last);
    } else {
      ranges_[kept++] = range;
    }
  }
  ranges_.resize(kept);
}

CodePointSet CodePointSet::complement() const {
  CodePointSet result;
  uint32_t next = 0;
  for (const CodePointRange& range : ranges_) {
    if (range.first > next) result.ranges_.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= k_code_point_max) result.ranges_.push_back({next, k_code_point_max});
  return result;
}

bool CodePointSet::contains(uint32_t code) const {
  auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), code,
                       [](uint32_t c, const CodePointRange& range) { return c < range.first; });
  return after != ranges_.begin() && code <= (after - 1)->last;
}

}  // namespace samara::eval
