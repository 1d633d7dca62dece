-- Writes what happened in a session, unless somebody else has it.
-- KEYS: session, events, token
-- ARGV: epoch, owner, lifetime in ms, number of the commit in its epoch, first event needed,
--       prefix of what was taken, records…
local session, events, token = KEYS[1], KEYS[2], KEYS[3]
local epoch, owner, lifetime, commit, first, taken =
    ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local known = redis.call('HMGET', session, 'epoch', 'commit')
local current = tonumber(known[1])
if current and current > tonumber(epoch) then
    return 'fenced'
end
if not current and ARGV[7] ~= 'session' then
    return 'missing'
end
-- Its sender has given it up and has told more since, over another connection.
if current == tonumber(epoch) and tonumber(known[2] or 0) >= tonumber(commit) then
    return 'late'
end

local last
local i = 7
local function take()
    i = i + 1
    return ARGV[i - 1]
end

while i <= #ARGV do
    local record = take()
    if record == 'session' then
        local id, principal = take(), take()
        last = take()
        redis.call('DEL', session, events)
        redis.call('HSET', session, 'epoch', epoch, 'owner', owner, 'principal', principal,
            'sequence', 0, 'pending', 0)
        redis.call('SET', token, id)
    elseif record == 'event' then
        local number, bytes = take(), take()
        -- An event that is there already is there as it should be.
        redis.pcall('XADD', events, number .. '-0', 'e', bytes)
        last = number
    elseif record == 'accepted' then
        local id, relayed, request, message = take(), take(), take(), take()
        local sequence = redis.call('HINCRBY', session, 'sequence', 1)
        redis.call('HSET', session, 'm:' .. id, message,
            'q:' .. id, sequence .. ' ' .. relayed .. ' ' .. request)
        redis.call('HINCRBY', session, 'pending', 1)
        if request ~= '' then
            redis.call('HSET', session, 'r:' .. request, id)
        end
        if relayed == '1' then
            redis.call('SET', taken .. id, '1', 'PX', 60000)
        end
    elseif record == 'done' then
        local id, relayed = take(), take()
        local known = redis.call('HGET', session, 'q:' .. id)
        if known then
            local request = string.match(known, '^%d+ %d (.*)$')
            redis.call('HDEL', session, 'm:' .. id, 'q:' .. id, 'r:' .. request)
            redis.call('HINCRBY', session, 'pending', -1)
        end
        if relayed == '1' then
            redis.call('SET', taken .. id, '1', 'PX', 60000)
        end
    elseif record == 'setup' then
        local key, message = take(), take()
        if message == '' then
            redis.call('HDEL', session, 's:' .. key)
        else
            local sequence = redis.call('HINCRBY', session, 'sequence', 1)
            redis.call('HSET', session, 's:' .. key, sequence .. ' ' .. message)
        end
    elseif record == 'released' then
        redis.call('HSET', session, 'owner', '')
    elseif record == 'ended' then
        redis.call('DEL', session, events, token)
        return 'ok'
    end
end

if last then
    redis.call('HSET', session, 'commit', commit, 'last', last)
else
    redis.call('HSET', session, 'commit', commit)
end
redis.call('XTRIM', events, 'MINID', first .. '-0')
for _, key in ipairs(KEYS) do
    redis.call('PEXPIRE', key, lifetime)
end
return 'ok'
