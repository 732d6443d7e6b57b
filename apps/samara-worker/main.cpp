// samara-worker: the worker process of the runtimes that libsamara has itself: East, WebAssembly
// and native functions, and platform functions in C or C++ out of shared libraries. It is written
// against samara.h alone, as a worker of any language is.
// Words: --repo PATH --runtime LIST --slots N [--platform FILE.so]…

#include <dlfcn.h>
#include <fcntl.h>
#include <samara/samara.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

// What a shared library of platform functions has to have: gives its functions and how many.
using ListFunctions = const samara_platform_function* (*)(size_t* count);
constexpr const char* k_list_name = "samara_platform_functions";

struct Words {
  std::string repository;
  std::string runtime = "cpp";
  unsigned slots = 1;
  std::vector<std::string> platforms;
};

int complain(const std::string& text) {
  std::fprintf(stderr, "samara-worker: error: %s\n", text.c_str());
  return 1;
}

bool read_words(int count, char** given, Words& out) {
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string key = given[i];
    const std::string value = given[i + 1];
    if (key == "--repo") {
      out.repository = value;
    } else if (key == "--runtime") {
      out.runtime = value;
    } else if (key == "--slots") {
      out.slots = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
    } else if (key == "--platform") {
      out.platforms.push_back(value);
    } else {
      return false;
    }
  }
  return count % 2 == 1 && !out.repository.empty() && out.slots > 0;
}

// Functions that have run for a while, and may wait for others, which cannot be seen from outside:
// so many more requests are taken in their place.
class LongRuns {
 public:
  using Clock = std::chrono::steady_clock;

  /// A function begins; whether a thread is needed that takes others when it runs for long.
  bool begin(Clock::time_point* place) {
    std::lock_guard guard(mutex_);
    runs_.insert(place);
    changed_.notify_all();
    if (idle_ > 0 || helpers_ >= k_helpers_max) return false;
    helpers_++;
    idle_++;
    return true;
  }
  void end(Clock::time_point* place) {
    std::lock_guard guard(mutex_);
    runs_.erase(place);
  }

  /// Of a helping thread: waits until there is something to be taken. False: it is to end.
  bool enter() {
    std::unique_lock lock(mutex_);
    while (!closing_ && long_runs() <= helpers_ - idle_) {
      if (runs_.empty() && idle_ > k_idle_max) break;
      if (runs_.empty()) {
        changed_.wait(lock);
      } else {
        changed_.wait_for(lock, k_long / 4);
      }
    }
    idle_--;
    if (!closing_ && long_runs() > helpers_ - idle_ - 1) return true;
    helpers_--;
    changed_.notify_all();
    return false;
  }
  void leave() {
    std::lock_guard guard(mutex_);
    idle_++;
  }
  /// Waits for the helping threads.
  void close() {
    std::unique_lock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return helpers_ == 0; });
  }

 private:
  static constexpr std::chrono::milliseconds k_long{50};
  static constexpr unsigned k_helpers_max = 4096;
  static constexpr unsigned k_idle_max = 4;

  unsigned long_runs() const {
    const auto since = Clock::now() - k_long;
    return static_cast<unsigned>(
        std::count_if(runs_.begin(), runs_.end(),
                      [&](const Clock::time_point* begun) { return *begun < since; }));
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::set<Clock::time_point*> runs_;
  unsigned helpers_ = 0;
  unsigned idle_ = 0;  // of the helpers
  bool closing_ = false;
};

class Service {
 public:
  explicit Service(const Words& words) : words_(words) {}
  ~Service() { close(); }

  /// Requires: serve() has returned, or was not called.
  void close() {
    std::lock_guard guard(mutex_);
    samara_worker_close(worker_);
    worker_ = nullptr;
  }
  void interrupt() {
    std::lock_guard guard(mutex_);
    samara_worker_interrupt(worker_);
  }

  bool open(std::string& problem) {
    samara_worker_options options{};
    options.struct_size = sizeof options;
    // A library of platform functions needs no runtime beside it, but may have one.
    options.runtime = words_.runtime.c_str();
    const std::string word = words_.runtime + ", Samara " + samara_version();
    options.word = word.c_str();
    options.slots = words_.slots;
    if (samara_worker_open(words_.repository.c_str(), &options, &worker_) != SAMARA_OK) {
      problem = samara_worker_error();
      return false;
    }
    for (const std::string& file : words_.platforms) {
      if (!load(file, problem)) return false;
    }
    if (samara_worker_start(worker_) == SAMARA_OK) return true;
    problem = samara_worker_error();
    return false;
  }

