-- Drives `samara lsp` through the language client of Neovim, as a person would: opens a file, waits
-- for what is wrong with it, asks, edits, renames, formats. Writes what it saw as JSON to a file.
-- usage: nvim --headless -u NONE -S lsp_client.lua
-- with SAMARA (the program), SOURCE (the file), REPORT (where the answers go) in the environment.

local report = {}
local source = vim.env.SOURCE

local function finish()
  local out = io.open(vim.env.REPORT, 'w')
  out:write(vim.fn.json_encode(report))
  out:close()
  vim.cmd('qa!')
end

local function drive()
  vim.cmd('edit ' .. vim.fn.fnameescape(source))
  local buffer = vim.api.nvim_get_current_buf()
  local client_id = vim.lsp.start_client({
    name = 'samara',
    cmd = { vim.env.SAMARA, 'lsp' },
    root_dir = vim.fn.fnamemodify(source, ':h'),
  })
  vim.lsp.buf_attach_client(buffer, client_id)

  local function lines() return vim.api.nvim_buf_get_lines(buffer, 0, -1, false) end
  -- The place of the n-th occurrence of a text, as the protocol counts it.
  local function place(text, n)
    local seen = 0
    for number, line in ipairs(lines()) do
      local from = 1
      while true do
        local at = line:find(text, from, true)
        if not at then break end
        seen = seen + 1
        if seen == (n or 1) then
          local _, units = vim.str_utfindex(line, at - 1)
          return { line = number - 1, character = units }
        end
        from = at + 1
      end
    end
    error('no ' .. text)
  end
  local function params(at)
    return { textDocument = { uri = vim.uri_from_bufnr(buffer) }, position = at }
  end
  local function ask(method, arguments)
    local answers, problem = vim.lsp.buf_request_sync(buffer, method, arguments, 10000)
    if not answers then error(method .. ': ' .. tostring(problem)) end
    local answer = answers[client_id]
    if answer.error then return { error = answer.error.message } end
    return answer.result
  end
  -- Diagnostics come when the server is ready.
  local function diagnostics(count)
    vim.wait(10000, function() return #vim.diagnostic.get(buffer) == count end, 20)
    local out = {}
    for _, one in ipairs(vim.diagnostic.get(buffer)) do
      table.insert(out, { line = one.lnum, column = one.col, code = one.code, message = one.message })
    end
    return out
  end

  vim.wait(10000, function()
    local client = vim.lsp.get_client_by_id(client_id)
    return client and client.initialized
  end, 20)

  report.first = diagnostics(1)
  report.hover = ask('textDocument/hover', params(place('total', 2)))
  report.definition = ask('textDocument/definition', params(place('doubled', 2)))
  report.references = ask('textDocument/references',
    vim.tbl_extend('force', params(place('doubled', 1)), { context = { includeDeclaration = true } }))
  report.symbols = ask('textDocument/documentSymbol', params(place('fn', 1)))

  -- Mend the mistake, and break nothing else.
  local at = place('totl')
  vim.api.nvim_buf_set_text(buffer, at.line, at.character, at.line, at.character + 4, { 'total' })
  report.mended = diagnostics(0)

  -- Complete after a dot that nothing follows yet.
  local call = place('// here')
  vim.api.nvim_buf_set_lines(buffer, call.line, call.line + 1, false, { '  xs.' })
  report.completion = ask('textDocument/completion', params({ line = call.line, character = 5 }))
  vim.api.nvim_buf_set_lines(buffer, call.line, call.line + 1, false, { '  // here' })

  local edits = ask('textDocument/rename',
    vim.tbl_extend('force', params(place('doubled', 2)), { newName = 'twice' }))
  vim.lsp.util.apply_workspace_edit(edits, 'utf-16')
  report.renamed = lines()
  report.after_rename = diagnostics(0)
  report.refused = ask('textDocument/rename',
    vim.tbl_extend('force', params(place('map', 1)), { newName = 'x' }))

  local formatted = ask('textDocument/formatting',
    { textDocument = { uri = vim.uri_from_bufnr(buffer) },
      options = { tabSize = 2, insertSpaces = true } })
  vim.lsp.util.apply_text_edits(formatted, buffer, 'utf-16')
  report.formatted = lines()

  vim.lsp.stop_client(client_id)
  vim.wait(10000, function() return vim.lsp.client_is_stopped(client_id) end, 20)
  report.stopped = vim.lsp.client_is_stopped(client_id)
end

local fine, problem = pcall(drive)
if not fine then report.problem = tostring(problem) end
finish()
