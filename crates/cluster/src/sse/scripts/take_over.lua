-- Makes an instance the owner of a session, and returns the session.
-- KEYS: token
-- ARGV: new owner, principal, last event that the client has seen, lifetime in ms,
--       prefixes: session, events, instance, inbox
local owner, principal, seen, lifetime = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local id = redis.call('GET', KEYS[1])
if not id then
    return false
end
local session, events = ARGV[5] .. id, ARGV[6] .. id
local stored = redis.call('HMGET', session, 'epoch', 'principal', 'last', 'owner')
if not stored[1] or stored[2] ~= principal then
    return false
end
local last = tonumber(stored[3])
local first = last - redis.call('XLEN', events) + 1
if seen > last or seen + 1 < first then
    return false
end

local epoch = tonumber(stored[1]) + 1
redis.call('HSET', session, 'epoch', epoch, 'owner', owner, 'commit', 0)
local former = stored[4]
if former ~= '' and former ~= owner and redis.call('EXISTS', ARGV[7] .. former) == 1 then
    local inbox = ARGV[8] .. former
    redis.call('XADD', inbox, 'MAXLEN', '~', 10000, '*', 'lost', id, 'epoch', epoch)
    redis.call('PEXPIRE', inbox, 60000)
end
for _, key in ipairs({ session, events, KEYS[1] }) do
    redis.call('PEXPIRE', key, lifetime)
end
return { id, epoch, last, redis.call('HGETALL', session), redis.call('XRANGE', events, '-', '+') }
