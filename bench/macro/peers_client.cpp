// Calls of a Python function through the C interface, for bench/macro/peers.py:
//   peers_client REPOSITORY FUNCTION CALLS FLIGHT
// gives the 50th and 99th percentile of CALLS calls one after another in microseconds, and calls
// per second with FLIGHT in flight. Every value of 256 bytes is another one.
#include <samara/samara.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const samara_repository* repository, const char* what) {
  std::fprintf(stderr, "peers_client: %s: %s\n", what, samara_error(repository));
  std::exit(1);
}

// beast2 of a blob: taken from a stored one, whose last 256 bytes are replaced.
class Caller {
 public:
  Caller(const char* path, const char* function, const std::string& pattern) : data_(pattern) {
    if (samara_open(path, &repository_) != SAMARA_OK) fail(repository_, "open");
    if (samara_resolve(repository_, function, &function_) != SAMARA_OK)
      fail(repository_, "resolve");
  }
  ~Caller() { samara_close(repository_); }

  void call(uint64_t number) {
    std::memcpy(data_.data() + data_.size() - sizeof number, &number, sizeof number);
    samara_argument argument{};
    argument.value = {reinterpret_cast<const uint8_t*>(data_.data()), data_.size()};
    samara_result result{};
    if (samara_call(repository_, &function_, &argument, 1, nullptr, &result) != SAMARA_OK) {
      fail(repository_, "call");
    }
    if (result.outcome != SAMARA_OUTCOME_VALUE || result.from_memo != 0)
      fail(repository_, "no new value");
    samara_result_free(&result);
  }

 private:
  samara_repository* repository_ = nullptr;
  samara_hash function_{};
  std::string data_;
};

std::string pattern_of(const char* path) {
  samara_repository* repository = nullptr;
  if (samara_open(path, &repository) != SAMARA_OK) fail(repository, "open");
  samara_hash id{};
  samara_bytes bytes{};
  if (samara_resolve(repository, "pattern", &id) != SAMARA_OK ||
      samara_get(repository, &id, SAMARA_BEAST2, &bytes) != SAMARA_OK) {
    fail(repository, "pattern");
  }
  std::string out(reinterpret_cast<const char*>(bytes.data), bytes.size);
  samara_bytes_free(&bytes);
  samara_close(repository);
  return out;
}

double microseconds(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const uint64_t calls = std::strtoull(argv[3], nullptr, 10);
  const uint64_t flight = std::strtoull(argv[4], nullptr, 10);
  const std::string pattern = pattern_of(argv[1]);
  const auto base = static_cast<uint64_t>(Clock::now().time_since_epoch().count()) << 20U;
  std::atomic<uint64_t> next{base};
  Caller one(argv[1], argv[2], pattern);
  for (int i = 0; i < 100; ++i) one.call(next++);
  std::vector<double> times;
  for (uint64_t i = 0; i < calls; ++i) {
    const Clock::time_point start = Clock::now();
    one.call(next++);
    times.push_back(microseconds(Clock::now() - start));
  }
  std::sort(times.begin(), times.end());

  std::atomic<int64_t> left{static_cast<int64_t>(calls)};
  std::atomic<uint64_t> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < flight; ++i) {
    threads.emplace_back([&] {
      Caller mine(argv[1], argv[2], pattern);
      mine.call(next++);
      ++ready;
      while (!go) std::this_thread::yield();
      while (left-- > 0) mine.call(next++);
    });
  }
  while (ready < flight) std::this_thread::yield();
  const Clock::time_point start = Clock::now();
  go = true;
  for (std::thread& thread : threads) thread.join();
  const double seconds = microseconds(Clock::now() - start) / 1e6;
  std::printf("%.1f %.1f %.0f\n", times[times.size() / 2], times[times.size() * 99 / 100],
              static_cast<double>(calls) / seconds);
  return 0;
}
