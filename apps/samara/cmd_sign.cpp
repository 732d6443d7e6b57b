// samara sign: adds a signature to a native image.

#include "apps/samara/commands.hpp"
#include "apps/samara/native_task.hpp"
#include "apps/samara/user_keys.hpp"
#include "apps/samara/value_io.hpp"
#include "engine/engine.hpp"
#include "engine/signatures.hpp"
#include "image/writer.hpp"
#include "store/directory_repository.hpp"
#include "trust/policy.hpp"
#include "trust/words.hpp"

namespace samara::cli {
namespace {

Result<image::Role> role_of(Context& context, const Arguments& arguments) {
  auto mask = trust::mask_of(trust::Words::roles, arguments.value("role").value_or("author"));
  if (!mask) return context.misuse(mask.error().message(), "as in --role reviewer");
  if (*mask == uint64_t{1} << static_cast<uint16_t>(image::Role::reviewer)) {
    return image::Role::reviewer;
  }
  if (*mask == uint64_t{1} << static_cast<uint16_t>(image::Role::operator_)) {
    return image::Role::operator_;
  }
  return image::Role::author;
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  const std::string_view what = arguments.positional(0);
  SAMARA_TRY(image::Role role, role_of(context, arguments));
  SAMARA_TRY(NativeTask task, native_task_named(context, what));
  SAMARA_TRY(SigningKey key, signing_key(context, arguments.value("key").value_or("")));
  SAMARA_TRY(image::PublicKey shown, image::public_key(key.key));
  const image::KeyId id = image::key_id(shown);
  SAMARA_TRY(image::SignatureBytes signature,
             image::sign_ed25519(key.key, image::signed_message(task.task)));
  auto with = image::add_signature(task.file, role, id, signature);
  if (!with) {
    return std::move(with).error().with_context("cannot sign '" + std::string(what) + "'");
  }
  std::string to(arguments.value("output").value_or(""));
  if (!to.empty() || !task.function) {
    if (to.empty()) to = what;
    SAMARA_CHECK(write_output(context, to, as_text(*with)));
  } else {
    SAMARA_TRY(engine::Engine * engine, context.engine());
    SAMARA_CHECK(engine::add_signatures(engine->repository(), *task.function,
                                        image::signature_part(role, id, signature),
                                        store::Durability::synced));
  }
  const std::string role_word =
      trust::words_of(trust::Words::roles, uint64_t{1} << static_cast<uint16_t>(role))[0];
  if (context.json()) {
    JsonLine line("signature");
    line.text("task", task.task.hex()).text("key", trust::id_text(id)).text("role", role_word);
    if (!to.empty()) line.text("file", to);
    if (to.empty()) line.text("function", task.function->hex());
    context.out().line(std::move(line).done());
  } else {
    context.note("'" + (to.empty() ? std::string(what) : to) + "' is signed by '" + key.name +
                 "' (" + trust::id_text(id) + ") as " + role_word);
  }
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"IMAGE", "a file (.snt), or a function of the repository", Completes::file},
};
constexpr OptionSpec k_options[] = {
    {"key", 'k', "KEY", "name of a key, or a file; default: the only one", Completes::key},
    {"role", 0, "ROLE", "author, reviewer or operator; default: author"},
    {"output", 'o', "FILE", "leave IMAGE alone and write here", Completes::file},
};

}  // namespace

constinit const Command k_sign = {
    .group = "",
    .name = "sign",
    .summary = "add a signature to a native image, at most four",
    .positionals = k_positionals,
    .options = k_options,
    .detail =
        "Signing changes no id: the function stays the same, with what is known of its\n"
        "calls. samara key trust tells a repository whose signatures count.",
    .example = "samara sign fib.snt --key alice",
    .run = run,
};

}  // namespace samara::cli
