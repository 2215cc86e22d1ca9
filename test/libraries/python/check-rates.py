"""The rate limits of `limits`: every strategy that it has scripts for, synchronous or not."""

import asyncio
import sys
import warnings

import redis
from limits import parse
from limits.aio import storage as aio_storage
from limits.aio import strategies as aio_strategies
from limits.storage import storage_from_string
from limits.strategies import (
    FixedWindowElasticExpiryRateLimiter,
    FixedWindowRateLimiter,
    MovingWindowRateLimiter,
    SlidingWindowCounterRateLimiter,
)

warnings.simplefilter("ignore", DeprecationWarning)
url = sys.argv[1]
r = redis.Redis.from_url(url, decode_responses=True)
storage = storage_from_string(url)
assert storage.check()
three = parse("3/hour")

for Limiter in (
    FixedWindowRateLimiter,
    FixedWindowElasticExpiryRateLimiter,
    MovingWindowRateLimiter,
    SlidingWindowCounterRateLimiter,
):
    r.flushdb()
    limiter = Limiter(storage)
    hits = [limiter.hit(three, "ada") for _ in range(5)]
    assert hits == [True, True, True, False, False], (Limiter, hits)
    assert not limiter.test(three, "ada") and limiter.test(three, "bob")
    reset, remaining = limiter.get_window_stats(three, "ada")
    assert remaining == 0 and reset > 0, (Limiter, remaining)
    assert limiter.hit(three, "bob", cost=3) and not limiter.hit(three, "bob")
    limiter.clear(three, "ada")
    if Limiter is not SlidingWindowCounterRateLimiter:  # Its clear() does not free the window.
        assert limiter.hit(three, "ada"), Limiter

assert storage.incr("counter", 100, amount=5) == 5 and storage.get("counter") == 5
assert storage.reset() > 0 and r.dbsize() == 0


async def asynchronous():
    backend = aio_storage.RedisStorage(f"async+{url}", implementation="redispy")
    for Limiter in (
        aio_strategies.FixedWindowRateLimiter,
        aio_strategies.MovingWindowRateLimiter,
        aio_strategies.SlidingWindowCounterRateLimiter,
    ):
        limiter = Limiter(backend)
        hits = await asyncio.gather(*(limiter.hit(three, "ada") for _ in range(6)))
        assert sum(hits) == 3, (Limiter, hits)
        await limiter.clear(three, "ada")
        await backend.reset()


asyncio.run(asynchronous())
