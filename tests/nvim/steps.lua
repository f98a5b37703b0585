-- What a user does in Neovim, for the tests: each step waits for what it brings about, or ends Neovim with a reason.
local M = {}

local PATIENCE = 30000 -- milliseconds; nothing is as slow

function M.wait(what, condition)
  if not vim.wait(PATIENCE, condition, 20) then
    io.stderr:write("waited in vain for " .. what .. "\n" .. vim.fn.execute("messages") .. "\n")
    vim.cmd("cquit")
  end
end

-- The diagnostics of a buffer as it is now, each with the text that is underlined.
function M.diagnostics(buffer, count)
  buffer = buffer or 0
  M.wait(count .. " diagnostics", function() return #vim.diagnostic.get(buffer) == count end)
  return vim.tbl_map(function(d)
    local under = vim.api.nvim_buf_get_text(buffer, d.lnum, d.col, d.end_lnum, d.end_col, {})
    return { code = d.code, source = d.source, severity = d.severity, under = table.concat(under, "\n") }
  end, vim.diagnostic.get(buffer))
end

function M.go_to_diagnostic()
  local d = vim.diagnostic.get(0)[1]
  vim.api.nvim_win_set_cursor(0, { d.lnum + 1, d.col })
end

-- The text in the window that opens with `K`.
function M.hover()
  local function window()
    return vim.iter(vim.api.nvim_list_wins()):find(function(w) return vim.api.nvim_win_get_config(w).relative ~= "" end)
  end
  vim.lsp.buf.hover()
  M.wait("a hover", window)
  return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window()), 0, -1, false), "\n")
end

-- Take the one code action whose title has a text in it, and wait until the buffer has changed.
function M.take(title)
  local before = vim.b.changedtick
  vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.title:find(title, 1, true) ~= nil end })
  M.wait("the edit of " .. title, function() return vim.b.changedtick ~= before end)
end

-- Run the steps, write down what they return, and leave as a user does.
function M.run(steps)
  local ok, answer = xpcall(steps, debug.traceback)
  if not ok then
    io.stderr:write(answer .. "\n")
    vim.cmd("cquit")
  end
  vim.fn.writefile({ vim.json.encode(answer) }, vim.env.ANSWER)
  for _, client in ipairs(vim.lsp.get_clients()) do
    client:stop()
  end
  M.wait("the end of the server", function() return #vim.lsp.get_clients() == 0 end)
  vim.cmd("qall!")
end

return M
