-- Takes a message back that was sent to an owner, unless it has taken it away.
-- KEYS: what became of the delivery, its copies: of the last attempt, and of the
--       one after it, if it is not known whether there was one
if redis.call('GET', KEYS[1]) == '1' then
    return 'taken'
end
local attempted = KEYS[3] ~= nil
local withdrawn = 0
for copy = 2, #KEYS do
    withdrawn = withdrawn + redis.call('DEL', KEYS[copy])
end
if withdrawn > 0 or attempted then
    -- An attempt that is still on its way here comes too late.
    redis.call('SET', KEYS[1], '0', 'PX', 60000)
end
return withdrawn > 0 and 'withdrawn' or 'away'
