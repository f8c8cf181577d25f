-- An instance does not find the service down any more. ARGV: 3 instance
redis.call('HDEL', PAGE, 'v:' .. ARGV[3])
return { now }
