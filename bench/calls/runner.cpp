// Calls of a worker's function through the whole of Samara: argument and result of 256 bytes are
// stored, the call is recorded and remembered. Latency of one caller, and throughput of many.
// usage: bench_calls REPOSITORY [THREADS] [SECONDS] [NAME IMPLEMENTATION]
//        while a worker offers NAME(String) -> String ("echo", "1" if nothing is said)

#include <samara/samara.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "bench_calls: %s\n", what);
  std::exit(1);
}

// The function that stands for the offer has the same id wherever it is offered.
samara_hash offered(const char* path, const char* name, const char* implementation) {
  samara_worker_options options{};
  options.struct_size = sizeof options;
  samara_worker* worker = nullptr;
  if (samara_worker_open(path, &options, &worker) != SAMARA_OK) die(samara_worker_error());
  const char* input = ".String";
  samara_offer offer{};
  offer.struct_size = sizeof offer;
  offer.name = name;
  offer.inputs = &input;
  offer.input_count = 1;
  offer.output = ".String";
  offer.effect = SAMARA_PURE;
  offer.implementation = implementation;
  samara_hash out{};
  if (samara_worker_offer(worker, &offer, &out) != SAMARA_OK) die(samara_worker_error());
  samara_worker_close(worker);
  return out;
}

class Caller {
 public:
  Caller(const char* path, const samara_hash& function) : function_(function) {
    if (samara_open(path, &handle_) != SAMARA_OK) die(samara_error(handle_));
    const std::string text = "\"" + std::string(k_text_bytes, 'x') + "\"";
    samara_bytes value{};
    const samara_view view{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    if (samara_convert(handle_, SAMARA_TEXT, view, nullptr, SAMARA_BEAST2, &value) != SAMARA_OK) {
      die(samara_error(handle_));
    }
    argument_.assign(value.data, value.data + value.size);
    samara_bytes_free(&value);
  }
  ~Caller() { samara_close(handle_); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // A new argument each time, so that nothing is answered from memory.
  void call(uint64_t number) {
    const std::string digits = std::to_string(number);
    std::copy(digits.begin(), digits.end(), argument_.end() - k_text_bytes);
    const samara_argument argument{nullptr, {argument_.data(), argument_.size()}};
    samara_result result{};
    if (samara_call(handle_, &function_, &argument, 1, nullptr, &result) != SAMARA_OK) {
      die(samara_error(handle_));
    }
    if (result.outcome != SAMARA_OUTCOME_VALUE) {
      die(reinterpret_cast<const char*>(result.message.data));
    }
    if (result.from_memo != 0) die("a call was answered from memory: use a new repository");
    samara_result_free(&result);
  }

 private:
  static constexpr int k_text_bytes = 256;
  samara_hash function_;
  std::vector<uint8_t> argument_;  // a String as beast2; the text is at its end
  samara_repository* handle_ = nullptr;
};

}  // namespace

int main(int count, char** words) {
  if (count < 2) die("usage: bench_calls REPOSITORY [THREADS] [SECONDS] [NAME IMPLEMENTATION]");
  const char* path = words[1];
  const int threads = count > 2 ? std::atoi(words[2]) : 32;
  const double seconds = count > 3 ? std::atof(words[3]) : 3;
  const samara_hash function =
      count > 5 ? offered(path, words[4], words[5]) : offered(path, "echo", "1");
  const uint64_t base = static_cast<uint64_t>(Clock::now().time_since_epoch().count()) * 1'000'000U;

  std::vector<double> took;
  {
    Caller caller(path, function);
    for (uint64_t i = 0; i < 50; i++) caller.call(base + i);
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    for (uint64_t i = 100; Clock::now() < end; i++) {
      const auto begin = Clock::now();
      caller.call(base + i);
      took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    }
  }
  std::sort(took.begin(), took.end());

  std::atomic<uint64_t> next{base + 1'000'000'000U};
  std::atomic<uint64_t> done{0};
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration<double>(seconds);
  std::vector<std::thread> callers;
  for (int i = 0; i < threads; i++) {
    callers.emplace_back([&] {
      Caller caller(path, function);
      while (Clock::now() < end) {
        caller.call(next.fetch_add(1));
        done.fetch_add(1);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf(
      "{\"benchmark\": \"call\", \"p50_us\": %.1f, \"p99_us\": %.1f, \"in_flight\": %d, "
      "\"calls_per_s\": %.0f}\n",
      took[took.size() / 2], took[took.size() * 99 / 100], threads,
      static_cast<double>(done.load()) / elapsed);
  return 0;
}
