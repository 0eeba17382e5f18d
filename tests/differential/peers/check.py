"""Reads timetables with icalendar and recurring-ical-events, and says when everything takes place.

Standard input: {"zone": what a time without a zone means, "files": [{"path", "from", "to": seconds since 1970}],
"count": whether only the number of occurrences is wanted}. Standard output: {"seconds", "count"}, or
{"files": {path: {"occurrences": [[uid, start, end]]} or {"error": text}}}, times in seconds since 1970.

What the packages leave to their callers is done here: a byte order mark, cancelled events, and events without a time
are left out.
"""

import datetime
import json
import os
import signal
import sys
import time
import warnings
import zoneinfo

# It warns of much that the corpora are full of.
warnings.simplefilter("ignore")
# The package tzdata knows the newest rules; a system's own may be years old.
zoneinfo.reset_tzpath(to=[])
os.environ["PYTHONTZPATH"] = ""

import icalendar  # noqa: E402
import recurring_ical_events  # noqa: E402

# Seconds for one file; some rules of the corpora never end. Whoever counts waits for the answer.
PATIENCE = 20


def instant(at, campus):
    """Seconds since 1970; of a written time in a gap or a fold, the offset before the change (RFC 5545 3.3.5)."""
    if at.tzinfo is None:
        at = at.replace(tzinfo=campus)
    return int(at.timestamp())


def occurrences(content, window, campus):
    """All occurrences in a window, as (uid, start, end)."""
    found = []
    for calendar in icalendar.Calendar.from_ical(content, multiple=True):
        for event in recurring_ical_events.of(calendar, skip_bad_series=True).between(*window):
            start = event.start
            if not isinstance(start, datetime.datetime):
                continue
            if str(event.get("STATUS", "")).upper() == "CANCELLED":
                continue
            end = event.end
            if not isinstance(end, datetime.datetime):
                continue
            found.append((str(event.get("UID", "")), instant(start, campus), instant(end, campus)))
    return found


def give_up(_signal, _frame):
    raise TimeoutError("it took too long")


def main():
    order = json.load(sys.stdin)
    moment = lambda seconds: datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    campus = zoneinfo.ZoneInfo(order["zone"])
    files, count, seconds = {}, 0, 0.0
    signal.signal(signal.SIGALRM, give_up)
    for file in order["files"]:
        path, window = file["path"], (moment(file["from"]), moment(file["to"]))
        with open(path, "rb") as stream:
            content = stream.read().removeprefix(b"\xef\xbb\xbf")
        began = time.process_time()
        signal.alarm(0 if order.get("count") else PATIENCE)
        try:
            found = occurrences(content, window, campus)
            files[path] = {"occurrences": found}
            count += len(found)
        except Exception as error:  # a peer may refuse a file in any way it likes
            files[path] = {"error": f"{type(error).__name__}: {error}"[:200]}
        finally:
            signal.alarm(0)
        seconds += time.process_time() - began
    json.dump({"seconds": seconds, "count": count} if order.get("count") else {"files": files}, sys.stdout)


main()
