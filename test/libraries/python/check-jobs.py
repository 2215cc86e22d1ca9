"""RQ: jobs, retries, dependencies, jobs for later, and its registries."""

import logging
import sys
from datetime import timedelta

import redis
from rq import Callback, Queue, Retry, SimpleWorker
from rq.job import Job
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry
from rq.results import Result
from rq.scheduler import RQScheduler

logging.disable(logging.CRITICAL)
r = redis.Redis.from_url(sys.argv[1])
queue, urgent = Queue("ordinary", connection=r), Queue("urgent", connection=r)


def work():
    worker = SimpleWorker([urgent, queue], connection=r)
    worker.work(burst=True, logging_level=logging.CRITICAL)


total = queue.enqueue("operator.add", 2, 3)
first = urgent.enqueue("operator.mul", 4, 5)
after = queue.enqueue("operator.neg", 7, depends_on=[total, first])
assert after.get_status() == "deferred" and len(queue) == 1
many = queue.enqueue_many([Queue.prepare_data("math.sqrt", (n * n,)) for n in range(5)])
work()
assert total.return_value() == 5 and first.return_value() == 20 and after.return_value() == -7
assert [job.return_value() for job in many] == [0.0, 1.0, 2.0, 3.0, 4.0]
for job in (first, total):
    job.refresh()
assert first.ended_at <= total.started_at, "the urgent queue comes first"
assert len(FinishedJobRegistry(queue=queue)) == 7

bad = queue.enqueue("operator.truediv", 1, 0, retry=Retry(max=2))
work()
bad.refresh()
assert bad.is_failed and bad.retries_left == 0
failed = FailedJobRegistry(queue=queue)
assert failed.get_job_ids() == [bad.id]
assert "ZeroDivisionError" in bad.latest_result().exc_string
assert bad.latest_result().type == Result.Type.FAILED
failed.requeue(bad.id)
assert bad.id in queue.job_ids
queue.remove(bad)
assert queue.count == 0

late = queue.enqueue_in(timedelta(hours=1), "operator.add", 1, 1)
due = queue.enqueue_in(timedelta(seconds=-1), "operator.add", 2, 2)
scheduled = ScheduledJobRegistry(queue=queue)
assert set(scheduled.get_job_ids()) == {late.id, due.id}
scheduler = RQScheduler([queue], connection=r)
assert scheduler.acquire_locks() == {"ordinary"}
assert RQScheduler([queue], connection=r).acquire_locks() == set()
scheduler.enqueue_scheduled_jobs()
work()
assert due.return_value() == 4 and scheduled.get_job_ids() == [late.id]
scheduler.release_locks()

unique = queue.enqueue("operator.add", "a", "b", job_id="mine", result_ttl=100)
assert Job.fetch("mine", connection=r).func_name == "operator.add" and Job.exists("mine", r)
work()
assert r.ttl("rq:job:mine") <= 100 and unique.get_status() == "finished"
called = queue.enqueue("operator.add", 1, 1, on_success=Callback("builtins.print", timeout=10))
called.cancel()
assert called.is_canceled
for _ in range(3):
    queue.enqueue("operator.add", 1, 1)
assert queue.empty() == 3
queue.delete(delete_jobs=True)
assert Queue.all(connection=r) == [urgent] or urgent in Queue.all(connection=r)
