"""Says when the clocks of zones change, by the package tzdata.

Standard input: {"names": [name], "from", "to": seconds since 1970}. Standard output: {name: [[at, before, after]]}, seconds
since 1970 and seconds east of UTC; null for a name that is not known.
"""

import datetime
import json
import sys
import zoneinfo

# A system's own rules may be years old.
zoneinfo.reset_tzpath(to=[])

DAY, QUARTER = 86400, 900


def changes(zone, first, last):
    def offset(at):
        moment = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
        return int(moment.astimezone(zone).utcoffset().total_seconds())

    found = []
    for day in range(first, last, DAY):
        if offset(day) == offset(day + DAY):
            continue
        for at in range(day + QUARTER, day + DAY + 1, QUARTER):
            before, after = offset(at - QUARTER), offset(at)
            if before != after:
                found.append([at, before, after])
    return found


order = json.load(sys.stdin)
answer = {}
for name in order["names"]:
    try:
        answer[name] = changes(zoneinfo.ZoneInfo(name), order["from"], order["to"])
    except zoneinfo.ZoneInfoNotFoundError:
        answer[name] = None
json.dump(answer, sys.stdout)
