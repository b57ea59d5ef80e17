"""Four real MinIO nodes of which one hangs: how long the first scrape takes, and the next ones."""
import time

from minio_place import MinioPlace


def run():
    print("== minio, one of 4 nodes hangs", flush=True)
    place = MinioPlace()
    try:
        exporter = place.exporter()
        exporter.wait(lambda page: page.value("members_healthy") == 4, 20, "the deployment is healthy")
        place.nodes[2].pause()
        seconds = []
        for _ in range(10):
            begin = time.monotonic()
            page = exporter.scrape()
            seconds.append(time.monotonic() - begin)
        print(f"scrape, first               {seconds[0]:8.3f} s    (limit 3)")
        print(f"scrape, slowest of the next {max(seconds[1:]):8.3f} s")
        print(f"members up                  {sum(value for _, value in page.all('member_up')):8.0f}      (3 do answer)", flush=True)
    finally:
        place.purge()
