#include "store/call_locks.hpp"

#include "store/folder.hpp"

namespace samara::store {

using port::LockWait;
using port::OpenFile;
using port::OpenMode;

namespace {

// Two calls that share a byte would merely wait for each other; with 62 bits of a SHA-256 none do.
uint64_t byte_of(const Hash& call) {
  uint64_t out = 0;
  for (size_t i = 1; i < 9; i++) out = (out << 8) | call.bytes[i];
  return out >> 2;
}

}  // namespace

class CallLocks::Held final : public CallLock {
 public:
  Held(CallLocks& locks, const Hash& call) : locks_(locks), call_(call) {}
  ~Held() override { locks_.release(call_); }

 private:
  CallLocks& locks_;
  Hash call_;
};

CallLockPlace lock_place(const Hash& call) {
  constexpr char k_digits[] = "0123456789abcdef";
  return {std::string(k_lock_calls) + k_digits[call.bytes[0] & 15], byte_of(call)};
}

Result<port::Handle> CallLocks::file_of(const Hash& call) {
  OpenFile& file = files_[call.bytes[0] & 15];
  if (!file.valid()) {
    SAMARA_TRY(file, OpenFile::open(folder_.files(), folder_.locks(), lock_place(call).file,
                                    OpenMode::create_shared));
  }
  return file.handle();
}

Result<std::unique_ptr<CallLock>> CallLocks::lock(const CallKey& key, LockWait wait) {
  port::Handle file;
  {
    std::unique_lock guard(mutex_);
    if (wait == LockWait::yes) {
      released_.wait(guard, [&] { return !held_.contains(key.call); });
    }
    if (held_.contains(key.call)) return Error(Code::locked, "this process runs this call");
    SAMARA_TRY(file, file_of(key.call));
    held_.insert(key.call);
  }
  auto mine = folder_.files().lock_byte(file, byte_of(key.call), wait);
  if (mine && *mine) return std::unique_ptr<CallLock>(std::make_unique<Held>(*this, key.call));
  {
    std::lock_guard guard(mutex_);
    held_.erase(key.call);
  }
  released_.notify_all();
  if (!mine) return std::move(mine).error();
  return Error(Code::locked, "another process runs this call");
}

void CallLocks::release(const Hash& call) {
  {
    std::lock_guard guard(mutex_);
    // In this order: whoever sees it free here may ask the kernel for it.
    auto file = file_of(call);
    if (file) static_cast<void>(folder_.files().unlock_byte(*file, byte_of(call)));
    held_.erase(call);
  }
  released_.notify_all();
}

}  // namespace samara::store
