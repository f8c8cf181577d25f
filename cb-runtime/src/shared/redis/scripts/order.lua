-- An operator's word for all. ARGV: 3 what it is about (x, m, g), 4 the words, 5 for how long
local page, epoch, ends = read(PAGE), next_epoch(), now + tonumber(ARGV[5])
local order = ARGV[3]
if order == 'x' then
    turn(page, epoch, '', 0, 0)
end
put(page, order .. '.e', epoch)
put(page, order .. '.a', now)
put(page, order .. '.u', ends)
put(page, order .. '.w', ARGV[4])
stamp(page, epoch)
keep(page, ends)
return publish(page)
