//! What a plan is, as text of our own and as its SHA-256. Every field is named, so that a new one cannot be left
//! out unnoticed; strings carry their length, so that no text can pretend to be another field.

use super::{
    Allowed, AttemptsEnd, Boot, Cluster, Database, Demand, Lead, Node, PressShape, Ramp, Settings,
    Taken, Times, Zones,
};
use crate::domain::{Calendar, Dates, Hours, Phase, SittingKey, Step, Tracking, Vcpu, Window, hex};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use std::fmt::Display;

/// The hash over steps, windows and settings: neither the moment of planning nor a generation is in it.
pub(super) fn hash(steps: &[Step], windows: &[Window], settings: &Settings) -> String {
    let mut text = Text(String::from("invigilator plan 1\n"));
    steps.iter().for_each(|step| text.step(step));
    windows.iter().for_each(|window| text.window(window));
    text.settings(settings);
    hex(&Sha256::digest(text.0.as_bytes()))
}

struct Text(String);

impl Text {
    fn field(&mut self, name: &str, value: impl Display) {
        self.0.push_str(&format!("{name}={value}\n"));
    }

    fn text(&mut self, name: &str, value: &str) {
        self.field(name, format_args!("{}:{value}", value.len()));
    }

    fn moment(&mut self, name: &str, value: DateTime<Utc>) {
        self.field(name, value.timestamp_millis());
    }

    fn length(&mut self, name: &str, value: TimeDelta) {
        self.field(name, value.num_milliseconds());
    }

    /// The shortest text that reads back as the same number.
    fn real(&mut self, name: &str, value: f64) {
        self.field(name, format_args!("{value:?}"));
    }

    fn step(&mut self, step: &Step) {
        let Step { at, floor, ceiling, reasons } = step;
        self.moment("step", *at);
        self.field("floor", floor);
        self.field("ceiling", ceiling);
        reasons.iter().for_each(|reason| self.text("reason", reason));
    }

    fn window(&mut self, window: &Window) {
        let Window {
            sittings,
            raise_at,
            ready_at,
            starts_at,
            last_deadline,
            release_at,
            hard_end,
            hard_stop,
            nodes,
            vcpu: Vcpu { start, plateau, submit },
        } = window;
        self.moment("window", *raise_at);
        for SittingKey { uid, recurrence_id } in sittings {
            self.text("uid", uid);
            if let Some(id) = recurrence_id {
                self.moment("recurrence_id", *id);
            }
        }
        self.moment("ready_at", *ready_at);
        self.moment("starts_at", *starts_at);
        self.moment("last_deadline", *last_deadline);
        self.moment("release_at", *release_at);
        self.moment("hard_end", *hard_end);
        self.moment("hard_stop", *hard_stop);
        self.field("nodes", nodes);
        self.real("start", *start);
        self.real("plateau", *plateau);
        self.real("submit", *submit);
    }

    fn settings(&mut self, settings: &Settings) {
        let Settings {
            calendar,
            hard_ceiling,
            node,
            zones,
            demand,
            allowed,
            lead,
            times,
            database,
            // It changes no step.
            node_hour_price: _,
        } = settings;
        self.calendar(calendar);
        self.field("hard_ceiling", hard_ceiling);
        self.node(node, *zones);
        self.demand(demand);
        self.allowed(allowed);
        self.lead(lead);
        self.times(*times);
        self.database(database);
    }

    fn calendar(&mut self, calendar: &Calendar) {
        // Doubts change no step.
        let Calendar { zone, phases, doubts: _ } = calendar;
        self.field("zone", zone);
        phases.iter().for_each(|phase| self.phase(phase));
    }

    fn phase(&mut self, phase: &Phase) {
        let Phase { name, dates, hours, floor, ceiling, tracking, background_vcpu } = phase;
        self.text("phase", name);
        match dates {
            Dates::Otherwise => self.field("dates", "otherwise"),
            Dates::Unknown => self.field("dates", "unknown"),
            Dates::Within(spans) => spans.iter().for_each(|span| {
                self.moment("from", span.start());
                self.moment("until", span.end());
            }),
        }
        if let Some(Hours { days, from, until }) = hours {
            days.iter().for_each(|day| self.field("day", day));
            self.field("begins", from);
            self.field("ends", until);
        }
        self.field("floor", floor);
        self.field("ceiling", ceiling);
        match tracking {
            Tracking::Cpu(share) => self.real("target_cpu", share.fraction()),
            Tracking::Requests(count) => self.field("target_requests", count),
            Tracking::Other => self.field("target", tracking),
        }
        if let Some(vcpu) = background_vcpu {
            self.real("background_vcpu", *vcpu);
        }
    }

    fn node(&mut self, node: &Node, zones: Zones) {
        let Node { vcpu, usable, workers, connections_per_worker } = node;
        let Zones { count, survive_loss } = zones;
        self.field("vcpu", vcpu);
        self.real("usable", usable.fraction());
        self.field("workers", workers);
        self.field("connections_per_worker", connections_per_worker);
        self.field("zones", count);
        self.field("survive_loss", survive_loss);
    }

