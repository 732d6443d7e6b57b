#pragma once
// HttpClient: one request, one answer. Threads: implementations may be called from any thread.

#include <atomic>
#include <chrono>
#include <map>
#include <string>

#include "core/bytes.hpp"

namespace samara::port {

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https
  std::map<std::string, std::string> headers = {};
  Bytes body = {};
  bool has_body = false;
  /// Zero: no limit of its own.
  std::chrono::milliseconds timeout{0};
  uint64_t answer_bytes_max = uint64_t{1} << 30;
  /// Set by another thread to give up.
  const std::atomic<bool>* cancel = nullptr;
};

struct HttpResponse {
  int status = 0;
  std::string status_text;
  std::map<std::string, std::string> headers;  // names in lower case
  Bytes body;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Follows redirects. Any status is an answer.
  /// Errors: io (no connection, name, TLS), timeout, cancelled, exhausted (the answer is too
  /// large), invalid_argument (the URL).
  virtual Result<HttpResponse> send(const HttpRequest& request) = 0;
};

}  // namespace samara::port