  void serve() {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < words_.slots; i++) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
    long_runs_.close();
  }

  bool failed() const { return failed_.load(); }

 private:
  bool load(const std::string& file, std::string& problem) {
    // A name without a slash would be looked for among the system's libraries.
    const std::string path = file.find('/') == std::string::npos ? "./" + file : file;
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      problem = std::string("cannot load it: ") + ::dlerror();
      return false;
    }
    auto list = reinterpret_cast<ListFunctions>(::dlsym(library, k_list_name));
    if (list == nullptr) {
      problem = "'" + file + "' has no function " + k_list_name;
      return false;
    }
    size_t count = 0;
    const samara_platform_function* functions = list(&count);
    for (size_t i = 0; i < count; i++) {
      const samara_platform_function& given = functions[i];
      samara_offer offer{};
      offer.struct_size = sizeof offer;
      offer.name = given.name;
      offer.inputs = given.inputs;
      offer.input_count = given.input_count;
      offer.output = given.output;
      offer.effect = given.effect;
      offer.implementation = given.version;
      if (samara_worker_offer(worker_, &offer, nullptr) != SAMARA_OK) {
        problem = "'" + file + "': " + samara_worker_error();
        return false;
      }
      offered_.emplace(given.name, &given);
    }
    return true;
  }

  // One thread: takes requests until there are no more. Its repository is opened when the first
  // function needs it.
  void work() {
    samara_repository* repository = nullptr;
    while (true) {
      samara_request* request = nullptr;
      if (samara_worker_next(worker_, -1, &request) != SAMARA_OK) {
        if (!failed_.exchange(true)) complain(samara_worker_error());
        samara_worker_interrupt(worker_);
        break;
      }
      if (request == nullptr) break;
      answer(request, repository);
    }
    samara_close(repository);
  }

  // Takes what would otherwise wait for functions that wait for it.
  void help() {
    samara_repository* repository = nullptr;
    while (long_runs_.enter()) {
      samara_request* request = nullptr;
      constexpr int64_t k_help_ms = 100;
      const bool good = samara_worker_next(worker_, k_help_ms, &request) == SAMARA_OK;
      if (request != nullptr) answer(request, repository);
      long_runs_.leave();
      // Whoever takes requests all the time says what is wrong.
      if (!good) std::this_thread::sleep_for(std::chrono::milliseconds(k_help_ms));
    }
    samara_close(repository);
  }

  void answer(samara_request* request, samara_repository*& repository) {
    if (samara_request_kind(request) == SAMARA_REQUEST_OFFER) {
      call(request, *offered_.at(samara_request_name(request)));
      return;
    }
    if (repository == nullptr && samara_open(words_.repository.c_str(), &repository) != SAMARA_OK) {
      const std::string why = samara_error(repository);
      samara_close(repository);
      repository = nullptr;
      samara_request_fail(request, SAMARA_OUTCOME_TRAP, why.c_str(), nullptr, 0);
      return;
    }
    auto begun = LongRuns::Clock::now();
    if (long_runs_.begin(&begun)) std::thread([this] { help(); }).detach();
    samara_request_run(request, repository);
    long_runs_.end(&begun);
  }

  static void call(samara_request* request, const samara_platform_function& function) {
    const size_t count = samara_request_argument_count(request);
    std::vector<samara_view> arguments(count);
    for (size_t i = 0; i < count; i++) {
      if (samara_request_argument(request, i, &arguments[i]) == SAMARA_OK) continue;
      const std::string why = samara_worker_error();
      samara_request_fail(request, SAMARA_OUTCOME_TRAP, why.c_str(), nullptr, 0);
      return;
    }
    samara_bytes result{};
    samara_bytes error{};
    const int32_t code = function.call(function.user, arguments.data(), count, &result, &error);
    if (code == 0) {
      samara_request_answer(request, {result.data, result.size});
    } else {
      const std::string text(reinterpret_cast<const char*>(error.data), error.size);
      const samara_location here = {function.name, 0, 0};
      samara_request_fail(request, SAMARA_OUTCOME_ERROR,
                          text.empty() ? "the platform function failed" : text.c_str(), &here, 1);
    }
    samara_bytes_free(&result);
    samara_bytes_free(&error);
  }

  const Words& words_;
  std::mutex mutex_;  // so that a late signal meets no worker that is gone
  samara_worker* worker_ = nullptr;
  std::map<std::string, const samara_platform_function*, std::less<>> offered_;
  std::atomic<bool> failed_{false};
  LongRuns long_runs_;
};

}  // namespace

int main(int count, char** given) {
  Words words;
  if (!read_words(count, given, words)) {
    std::fprintf(stderr,
                 "usage: samara-worker --repo PATH [--runtime LIST] [--slots N] "
                 "[--platform FILE.so]…\n");
    return 2;
  }
  // Threads inherit this; one of them waits for the signals.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  Service service(words);
  std::string problem;
  if (!service.open(problem)) return complain(problem);
  std::thread([&service, ends] {
    int number = 0;
    ::sigwait(&ends, &number);
    service.interrupt();
    // What is in hand has some time left; then it is as if this process had died over it.
    ::alarm(5);
  }).detach();
  std::puts("ready");
  std::fflush(stdout);
  service.serve();
  service.close();
  // The thread above still knows the service, which therefore stays.
  std::fflush(nullptr);
  ::_exit(service.failed() ? 1 : 0);
}
