#include "store/quarantine.hpp"

#include "store/directory_objects.hpp"
#include "store/names.hpp"

namespace samara::store {

using port::OpenFile;
using port::OpenMode;

namespace {

// The new name first: a power loss between the two may leave the file twice, never nowhere.
Result<void> sync_move(Folder& folder, std::string_view path, port::Handle quarantine) {
  port::Files& files = folder.files();
  SAMARA_CHECK(files.sync_directory(quarantine));
  SAMARA_CHECK(files.sync_directory(folder.root()));
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  SAMARA_TRY(OpenFile parent,
             OpenFile::open(files, folder.root(), path.substr(0, slash), OpenMode::directory));
  return files.sync_directory(parent.handle());
}

}  // namespace

Result<void> quarantine(Folder& folder, std::string_view path) {
  port::Files& files = folder.files();
  SAMARA_CHECK(ensure_directory(files, folder.root(), k_quarantine));
  SAMARA_TRY(OpenFile directory,
             OpenFile::open(files, folder.root(), k_quarantine, OpenMode::directory));
  std::string name(path);
  for (char& c : name) {
    if (c == '/') c = '+';
  }
  // A long ref name still needs a name of one component.
  if (name.size() > 200) name.resize(200);
  constexpr int k_names_max = 10'000;
  for (int i = 0; i < k_names_max; i++) {
    const std::string target = i == 0 ? name : name + "." + std::to_string(i);
    auto moved = files.rename(folder.root(), path, directory.handle(), target, port::Replace::no);
    if (moved) return sync_move(folder, path, directory.handle());
    if (moved.error().code != Code::exists) return moved;
  }
  return Error(Code::exists, "no free name in quarantine/");
}

Result<void> quarantine_object(Folder& folder, const Hash& hash) {
  port::Files& files = folder.files();
  SAMARA_TRY(port::Handle directory, folder.fan_out(hash.bytes[0]));
  const ObjectName name(hash);
  SAMARA_TRY(OpenFile file, OpenFile::open(files, directory, name.view(), OpenMode::read));
  SAMARA_CHECK(files.lock(file.handle(), port::LockMode::exclusive, port::LockWait::yes));
  SAMARA_TRY(bool named, still_named(files, file.handle(), directory, name.view()));
  if (named) {
    SAMARA_TRY(port::FileInfo info, files.info(file.handle()));
    SAMARA_TRY(Hash found, digest_file(files, file.handle(), info.size_bytes));
    named = found != hash;
  }
  if (!named) return Error(Code::conflict, "it was replaced meanwhile");
  const std::string hex = hash.hex();
  return quarantine(folder, "objects/" + hex.substr(0, 2) + "/" + hex.substr(2));
}

}  // namespace samara::store
