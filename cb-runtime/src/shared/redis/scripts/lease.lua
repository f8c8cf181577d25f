-- One more probe. ARGV: 3 instance, 4 so many at most, 5 for how long
redis.call('ZREMRANGEBYSCORE', LIVING, '-inf', whole(now))
local page = read(PAGE)
local out, open_until = count(page, 'l:'), number(page, 'until')
if open_until > now + EARLY then
    return { 0, whole(open_until - now), view(page, NAME) }
end
if out >= tonumber(ARGV[4]) then
    local wait = math.min(math.max(redis.call('ZCARD', LIVING), LEAST), GREATEST)
    return { 0, whole(wait), view(page, NAME) }
end
local lease, ends = next_epoch(), now + tonumber(ARGV[5])
put(page, 'l:' .. whole(lease), ends)
keep(page, ends)
return { 1, whole(lease), view(page, NAME) }
