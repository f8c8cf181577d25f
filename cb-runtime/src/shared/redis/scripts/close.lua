-- Probes have closed a breaker. ARGV: 3 instance, 4 base
local page = read(PAGE)
drop(page, 'v:' .. ARGV[3])
local open = number(page, 'until') > 0
if not open or number(page, 'epoch') ~= tonumber(ARGV[4]) then
    return told(page, not open)
end
turn(page, next_epoch(), ARGV[3], 0, 0)
return publish(page)
