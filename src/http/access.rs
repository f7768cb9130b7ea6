//! Who is calling and whether they may: client address behind proxies, tokens in constant time, admin networks, hosts, rate limits.
