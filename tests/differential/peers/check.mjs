// Reads timetables with ical.js, and says when everything takes place. Input and output are those of check.py; "zones"
// holds VTIMEZONEs for the names that a file does not define itself.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";

const modules = process.env.INVIGILATOR_TEST_NODE_MODULES;
const { default: ICAL } = await import(createRequire(modules + "/").resolve("ical.js"));

/** Steps of one series, at most; some rules have no end. */
const STEPS = 20000;

/** The zones that times are read in, while a file is read. */
function register(calendars, zones, campus) {
  ICAL.TimezoneService.reset();
  for (const zone of zones) {
    ICAL.TimezoneService.register(new ICAL.Timezone(ICAL.Component.fromString(zone)));
  }
  for (const calendar of calendars) {
    for (const zone of calendar.getAllSubcomponents("vtimezone")) {
      ICAL.TimezoneService.register(new ICAL.Timezone(zone));
    }
  }
  return ICAL.TimezoneService.get(campus);
}

function instant(time, campus) {
  if (time.zone === ICAL.Timezone.localTimezone && campus) {
    time = time.clone();
    time.zone = campus;
  }
  return time.toUnixTime();
}

/** Every occurrence of one event, up to the end of the window. */
function walk(master, exceptions, end, campus, keep) {
  const event = new ICAL.Event(master, { exceptions });
  if (!event.isRecurring()) return keep(event, event.startDate, event.endDate);
  const iterator = event.iterator();
  for (let step = 0, next; step < STEPS && (next = iterator.next()); step++) {
    if (instant(next, campus) >= end + 86400) return;
    const { item, startDate, endDate } = event.getOccurrenceDetails(next);
    keep(item, startDate, endDate);
  }
}

/** All occurrences in a window, as [uid, start, end]. */
function occurrences(content, file, order) {
  const parsed = ICAL.parse(content);
  const roots = Array.isArray(parsed[0]) ? parsed : [parsed];
  const calendars = roots.map((root) => new ICAL.Component(root));
  const campus = register(calendars, order.zones ?? [], order.zone);
  const found = [];
  const keep = (event, start, end) => {
    const status = event.component.getFirstPropertyValue("status");
    if (start.isDate || String(status).toUpperCase() === "CANCELLED") return;
    const [from, to] = [instant(start, campus), instant(end, campus)];
    if (from < file.to && file.from < to) found.push([event.uid ?? "", from, to]);
  };
  for (const calendar of calendars) {
    const series = new Map();
    for (const component of calendar.getAllSubcomponents("vevent")) {
      const uid = component.getFirstPropertyValue("uid");
      const group = series.get(uid) ?? { masters: [], exceptions: [] };
      group[component.hasProperty("recurrence-id") ? "exceptions" : "masters"].push(component);
      series.set(uid, group);
    }
    for (const { masters, exceptions } of series.values()) {
      try {
        if (masters.length > 0) walk(masters.at(-1), exceptions, file.to, campus, keep);
        else exceptions.map((one) => new ICAL.Event(one)).forEach((one) => keep(one, one.startDate, one.endDate));
      } catch {
        // One series that it cannot expand costs that series.
      }
    }
  }
  return found;
}

const order = JSON.parse(readFileSync(0, "utf8"));
const files = {};
let [count, seconds] = [0, 0];
for (const file of order.files) {
  const { path } = file;
  const content = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  const [began, worked] = [performance.now(), process.cpuUsage()];
  try {
    const found = occurrences(content, file, order);
    files[path] = { occurrences: found };
    count += found.length;
  } catch (error) {
    files[path] = { error: String(error).slice(0, 200) };
  }
  // Its collector of garbage has threads of its own; a busy machine makes it wait. Neither counts.
  const { user, system } = process.cpuUsage(worked);
  seconds += Math.min((performance.now() - began) / 1e3, (user + system) / 1e6);
}
process.stdout.write(JSON.stringify(order.count ? { seconds, count } : { files }));
