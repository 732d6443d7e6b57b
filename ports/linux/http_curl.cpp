#include "ports/linux/http_curl.hpp"

#include <curl/curl.h>
#include <dlfcn.h>

#include <cctype>
#include <mutex>

namespace samara::port {

namespace {

// The functions used, from the library loaded at run time.
struct Curl {
  void* library = nullptr;
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;

  template <typename F>
  void load(F& function, const char* name) {
    function = reinterpret_cast<F>(dlsym(library, name));
    if (function == nullptr) missing = true;
  }
  bool missing = false;
};

const Curl* curl() {
  static std::once_flag once;
  static Curl loaded;
  std::call_once(once, [] {
    loaded.library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (loaded.library == nullptr) return;
    loaded.load(loaded.global_init, "curl_global_init");
    loaded.load(loaded.easy_init, "curl_easy_init");
    loaded.load(loaded.easy_setopt, "curl_easy_setopt");
    loaded.load(loaded.easy_perform, "curl_easy_perform");
    loaded.load(loaded.easy_getinfo, "curl_easy_getinfo");
    loaded.load(loaded.easy_cleanup, "curl_easy_cleanup");
    loaded.load(loaded.easy_strerror, "curl_easy_strerror");
    loaded.load(loaded.slist_append, "curl_slist_append");
    loaded.load(loaded.slist_free_all, "curl_slist_free_all");
    if (loaded.missing || loaded.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
      loaded.library = nullptr;
  });
  return loaded.library == nullptr ? nullptr : &loaded;
}

// What the callbacks of one request fill.
struct Transfer {
  const port::HttpRequest* request = nullptr;
  port::HttpResponse response;
  bool too_large = false;
};

size_t take_body(char* data, size_t size, size_t count, void* context) {
  auto* transfer = static_cast<Transfer*>(context);
  size_t bytes = size * count;
  if (transfer->response.body.size() + bytes > transfer->request->answer_bytes_max) {
    transfer->too_large = true;
    return 0;  // ends the transfer
  }
  transfer->response.body.insert(transfer->response.body.end(), data, data + bytes);
  return bytes;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

size_t take_header(char* data, size_t size, size_t count, void* context) {
  auto* transfer = static_cast<Transfer*>(context);
  std::string_view line = trimmed({data, size * count});
  if (line.substr(0, 5) == "HTTP/") {
    // A new answer: after a redirect the last one counts.
    transfer->response.headers.clear();
    transfer->response.status_text.clear();
    size_t code = line.find(' ');
    size_t reason = code == std::string_view::npos ? code : line.find(' ', code + 1);
    if (reason != std::string_view::npos)
      transfer->response.status_text = trimmed(line.substr(reason));
    return size * count;
  }
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  std::string name(line.substr(0, colon));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string& value = transfer->response.headers[name];
  if (!value.empty()) value += ", ";
  value += trimmed(line.substr(colon + 1));
  return size * count;
}

int look_at_cancel(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto* transfer = static_cast<Transfer*>(context);
  const std::atomic<bool>* cancel = transfer->request->cancel;
  return cancel != nullptr && cancel->load(std::memory_order_relaxed) ? 1 : 0;
}

Error failure(const Curl& c, CURLcode code, const Transfer& transfer) {
  if (transfer.too_large) return Error(Code::exhausted, "the answer is larger than the limit");
  const char* why = c.easy_strerror(code);
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return Error(Code::cancelled, "cancelled");
    case CURLE_OPERATION_TIMEDOUT:
      return Error(Code::timeout, why);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Error(Code::invalid_argument, why);
    default:
      return Error(Code::io, why);
  }
}

}  // namespace

Result<port::HttpResponse> CurlHttpClient::send(const port::HttpRequest& request) {
  const Curl* c = curl();
  if (c == nullptr) {
    return Error(Code::unsupported, "libcurl is not installed (Debian package libcurl4)");
  }
  CURL* handle = c->easy_init();
  if (handle == nullptr) return Error(Code::exhausted, "libcurl gives no handle");
  Transfer transfer;
  transfer.request = &request;
  curl_slist* headers = nullptr;
  for (auto& [name, value] : request.headers) {
    std::string line = name;
    line += ": ";
    line += value;
    // A line break would smuggle in another header.
    if (line.find_first_of("\r\n") != std::string::npos) {
      c->slist_free_all(headers);
      c->easy_cleanup(handle);
      return Error(Code::invalid_argument, "a header holds a line break");
    }
    headers = c->slist_append(headers, line.c_str());
  }
  c->easy_setopt(handle, CURLOPT_URL, request.url.c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
  c->easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  c->easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#endif
  c->easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  c->easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  c->easy_setopt(handle, CURLOPT_MAXREDIRS, 20L);
  c->easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  c->easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") c->easy_setopt(handle, CURLOPT_NOBODY, 1L);
  if (request.has_body) {
    c->easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(request.body.size()));
    c->easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.timeout.count() > 0) {
    c->easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  }
  c->easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  c->easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  c->easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
  c->easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  c->easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  c->easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, look_at_cancel);
  c->easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
  CURLcode code = c->easy_perform(handle);
  long status = 0;
  c->easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  c->slist_free_all(headers);
  c->easy_cleanup(handle);
  if (code != CURLE_OK) return failure(*c, code, transfer);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

}  // namespace samara::port
