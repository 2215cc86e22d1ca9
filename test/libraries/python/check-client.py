"""redis-py itself, in RESP2 and RESP3, and its asyncio half."""

import asyncio
import sys
import threading

import redis
import redis.asyncio
from redis.cache import CacheConfig

url = sys.argv[1]


def values(r):
    assert r.set("k", "v", ex=100, nx=True) is True
    assert r.set("k", "w", nx=True) is None
    assert r.get("k") == "v" and 0 < r.ttl("k") <= 100
    assert r.set("k", "x", get=True) == "v"
    assert r.hset("h", mapping={"a": 1, "b": 2}) == 2
    assert r.hgetall("h") == {"a": "1", "b": "2"}
    assert r.hexpire("h", 100, "a") == [1] and r.httl("h", "a", "none") == [100, -2]
    assert r.zadd("z", {"one": 1, "two": 2.5}) == 2
    found = r.zrange("z", 0, -1, withscores=True)
    assert [list(pair) for pair in found] == [["one", 1.0], ["two", 2.5]], found
    assert r.zincrby("z", 0.5, "one") == 1.5
    assert r.geoadd("g", (13.361389, 38.115556, "Palermo")) == 1
    assert r.geopos("g", "Palermo")[0][0] > 13.3
    assert r.pfadd("p", 1, 2, 3) and r.pfcount("p") == 3
    assert r.setbit("b", 7, 1) == 0 and r.bitcount("b") == 1
    assert r.incrbyfloat("f", 1.5) == 1.5
    assert r.rpush("l", *range(5)) == 5 and r.lpop("l", 2) == ["0", "1"]
    assert r.blmove("l", "m", 1, "LEFT", "RIGHT") == "2"
    assert r.sort("l", desc=True) == ["4", "3"]
    assert set(r.scan_iter("*", count=2)) == set(r.keys())
    assert r.object("encoding", "z") == "listpack"
    assert r.config_get("maxmemory") == {"maxmemory": "0"}
    assert r.info("server")["redis_version"] == "8.0.2"
    assert r.client_getname() == "tester" and r.client_info()["lib-name"] == "redis-py"
    assert "maxclients" in r.config_get("max*")
    assert r.memory_usage("k") > 0
    assert r.command_count() > 200
    assert len(r.slowlog_get()) == 0 or r.slowlog_get()[0]["id"] >= 0
    assert r.time()[0] > 1_600_000_000
    assert r.restore("copy", 0, redis.Redis.from_url(url).dump("z")) and r.zcard("copy") == 2


def pipelines(r):
    with r.pipeline() as pipe:
        assert pipe.set("n", 1).incr("n").get("n").execute() == [True, 2, "2"]
    with r.pipeline(transaction=False) as pipe:
        pipe.set("s", "x").incr("s").get("s")
        try:
            pipe.execute()
            raise AssertionError("INCR of text")
        except redis.ResponseError as problem:
            assert "not an integer" in str(problem)
    attempts = []

    def double(pipe):
        attempts.append(1)
        now = int(pipe.get("n"))
        if len(attempts) == 1:
            r.set("n", 10)  # Another one is faster.
        pipe.multi()
        pipe.set("n", now * 2)

    r.transaction(double, "n")
    assert len(attempts) == 2 and r.get("n") == "20"


def scripts(r):
    r.script_flush()
    add = r.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    assert add(keys=["sum"], args=[5]) == 5 and add(keys=["sum"], args=[5]) == 10
    pipe = r.pipeline()
    add(keys=["sum"], args=[1], client=pipe)
    assert pipe.execute() == [11]
    assert r.script_exists(add.sha, "0" * 40) == [True, False]
    assert r.eval("return {1, {2, 'x'}, false}", 0) == [1, [2, "x"], None]
    body = "redis.register_function('twice', function(k, a) return a[1] * 2 end)"
    library = "#!lua name=mine\n" + body
    assert r.function_load(library, replace=True) == "mine"
    assert r.fcall("twice", 0, 21) == 42
    assert r.function_delete("mine")
    try:
        r.eval("return redis.error_reply('MINE it is')", 0)
        raise AssertionError("no error")
    except redis.ResponseError as problem:
        assert str(problem) == "MINE it is", problem


def pubsub(r):
    heard = []
    seen = threading.Event()
    listener = r.pubsub()

    def on_news(message):
        heard.append((message["channel"], message["data"]))
        if len(heard) == 2:
            seen.set()

    listener.subscribe(news=on_news)
    listener.psubscribe(**{"other.*": on_news})
    for _ in range(2):
        assert listener.get_message(timeout=10)["type"] in ("subscribe", "psubscribe")
    thread = listener.run_in_thread(sleep_time=0.01)
    assert r.publish("news", "a") == 1 and r.publish("other.b", "b") == 1
    assert seen.wait(10)
    thread.stop()
    thread.join()
    assert heard == [("news", "a"), ("other.b", "b")], heard


def streams(r):
    first = r.xadd("x", {"n": 1})
    r.xadd("x", {"n": 2}, maxlen=10, approximate=True)
    assert [fields for _, fields in r.xrange("x")] == [{"n": "1"}, {"n": "2"}]
    r.xgroup_create("x", "g", id="0")
    reply = r.xreadgroup("g", "ada", {"x": ">"}, count=10, block=1000)
    entries = reply["x"][0] if isinstance(reply, dict) else reply[0][1]
    assert len(entries) == 2
    assert r.xpending("x", "g")["pending"] == 2
    assert r.xpending_range("x", "g", "-", "+", 10)[0]["consumer"] == "ada"
    assert len(r.xautoclaim("x", "g", "bob", 0)[1]) == 2
    assert r.xack("x", "g", first) == 1
    assert r.xinfo_groups("x")[0]["pending"] == 1
    assert r.xinfo_stream("x")["length"] == 2


for protocol in (2, 3):
    options = {"protocol": protocol, "decode_responses": True, "client_name": "tester"}
    client = redis.Redis.from_url(url, **options)
    client.flushall()
    for check in (values, pipelines, scripts, pubsub, streams):
        check(client)
    client.close()

# Client-side caching: what another client changes is not read from the cache.
cached = redis.Redis.from_url(url, protocol=3, decode_responses=True, cache_config=CacheConfig())
other = redis.Redis.from_url(url)
other.set("shared", "old")
assert cached.get("shared") == "old" and cached.get("shared") == "old"
assert len(cached.get_cache().collection) == 1
other.set("shared", "new")
while cached.get("shared") != "new":
    pass


async def asynchronous():
    client = redis.asyncio.Redis.from_url(url, protocol=3, decode_responses=True)
    async with client.pipeline() as pipe:
        assert await pipe.set("a", 1).incr("a").execute() == [True, 2]
    results = await asyncio.gather(*(client.incr("many") for _ in range(200)))
    assert sorted(results) == list(range(1, 201))
    waiting = asyncio.create_task(client.blpop("later", timeout=10))
    await client.rpush("later", "came")
    assert await waiting == ["later", "came"]
    async with client.lock("async-lock", timeout=10) as lock:
        assert await lock.owned()
    async with client.pubsub() as listener:
        await listener.subscribe("here")
        await listener.get_message(timeout=10)
        await client.publish("here", "hello")
        assert (await listener.get_message(timeout=10))["data"] == "hello"
    await client.aclose()


asyncio.run(asynchronous())
