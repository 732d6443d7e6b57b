// fetch_*: HTTP through the port.

#include "eval/vm.hpp"

#include <algorithm>
#include "platform/functions.hpp"
#include "runtime/east/platform_host.hpp"
#include "value/sorted.hpp"

namespace samara::platform {

namespace {

using eval::Vm;

Result<port::HttpResponse> send(Vm& vm, port::Clock& clock, port::HttpClient* http,
                                port::HttpRequest request) {
  if (http == nullptr) return Error(Code::unsupported, "this build has no HTTP client");
  if (runtime::east::PlatformHost* host = runtime::east::platform_host(vm)) {
    request.cancel = host->cancel;
    if (host->deadline.has_value()) {
      auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(*host->deadline - clock.now());
      request.timeout = std::max(left, std::chrono::milliseconds(1));
    }
  }
  return http->send(request);
}

// Ends the run where the run's own limit ended the request; else an East error.
bool fail_fetch(Vm& vm, port::Clock& clock, std::string_view function, const std::string& text,
                const Error& error) {
  runtime::east::PlatformHost* host = runtime::east::platform_host(vm);
  if (error.code == Code::cancelled) return vm.fail(eval::FailureKind::cancelled, "cancelled");
  if (error.code == Code::timeout && host != nullptr && host->deadline.has_value() &&
      clock.now() >= *host->deadline) {
    return vm.fail(eval::FailureKind::timeout, "deadline passed");
  }
  return vm.fail_platform(function, text + ": " + std::string(error.message()));
}

bool failed_status(Vm& vm, std::string_view function, const port::HttpResponse& response) {
  return vm.fail_platform(function,
                          "HTTP " + std::to_string(response.status) + ": " + response.status_text);
}

bool ok_status(const port::HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

struct RequestTypes {
  const Type* method;
  const Type* headers;
  const Type* config;
  const Type* response;
};

RequestTypes request_types(TypeTable& types) {
  RequestTypes out{};
  const Type* null = types.null();
  const Type* text = types.string();
  out.method = types.variant({{"DELETE", null},
                              {"GET", null},
                              {"HEAD", null},
                              {"OPTIONS", null},
                              {"PATCH", null},
                              {"POST", null},
                              {"PUT", null}});
  out.headers = types.dict(text, text);
  out.config = types.structure({{"url", text},
                                {"method", out.method},
                                {"headers", out.headers},
                                {"body", types.option(text)}});
  out.response = types.structure({{"status", types.integer()},
                                  {"statusText", text},
                                  {"headers", out.headers},
                                  {"body", text},
                                  {"ok", types.boolean()}});
  return out;
}

}  // namespace

void add_fetch(Registrar& registrar, const StandardParts& parts) {
  TypeTable& types = registrar.types;
  const Type* text = types.string();
  port::HttpClient* http = parts.http;
  port::Clock* clock = &parts.clock;
  using Args = std::span<const Slot>;
  registrar.capability = "net";
  registrar.is_async = true;
  registrar.effect = eval::Effect::idempotent;
  auto get = [http, clock](std::string name, bool as_string) {
    return [http, clock, name, as_string](Vm& vm, Args args, Slot& out) {
      std::string url(text_of(args[0]));
      auto response = send(vm, *clock, http, {.method = "GET", .url = url});
      if (!response)
        return fail_fetch(vm, *clock, name, "Failed to fetch " + url, response.error());
      if (!ok_status(*response)) return failed_status(vm, name, *response);
      return vm.text(
          as_string ? as_valid_text(response->body) : std::string(as_text(response->body)), out);
    };
  };
  registrar.add("fetch_get", {text}, text, get("fetch_get", true));
  registrar.add("fetch_get_bytes", {text}, types.blob(), get("fetch_get_bytes", false));
  registrar.effect = eval::Effect::effectful;
  registrar.add("fetch_post", {text, text}, text, [http, clock](Vm& vm, Args args, Slot& out) {
    std::string url(text_of(args[0]));
    ByteView body = bytes_of(args[1]);
    auto response = send(vm, *clock, http,
                         {.method = "POST",
                          .url = url,
                          .headers = {{"Content-Type", "text/plain"}},
                          .body = Bytes(body.begin(), body.end()),
                          .has_body = true});
    if (!response)
      return fail_fetch(vm, *clock, "fetch_post", "Failed to post to " + url, response.error());
    if (!ok_status(*response)) return failed_status(vm, "fetch_post", *response);
    return vm.text(as_valid_text(response->body), out);
  });
  RequestTypes shapes = request_types(types);
  registrar.add("fetch_request", {shapes.config}, shapes.response,
                [http, clock, shapes](Vm& vm, Args args, Slot& out) {
                  port::HttpRequest request;
                  request.url = text_of(field_of(args[0], 0));
                  request.method = shapes.method->name(case_of(field_of(args[0], 1)));
                  for (SortedCursor at(as<SortedObject>(field_of(args[0], 2))); at.valid();
                       at.next()) {
                    request.headers[std::string(text_of(at.key()))] = text_of(at.value());
                  }
                  Slot body = field_of(args[0], 3);
                  if (case_of(body) == 1) {
                    ByteView bytes = bytes_of(payload_of(body));
                    request.body.assign(bytes.begin(), bytes.end());
                    request.has_body = true;
                  }
                  std::string url = request.url;
                  auto response = send(vm, *clock, http, std::move(request));
                  if (!response) {
                    return fail_fetch(vm, *clock, "fetch_request", "Failed to fetch " + url,
                                      response.error());
                  }
                  FieldsObject* result = vm.heap().new_fields(5);
                  SortedObject* headers = new_dict(vm.heap());
                  for (auto& [name, value] : response->headers) {
                    Slot key, content;
                    if (!vm.text(name, key) || !vm.text(value, content)) return false;
                    sorted_append(vm.heap(), headers, key, content);
                  }
                  result->fields()[0] = Slot::of(int64_t{response->status});
                  if (!vm.text(response->status_text, result->fields()[1])) return false;
                  result->fields()[2] = Slot::of(headers);
                  if (!vm.text(as_valid_text(response->body), result->fields()[3])) return false;
                  result->fields()[4] = Slot::of(ok_status(*response));
                  out = Slot::of(result);
                  return true;
                });
}

}  // namespace samara::platform
