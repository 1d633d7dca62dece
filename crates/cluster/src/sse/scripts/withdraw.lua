-- Withdraws a message that was sent to an owner, unless the owner has fetched it.
-- KEYS: outcome of the delivery, message of the last attempt, message of the
--       attempt after it if it is unknown whether that one was sent
if redis.call('GET', KEYS[1]) == '1' then
    return 'accepted'
end
local may_be_sent = KEYS[3] ~= nil
local withdrawn = 0
for message = 2, #KEYS do
    withdrawn = withdrawn + redis.call('DEL', KEYS[message])
end
if withdrawn > 0 or may_be_sent then
    -- A call of relay.lua that arrives after this sends nothing.
    redis.call('SET', KEYS[1], '0', 'PX', 60000)
end
return withdrawn > 0 and 'withdrawn' or 'unknown'
