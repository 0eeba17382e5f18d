"""Reads timetables with icalendar and recurring-ical-events, and says when everything takes place.

Standard input: {"from", "to": seconds since 1970, "zone": what a time without a zone means, "files": [path],
"count": whether only the number of occurrences is wanted}. Standard output: {"seconds", "count"}, or
{"files": {path: {"occurrences": [[uid, start, end]]} or {"error": text}}}, times in seconds since 1970.

What the packages leave to their callers is done here: a byte order mark, cancelled events, and events without a time
are left out.
"""

import datetime
import json
import os
import sys
import time
import zoneinfo

# The package tzdata knows the newest rules; a system's own may be years old.
zoneinfo.reset_tzpath(to=[])
os.environ["PYTHONTZPATH"] = ""

import icalendar  # noqa: E402
import recurring_ical_events  # noqa: E402


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


def main():
    order = json.load(sys.stdin)
    moment = lambda seconds: datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    window = (moment(order["from"]), moment(order["to"]))
    campus = zoneinfo.ZoneInfo(order["zone"])
    files, count, seconds = {}, 0, 0.0
    for path in order["files"]:
        with open(path, "rb") as file:
            content = file.read().removeprefix(b"\xef\xbb\xbf")
        began = time.process_time()
        try:
            found = occurrences(content, window, campus)
            files[path] = {"occurrences": found}
            count += len(found)
        except Exception as error:  # a peer may refuse a file in any way it likes
            files[path] = {"error": f"{type(error).__name__}: {error}"[:200]}
        seconds += time.process_time() - began
    json.dump({"seconds": seconds, "count": count} if order.get("count") else {"files": files}, sys.stdout)


main()
