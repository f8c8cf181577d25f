-- A breaker has opened. ARGV: 3 instance, 4 base, 5 decided, 6 time, 7 row, 8 needed, 9 again
local instance, base, decided = ARGV[3], tonumber(ARGV[4]), math.min(tonumber(ARGV[5]), now)
local time, row, needed, again = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9] == '1'
local ends = decided + time
local page = read(PAGE)

-- Who has not seen what another has changed since, has decided on what is over.
if number(page, 'epoch') > base and number(page, 'changed') > decided then
    return told(page, false)
end
local votes = 0
if needed > 1 then
    count(page, 'v:')
    put(page, 'v:' .. instance, ends + time)
    for field, _ in pairs(page) do
        if string.sub(field, 1, 2) == 'v:' then
            votes = votes + 1
        end
    end
end
local open_until = number(page, 'until')
local enough, wanted = needed <= 1 or votes >= needed, nil
if open_until > now then
    wanted = enough and ends >= open_until + LONGER
elseif again then
    wanted = open_until == 0
else
    wanted = enough and ends > now
end
if not wanted then
    keep(page, ends)
    return told(page, true)
end
turn(page, next_epoch(), instance, ends, math.max(row, number(page, 'row')))
return publish(page)
