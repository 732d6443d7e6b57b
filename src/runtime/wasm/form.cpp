#include "runtime/wasm/form.hpp"

#include <string>

#include "core/assert.hpp"
#include "runtime/wasm/writer.hpp"
#include "value/text_type.hpp"

namespace samara::runtime::wasm {

std::string_view form_word(Form form) {
  switch (form) {
    case Form::scalars:
      return "scalars";
    case Form::bytes:
      return "bytes";
    case Form::task:
      return "task";
    case Form::command:
      return "command";
  }
  SAMARA_ASSERT(!"a form");
  return "";
}

std::optional<std::string_view> custom_text(ByteView bytes, const Module& module,
                                            std::string_view name) {
  for (auto section = module.custom.rbegin(); section != module.custom.rend(); ++section) {
    if (section->name != name) continue;
    return as_text(bytes.subspan(section->data, section->end - section->data));
  }
  return {};
}

Result<std::optional<Form>> declared_form(ByteView bytes, const Module& module) {
  std::optional<std::string_view> word = custom_text(bytes, module, k_form_section_name);
  if (!word) return std::optional<Form>();
  for (Form form : {Form::scalars, Form::bytes, Form::task, Form::command}) {
    if (*word == form_word(form)) return std::optional<Form>(form);
  }
  return Error(Code::unsupported,
               "the module's section 'samara.form' holds an unknown word: it is "
               "scalars, bytes, task or command");
}

Form natural_form(const Module& module, const Export& item, bool typed) {
  const FunctionType& type = module.type_of(item.index);
  if (type == FunctionType{}) {
    if (item.name == k_command_name) return Form::command;
    for (const Import& import : module.imports) {
      if (import.module == k_samara_module_name && import.name == "publish_result") {
        return Form::task;
      }
    }
  }
  FunctionType encoded{{ValueType::i32, ValueType::i32}, {ValueType::i64}};
  bool bytes = typed && type == encoded && module.find_export(k_allocator_name) != nullptr;
  return bytes ? Form::bytes : Form::scalars;
}

Bytes with_form(ByteView bytes, Form form) {
  Bytes out(bytes.begin(), bytes.end());
  Bytes content;
  append_name(content, k_form_section_name);
  append_bytes(content, as_bytes(form_word(form)));
  append_section(out, 0, content);
  return out;
}

Result<const Type*> declared_type(ByteView bytes, const Module& module, const Export& item,
                                  TypeTable& types) {
  std::string name = std::string(k_type_section_name) + "." + item.name;
  std::optional<std::string_view> text = custom_text(bytes, module, name);
  if (!text) {
    name = k_type_section_name;
    text = custom_text(bytes, module, name);
  }
  if (!text) return nullptr;
  TypeParseResult parsed = type_from_text(types, *text);
  if (!parsed) {
    return Error(Code::check_failed,
                 "the module's section '" + name + "' is no type: " + parsed.error->message);
  }
  return parsed.type;
}

}  // namespace samara::runtime::wasm
