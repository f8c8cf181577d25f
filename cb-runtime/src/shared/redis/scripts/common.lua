-- What all scripts have. It says what `shared/book/mod.rs` says, and is tested against that.
--
-- KEYS: 1 the latest epoch, 2 names by the epoch of what is told of them, 3 names by when they are
-- forgotten, 4 instances by when they are not living any more, 5 when all this was begun, 6 the page of a
-- breaker or, where a script is about none, what pages begin with. ARGV: 1 the channel, 2 the name; then each script's own.
local LATEST, INDEX, FORGET, LIVING, BORN, PAGE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local CHANNEL, NAME = ARGV[1], ARGV[2]
-- The version that was published last.
local PUBLISHED = LATEST .. ':published'
local EARLY, LONGER, LEAST, GREATEST, KEPT, AT_ONCE = 100, 1000, 20, 1000, 3600000, 100

local now = clock()

local function whole(number)
    return string.format('%.0f', number)
end

local function next_epoch()
    local latest = math.max(now, tonumber(redis.call('GET', LATEST) or '0') + 1)
    redis.call('SET', LATEST, whole(latest))
    return latest
end

-- A page is a hash: `epoch`, `changed`, `by`, `until`, `row`, `successes`, `version`, `kept`; of each order
-- its epoch, time, end and words, as `x.e`, `x.a`, `x.u`, `x.w` of a reset, `m.` of a mode, `g.` of
-- settings; `v:INSTANCE` until when a vote counts; `l:NUMBER` until when a lease runs.
local function read(key)
    local page, flat = {}, redis.call('HGETALL', key)
    for i = 1, #flat, 2 do
        page[flat[i]] = flat[i + 1]
    end
    return page
end

local function number(page, field)
    return tonumber(page[field] or '0')
end

local function put(page, field, value)
    if type(value) == 'number' then
        value = whole(value)
    end
    page[field] = value
    redis.call('HSET', PAGE, field, value)
end

local function drop(page, field)
    page[field] = nil
    redis.call('HDEL', PAGE, field)
end

-- How many fields that begin so run on; those that do not are dropped.
local function count(page, begin)
    local running = 0
    for field, value in pairs(page) do
        if string.sub(field, 1, 2) == begin then
            if tonumber(value) > now then
                running = running + 1
            else
                drop(page, field)
            end
        end
    end
    return running
end

local function view(page, name, after)
    local told = {
        n = name,
        p = after,
        t = now,
        e = number(page, 'epoch'),
        c = number(page, 'changed'),
        b = page['by'] or '',
        u = number(page, 'until'),
        r = number(page, 'row'),
    }
    for _, order in ipairs({ 'x', 'm', 'g' }) do
        if number(page, order .. '.u') > now then
            told[order] = {
                e = number(page, order .. '.e'),
                a = number(page, order .. '.a'),
                u = number(page, order .. '.u'),
                w = page[order .. '.w'],
            }
        end
    end
    return cjson.encode(told)
end

-- It is not forgotten before then. With it, some go that are to be forgotten.
local function keep(page, time)
    local kept = math.max(number(page, 'kept'), math.max(now, time) + KEPT)
    put(page, 'kept', kept)
    redis.call('PEXPIREAT', PAGE, whole(kept))
    redis.call('ZADD', FORGET, whole(kept), NAME)
    for _, name in ipairs(redis.call('ZRANGEBYSCORE', FORGET, '-inf', whole(now), 'LIMIT', 0, 10)) do
        redis.call('ZREM', FORGET, name)
        redis.call('ZREM', INDEX, name)
    end
end

local function stamp(page, epoch)
    put(page, 'version', epoch)
    redis.call('ZADD', INDEX, whole(epoch), NAME)
end

-- Opens until then, or closes where that is 0. What was found out before counts no more.
local function turn(page, epoch, by, time, row)
    put(page, 'epoch', epoch)
    put(page, 'changed', now)
    put(page, 'by', by)
    put(page, 'until', time)
    put(page, 'row', row)
    put(page, 'successes', 0)
    for field, _ in pairs(page) do
        local begin = string.sub(field, 1, 2)
        if begin == 'v:' or begin == 'l:' then
            drop(page, field)
        end
    end
    stamp(page, epoch)
    keep(page, time)
end

local function told(page, accepted)
    return { accepted and 1 or 0, view(page, NAME) }
end

-- Tells all, and what was told last before, so that who has heard that has missed nothing.
local function publish(page)
    local what = view(page, NAME, tonumber(redis.call('GET', PUBLISHED) or '0'))
    redis.call('SET', PUBLISHED, page['version'])
    redis.call('PUBLISH', CHANNEL, what)
    return { 1, what }
end
