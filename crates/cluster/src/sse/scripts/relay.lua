-- Sends a message to the owner of its session, or stores it for the next owner
-- if there is none.
--
-- A retry with the same delivery id does not deliver the message twice: the
-- message of the previous attempt is deleted, and a former owner that has
-- fetched it can no longer commit.
-- KEYS: session
-- ARGV: session id, principal, delivery id, request id or '', message, sender,
--       owner of the last attempt or '', attempt, maximum number of requests in flight,
--       lifetime in ms, prefixes: instance, inbox, relay, outcome
local session = KEYS[1]
local id, principal, delivery, request, message = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local sender, last_owner, attempt = ARGV[6], ARGV[7], tonumber(ARGV[8])
local max_in_flight, lifetime = tonumber(ARGV[9]), ARGV[10]
local instances, inboxes, relays, outcomes = ARGV[11], ARGV[12], ARGV[13], ARGV[14]
local message_key = relays .. delivery .. '.'

local outcome = redis.call('GET', outcomes .. delivery)
if outcome then
    return { outcome == '0' and 'withdrawn' or 'accepted' }
end
local stored = redis.call('HMGET', session, 'epoch', 'principal', 'owner', 'pending')
if not stored[1] or stored[2] ~= principal then
    return { 'unknown' }
end
if message == '' then
    return { 'invalid' }
end

local owner = stored[3]
-- The owner may be the sender itself while it restores the session.
if owner ~= '' and redis.call('EXISTS', instances .. owner) == 1 then
    if owner == last_owner then
        return { 'unchanged' }
    end
    redis.call('DEL', message_key .. attempt - 1)
    redis.call('SET', message_key .. attempt, message, 'PX', 30000)
    local inbox = inboxes .. owner
    redis.call('XADD', inbox, 'MAXLEN', '~', 10000, '*',
        'relay', delivery, 'attempt', attempt, 'session', id, 'from', sender)
    redis.call('PEXPIRE', inbox, 60000)
    return { 'sent', owner }
end

if request ~= '' and redis.call('HEXISTS', session, 'r:' .. request) == 1 then
    return { 'duplicate' }
end
if tonumber(stored[4]) >= max_in_flight then
    return { 'full' }
end
-- The new epoch fences the former owner.
redis.call('HSET', session, 'epoch', tonumber(stored[1]) + 1, 'owner', '')
local sequence = redis.call('HINCRBY', session, 'sequence', 1)
redis.call('HSET', session, 'm:' .. delivery, message,
    'q:' .. delivery, sequence .. ' 1 ' .. request)
redis.call('HINCRBY', session, 'pending', 1)
if request ~= '' then
    redis.call('HSET', session, 'r:' .. request, delivery)
end
redis.call('SET', outcomes .. delivery, '1', 'PX', 60000)
redis.call('DEL', message_key .. attempt - 1)
redis.call('PEXPIRE', session, lifetime)
return { 'queued' }
