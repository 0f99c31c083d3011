-- Claims an event.
--
-- KEYS[1]  the event
-- ARGV     the claim's token; its lease and how long its number is kept after that, in milliseconds
--
-- A value is "<state> <end> <fence> <token>": claimed (c), done (d) or given back (g); the end in microseconds by this
-- server's clock. What has ended is kept for a while, so that a clock that is set back lowers no fence.
-- A claim that was made without this script (n) has its lease and the time that it is kept, in milliseconds, in the
-- second and the third place: see fresh.rs.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local fence = now
local value = redis.call('GET', KEYS[1])
if value then
    local state, ends, last, token = string.match(value, '^(%l) (%d+) (%d+) (%x+)$')
    if not state then
        return redis.error_reply('ERR the value was not written by axum-webhook')
    elseif state == 'n' then
        local since = redis.call('PEXPIRETIME', KEYS[1]) - ends - last
        state, ends, last = 'c', (since + ends) * 1000 + 999, since * 1000
    end
    if state == 'd' then
        return {'done', 0}
    elseif state == 'c' and tonumber(ends) > now then
        -- Its own claim: the answer to the first attempt was lost.
        if token == ARGV[1] then
            return {'new', tonumber(last)}
        end
        return {'in-flight', math.max(1, math.floor((tonumber(ends) - now) / 1000))}
    end
    fence = math.max(now, last + 1)
end
value = string.format('c %.0f %.0f %s', now + ARGV[2] * 1000, fence, ARGV[1])
redis.call('SET', KEYS[1], value, 'PX', string.format('%.0f', ARGV[2] + ARGV[3]))
return {'new', fence}