    fn demand(&mut self, demand: &Demand) {
        let Demand {
            attendance,
            press,
            press_window,
            late,
            late_window,
            start_cpu,
            variation,
            page_cpu,
            page_period,
            attempts_end,
            submit_cpu,
            submit_share,
            submit_window,
            reload_cpu,
            reload_period,
            reload_lead,
            background_vcpu,
        } = demand;
        self.real("attendance", attendance.fraction());
        match press {
            PressShape::FrontLoaded => self.field("press", "front_loaded"),
            PressShape::Uniform => self.field("press", "uniform"),
            PressShape::Measured(curve) => {
                curve.shares().iter().for_each(|share| self.real("press", *share));
                self.real("unsure", press.unsure());
            }
        }
        self.length("press_window", *press_window);
        self.real("late", late.fraction());
        self.length("late_window", *late_window);
        self.real("start_cpu", *start_cpu);
        self.real("variation", *variation);
        self.real("page_cpu", *page_cpu);
        self.length("page_period", *page_period);
        let ends = match attempts_end {
            AttemptsEnd::AtClose => "at_close",
            AttemptsEnd::AtOwnLimit => "at_own_limit",
            AttemptsEnd::Either => "either",
        };
        self.field("attempts_end", ends);
        self.real("submit_cpu", *submit_cpu);
        self.real("submit_share", submit_share.fraction());
        self.length("submit_window", *submit_window);
        self.real("reload_cpu", *reload_cpu);
        self.length("reload_period", *reload_period);
        self.length("reload_lead", *reload_lead);
        self.real("background_vcpu", *background_vcpu);
    }

    fn allowed(&mut self, allowed: &Allowed) {
        let Allowed { at_start, at_submit, violation, plateau_use } = allowed;
        self.length("at_start", *at_start);
        self.length("at_submit", *at_submit);
        self.real("violation", violation.fraction());
        self.real("plateau_use", plateau_use.fraction());
    }

    fn lead(&mut self, lead: &Lead) {
        let Lead {
            ready_by,
            // It is in the other three.
            boot: Boot { fixed, median, sigma, seen: _ },
            launch_failure,
            failure_seen_after,
            ramp,
            action_lateness,
            shortage,
            spares,
            at_least,
            warn_above,
        } = lead;
        self.length("ready_by", *ready_by);
        if let Some(Ramp { step, every }) = ramp {
            self.field("ramp_step", step);
            self.length("ramp_every", *every);
        }
        self.length("boot_fixed", *fixed);
        self.length("boot_median", *median);
        self.real("boot_sigma", *sigma);
        self.real("launch_failure", launch_failure.fraction());
        self.length("failure_seen_after", *failure_seen_after);
        self.length("action_lateness", *action_lateness);
        self.real("shortage", *shortage);
        self.field("spares", spares);
        self.length("at_least", *at_least);
        self.length("warn_above", *warn_above);
    }

    fn times(&mut self, times: Times) {
        let Times { tail, hard_end, hard_stop } = times;
        self.length("tail", tail);
        self.length("hard_end", hard_end);
        self.length("hard_stop", hard_stop);
    }

    fn database(&mut self, database: &Database) {
        // What a larger class would be called changes no step.
        let Database { max_connections, class: _, usable, cron, reserve, fixed, cluster, overlap } =
            database;
        if let Some(limit) = max_connections {
            self.field("max_connections", limit);
        }
        self.real("usable", usable.fraction());
        self.field("cron", cron);
        self.field("reserve", reserve);
        self.field("fixed", fixed);
        self.real("overlap", overlap.fraction());
        if let Some(Cluster { name, others, cron, kept }) = cluster {
            self.text("cluster", name);
            self.field("kept", kept);
            self.field("their_cron", cron);
            for Taken { from, connections } in others.iter().flatten() {
                self.moment("from", *from);
                self.field("taken", connections);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Nodes;
    use crate::planner::fixture::{at, settings};

    fn step(reasons: &[&str]) -> Step {
        let reasons = reasons.iter().map(|&reason| reason.to_owned()).collect();
        Step { at: at(0), floor: Nodes::new(2), ceiling: Nodes::new(40), reasons }
    }

    #[test]
    fn a_text_cannot_pretend_to_be_two() {
        let one = hash(&[step(&["a\nreason=1:b"])], &[], &settings());
        let two = hash(&[step(&["a", "b"])], &[], &settings());
        assert_ne!(one, two);
        assert_eq!(one.len(), 64);
    }

    #[test]
    fn every_setting_is_in_the_hash() {
        let before = hash(&[], &[], &settings());
        let mut changed = settings();
        changed.database.max_connections = None;
        assert_ne!(before, hash(&[], &[], &changed));
        let mut changed = settings();
        changed.lead.boot.sigma += 1e-12;
        assert_ne!(before, hash(&[], &[], &changed));
    }
}
