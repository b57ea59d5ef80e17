"""One printed line for each thing that is proven: `ok   mongo: ... (1.2 s)`, or FAIL with the reason."""
import contextlib
import time
import traceback

failed = []
proven = []


@contextlib.contextmanager
def line(text):
    """What is done inside proves `text`. A failure is printed and ends the part that it stands in."""
    notes = []
    begin = time.monotonic()
    try:
        yield notes.append
    except BaseException as error:
        failed.append(text)
        reason = str(error).strip() or traceback.format_exc()
        print(f"FAIL {text}: {reason}", flush=True)
        raise PartFailed(text) from error
    proven.append(text)
    print(f"ok   {text}{''.join(f'; {note}' for note in notes)} ({time.monotonic() - begin:.1f} s)", flush=True)


class PartFailed(Exception):
    pass


@contextlib.contextmanager
def part():
    """The other parts go on when one fails."""
    with contextlib.suppress(PartFailed):
        yield
