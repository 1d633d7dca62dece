-- Writes the changes of a session, unless the session has another owner.
-- KEYS: session, events, token
-- ARGV: epoch, owner, lifetime in ms, number of the commit in its epoch, first event to keep,
--       prefix of outcomes, records…
local session, events, token = KEYS[1], KEYS[2], KEYS[3]
local epoch, owner, lifetime, commit, first, outcomes =
    ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local stored = redis.call('HMGET', session, 'epoch', 'commit')
local current = tonumber(stored[1])
if current and current > tonumber(epoch) then
    return 'fenced'
end
if not current and ARGV[7] ~= 'session' then
    return 'missing'
end
-- The owner gave up on this commit, and has since made a later one over another connection.
if current == tonumber(epoch) and tonumber(stored[2] or 0) >= tonumber(commit) then
    return 'superseded'
end

local last
local i = 7
local function next_argument()
    i = i + 1
    return ARGV[i - 1]
end

while i <= #ARGV do
    local record = next_argument()
    if record == 'session' then
        local id, principal = next_argument(), next_argument()
        last = next_argument()
        redis.call('DEL', session, events)
        redis.call('HSET', session, 'epoch', epoch, 'owner', owner, 'principal', principal,
            'sequence', 0, 'pending', 0)
        redis.call('SET', token, id)
    elseif record == 'event' then
        local number, bytes = next_argument(), next_argument()
        -- `pcall` ignores the error for an event that is already stored.
        redis.pcall('XADD', events, number .. '-0', 'e', bytes)
        last = number
    elseif record == 'accepted' then
        local id, relayed, request, message = next_argument(), next_argument(), next_argument(), next_argument()
        local sequence = redis.call('HINCRBY', session, 'sequence', 1)
        redis.call('HSET', session, 'm:' .. id, message,
            'q:' .. id, sequence .. ' ' .. relayed .. ' ' .. request)
        redis.call('HINCRBY', session, 'pending', 1)
        if request ~= '' then
            redis.call('HSET', session, 'r:' .. request, id)
        end
        if relayed == '1' then
            redis.call('SET', outcomes .. id, '1', 'PX', 60000)
        end
    elseif record == 'done' then
        local id, relayed = next_argument(), next_argument()
        local delivery = redis.call('HGET', session, 'q:' .. id)
        if delivery then
            local request = string.match(delivery, '^%d+ %d (.*)$')
            redis.call('HDEL', session, 'm:' .. id, 'q:' .. id, 'r:' .. request)
            redis.call('HINCRBY', session, 'pending', -1)
        end
        if relayed == '1' then
            redis.call('SET', outcomes .. id, '1', 'PX', 60000)
        end
    elseif record == 'setup' then
        local key, message = next_argument(), next_argument()
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
