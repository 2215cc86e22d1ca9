"""redis-py's Lock, and the locks and caches of portalocker, aiocache, dogpile and cachelib."""

import asyncio
import sys
import threading

import aiocache
import cachelib
import portalocker
import portalocker.redis
import redis
from aiocache.lock import OptimisticLock, OptimisticLockError, RedLock
from dogpile.cache import make_region
from redis.exceptions import LockError, LockNotOwnedError

url = sys.argv[1]
r = redis.Redis.from_url(url, decode_responses=True)
raw = redis.Redis.from_url(url)
where = r.connection_pool.connection_kwargs
host, port = where["host"], where["port"]


def refuses(kind, work, *args):
    try:
        work(*args)
    except kind:
        return
    raise AssertionError(f"{kind} was not raised")


lock = raw.lock("door", timeout=10)
other = raw.lock("door", timeout=10, blocking=False)
assert lock.acquire() and lock.locked() and lock.owned()
assert not other.acquire() and not other.owned()
assert lock.extend(1000) and r.pttl("door") > 900_000
assert lock.extend(5, replace_ttl=True) and r.pttl("door") <= 5000
assert lock.reacquire() and 5000 < r.pttl("door") <= 10_000
r.set("door", "a thief's")
refuses(LockNotOwnedError, lock.extend, 1)
lock = raw.lock("door", timeout=10)
r.delete("door")
assert lock.acquire()
r.delete("door")
refuses(LockNotOwnedError, lock.release)
refuses(LockError, other.release)
with raw.lock("door", timeout=10, sleep=0.01):
    waiting = threading.Thread(target=lambda: raw.lock("door", sleep=0.01).acquire())
    waiting.start()
waiting.join()
assert r.exists("door") == 1
refuses(LockError, raw.lock("door", blocking_timeout=0.02, sleep=0.01).__enter__)

# Held as long as a subscription lasts.
first = portalocker.redis.RedisLock("channel", connection=raw, timeout=0.5, check_interval=0.02)
first.acquire()
second = portalocker.redis.RedisLock("channel", connection=raw, timeout=0.5, check_interval=0.02)
refuses(portalocker.AlreadyLocked, second.acquire)
first.release()
second.acquire()
second.release()


async def caching():
    cache = aiocache.Cache(aiocache.Cache.REDIS, endpoint=host, port=port, namespace="aio")
    assert await cache.set("k", "v", ttl=100) and await cache.get("k") == "v"
    assert await cache.multi_set([("a", "1"), ("b", "2")], ttl=100)
    assert await cache.multi_get(["a", "b", "none"]) == ["1", "2", None]
    assert await cache.increment("n", 3) == 3
    computed = []

    async def get_or_set():
        async with RedLock(cache, "slow", lease=10):
            if await cache.get("slow") is None:
                computed.append(1)
                await cache.set("slow", "result")

    await asyncio.gather(*(get_or_set() for _ in range(5)))
    assert len(computed) == 1
    async with OptimisticLock(cache, "k") as lock:
        await lock.cas("w", ttl=100)
    assert await cache.get("k") == "w"
    try:
        async with OptimisticLock(cache, "k") as lock:
            await cache.set("k", "another's")
            await lock.cas("mine")
        raise AssertionError("it was not noticed")
    except OptimisticLockError:
        pass
    assert await cache.clear(namespace="aio") and await cache.get("k") is None
    await cache.close()


asyncio.run(caching())

arguments = {"url": url, "distributed_lock": True, "lock_timeout": 10, "redis_expiration_time": 100}
region = make_region().configure("dogpile.cache.redis", arguments=arguments)
computed = []
threads = [
    threading.Thread(target=lambda: region.get_or_create("page", lambda: computed.append(1) or 42))
    for _ in range(5)
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(computed) == 1 and region.get("page") == 42
region.set_multi({"x": 1, "y": 2})
assert region.get_multi(["x", "y"]) == [1, 2]
region.delete_multi(["x", "y"])
assert not region.get("x")

shelf = cachelib.RedisCache(host=host, port=port, key_prefix="shelf:")
assert shelf.set("k", {"a": [1]}) and shelf.get("k") == {"a": [1]}
assert shelf.add("k", 2) is False and shelf.inc("n", 2) == 2 and shelf.dec("n") == 1
assert shelf.get_many("k", "none") == [{"a": [1]}, None] and shelf.has("k")
assert shelf.clear() and not shelf.has("k")
