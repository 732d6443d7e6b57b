#pragma once
// Calls of functions: on the thread of JavaScript, or on threads of the addon, of which there are
// as many as calls are waited for.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>

#include "common.hpp"

namespace samara::node {

/// A JavaScript function that East programs call. Thread: that of JavaScript.
struct PlatformFunction {
  State* state = nullptr;
  std::shared_ptr<Loop> loop;
  std::thread::id home;
  std::vector<Info*> inputs;
  Info* output = nullptr;
  napi_ref function = nullptr;
  // What the library is told, for each handle.
  std::string name;
  std::vector<std::string> input_texts;
  std::string version;
  int32_t effect = 0;
};

/// Handles of one directory with the same grants and functions. Threads: any, but for `main`.
class Repository {
 public:
  Repository(std::string path, std::vector<std::string> capabilities)
      : path_(std::move(path)), capabilities_(std::move(capabilities)) {}
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;
  ~Repository() { close(); }

  /// Opens a handle with all that belongs to it. `message` where it fails.
  int32_t open(bool make, samara_repository** out, std::string& message);
  int32_t take(samara_repository** out, std::string& message);
  void give(samara_repository* handle);
  void close();
  bool closed() const { return closed_; }

  samara_repository* main = nullptr;  // of the thread of JavaScript
  std::vector<std::shared_ptr<PlatformFunction>> platform;

 private:
  std::string path_;
  std::vector<std::string> capabilities_;
  std::mutex mutex_;
  std::vector<samara_repository*> free_;
  std::atomic<bool> closed_ = false;
};

/// Lets the thread of JavaScript end a call.
struct Token {
  std::mutex mutex;
  samara_repository* running = nullptr;
  bool cancelled = false;
  void cancel() {
    std::lock_guard lock(mutex);
    cancelled = true;
    if (running != nullptr) samara_cancel(running);
  }
};

struct Task {
  std::shared_ptr<Repository> repository;
  samara_hash function{};
  std::vector<LibraryBytes> bytes;
  std::vector<samara_hash> ids;
  std::vector<samara_argument> arguments;
  samara_call_options options{};
  std::string name;
  bool full = false;
  std::shared_ptr<Token> token = std::make_shared<Token>();
  std::function<void(std::unique_ptr<Task>)> finished;  // on the thread of the pool
  napi_deferred deferred = nullptr;

  // What came of it.
  int32_t code = 0;
  std::string error;
  samara_result result{};
  std::shared_ptr<samara_mapped> mapped;  // a large value
  LibraryBytes said;
  LibraryBytes places;
  bool has_places = false;

  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { samara_result_free(&result); }
  void run(samara_repository* handle);
};

/// Threads that run tasks: a new one whenever none is free, so that calls which wait for others
/// never wait for a thread.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  void submit(std::unique_ptr<Task> task);
  /// Cancels what runs, and waits a moment for its end.
  void stop();

 private:
  void work();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable ended_;
  std::deque<std::unique_ptr<Task>> ready_;
  std::vector<std::shared_ptr<Token>> running_;
  size_t idle_ = 0;
  size_t threads_ = 0;
  bool stopping_ = false;
};

}  // namespace samara::node
