#include "runtime/wasm/code_forms.hpp"

#include "core/sha256.hpp"

namespace samara::runtime::wasm {

namespace {

// Compiling takes at least some ten milliseconds of another process.
constexpr std::chrono::nanoseconds k_worth_compiling = std::chrono::milliseconds(10);

}  // namespace

CodeForms::CodeForms(std::shared_ptr<const LoadedModule> interpreted, Bytes staged)
    : staged_(std::move(staged)),
      hash_(sha256(staged_)),
      elsewhere_(interpreted == nullptr),
      form_{std::move(interpreted), nullptr, false, "interpreted: its machine code is not ready"} {}

CodeForm CodeForms::current() const {
  std::lock_guard lock(mutex_);
  return form_;
}

void CodeForms::use(std::shared_ptr<const LoadedModule> code, std::string note) {
  std::lock_guard lock(mutex_);
  form_ = {std::move(code), nullptr, true, std::move(note)};
  claimed_ = true;
}

void CodeForms::use_elsewhere(std::shared_ptr<const Bytes> code, std::string note) {
  std::lock_guard lock(mutex_);
  form_ = {nullptr, std::move(code), true, std::move(note)};
  claimed_ = true;
}

void CodeForms::refused(const std::shared_ptr<const Bytes>& code, std::string_view why) {
  std::lock_guard lock(mutex_);
  if (form_.code != code) return;  // somebody has said so before
  form_ = {nullptr, nullptr, false, "interpreted: its machine code is not taken: "};
  form_.note += why;
  claimed_ = refused_;
  refused_ = true;
}

void CodeForms::give_up(std::string why) {
  std::lock_guard lock(mutex_);
  if (form_.machine_code) return;
  form_.note = "interpreted: " + std::move(why);
  claimed_ = true;
}

bool CodeForms::spent(std::chrono::nanoseconds cpu) {
  std::lock_guard lock(mutex_);
  if (claimed_) return false;
  spent_ += cpu;
  if (spent_ < k_worth_compiling) return false;
  claimed_ = true;
  return true;
}

bool CodeForms::claim() {
  std::lock_guard lock(mutex_);
  if (claimed_) return false;
  claimed_ = true;
  return true;
}

}  // namespace samara::runtime::wasm
