"""Celery with Redis as its broker and as the place of its results."""

import logging
import sys

import redis
from celery import Celery, chain, chord, group
from celery.contrib.testing.worker import start_worker

logging.disable(logging.CRITICAL)
url = sys.argv[1]
app = Celery("tasks", broker=url + "/1", backend=url + "/2")
app.conf.update(
    broker_transport_options={"visibility_timeout": 1000},
    broker_connection_retry_on_startup=True,
    task_default_retry_delay=0,
    result_expires=1000,
    worker_send_task_events=True,
)


@app.task
def add(x, y):
    return x + y


@app.task
def total(numbers):
    return sum(numbers)


@app.task(bind=True, max_retries=3)
def flaky(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return self.request.retries


@app.task
def broken():
    raise ValueError("it is broken")


with start_worker(app, pool="solo", perform_ping_check=False, loglevel="CRITICAL"):
    assert add.delay(2, 3).get(timeout=30) == 5
    assert chain(add.s(1, 2), add.s(10))().get(timeout=30) == 13
    assert group(add.s(i, i) for i in range(4))().get(timeout=30) == [0, 2, 4, 6]
    assert chord((add.s(i, 1) for i in range(5)), total.s())().get(timeout=30) == 15
    assert flaky.delay().get(timeout=30) == 2
    try:
        broken.delay().get(timeout=30)
        raise AssertionError("it is not broken")
    except ValueError as problem:
        assert str(problem) == "it is broken"
    assert add.apply_async((1, 1), countdown=0.05, priority=3).get(timeout=30) == 2
    assert app.control.ping(timeout=10, limit=1)[0]

r = redis.Redis.from_url(url + "/2", decode_responses=True)
results = list(r.scan_iter("celery-task-meta-*"))
assert len(results) > 10 and all(0 < r.ttl(key) <= 1000 for key in results)
