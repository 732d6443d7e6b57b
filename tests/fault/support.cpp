#include "tests/fault/support.hpp"

#include <stdlib.h>

#include <filesystem>

namespace samara::test {

ScratchDirectory::ScratchDirectory() {
  const char* base = ::getenv("TMPDIR");
  std::string pattern = std::string(base != nullptr ? base : "/tmp") + "/samara-test-XXXXXX";
  const char* made = ::mkdtemp(pattern.data());
  SAMARA_ASSERT(made != nullptr);
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  // Tests may have taken rights away.
  std::filesystem::permissions(path_, std::filesystem::perms::owner_all,
                               std::filesystem::perm_options::add, ignored);
  std::filesystem::remove_all(path_, ignored);
}

namespace {

class RealWorld final : public World {
 public:
  port::Files& files() override { return files_; }
  std::string path() override { return scratch_.path(); }

 private:
  ScratchDirectory scratch_;
  port::LinuxFiles files_;
};

class MemoryWorld final : public World {
 public:
  port::Files& files() override { return files_; }
  std::string path() override { return "/"; }

 private:
  port::MemoryFiles files_;
};

}  // namespace

std::unique_ptr<World> make_world(WorldKind kind) {
  if (kind == WorldKind::real) return std::make_unique<RealWorld>();
  return std::make_unique<MemoryWorld>();
}

std::string object_referring_to(const std::vector<Hash>& hashes, std::string_view salt) {
  std::string out = "refs:\n";
  for (const Hash& hash : hashes) out += hash.hex() + "\n";
  out += salt;
  return out;
}

Result<std::vector<Hash>> test_references(const Hash&, ByteView bytes) {
  std::vector<Hash> out;
  std::string_view text = as_text(bytes);
  if (!text.starts_with("refs:\n")) return out;
  text.remove_prefix(6);
  while (text.size() >= 65) {
    auto hash = Hash::parse(text.substr(0, 64));
    if (!hash) break;
    out.push_back(*hash);
    text.remove_prefix(65);
  }
  return out;
}

Result<std::vector<Hash>> test_record_references(const store::CallKey&, std::string_view,
                                                 ByteView bytes) {
  return test_references(Hash{}, bytes);
}

std::string describe(const store::FsckReport& report) {
  std::string out;
  for (const store::Finding& finding : report.findings) {
    out += std::string(store::finding_name(finding.kind)) + " " + finding.path + ": " +
           finding.explanation + (finding.repaired ? " (repaired)\n" : "\n");
  }
  return out;
}

Bytes noise(size_t size, uint64_t seed) {
  port::SeededRandom random(seed);
  Bytes out(size);
  random.fill(out);
  return out;
}

}  // namespace samara::test
