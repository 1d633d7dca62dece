-- Sends a message to the owner of its session, or keeps it for the next one
-- if there is none. Tried again with the same id it is still one message: of
-- an attempt before this one nobody can take it any more, and an owner that
-- has taken it then and is none now cannot commit.
-- KEYS: session
-- ARGV: session's id, principal, id of the delivery, request or '', message, sender,
--       owner that has been asked or '', attempt, most requests in flight, lifetime in ms,
--       prefixes: instance, inbox, relay, taken
local session = KEYS[1]
local id, principal, delivery, request, message = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local sender, asked, attempt = ARGV[6], ARGV[7], tonumber(ARGV[8])
local most, lifetime = tonumber(ARGV[9]), ARGV[10]
local instances, inboxes, relays, takens = ARGV[11], ARGV[12], ARGV[13], ARGV[14]
local copy = relays .. delivery .. '.'

local became = redis.call('GET', takens .. delivery)
if became then
    return { became == '0' and 'withdrawn' or 'taken' }
end
local known = redis.call('HMGET', session, 'epoch', 'principal', 'owner', 'pending')
if not known[1] or known[2] ~= principal then
    return { 'unknown' }
end
if message == '' then
    return { 'invalid' }
end

local owner = known[3]
-- It may be the sender itself, where the session is just being restored.
if owner ~= '' and redis.call('EXISTS', instances .. owner) == 1 then
    if owner == asked then
        return { 'asked', owner }
    end
    redis.call('DEL', copy .. attempt - 1)
    redis.call('SET', copy .. attempt, message, 'PX', 30000)
    local inbox = inboxes .. owner
    redis.call('XADD', inbox, 'MAXLEN', '~', 10000, '*',
        'relay', delivery, 'attempt', attempt, 'session', id, 'from', sender)
    redis.call('PEXPIRE', inbox, 60000)
    return { 'sent', owner }
end

if request ~= '' and redis.call('HEXISTS', session, 'r:' .. request) == 1 then
    return { 'duplicate' }
end
if tonumber(known[4]) >= most then
    return { 'full' }
end
-- Whoever had the session has no say in it any more.
redis.call('HSET', session, 'epoch', tonumber(known[1]) + 1, 'owner', '')
local sequence = redis.call('HINCRBY', session, 'sequence', 1)
redis.call('HSET', session, 'm:' .. delivery, message,
    'q:' .. delivery, sequence .. ' 1 ' .. request)
redis.call('HINCRBY', session, 'pending', 1)
if request ~= '' then
    redis.call('HSET', session, 'r:' .. request, delivery)
end
redis.call('SET', takens .. delivery, '1', 'PX', 60000)
redis.call('DEL', copy .. attempt - 1)
redis.call('PEXPIRE', session, lifetime)
return { 'queued' }
