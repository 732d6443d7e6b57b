#include "store/directory_objects.hpp"
#include "store/verified.hpp"

#include <algorithm>

#include "core/sha256.hpp"
#include "store/names.hpp"
#include "store/publish.hpp"

namespace samara::store {

using port::FileInfo;
using port::Files;
using port::Handle;
using port::OpenFile;
using port::OpenMode;

namespace {

// Smaller objects are read, larger ones mapped: below this, setting up a mapping costs more than
// the copy.
constexpr uint64_t k_map_bytes_min = 256 * 1024;
constexpr size_t k_piece_bytes = 128 * 1024;

Error cannot(std::string_view verb, const Hash& hash, Error&& error) {
  return std::move(error).with_context("cannot " + std::string(verb) + " object " +
                                       in_quotes(hash));
}

Error damaged() { return Error(Code::not_found, "its file is damaged, 'samara fsck' tells more"); }

// What we wrote and hashed at once, or compared with what was there, need not be hashed again.
void note_written(Folder& folder, const Hash& hash) {
  auto directory = folder.fan_out(hash.bytes[0]);
  if (!directory) return;
  auto info = folder.files().info_at(*directory, ObjectName(hash).view());
  if (info) VerifiedFiles::of_process().note(hash, *info);
}

class FileWriter final : public ObjectWriter {
 public:
  FileWriter(Folder& folder, TempFile temp, Durability durability)
      : folder_(folder), temp_(std::move(temp)), durability_(durability) {
    buffer_.reserve(k_piece_bytes);
  }

  Result<void> update(ByteView bytes) override {
    SAMARA_ASSERT(!committed_);
    hasher_.update(bytes);
    if (buffer_.size() + bytes.size() <= k_piece_bytes) {
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
      return {};
    }
    SAMARA_CHECK(flush());
    if (bytes.size() >= k_piece_bytes) return write(bytes);
    buffer_.assign(bytes.begin(), bytes.end());
    return {};
  }

  Result<Hash> commit() override {
    SAMARA_ASSERT(!committed_);
    committed_ = true;
    SAMARA_CHECK(flush());
    const Hash hash = hasher_.finish();
    if (durability_ == Durability::synced) {
      auto synced = folder_.files().sync(temp_.handle());
      if (!synced) return cannot("store", hash, std::move(synced).error());
    }
    auto published = publish_file(folder_, hash, std::move(temp_), durability_);
    if (!published) return cannot("store", hash, std::move(published).error());
    note_written(folder_, hash);
    return hash;
  }

 private:
  Result<void> flush() {
    SAMARA_CHECK(write(buffer_));
    buffer_.clear();
    return {};
  }
  Result<void> write(ByteView bytes) {
    if (bytes.empty()) return {};
    auto written = folder_.files().write(temp_.handle(), bytes);
    if (!written) return std::move(written).error().with_context("cannot store an object");
    return {};
  }

