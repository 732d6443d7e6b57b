#include "apps/samara/user_keys.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "apps/samara/near_miss.hpp"
#include "apps/samara/value_io.hpp"
#include "store/names.hpp"
#include "trust/pem.hpp"

namespace samara::cli {
namespace {

constexpr std::string_view k_private = ".pem";
constexpr std::string_view k_public = ".pub";

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

Result<void> make_folders(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    // What is in it concerns nobody else.
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      return port::os_error(errno).with_context("cannot make folder " + in_quotes(part));
    }
    if (slash == std::string::npos) return {};
  }
}

// A new file, whole or not at all.
Result<void> write_new(port::Files& files, const std::string& path, std::string_view text,
                       mode_t mode) {
  const std::string fresh = path + ".new";
  static_cast<void>(files.remove(port::k_no_directory, fresh));
  SAMARA_TRY(port::OpenFile file, port::OpenFile::open(files, port::k_no_directory, fresh,
                                                       port::OpenMode::create_private));
  SAMARA_CHECK(files.write(file.handle(), as_bytes(text)));
  SAMARA_CHECK(files.sync(file.handle()));
  file.reset();
  if (::chmod(fresh.c_str(), mode) != 0) return port::os_error(errno);
  auto named =
      files.rename(port::k_no_directory, fresh, port::k_no_directory, path, port::Replace::no);
  if (!named) static_cast<void>(files.remove(port::k_no_directory, fresh));
  return named;
}

Result<image::PrivateKey> read_private(Context& context, const std::string& path) {
  SAMARA_TRY(InputBytes input, read_input(context, path));
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0 && (info.st_mode & 077) != 0) {
    return context.fail(Code::permission, "others may read the private key " + in_quotes(path),
                        "chmod 600 " + path);
  }
  auto key = trust::parse_private_key(as_text(input.bytes()));
  if (!key) return std::move(key).error().with_context(in_quotes(path));
  return key;
}

Result<std::vector<std::string>> user_key_names(Context& context) {
  SAMARA_TRY(std::string folder, user_key_folder());
  port::Files& files = context.files();
  auto opened =
      port::OpenFile::open(files, port::k_no_directory, folder, port::OpenMode::directory);
  std::vector<std::string> out;
  if (!opened && opened.error().code == Code::not_found) return out;
  if (!opened) return std::move(opened).error().with_context(in_quotes(folder));
  SAMARA_TRY(auto entries, files.list(opened->handle()));
  for (const port::DirectoryEntry& entry : entries) {
    if (entry.name.ends_with(k_private)) {
      out.push_back(entry.name.substr(0, entry.name.size() - k_private.size()));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::string> file_of(std::string_view name) {
  SAMARA_TRY(std::string folder, user_key_folder());
  return folder + "/" + std::string(name) + std::string(k_private);
}

Error no_such_key(Context& context, std::string_view text) {
  std::string hint = "samara key new NAME makes a key";
  if (auto names = user_key_names(context); names && !names->empty()) {
    const std::string near = nearest(text, *names);
    hint = near.empty() ? "samara key ls lists the keys" : "did you mean '" + near + "'?";
  }
  return context.fail(Code::not_found, "there is no key " + in_quotes(text), hint);
}

}  // namespace

Result<std::string> user_key_folder() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config == '/') return std::string(config) + "/samara/keys";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return std::string(home) + "/.config/samara/keys";
  return Error(Code::not_found,
               "no place for keys: neither XDG_CONFIG_HOME nor HOME names a folder");
}

Result<std::vector<UserKey>> user_keys(Context& context) {
  SAMARA_TRY(auto names, user_key_names(context));
  std::vector<UserKey> out;
  for (const std::string& name : names) {
    UserKey one{.name = name, .file = {}};
    SAMARA_TRY(one.file, file_of(name));
    auto key = read_private(context, one.file);
    auto shown = key ? image::public_key(*key) : Result<image::PublicKey>(key.error().clone());
    if (!shown) {
      context.warn(shown.error().message());
      continue;
    }
    one.key = *shown;
    out.push_back(std::move(one));
  }
  return out;
}

Result<UserKey> make_user_key(Context& context, std::string_view name) {
  auto valid = store::check_component(name);
  if (!valid || name.front() == '.' || name.front() == '-' || name.size() > 64) {
    return context.misuse("a key cannot be named " + in_quotes(name),
                          "letters and digits, as in samara key new alice");
  }
  image::PrivateKey secret{};
  context.random().fill(secret);
  UserKey out{.name = std::string(name), .file = {}};
  SAMARA_TRY(out.key, image::public_key(secret));
  SAMARA_TRY(std::string folder, user_key_folder());
  SAMARA_CHECK(make_folders(folder));
  SAMARA_TRY(out.file, file_of(name));
  SAMARA_TRY(std::string private_text, trust::private_pem(secret));
  SAMARA_TRY(std::string public_text, trust::public_pem(out.key));
  auto written = write_new(context.files(), out.file, private_text, 0600);
  if (!written && written.error().code == Code::exists) {
    return context.fail(Code::exists, "there is a key " + in_quotes(name) + " already",
                        "samara key ls");
  }
  if (!written) return std::move(written).error().with_context(in_quotes(out.file));
  const std::string shown = folder + "/" + out.name + std::string(k_public);
  // Left by a private key that somebody removed.
  static_cast<void>(context.files().remove(port::k_no_directory, shown));
  SAMARA_CHECK(write_new(context.files(), shown, public_text, 0644));
  return out;
}

Result<SigningKey> signing_key(Context& context, std::string_view text) {
  SAMARA_TRY(auto names, user_key_names(context));
  if (text.empty()) {
    if (names.empty()) {
      return context.fail(Code::not_found, "there is no key to sign with",
                          "samara key new NAME makes one");
    }
    if (names.size() > 1) {
      return context.fail(Code::ambiguous, "there are several keys to sign with",
                          "say which: --key " + names[0]);
    }
    text = names[0];
  }
  SigningKey out{.name = std::string(text)};
  std::string path(text);
  if (std::find(names.begin(), names.end(), text) != names.end()) {
    SAMARA_TRY(path, file_of(text));
  } else if (!file_exists(context, text)) {
    return no_such_key(context, text);
  }
  SAMARA_TRY(out.key, read_private(context, path));
  return out;
}

Result<NamedPublicKey> public_key_named(Context& context, std::string_view text) {
  NamedPublicKey out;
  auto names = user_key_names(context);
  if (names && std::find(names->begin(), names->end(), text) != names->end()) {
    SAMARA_TRY(std::string path, file_of(text));
    SAMARA_TRY(image::PrivateKey key, read_private(context, path));
    SAMARA_TRY(out.key, image::public_key(key));
    out.name = text;
    return out;
  }
  if (file_exists(context, text)) {
    SAMARA_TRY(InputBytes input, read_input(context, text));
    auto key = trust::parse_public_key(as_text(input.bytes()));
    if (!key) return std::move(key).error().with_context(in_quotes(text));
    out.key = *key;
    out.name = text.substr(text.rfind('/') + 1);
    out.name = out.name.substr(0, out.name.rfind('.'));
    return out;
  }
  if (text.size() != 2 * sizeof(image::PublicKey) ||
      text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
    return no_such_key(context, text);
  }
  SAMARA_TRY(out.key, trust::parse_public_key(text));
  return out;
}

}  // namespace samara::cli
