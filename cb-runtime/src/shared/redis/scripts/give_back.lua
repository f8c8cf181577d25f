-- A probe has ended. ARGV: 3 instance, 4 the lease, 5 how many successes close, 0 where it was none
local page = read(PAGE)
local field, closes_at = 'l:' .. ARGV[4], tonumber(ARGV[5])
local in_time = number(page, field) > now
drop(page, field)
local counts = in_time and closes_at > 0 and number(page, 'until') > 0
if counts then
    put(page, 'successes', number(page, 'successes') + 1)
end
if not counts or number(page, 'successes') < closes_at then
    return told(page, true)
end
turn(page, next_epoch(), ARGV[3], 0, 0)
return publish(page)
