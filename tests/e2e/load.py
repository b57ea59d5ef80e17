"""A light, steady load on each service of a stack: about ten small writes a second."""
import contextlib
import threading

from redis_client import RedisClient
from servers import run_mc, start_mongosh


@contextlib.contextmanager
def on(stack):
    """Gives a function that tells how many writes each service has taken."""
    stop = threading.Event()
    counts = {"redis": 0, "minio": 0, "mongo": 0}

    def repeat(service, write, pause):
        while not stop.wait(pause):
            write()
            counts[service] += 1

    password = stack.secret("redis-default")

    def write_redis():
        [master] = stack.watched("redis").scrape().members_with_role("master")
        RedisClient(master, password).ask("SET", f"load-{counts['redis'] % 1000}", "x" * 100)

    threads = [
        threading.Thread(target=repeat, args=("redis", write_redis, 0.2)),
        threading.Thread(target=repeat, args=("minio", lambda: run_mc(stack, "minio-1", "pipe", f"rw/gogotex/load-{counts['minio'] % 100}", stdin="x"), 1)),
    ]
    shell = start_mongosh(stack, "while (true) { db.getSiblingDB('load').writes.insertOne({at: new Date()}); print('written'); sleep(200); }")

    def count_mongo():
        for line in shell.stdout:
            counts["mongo"] += line.strip() == "written"

    threads.append(threading.Thread(target=count_mongo))
    for thread in threads:
        thread.start()
    try:
        yield lambda: dict(counts)
    finally:
        stop.set()
        shell.kill()
        shell.wait()
        for thread in threads:
            thread.join()
