-- How far a call is, and whose it is to go on with.
-- KEYS: call, its events
-- ARGV: hash of the session, number of the last event seen, this instance,
--       what the keys of instances begin with
local known = redis.call('HMGET', KEYS[1], 'session', 'instance', 'next', 'request')
if known[1] ~= ARGV[1] then
    return false
end
local found = redis.call('XRANGE', KEYS[2], '(' .. ARGV[2], '+')
local events = {}
for _, event in ipairs(found) do
    events[#events + 1] = { event[1], event[2][2] }
end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local is_answered = last and last[2][1] == 'answer'
if is_answered or known[3] then
    return { events, false, not is_answered and known[3] }
end
if known[2] == ARGV[3] or redis.call('EXISTS', ARGV[4] .. known[2]) == 1 then
    return { events, false, false }
end
redis.call('HSET', KEYS[1], 'instance', ARGV[3])
return { events, known[4], false }