  Folder& folder_;
  TempFile temp_;
  Durability durability_;
  Sha256 hasher_;
  Bytes buffer_;
  bool committed_ = false;
};

}  // namespace

Result<Hash> digest_file(Files& files, Handle file, uint64_t size_bytes) {
  Sha256 hasher;
  Bytes buffer(static_cast<size_t>(std::min<uint64_t>(size_bytes, k_piece_bytes)));
  for (uint64_t at = 0; at < size_bytes;) {
    SAMARA_TRY(size_t count, files.read_at(file, at, buffer));
    if (count == 0) break;
    hasher.update(ByteView(buffer).first(count));
    at += count;
  }
  return hasher.finish();
}

Result<Hash> DirectoryObjects::put(ByteView bytes, Durability durability) {
  const Hash hash = sha256(bytes);
  auto published = publish_bytes(folder_, hash, bytes, durability);
  if (!published) return cannot("store", hash, std::move(published).error());
  if (bytes.size() >= VerifiedFiles::k_bytes_min) note_written(folder_, hash);
  return hash;
}

Result<std::unique_ptr<ObjectWriter>> DirectoryObjects::writer(Durability durability) {
  auto temp = TempFile::create(folder_, folder_.tmp());
  if (!temp) return std::move(temp).error().with_context("cannot store an object");
  return std::unique_ptr<ObjectWriter>(
      std::make_unique<FileWriter>(folder_, std::move(*temp), durability));
}

Result<DirectoryObjects::Opened> DirectoryObjects::open(const Hash& hash) {
  SAMARA_TRY(Handle directory, folder_.fan_out(hash.bytes[0]));
  SAMARA_TRY(OpenFile file,
             OpenFile::open(folder_.files(), directory, ObjectName(hash).view(), OpenMode::read));
  SAMARA_TRY(FileInfo info, folder_.files().info(file.handle()));
  if (info.kind != port::FileKind::file) return damaged();
  return Opened{std::move(file), info.size_bytes, info};
}

Result<void> DirectoryObjects::verify(const Opened& object, const Hash& hash) {
  SAMARA_TRY(Hash found, digest_file(folder_.files(), object.file.handle(), object.size_bytes));
  if (found != hash) return damaged();
  return {};
}

Result<Bytes> DirectoryObjects::read(const Opened& object, const Hash& hash) {
  if (object.size_bytes > k_object_bytes_get_max) {
    return Error(Code::exhausted, "it has " + std::to_string(object.size_bytes) +
                                      " bytes, more than are read into memory at once");
  }
  Bytes bytes(static_cast<size_t>(object.size_bytes));
  SAMARA_TRY(size_t count, folder_.files().read_at(object.file.handle(), 0, bytes));
  if (count != bytes.size() || sha256(bytes) != hash) return damaged();
  return bytes;
}

Result<Bytes> DirectoryObjects::get(const Hash& hash) {
  auto result = [&]() -> Result<Bytes> {
    SAMARA_TRY(Opened object, open(hash));
    return read(object, hash);
  }();
  if (!result && result.error().code == Code::not_found) {
    SAMARA_TRY(auto entry, in_journal(hash));
    if (entry) return std::move(*entry);
  }
  if (!result) return cannot("read", hash, std::move(result).error());
  return result;
}

Result<std::optional<Bytes>> DirectoryObjects::in_journal(const Hash& hash) {
  auto entry = folder_.journals().object(hash);
  if (!entry) return cannot("read", hash, std::move(entry).error());
  return entry;
}

Result<ObjectBytes> DirectoryObjects::view(const Hash& hash) {
  auto result = [&]() -> Result<ObjectBytes> {
    SAMARA_TRY(Opened object, open(hash));
    if (object.size_bytes < k_map_bytes_min) {
      SAMARA_TRY(Bytes bytes, read(object, hash));
      return ObjectBytes(std::move(bytes));
    }
    if (!VerifiedFiles::of_process().holds(hash, object.info)) {
      SAMARA_CHECK(verify(object, hash));
      VerifiedFiles::of_process().note(hash, object.info);
    }
    if (auto known = mappings_.find(hash, object.info)) return ObjectBytes(std::move(known));
    SAMARA_TRY(port::Mapping mapping,
               port::Mapping::map(folder_.files(), object.file.handle(), object.size_bytes));
    auto shared = std::make_shared<const port::Mapping>(std::move(mapping));
    mappings_.keep(hash, object.info, shared);
    return ObjectBytes(std::move(shared));
  }();
  if (!result && result.error().code == Code::not_found) {
    SAMARA_TRY(auto entry, in_journal(hash));
    if (entry) return ObjectBytes(std::move(*entry));
  }
  if (!result) return cannot("read", hash, std::move(result).error());
  return result;
}

Result<void> DirectoryObjects::stream(const Hash& hash, ByteSink& sink) {
  auto opened = open(hash);
  auto verified = opened ? verify(*opened, hash) : Result<void>(Error(Code::not_found, ""));
  const bool missing = opened ? !verified && verified.error().code == Code::not_found
                              : opened.error().code == Code::not_found;
  if (missing) {
    SAMARA_TRY(auto entry, in_journal(hash));
    if (entry) return sink.write(*entry);
  }
  if (!opened) return cannot("read", hash, std::move(opened).error());
  if (!verified) return cannot("read", hash, std::move(verified).error());
  Bytes buffer(static_cast<size_t>(std::min<uint64_t>(opened->size_bytes, k_piece_bytes)));
  for (uint64_t at = 0; at < opened->size_bytes;) {
    auto count = folder_.files().read_at(opened->file.handle(), at, buffer);
    if (!count) return cannot("read", hash, std::move(count).error());
    if (*count == 0) return cannot("read", hash, damaged());
    SAMARA_CHECK(sink.write(ByteView(buffer).first(*count)));
    at += *count;
  }
  return {};
}

Result<uint64_t> DirectoryObjects::size_bytes(const Hash& hash) {
  auto look = [&]() -> Result<uint64_t> {
    SAMARA_TRY(Handle directory, folder_.fan_out(hash.bytes[0]));
    SAMARA_TRY(FileInfo info, folder_.files().info_at(directory, ObjectName(hash).view()));
    return info.size_bytes;
  };
  auto result = look();
  if (!result && result.error().code == Code::not_found) {
    auto entry = folder_.journals().object_bytes(hash);
    if (!entry) return cannot("read", hash, std::move(entry).error());
    if (*entry) return **entry;
  }
  if (!result) return cannot("read", hash, std::move(result).error());
  return result;
}

Result<bool> DirectoryObjects::contains(const Hash& hash) {
  auto size = size_bytes(hash);
  if (size) return true;
  if (size.error().code == Code::not_found) return false;
  return std::move(size).error();
}

Result<void> DirectoryObjects::sync(std::span<const Hash> hashes) {
  bool touched[256] = {};
  for (const Hash& hash : hashes) {
    auto opened = open(hash);
    if (!opened && opened.error().code == Code::not_found) {
      // Synced as a file of its own: a journal is as safe as a cache.
      SAMARA_TRY(auto entry, in_journal(hash));
      if (entry) {
        SAMARA_TRY(Hash stored, put(*entry, Durability::synced));
        SAMARA_ASSERT(stored == hash);
        continue;
      }
    }
    if (!opened) return cannot("sync", hash, std::move(opened).error());
    auto synced = folder_.files().sync(opened->file.handle());
    if (!synced) return cannot("sync", hash, std::move(synced).error());
    touched[hash.bytes[0]] = true;
  }
  for (unsigned first = 0; first < 256; first++) {
    if (!touched[first]) continue;
    SAMARA_TRY(Handle directory, folder_.fan_out(static_cast<uint8_t>(first)));
    SAMARA_CHECK(folder_.files().sync_directory(directory));
  }
  return {};
}

Result<FanOutListing> list_fan_out(Folder& folder, uint8_t first) {
  SAMARA_TRY(Handle directory, folder.fan_out(first));
  SAMARA_TRY(std::vector<port::DirectoryEntry> entries, folder.files().list(directory));
  FanOutListing out;
  out.hashes.reserve(entries.size());
  const std::string head(FanOutName(first).view());
  for (port::DirectoryEntry& entry : entries) {
    if (entry.kind == port::FileKind::file && is_lower_hex(entry.name, 62)) {
      SAMARA_TRY(Hash hash, Hash::parse(head + entry.name));
      out.hashes.push_back(hash);
    } else {
      out.others.push_back(std::move(entry));
    }
  }
  return out;
}

Result<void> DirectoryObjects::list(const HashVisitor& visit) {
  for (unsigned first = 0; first < 256; first++) {
    SAMARA_TRY(FanOutListing listing, list_fan_out(folder_, static_cast<uint8_t>(first)));
    for (const Hash& hash : listing.hashes) {
      if (!visit(hash)) return {};
    }
  }
  SAMARA_TRY(std::vector<Hash> more, only_in_journals());
  for (const Hash& hash : more) {
    if (!visit(hash)) return {};
  }
  return {};
}

Result<std::vector<Hash>> DirectoryObjects::only_in_journals() {
  SAMARA_TRY(std::vector<Hash> out, folder_.journals().objects());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  auto file = [&](const Hash& hash) {
    auto directory = folder_.fan_out(hash.bytes[0]);
    return directory && folder_.files().info_at(*directory, ObjectName(hash).view());
  };
  std::erase_if(out, file);
  return out;
}

Result<PrefixMatch> DirectoryObjects::resolve_prefix(std::string_view hex) {
  std::string prefix(hex);
  for (char& c : prefix) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  if (prefix.empty() || prefix.size() > 64 || !is_lower_hex(prefix, prefix.size())) {
    return Error(Code::invalid_argument, in_quotes(hex) + " is no hash: 1 to 64 hex digits");
  }
  PrefixMatch out;
  if (prefix.size() == 64) {
    SAMARA_TRY(Hash hash, Hash::parse(prefix));
    SAMARA_TRY(bool present, contains(hash));
    if (present) out.hashes.push_back(hash);
    return out;
  }
  for (unsigned first = 0; first < 256; first++) {
    const std::string head(FanOutName(static_cast<uint8_t>(first)).view());
    const size_t shared = std::min<size_t>(2, prefix.size());
    if (head.compare(0, shared, prefix, 0, shared) != 0) continue;
    SAMARA_TRY(FanOutListing listing, list_fan_out(folder_, static_cast<uint8_t>(first)));
    for (const Hash& hash : listing.hashes) {
      if (hash.hex().starts_with(prefix)) out.hashes.push_back(hash);
    }
  }
  SAMARA_TRY(std::vector<Hash> more, folder_.journals().objects());
  for (const Hash& hash : more) {
    if (hash.hex().starts_with(prefix)) out.hashes.push_back(hash);
  }
  std::sort(out.hashes.begin(), out.hashes.end());
  out.hashes.erase(std::unique(out.hashes.begin(), out.hashes.end()), out.hashes.end());
  if (out.hashes.size() > k_prefix_matches_max) {
    out.hashes.resize(k_prefix_matches_max);
    out.more = true;
  }
  return out;
}

}  // namespace samara::store
