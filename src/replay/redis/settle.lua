-- Renews, commits or releases a claim, if it is still the token's: 1, else 0.
--
-- KEYS[1]  the event
-- ARGV     what to do; the token; how long the lease or "done" runs and how long a number is kept after its
--          claim, in milliseconds; "again" if the answer to a first attempt was lost
local value = redis.call('GET', KEYS[1])
if not value then
    return 0
end
local state, ends, fence, token = string.match(value, '^(%l) (%d+) (%d+) (%x+)$')
if token ~= ARGV[2] then
    return 0
end
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
if state == 'n' then
    -- A claim that was made without a script: see fresh.rs.
    local since = redis.call('PEXPIRETIME', KEYS[1]) - ends - fence
    state, ends, fence = 'c', (since + ends) * 1000 + 999, string.format('%.0f', since * 1000)
end
local next = ({renew = 'c', commit = 'd', release = 'g'})[ARGV[1]]
if state ~= 'c' then
    return (ARGV[5] == 'again' and state == next) and 1 or 0
elseif tonumber(ends) <= now then
    return 0
end
local keep = ARGV[3]
if next ~= 'd' then
    keep = keep + ARGV[4]
end
value = string.format('%s %.0f %s %s', next, now + ARGV[3] * 1000, fence, token)
redis.call('SET', KEYS[1], value, 'PX', string.format('%.0f', keep))
return 1
