-- An instance goes. ARGV: 3 instance
redis.call('ZREM', LIVING, ARGV[3])
return { now }
