// (Array<Float>) -> Array<Float>: minimum, lower quartile, median, upper quartile, maximum.
// samara build statistics.cpp

#include <algorithm>
#include <vector>

#include <samara/guest/task.hpp>

using samara::guest::List;

List<double> quartiles(const List<double>& samples) {
  if (samples.empty()) samara::guest::fail(1, "no samples");
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  List<double> out;
  for (size_t quarter = 0; quarter <= 4; quarter++) {
    out.push_back(sorted[quarter * (sorted.size() - 1) / 4]);
  }
  return out;
}

SAMARA_TASK(quartiles)
