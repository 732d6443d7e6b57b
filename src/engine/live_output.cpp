#include "engine/live_output.hpp"

#include <algorithm>

namespace samara::engine {

namespace {

constexpr auto k_pause = std::chrono::milliseconds(100);
constexpr size_t k_flush_bytes = 4096;

}  // namespace

LiveOutputs::~LiveOutputs() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LiveOutputs::add(LiveOutput& output) {
  std::lock_guard lock(mutex_);
  outputs_.push_back(&output);
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  if (outputs_.size() == 1) changed_.notify_one();
}

void LiveOutputs::remove(LiveOutput& output) {
  std::lock_guard lock(mutex_);
  std::erase(outputs_, &output);
}

void LiveOutputs::work() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (outputs_.empty()) {
      changed_.wait(lock);
      continue;
    }
    changed_.wait_for(lock, k_pause, [this] { return ending_; });
    for (LiveOutput* output : outputs_) output->tick();
  }
}

LiveOutput::LiveOutput(LiveOutputs& outputs, const Uuid& attempt, uint64_t bytes_max, LogSink* next)
    : outputs_(outputs),
      attempt_(attempt.text()),
      next_(next),
      due_(outputs.clock_.now() + k_pause),
      bytes_left_(bytes_max) {}

LiveOutput::~LiveOutput() {
  if (added_) outputs_.remove(*this);
  // A worker may have written one that only we know to be of no use any more.
  if (added_ && !file_ && outputs_.clock_.now() >= due_) open();
  if (file_) file_->remove();
}

void LiveOutput::write(LogStream stream, std::string_view text) {
  if (next_ != nullptr) next_->write(stream, text);
  if (outputs_.logs_ == nullptr || text.empty()) return;
  if (!added_) {
    added_ = true;
    outputs_.add(*this);
  }
  std::lock_guard lock(mutex_);
  text = text.substr(0, static_cast<size_t>(std::min<uint64_t>(text.size(), bytes_left_)));
  bytes_left_ -= text.size();
  if (text.empty()) return;
  if (pending_.empty() || pending_.back().stream != stream) pending_.push_back({stream, {}});
  pending_.back().text += text;
  pending_bytes_ += text.size();
  if (pending_bytes_ >= k_flush_bytes && outputs_.clock_.now() >= due_) write_pending();
}

void LiveOutput::flush() {
  std::lock_guard lock(mutex_);
  if (file_) write_pending();
}

void LiveOutput::tick() {
  std::lock_guard lock(mutex_);
  if (!pending_.empty() && outputs_.clock_.now() >= due_) write_pending();
}

// Where there is a file already, the worker that runs it writes there, and what we get is told.
void LiveOutput::open() {
  auto there = outputs_.logs_->reader(attempt_);
  if (there && there->has_value()) bytes_left_ = 0;
  auto made = outputs_.logs_->writer(attempt_);
  if (made) file_.emplace(std::move(*made));
}

// Requires: mutex_ is held. Nobody loses anything where it fails: the record has it all.
void LiveOutput::write_pending() {
  if (!file_) {
    open();
    told_ = bytes_left_ == 0;
  }
  for (const LogEntry& entry : pending_) {
    if (!file_ || told_) break;
    const store::LiveStream stream =
        entry.stream == LogStream::out ? store::LiveStream::out : store::LiveStream::err;
    if (!file_->append(stream, entry.text)) {
      bytes_left_ = 0;
      break;
    }
  }
  if (!file_) bytes_left_ = 0;
  pending_.clear();
  pending_bytes_ = 0;
}

}  // namespace samara::engine
