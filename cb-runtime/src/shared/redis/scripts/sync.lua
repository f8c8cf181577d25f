-- An instance lives, and wants to know what has changed. ARGV: 3 instance; what it knows: 4 which store,
-- 5 all up to here, 6 the greatest epoch; 7 for how long it lives
local known, cursor, seen = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
redis.call('ZADD', LIVING, whole(now + tonumber(ARGV[7])), ARGV[3])
redis.call('ZREMRANGEBYSCORE', LIVING, '-inf', whole(now))
redis.call('SETNX', BORN, whole(now))
local born, latest = tonumber(redis.call('GET', BORN)), tonumber(redis.call('GET', LATEST) or '0')
local lost, from = (known ~= 0 and known ~= born) or seen > latest, cursor
if seen > latest then
    latest = seen
    redis.call('SET', LATEST, whole(latest))
end
if lost then
    from = 0
end
local found = redis.call('ZRANGEBYSCORE', INDEX, '(' .. whole(from), '+inf', 'WITHSCORES', 'LIMIT', 0, AT_ONCE + 1)
local more, views, last = #found / 2 > AT_ONCE, {}, 0
for i = 1, math.min(#found / 2, AT_ONCE) do
    local name = found[2 * i - 1]
    local page = read(PAGE .. name)
    -- Of one that is forgotten there is nothing to tell, but who reads on does so from behind it.
    last = tonumber(found[2 * i])
    if page['kept'] then
        views[#views + 1] = view(page, name)
    end
end
local since = { whole(born), whole(more and last or latest), whole(latest) }
return { whole(now), since, lost and 1 or 0, redis.call('ZCARD', LIVING), more and 1 or 0, views }
