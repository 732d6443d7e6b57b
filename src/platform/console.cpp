// console_log, console_error, console_write: to the log of the run.

#include "platform/functions.hpp"
#include "runtime/east/platform_host.hpp"

namespace samara::platform {

void add_console(Registrar& registrar) {
  registrar.effect = eval::Effect::effectful;
  registrar.capability = "";
  registrar.is_async = false;
  auto writer = [](LogStream stream, bool newline) {
    return [stream, newline](eval::Vm& vm, std::span<const Slot> args, Slot&) {
      runtime::east::PlatformHost* host = runtime::east::platform_host(vm);
      if (host == nullptr || host->log == nullptr) return true;
      std::string text(text_of(args[0]));
      if (newline) text += '\n';
      host->log->write(stream, text);
      return true;
    };
  };
  const Type* text = registrar.types.string();
  const Type* null = registrar.types.null();
  registrar.add("console_log", {text}, null, writer(LogStream::out, true));
  registrar.add("console_error", {text}, null, writer(LogStream::err, true));
  registrar.add("console_write", {text}, null, writer(LogStream::out, false));
}

}  // namespace samara::platform
