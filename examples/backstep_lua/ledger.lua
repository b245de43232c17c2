-- SPDX-License-Identifier: BSD-2-Clause
--
-- ledger.lua -- a script with a bug: it fails far from the line that is to blame

local settings = { limit = 1000, fee = 1 }
local accounts = {}
local moved = 0

for i = 1, 20 do
  accounts[i] = { balance = 5000, options = nil }
end

-- Special accounts have settings of their own, all others the common ones.
local function settingsOf(account)
  return account.options or settings
end

local function restrict(account, limit)
  local options = settingsOf(account)
  options.limit = limit -- BUG: an account without settings of its own changes everybody's
end

local function transfer(from, to, amount)
  local options = settingsOf(accounts[from])
  if amount > options.limit then
    error(string.format("transfer of %d from %d: the limit is %d", amount, from, options.limit))
  end
  accounts[from].balance = accounts[from].balance - amount - options.fee
  accounts[to].balance = accounts[to].balance + amount
  moved = moved + 1
end

accounts[3].options = { limit = 2000, fee = 0 }
print("opened", #accounts)

local state = 7
for i = 1, 3000 do
  state = (state * 1103515245 + 12345) % 2147483648
  transfer(state // 65536 % 20 + 1, i % 20 + 1, state % 90)
  if i == 1234 then
    restrict(accounts[3], 500)
    restrict(accounts[4], 90)
  end
end

print("moved", moved)
transfer(1, 2, 400)
