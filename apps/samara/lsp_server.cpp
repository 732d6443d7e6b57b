#include "apps/samara/lsp_server.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "apps/samara/lsp_text.hpp"
#include "apps/samara/source_file.hpp"
#include "eval/platform_signatures.hpp"
#include "lang/complete.hpp"
#include "lang/parse.hpp"
#include "lang/print.hpp"

namespace samara::cli {
namespace {

using nlohmann::json;

// Numbers of the protocol.
constexpr int k_parse_error = -32700;
constexpr int k_invalid_request = -32600;
constexpr int k_method_not_found = -32601;
constexpr int k_invalid_params = -32602;
constexpr int k_not_initialized = -32002;
constexpr int k_request_failed = -32803;

// --- names of files
// ---------------------------------------------------------------------------------------

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What is no file of this machine keeps its URI as its path.
std::string path_of(std::string_view uri) {
  constexpr std::string_view k_scheme = "file://";
  if (!uri.starts_with(k_scheme)) return std::string(uri);
  uri.remove_prefix(k_scheme.size());
  std::string out;
  for (size_t i = 0; i < uri.size(); i++) {
    const int high = uri[i] == '%' && i + 2 < uri.size() ? hex_digit(uri[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(uri[i + 2]) : -1;
    if (low < 0) {
      out += uri[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string uri_of(std::string_view path) {
  if (!path.starts_with('/')) return std::string(path);
  std::string out = "file://";
  for (char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += "0123456789ABCDEF"[byte >> 4];
    out += "0123456789ABCDEF"[byte & 15];
  }
  return out;
}

// --- documents
// --------------------------------------------------------------------------------------------

struct Document {
  std::string uri;
  std::string path;
  int64_t version = 0;
  LspText text;
  bool analysed = false;  // the rest belongs to the text as it is
  std::unique_ptr<lang::SyntaxTree> tree;
  lang::Compilation compilation;
  bool parses = false;
};

using Documents = std::map<std::string, Document, std::less<>>;  // by URI

// As the command line, except that what an editor holds goes before what is on disk.
class EditorImports final : public lang::Imports {
 public:
  EditorImports(Context& context, const Documents& documents)
      : files_(context), documents_(documents) {}
  Result<File> read(std::string_view importing_path, std::string_view path) override {
    for (const auto& [uri, document] : documents_) {
      if (document.path != joined(importing_path, path)) continue;
      return File{document.path, document.text.text()};
    }
    return files_.read(importing_path, path);
  }
  Result<std::shared_ptr<const ir::Program>> function(std::string_view scheme,
                                                      std::string_view text) override {
    return files_.function(scheme, text);
  }

 private:
  static std::string joined(std::string_view importing_path, std::string_view path) {
    if (path.starts_with("./")) path.remove_prefix(2);
    if (path.starts_with('/')) return std::string(path);
    const size_t slash = importing_path.rfind('/');
    if (slash == std::string_view::npos) return std::string(path);
    return std::string(importing_path.substr(0, slash + 1)) + std::string(path);
  }

  SourceImports files_;
  const Documents& documents_;
};

// --- the protocol's shapes
// ----------------------------------------------------------------------------------

json to_json(LspPosition at) { return {{"line", at.line}, {"character", at.character}}; }

json range_json(const LspText& text, lang::Span span) {
  return {{"start", to_json(text.position(span.begin))}, {"end", to_json(text.position(span.end))}};
}

LspPosition position_in(const json& object) {
  return {object.at("line").get<uint32_t>(), object.at("character").get<uint32_t>()};
}

json diagnostic_json(const Document& document, const lang::Diagnostic& diagnostic) {
  std::string message = diagnostic.title;
  if (!diagnostic.label.empty()) message += "\n" + diagnostic.label;
  if (!diagnostic.help.empty()) message += "\nhelp: " + diagnostic.help;
  json out = {
      {"range", range_json(document.text, diagnostic.span)},
      {"severity", diagnostic.severity == lang::Severity::error     ? 1
                   : diagnostic.severity == lang::Severity::warning ? 2
                                                                    : 4},
      {"code", diagnostic.code},
      {"source", "samara"},
      {"message", std::move(message)},
  };
  json related = json::array();
  for (const lang::Related& one : diagnostic.related) {
    related.push_back(
        {{"location", {{"uri", document.uri}, {"range", range_json(document.text, one.span)}}},
         {"message", one.message}});
  }
  if (!related.empty()) out["relatedInformation"] = std::move(related);
  if (!diagnostic.fix.empty()) out["data"] = {{"fix", diagnostic.fix}};
  return out;
}

// CompletionItemKind of the protocol.
int completion_kind(std::string_view kind) {
  if (kind == "function" || kind == "platform function") return 3;
  if (kind == "method") return 2;
  if (kind == "field") return 5;
  if (kind == "variable" || kind == "constant" || kind == "parameter") return 6;
  if (kind == "type") return 7;
  if (kind == "case") return 20;
  return 14;  // keyword
}

// SymbolKind of the protocol.
int symbol_kind(lang::DeclarationForm form) {
  return form == lang::DeclarationForm::type ? 26 : 12;
}

bool renameable(const lang::Occurrence& occurrence) {
  return occurrence.definition.end > occurrence.definition.begin &&
         occurrence.definition_file.empty() && occurrence.kind != "field" &&
         occurrence.kind != "case" && occurrence.kind != "method";
}

bool is_plain_name(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.empty() || !letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string quoted_name(std::string_view name) {
  if (is_plain_name(name)) return std::string(name);
  std::string out = "`";
  for (char c : name) {
    if (c == '`' || c == '\\') out += '\\';
    out += c;
  }
  return out + "`";
}

// --- the server
// -------------------------------------------------------------------------------------------

/// A request that cannot be answered; the editor shows the message.
struct Refusal {
  int code;
  std::string message;
};

class Server {
 public:
  Server(Context& context, LspWire& wire) : context_(context), wire_(wire) {}

  Result<bool> serve() {
    while (!exit_) {
      // The whole text is looked at again once the editor pauses, not for each key.
      if (!wire_.pending()) SAMARA_CHECK(publish_changed());
      SAMARA_TRY(std::optional<std::string> message, wire_.read());
      if (!message) return false;
      SAMARA_CHECK(receive(*message));
    }
    return shut_down_;
  }

 private:
  using Handler = json (Server::*)(const json& params);

  Result<void> send(const json& message) {
    // What an editor sent as invalid UTF-8 must not end the server when it is echoed.
    return wire_.write(message.dump(-1, ' ', false, json::error_handler_t::replace));
  }
  Result<void> notify(std::string_view method, json params) {
    return send({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
  }
  Result<void> refuse(const json& id, const Refusal& refusal) {
    return send({{"jsonrpc", "2.0"},
                 {"id", id},
                 {"error", {{"code", refusal.code}, {"message", refusal.message}}}});
  }

  Result<void> receive(const std::string& content) {
    const json message = json::parse(content, nullptr, false);
    if (message.is_discarded()) return refuse(nullptr, {k_parse_error, "this is no JSON"});
    if (!message.is_object() || !message.contains("method") || !message["method"].is_string()) {
      // An answer to a request of ours; we make none.
      if (message.is_object() && message.contains("id") && !message.contains("method")) return {};
      return refuse(nullptr, {k_invalid_request, "this is no request"});
    }
    const std::string method = message["method"];
    const json params = message.contains("params") ? message["params"] : json::object();
    if (!message.contains("id")) {
      note(method, params);
      return {};
    }
    const json& id = message["id"];
    if (!initialized_ && method != "initialize") {
      return refuse(id, {k_not_initialized, "the first request is 'initialize'"});
    }
    return answer(id, method, params);
  }

  // A notification that is wrong has no answer; it changes nothing.
  void note(const std::string& method, const json& params) {
    try {
      if (method == "exit") exit_ = true;
      if (method == "textDocument/didOpen") open(params.at("textDocument"));
      if (method == "textDocument/didChange") change(params);
      if (method == "textDocument/didClose") close(params);
    } catch (const json::exception&) {
    }
  }

  Result<void> answer(const json& id, const std::string& method, const json& params) {
    static const std::map<std::string_view, Handler> handlers = {
        {"initialize", &Server::initialize},
        {"shutdown", &Server::shutdown},
        {"textDocument/hover", &Server::hover},
        {"textDocument/completion", &Server::complete},
        {"textDocument/definition", &Server::define},
        {"textDocument/references", &Server::references},
        {"textDocument/documentHighlight", &Server::highlight},
        {"textDocument/prepareRename", &Server::prepare_rename},
        {"textDocument/rename", &Server::rename},
        {"textDocument/formatting", &Server::format},
        {"textDocument/documentSymbol", &Server::symbols},
        {"textDocument/codeAction", &Server::actions},
    };
    const auto handler = handlers.find(method);
    if (handler == handlers.end()) {
      return refuse(id, {k_method_not_found, "there is no method '" + method + "'"});
    }
    refusal_.reset();
    json result;
    try {
      result = (this->*handler->second)(params);
    } catch (const json::exception& problem) {
      return refuse(id, {k_invalid_params, problem.what()});
    }
    if (refusal_) return refuse(id, *refusal_);
    return send({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}});
  }

  json fail(int code, std::string message) {
    refusal_ = Refusal{code, std::move(message)};
    return {};
  }

  // --- life

  json initialize(const json&) {
    initialized_ = true;
    return {{"capabilities",
             {{"positionEncoding", "utf-16"},
              {"textDocumentSync", {{"openClose", true}, {"change", 2}}},
              {"hoverProvider", true},
              {"completionProvider", {{"triggerCharacters", {"."}}}},
              {"definitionProvider", true},
              {"referencesProvider", true},
              {"documentHighlightProvider", true},
              {"renameProvider", {{"prepareProvider", true}}},
              {"documentFormattingProvider", true},
              {"documentSymbolProvider", true},
              {"codeActionProvider", true}}},
            {"serverInfo", {{"name", "samara"}, {"version", SAMARA_VERSION}}}};
  }

  json shutdown(const json&) {
    shut_down_ = true;
    return nullptr;
  }

  // --- documents

  void open(const json& item) {
    Document document;
    document.uri = item.at("uri").get<std::string>();
    document.path = path_of(document.uri);
    document.version = item.value("version", int64_t{0});
    document.text.assign(item.at("text").get<std::string>());
    std::string uri = document.uri;
    documents_.insert_or_assign(uri, std::move(document));
    outdate();
  }

  void change(const json& params) {
    const json& item = params.at("textDocument");
    auto found = documents_.find(item.at("uri").get<std::string>());
    if (found == documents_.end()) return;
    Document& document = found->second;
    document.version = item.value("version", document.version);
    for (const json& piece : params.at("contentChanges")) {
      const std::string text = piece.at("text").get<std::string>();
      if (piece.contains("range")) {
        const json& range = piece["range"];
        document.text.replace(position_in(range.at("start")), position_in(range.at("end")), text);
      } else {
        document.text.assign(text);
      }
      outdate();
    }
  }

  void close(const json& params) {
    const std::string uri = params.at("textDocument").at("uri").get<std::string>();
    if (documents_.erase(uri) == 0) return;
    closed_.insert(uri);
    outdate();
  }

  // A change in one file may change what is wrong with those that import it.
  void outdate() {
    for (auto& [uri, document] : documents_) document.analysed = false;
    changed_ = true;
  }

  Result<void> publish_changed() {
    if (!changed_) return {};
    changed_ = false;
    for (const std::string& uri : closed_) {
      SAMARA_CHECK(notify("textDocument/publishDiagnostics",
                          {{"uri", uri}, {"diagnostics", json::array()}}));
    }
    closed_.clear();
    for (auto& [uri, document] : documents_) {
      if (document.analysed) continue;
      analyse(document);
      json list = json::array();
      for (const lang::Diagnostic& one : document.compilation.diagnostics) {
        list.push_back(diagnostic_json(document, one));
      }
      SAMARA_CHECK(
          notify("textDocument/publishDiagnostics",
                 {{"uri", uri}, {"version", document.version}, {"diagnostics", std::move(list)}}));
    }
    return {};
  }

  void analyse(Document& document) {
    if (document.analysed) return;
    const std::string& text = document.text.text();
    lang::Parsed parsed = lang::parse(text);
    document.parses = !lang::has_errors(parsed.diagnostics);
    document.tree = std::move(parsed.tree);
    EditorImports imports(context_, documents_);
    eval::RegistrySignatures platform(context_.platform());
    lang::CompileOptions options;
    options.platform = &platform;
    options.imports = &imports;
    document.compilation = lang::compile(context_.types(), *document.tree, text, document.path,
                                         options, lang::Wanted::occurrences);
    auto& all = document.compilation.diagnostics;
    all.insert(all.end(), std::make_move_iterator(parsed.diagnostics.begin()),
               std::make_move_iterator(parsed.diagnostics.end()));
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.span.begin < b.span.begin; });
    document.analysed = true;
  }

  /// Null: not open; a refusal is set.
  Document* document_of(const json& params) {
    auto found = documents_.find(params.at("textDocument").at("uri").get<std::string>());
    if (found == documents_.end()) {
      fail(k_request_failed, "the file is not open");
      return nullptr;
    }
    analyse(found->second);
    return &found->second;
  }

  const lang::Occurrence* occurrence_at(const Document& document, const json& params) const {
    const uint32_t at = document.text.offset(position_in(params.at("position")));
    for (const lang::Occurrence& one : document.compilation.occurrences) {
      if (one.span.begin <= at && at <= one.span.end) return &one;
    }
    return nullptr;
  }

  // --- answers

  json hover(const json& params) {
    Document* document = document_of(params);
    if (document == nullptr) return {};
    const lang::Occurrence* found = occurrence_at(*document, params);
    if (found == nullptr) return nullptr;
    std::string text = "```east\n";
    if (found->kind == "type") {
      text += "type " + found->name + " = " + found->type;
    } else if (found->type.empty()) {
      text += found->name;
    } else {
      text += found->name + ": " + found->type;
    }
    text += "\n```\n" + found->kind;
    if (!found->doc.empty()) text += "\n\n" + found->doc;
    return {{"contents", {{"kind", "markdown"}, {"value", text}}},
            {"range", range_json(document->text, found->span)}};
  }

  json complete(const json& params) {
    Document* document = document_of(params);
    if (document == nullptr) return {};
    const uint32_t at = document->text.offset(position_in(params.at("position")));
    EditorImports imports(context_, documents_);
    eval::RegistrySignatures platform(context_.platform());
    lang::CompileOptions options;
    options.platform = &platform;
    options.imports = &imports;
    json items = json::array();
    for (const lang::Completion& one :
         lang::completions(context_.types(), *document->tree, document->text.text(), document->path,
                           options, at)) {
      json item = {{"label", one.text}, {"kind", completion_kind(one.kind)}};
      if (!one.type.empty()) item["detail"] = one.type;
      if (!one.doc.empty()) item["documentation"] = one.doc;
      items.push_back(std::move(item));
    }
    return {{"isIncomplete", false}, {"items", std::move(items)}};
  }

  json location_of(const Document& document, const lang::Occurrence& occurrence) {
    if (occurrence.definition_file.empty()) {
      return {{"uri", document.uri}, {"range", range_json(document.text, occurrence.definition)}};
    }
    const std::string& path = occurrence.definition_file;
    for (const auto& [uri, other] : documents_) {
      if (other.path == path) {
        return {{"uri", uri}, {"range", range_json(other.text, occurrence.definition)}};
      }
    }
    SourceImports files(context_);
    auto file = files.read({}, path);
    if (!file) return nullptr;
    return {{"uri", uri_of(path)},
            {"range", range_json(LspText(std::move(file->text)), occurrence.definition)}};
  }

  json define(const json& params) {
    Document* document = document_of(params);
    if (document == nullptr) return {};
    const lang::Occurrence* found = occurrence_at(*document, params);
    if (found == nullptr || found->definition.end == found->definition.begin) return nullptr;
    return location_of(*document, *found);
  }

  // All mentions of what is meant at the place, its definition included.
  std::vector<lang::Span> mentions(const Document& document, const lang::Occurrence& meant) const {
    std::vector<lang::Span> out;
    if (meant.definition.end == meant.definition.begin) return {meant.span};
    for (const lang::Occurrence& one : document.compilation.occurrences) {
      if (one.definition == meant.definition && one.definition_file == meant.definition_file) {
        out.push_back(one.span);
      }
    }
    const bool listed = std::find(out.begin(), out.end(), meant.definition) != out.end();
    if (!listed && meant.definition_file.empty()) out.push_back(meant.definition);
    std::sort(out.begin(), out.end(), [](lang::Span a, lang::Span b) { return a.begin < b.begin; });
    return out;
  }

  json references(const json& params) {
    Document* document = document_of(params);
    if (document == nullptr) return {};
    const lang::Occurrence* found = occurrence_at(*document, params);
    json out = json::array();
    if (found == nullptr) return out;
    for (lang::Span span : mentions(*document, *found)) {
      out.push_back({{"uri", document->uri}, {"range", range_json(document->text, span)}});
    }
    return out;
  }

  json highlight(const json& params) {
    Document* document = document_of(params);
    if (document == nullptr) return {};
    const lang::Occurrence* found = occurrence_at(*document, params);
    json out = json::array();
    if (found == nullptr) return out;
    for (lang::Span span : mentions(*document, *found)) {
      out.push_back({{"range", range_json(document->text, span)}});
    }
    return out;
  }

  json prepare_rename(const json& params) {
    Document* document = document_of(params);
    if (document == nullptr) return {};
    const lang::Occurrence* found = occurrence_at(*document, params);
    if (found == nullptr || !renameable(*found)) return nullptr;
    return {{"range", range_json(document->text, found->span)}, {"placeholder", found->name}};
  }

  json rename(const json& params) {
    Document* document = document_of(params);
    if (document == nullptr) return {};
    const std::string name = params.at("newName").get<std::string>();
    const lang::Occurrence* found = occurrence_at(*document, params);
    if (found == nullptr) return fail(k_request_failed, "there is no name here");
    if (!renameable(*found)) {
      return fail(k_request_failed,
                  "'" + found->name + "' is a " + found->kind +
                      " that is not defined in this file, so it cannot be renamed here");
    }
    if (name.empty()) return fail(k_request_failed, "a name cannot be empty");
    json edits = json::array();
    for (lang::Span span : mentions(*document, *found)) {
      edits.push_back(
          {{"range", range_json(document->text, span)}, {"newText", quoted_name(name)}});
    }
    return {{"changes", {{document->uri, std::move(edits)}}}};
  }

  json format(const json& params) {
    Document* document = document_of(params);
    if (document == nullptr) return {};
    if (!document->parses) {
      return fail(k_request_failed, "a file with errors is not formatted");
    }
    const std::string& text = document->text.text();
    const std::string formed = lang::print(*document->tree, text);
    if (formed == text) return json::array();
    const lang::Span whole{0, static_cast<uint32_t>(text.size())};
    return {{{"range", range_json(document->text, whole)}, {"newText", formed}}};
  }

  json symbols(const json& params) {
    Document* document = document_of(params);
    if (document == nullptr) return {};
    json out = json::array();
    for (const lang::Declaration& one : document->tree->declarations) {
      if (one.form == lang::DeclarationForm::import || !one.name.present()) continue;
      out.push_back({{"name", std::string(one.name.text)},
                     {"kind", symbol_kind(one.form)},
                     {"range", range_json(document->text, one.span)},
                     {"selectionRange", range_json(document->text, one.name.span)}});
    }
    return out;
  }

  json actions(const json& params) {
    Document* document = document_of(params);
    if (document == nullptr) return {};
    const uint32_t begin = document->text.offset(position_in(params.at("range").at("start")));
    const uint32_t end = document->text.offset(position_in(params.at("range").at("end")));
    json out = json::array();
    for (const lang::Diagnostic& one : document->compilation.diagnostics) {
      if (one.fix.empty() || one.span.end < begin || one.span.begin > end) continue;
      json edit = {{"range", range_json(document->text, one.span)}, {"newText", one.fix}};
      out.push_back({{"title", "write `" + one.fix + "`"},
                     {"kind", "quickfix"},
                     {"diagnostics", {diagnostic_json(*document, one)}},
                     {"edit", {{"changes", {{document->uri, json::array({edit})}}}}}});
    }
    return out;
  }

  Context& context_;
  LspWire& wire_;
  Documents documents_;
  std::set<std::string> closed_;  // since the last publication
  std::optional<Refusal> refusal_;
  bool initialized_ = false;
  bool shut_down_ = false;
  bool exit_ = false;
  bool changed_ = false;
};

}  // namespace

Result<bool> serve_editor(Context& context, LspWire& wire) { return Server(context, wire).serve(); }

}  // namespace samara::cli
