#include "apps/samara/native_task.hpp"

#include "apps/samara/names.hpp"
#include "apps/samara/value_io.hpp"
#include "engine/engine.hpp"
#include "engine/signatures.hpp"
#include "image/container.hpp"
#include "image/writer.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

Result<void> read_file(Context& context, std::string_view path, NativeTask& out) {
  SAMARA_TRY(InputBytes input, read_input(context, path));
  const ByteView bytes = input.bytes();
  out.file.assign(bytes.begin(), bytes.end());
  return {};
}

Result<void> read_function(Context& context, std::string_view name, NativeTask& out) {
  SAMARA_TRY(Hash id, function_named(context, name));
  out.function = id;
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(FunctionRecord record, engine->function(id));
  if (record.kind != k_kind_native) {
    return Error(Code::unsupported, "'" + std::string(name) + "' is of kind '" + record.kind +
                                        "', only native images are signed");
  }
  SAMARA_TRY(out.file, engine->repository().objects().get(record.code));
  SAMARA_TRY(Bytes signatures, engine::signatures_of(engine->repository(), id));
  if (!signatures.empty()) {
    SAMARA_TRY(out.file, image::with_signatures(out.file, signatures));
  }
  return {};
}

}  // namespace

Result<NativeTask> native_task_named(Context& context, std::string_view text) {
  NativeTask out;
  const bool file = file_exists(context, text);
  SAMARA_CHECK(file ? read_file(context, text, out) : read_function(context, text, out));
  image::Container container;
  if (auto refusal = image::read_container(out.file, container)) {
    return image::refusal_error(refusal).with_context("'" + std::string(text) + "'");
  }
  if (auto refusal = image::check_image_hash(container)) {
    return image::refusal_error(refusal).with_context("'" + std::string(text) + "'");
  }
  out.task = container.task_id();
  return out;
}

}  // namespace samara::cli
