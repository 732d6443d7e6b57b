#pragma once
// HttpClient over libcurl, which is loaded when the first request is made: it brings some thirty
// libraries, which no program should pay for at its start. Threads: any.

#include "port/http.hpp"

namespace samara::port {

class CurlHttpClient final : public port::HttpClient {
 public:
  Result<port::HttpResponse> send(const port::HttpRequest& request) override;
};

}  // namespace samara::port
