#include "runtime/wasm/code_queue.hpp"

namespace samara::runtime::wasm {

namespace {

constexpr std::chrono::milliseconds k_patience{2000};

Result<void> load(CodeForms& forms, Bytes code, const CodeTarget& target) {
  std::string note = "machine code for " + target.cpu;
  if (forms.elsewhere()) {
    forms.use_elsewhere(std::make_shared<const Bytes>(std::move(code)), std::move(note));
    return {};
  }
  SAMARA_TRY(auto loaded, LoadedModule::load_code(std::move(code)));
  forms.use(std::move(loaded), std::move(note));
  return {};
}

}  // namespace

bool take_code(const CodeCompiler& compiler, CodeForms& forms) {
  CodeTarget target = host_target();
  std::optional<Bytes> known = compiler.find(forms.staged_hash(), target);
  // What this engine does not load was made for another build of it: made anew it will do.
  return known.has_value() && load(forms, std::move(*known), target).has_value();
}

Result<void> make_code(const CodeCompiler& compiler, CodeForms& forms,
                       const std::atomic<bool>* cancel) {
  CodeTarget target = host_target();
  auto code = compiler.compile(forms.staged_hash(), forms.staged(), target, cancel);
  Result<void> made = code ? load(forms, std::move(*code), target) : std::move(code).error();
  if (!made) forms.give_up(std::string(made.error().message()));
  return made;
}

CodeQueue::~CodeQueue() {
  {
    std::unique_lock lock(mutex_);
    if (!started_) return;
    changed_.wait_for(lock, k_patience, [&] { return waiting_.empty() && !busy_; });
    ending_ = true;
    cancel_.store(true);
    changed_.notify_all();
  }
  pthread_join(thread_, nullptr);
}

void CodeQueue::add(std::shared_ptr<CodeForms> forms) {
  std::lock_guard lock(mutex_);
  if (!started_) {
    if (pthread_create(&thread_, nullptr, enter, this) != 0) {
      return forms->give_up("no thread to compile it");
    }
    started_ = true;
  }
  waiting_.push_back(std::move(forms));
  changed_.notify_all();
}

void CodeQueue::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty() && !busy_; });
}

void* CodeQueue::enter(void* self) {
  static_cast<CodeQueue*>(self)->loop();
  return nullptr;
}

void CodeQueue::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    std::shared_ptr<CodeForms> forms = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    lock.unlock();
    // A failure is in the forms, for those who ask why a run was interpreted.
    static_cast<void>(make_code(compiler_, *forms, &cancel_));
    forms.reset();
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace samara::runtime::wasm
