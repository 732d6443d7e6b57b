#include "trust/policy_file.hpp"

#include <charconv>

namespace samara::trust {

using port::OpenFile;
using port::OpenMode;

namespace {

constexpr std::string_view k_keys_folder = "keys";
constexpr std::string_view k_number_name = "keys/policy-number";
constexpr std::string_view k_lock_name = "locks/policy";
// Written under the lock alone, so one name is enough; in a folder where nobody looks for strays.
constexpr std::string_view k_new_name = "keys/policy-new";

Result<std::string> read_text(port::Files& files, const std::string& path, size_t bytes_max) {
  SAMARA_TRY(OpenFile file, OpenFile::open(files, port::k_no_directory, path, OpenMode::read));
  SAMARA_TRY(port::FileInfo info, files.info(file.handle()));
  if (info.size_bytes > bytes_max) {
    return Error(Code::exhausted, "it is larger than " + std::to_string(bytes_max) + " bytes");
  }
  std::string out(static_cast<size_t>(info.size_bytes), '\0');
  SAMARA_TRY(size_t size,
             files.read_at(file.handle(), 0, {reinterpret_cast<uint8_t*>(out.data()), out.size()}));
  out.resize(size);
  return out;
}

}  // namespace

uint64_t PolicyFile::now() {
  const auto since =
      std::chrono::floor<std::chrono::seconds>(clock_.wall()).time_since_epoch().count();
  return since < 0 ? 0 : static_cast<uint64_t>(since);
}

Result<std::optional<PolicyFile::Stamp>> PolicyFile::stamp() {
  auto info = files_.info_at(port::k_no_directory, path());
  if (!info && info.error().code == Code::not_found) return std::optional<Stamp>();
  if (!info) return std::move(info).error().with_context("cannot read '" + path() + "'");
  return std::optional<Stamp>(Stamp{info->inode, info->size_bytes, info->modified});
}

// A file that is not there is the first policy of all.
Result<Policy> PolicyFile::read() {
  auto text = read_text(files_, path(), k_policy_bytes_max);
  if (!text && text.error().code == Code::not_found) return Policy{};
  if (!text) return std::move(text).error().with_context("cannot read '" + path() + "'");
  auto policy = parse_policy(*text);
  if (!policy) return std::move(policy).error().with_context("policy '" + path() + "'");
  return policy;
}

Result<std::optional<uint64_t>> PolicyFile::highest() {
  const std::string path = folder_ + "/" + std::string(k_number_name);
  auto text = read_text(files_, path, 64);
  if (!text && text.error().code == Code::not_found) return std::optional<uint64_t>();
  if (!text) return std::move(text).error().with_context("cannot read '" + path + "'");
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || std::string_view(end, text->data() + text->size()) != "\n") {
    return Error(Code::corrupt, "'" + path +
                                    "' holds no number; remove it, and the policy counts "
                                    "as it stands");
  }
  return std::optional<uint64_t>(number);
}

Result<Policy> PolicyFile::read_checked() {
  SAMARA_TRY(std::optional<uint64_t> before, highest());
  SAMARA_TRY(Policy policy, read());
  const uint64_t least = before.value_or(0);
  if (policy.number >= least) return policy;
  const std::string found = policy.number == 0
                                ? std::string("there is none")
                                : "this one has number " + std::to_string(policy.number);
  return Error(Code::not_trusted, "policy '" + path() + "' was taken back: number " +
                                      std::to_string(least) + " was in force, " + found +
                                      "; restore it, or remove '" + folder_ + "/" +
                                      std::string(k_number_name) + "' if you mean it");
}

Result<std::shared_ptr<const TrustRules>> PolicyFile::rules() {
  std::lock_guard guard(mutex_);
  SAMARA_TRY(std::optional<Stamp> at, stamp());
  if (rules_ != nullptr && at == read_at_) return rules_;
  SAMARA_TRY(Policy policy, read_checked());
  if (policy.number > 0) {
    // A repository that cannot be written to may be read.
    if (auto locked = lock()) static_cast<void>(remember(policy.number));
  }
  rules_ = std::make_shared<const TrustRules>(std::move(policy));
  read_at_ = at;
  return rules_;
}

Result<OpenFile> PolicyFile::lock() {
  SAMARA_TRY(OpenFile file,
             OpenFile::open(files_, port::k_no_directory, folder_ + "/" + std::string(k_lock_name),
                            OpenMode::create_shared));
  SAMARA_CHECK(files_.lock(file.handle(), port::LockMode::exclusive, port::LockWait::yes));
  return file;
}

// Requires: the lock.
Result<void> PolicyFile::replace(const std::string& path, std::string_view text) {
  auto made =
      files_.make_directory(port::k_no_directory, folder_ + "/" + std::string(k_keys_folder));
  if (!made && made.error().code != Code::exists) return made;
  const std::string fresh = folder_ + "/" + std::string(k_new_name);
  SAMARA_TRY(OpenFile file,
             OpenFile::open(files_, port::k_no_directory, fresh, OpenMode::create_shared));
  SAMARA_CHECK(files_.truncate(file.handle(), 0));
  SAMARA_CHECK(files_.write(file.handle(), as_bytes(text)));
  SAMARA_CHECK(files_.sync(file.handle()));
  file.reset();
  SAMARA_CHECK(
      files_.rename(port::k_no_directory, fresh, port::k_no_directory, path, port::Replace::yes));
  SAMARA_TRY(OpenFile folder, OpenFile::open(files_, port::k_no_directory,
                                             path.substr(0, path.rfind('/')), OpenMode::directory));
  return files_.sync_directory(folder.handle());
}

// Requires: the lock.
Result<void> PolicyFile::remember(uint64_t number) {
  SAMARA_TRY(std::optional<uint64_t> before, highest());
  if (before.value_or(0) >= number) return {};
  return replace(folder_ + "/" + std::string(k_number_name), std::to_string(number) + "\n");
}

Result<Policy> PolicyFile::change(const std::function<Result<void>(Policy&)>& change) {
  SAMARA_TRY(OpenFile locked, lock());
  SAMARA_TRY(Policy policy, read_checked());
  SAMARA_CHECK(change(policy));
  policy.number++;
  const std::string text = print_policy(policy);
  // What is written is read by everybody: it must be readable.
  SAMARA_CHECK(parse_policy(text));
  auto written = replace(path(), text);
  if (!written) return std::move(written).error().with_context("cannot write '" + path() + "'");
  SAMARA_CHECK(remember(policy.number));
  return policy;
}

}  // namespace samara::trust
