//! Why the bounds of the configuration are where they are, to be told with a value that lies outside.

/// The reason for the bounds of a key.
pub(super) fn reason(key: &str) -> &'static str {
    match key.rsplit(' ').next().unwrap_or(key) {
        "pass_every" => "an observation is believed for so long at the most",
        "every" => "more often is impolite, and a day without a look is no look",
        "stale_after" => "less than two looks is no outage, and after 30 days nobody remembers",
        "default_candidates" => {
            "an exam of nobody asks for nothing, and one of more is a typing mistake"
        }
        "hard_ceiling" | "ramp_step" | "step" => "a group larger than this is a typing mistake",
        "zones" => "a group stands in one zone at least, and no region has more than ten",
        "node_hour_price" => "nothing costs less than nothing",
        "vcpu" => "one vCPU is the least there is, 448 the most",
        "workers" => "a web server without workers serves nobody",
        "connections_per_worker" => {
            "a Moodle process holds one on the writer, and a few more at the most"
        }
        "usable" | "attendance" | "submit_share" | "plateau_use" | "target_cpu" | "proxy_share" => {
            "of nothing there is nothing to plan with"
        }
        "overlap" | "late_share" => "it is a part of the whole",
        "floor" => "a fleet without a web server is down, and the hard ceiling binds every floor",
        "ceiling" => "it is at least the floor, and the hard ceiling binds it",
        "target_requests" => "no web server answers more in a minute",
        "press_window" | "page_period" | "submit_window" | "reload_period" | "start_delay" => {
            "within an exam"
        }
        "late_window" => "nobody begins later than a day",
        "reload_lead" => "nobody waits before a closed quiz for longer",
        "start_cpu" | "page_cpu" | "submit_cpu" | "reload_cpu" => "PHP gives up after a minute",
        "variation" => "ten times the mean is beyond any page",
        "background_vcpu" => "more is a typing mistake",
        "wait_at_start" | "wait_at_submit" => "Moodle's grace period is a minute",
        "violation" => {
            "a tenth of all candidates is no promise, and less than one in a billion cannot be shown"
        }
        "launch_failure" => "where every second launch fails, mend the launches",
        "boots_seen" | "boot_fixed" | "boot_median" | "failure_seen_after" => {
            "what takes longer than an hour never comes"
        }
        "boot_sigma" => "no boots are all alike, and none spread further",
        "ramp_every" => {
            "scheduled actions stand on whole minutes, and a ramp ends within half an hour"
        }
        "at_least" => "quicker is mode = \"learned\", and a day ahead is early enough",
        "ready_by" | "warn_above" | "hard_end" | "hard_stop" => "within a day, and in their order",
        "action_lateness" => "AWS may run a scheduled action two minutes late",
        "shortage" => "one exam in a hundred is no promise",
        "spares" => "more are no spares but another fleet",
        "tail" => "whoever submits at the last second is still being served",
        "second_look" => "two looks that are nearer are one",
        "fresh_for" => "older than five minutes is no look at attempts",
        "overdue_grace" => "a person needs half an hour to come",
        "max_connections" => "Aurora takes no less than 10 and no more than 100,000",
        "cron" | "reserve" | "fixed" => "no database has more",
        "min_acu" | "max_acu" => "Aurora Serverless v2 has 0 to 256 capacity units",
        _ => "",
    }
}
