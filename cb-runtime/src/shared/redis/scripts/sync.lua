-- An instance lives, and wants to know what has changed. ARGV: 3 instance, 4 cursor, 5 for how long
local cursor = tonumber(ARGV[4])
redis.call('ZADD', LIVING, whole(now + tonumber(ARGV[5])), ARGV[3])
redis.call('ZREMRANGEBYSCORE', LIVING, '-inf', whole(now))
local latest = tonumber(redis.call('GET', LATEST) or '0')
local lost, from = cursor > latest, cursor
if lost then
    latest, from = cursor, 0
    redis.call('SET', LATEST, whole(latest))
end
local names = redis.call('ZRANGEBYSCORE', INDEX, '(' .. whole(from), '+inf', 'LIMIT', 0, AT_ONCE + 1)
local more, views, last = #names > AT_ONCE, {}, 0
for i = 1, math.min(#names, AT_ONCE) do
    local page = read(PAGE .. names[i])
    last = number(page, 'version')
    if page['kept'] then
        views[#views + 1] = view(page, names[i])
    end
end
return { whole(now), whole(more and last or latest), lost and 1 or 0, redis.call('ZCARD', LIVING), more and 1 or 0, views }
