//! Scheduled actions: what is written, what is refused and in which words, pages, and what fires.

use crate::face::{AUTO_SCALING, Answer, Site, stamp};

const PUT: &str = "PutScheduledUpdateGroupAction";
const BATCH_PUT: &str = "BatchPutScheduledUpdateGroupAction";

async fn put(site: &Site, name: &str, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("ScheduledActionName", name)];
    all.extend(fields);
    site.on_group(PUT, &all).await
}

/// Actions `a0`, `a1`, … one minute apart from second 3,600 on, in batches.
async fn fill(site: &Site, count: usize) {
    let numbers: Vec<_> = (0..count).collect();
    for batch in numbers.chunks(50) {
        let items: Vec<_> = batch
            .iter()
            .map(|n| (format!("a{n}"), 3_600 + 60 * i64::try_from(*n).unwrap()))
            .collect();
        assert_eq!(put_batch(site, &items).await.fine().texts("ErrorCode"), [""; 0]);
    }
}

async fn put_batch(site: &Site, items: &[(String, i64)]) -> Answer {
    let mut fields = Vec::new();
    for (number, (name, second)) in (1..).zip(items) {
        let field = |field: &str| format!("ScheduledUpdateGroupActions.member.{number}.{field}");
        fields.push((field("ScheduledActionName"), name.clone()));
        fields.push((field("StartTime"), stamp(*second)));
        fields.push((field("MinSize"), "3".into()));
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    site.on_group(BATCH_PUT, &fields).await
}

async fn described(site: &Site, fields: &[(&str, &str)]) -> Answer {
    site.ask(AUTO_SCALING, "DescribeScheduledActions", fields).await.fine()
}

#[tokio::test]
async fn an_action_is_told_as_it_was_written_and_a_second_put_replaces_it() {
    let site = Site::new();
    let (first, second) = (stamp(600), stamp(1_200));
    let sizes = [("MinSize", "3"), ("MaxSize", "20"), ("DesiredCapacity", "5")];
    put(&site, "raise & hold", &[&[("StartTime", &*first)], &sizes[..]].concat()).await.fine();
    let told = described(&site, &[]).await;
    assert_eq!(told.text("ScheduledActionName"), "raise &amp; hold");
    assert_eq!((told.text("StartTime"), told.text("Time")), (&*first, &*first));
    assert_eq!(
        ["MinSize", "MaxSize", "DesiredCapacity"].map(|name| told.text(name)),
        ["3", "20", "5"]
    );
    let arn = told.text("ScheduledActionARN");
    assert!(
        arn.starts_with("arn:aws:autoscaling:eu-west-1:123456789012:scheduledUpdateGroupAction:"),
        "{arn}"
    );
    put(&site, "raise & hold", &[("StartTime", &second), ("MinSize", "4")]).await.fine();
    let told = described(&site, &[]).await;
    assert_eq!((told.text("StartTime"), told.text("MinSize")), (&*second, "4"));
    assert_eq!(told.texts("MaxSize"), [""; 0]);
}

/// Sections 1.3 and 1.4 of what AWS refuses, each with its words.
#[tokio::test]
async fn what_aws_refuses_is_refused_in_its_words() {
    let site = Site::new();
    site.advance(100);
    let (past, now, soon, later) = (stamp(0), stamp(100), stamp(600), stamp(1_200));
    let start = ("StartTime", &*soon);
    let min = ("MinSize", "3");
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("StartTime", &past), min], "Given start time is in the past"),
        (&[("StartTime", &now), min], "Given start time is in the past"),
        (&[start, ("EndTime", &past), min], "Given end time is in the past"),
        (
            &[("StartTime", &later), ("EndTime", &soon), min],
            "Given end time must be after start time",
        ),
        (&[min], "Scheduled start time must be specified for non-recurrent future group action"),
        (
            &[("EndTime", &soon), min],
            "Scheduled start time must be specified for non-recurrent future group action",
        ),
        (&[start], "At least one of max size, min size, or desired capacity must be specified"),
        (&[start, min, ("MaxSize", "2")], "Min size must be less than or equal to max size"),
        (
            &[start, ("DesiredCapacity", "3"), ("MaxSize", "2")],
            "Desired capacity must be less than or equal to max size",
        ),
        (
            &[start, min, ("DesiredCapacity", "2")],
            "Desired capacity must be greater than or equal to min size",
        ),
        (&[start, ("DesiredCapacity", "-1")], "Desired capacity must be non-negative"),
        (
            &[("Recurrence", "cron(0 8 * * ? *)"), min],
            "Given recurrence string: cron(0 8 * * ? *) is invalid",
        ),
        (&[("Recurrence", "60 8 * * *"), min], "Given recurrence string: 60 8 * * * is invalid"),
    ];
    for (fields, told) in cases {
        put(&site, "a", fields).await.refused("ValidationError", told);
    }
    put(&site, "", &[start, min]).await.refused(
        "ValidationError",
        "1 validation error detected: Value '' at 'scheduledActionName' failed to satisfy constraint: \
         Member must have length greater than or equal to 1",
    );
    let long = put(&site, &"x".repeat(256), &[start, min]).await;
    assert!(long.text("Message").ends_with("Member must have length less than or equal to 255"));
    assert_eq!(described(&site, &[]).await.texts("StartTime"), [""; 0]);
}

#[tokio::test]
async fn a_taken_start_time_already_exists_also_for_another_name() {
    let site = Site::new();
    let fields = [("StartTime", &*stamp(600)), ("MinSize", "3")];
    put(&site, "a", &fields).await.fine();
    let told = "Scheduled action with this scheduled start time already exists";
    put(&site, "b", &fields).await.refused("AlreadyExists", told);
    put(&site, "a", &fields).await.fine();
}

/// The typical action of somebody else: down every weekday evening.
#[tokio::test]
async fn a_recurring_action_stands_at_its_next_time_and_runs_again() {
    let site = Site::new();
    let evening = [("Recurrence", "0 18 * * 1-5"), ("MinSize", "1"), ("DesiredCapacity", "1")];
    put(&site, "evening", &evening).await.fine();
    let told = described(&site, &[]).await;
    assert_eq!(
        (told.text("StartTime"), told.text("Recurrence")),
        ("2026-11-30T18:00:00Z", "0 18 * * 1-5")
    );
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "4")]).await.fine();
    site.advance(10 * 3_600 + 120);
    let group = site.group().await;
    assert_eq!((group.text("MinSize"), group.text("DesiredCapacity")), ("1", "1"));
    assert_eq!(described(&site, &[]).await.text("StartTime"), "2026-12-01T18:00:00Z");
    let taken = put(&site, "b", &[("StartTime", "2026-12-01T18:00:00Z"), ("MinSize", "3")]).await;
    assert_eq!(taken.text("Code"), "AlreadyExists");
    let until = [("EndTime", "2026-12-01T18:00:00Z"), ("StartTime", "2026-12-01T12:00:00Z")];
    put(&site, "evening", &[&evening[..], &until[..]].concat()).await.fine();
    assert_eq!(described(&site, &[]).await.text("EndTime"), "2026-12-01T18:00:00Z");
    site.advance(2 * 86_400);
    assert_eq!(described(&site, &[]).await.texts("StartTime"), [""; 0], "it has come to its end");
}

#[tokio::test]
async fn what_the_world_does_not_know_of_recurrence_is_not_pretended() {
    let site = Site::new();
    let min = ("MinSize", "3");
    let recurs = ("Recurrence", "0 8 * * *");
    put(&site, "a", &[recurs, ("TimeZone", "Europe/Dublin"), min]).await.not_simulated("zone");
    put(&site, "a", &[("Recurrence", "0 0 30 2 *"), min]).await.not_simulated("without a run");
    let [start, end] = [stamp(600), stamp(1_200)];
    let ends = put(&site, "a", &[("StartTime", &start), ("EndTime", &end), min]).await;
    ends.not_simulated("does not recur");
    put(&site, "a", &[recurs, ("TimeZone", "Etc/UTC"), min]).await.fine();
}

#[tokio::test]
async fn a_batch_tells_each_failure_and_writes_the_rest() {
    let site = Site::new();
    let item = |name: &str, second| (name.to_owned(), second);
    let batch = [item("a", 600), item("b", 600), item("c", -5), item("d", 720)];
    let answer = put_batch(&site, &batch).await.fine();
    let mut failed: Vec<_> = answer.texts("ScheduledActionName");
    failed.sort_unstable();
    assert_eq!(failed, ["b", "c"]);
    assert!(answer.texts("ErrorCode").contains(&"AlreadyExists"));
    assert!(answer.texts("ErrorMessage").contains(&"Given start time is in the past"));
    assert_eq!(described(&site, &[]).await.texts("ScheduledActionName"), ["a", "d"]);
    let nameless = put_batch(&site, &[item("e", 840), item("", 900)]).await;
    assert_eq!(nameless.text("Code"), "ValidationError");
    assert_eq!(described(&site, &[]).await.texts("ScheduledActionName"), ["a", "d"]);
    let names = [("ScheduledActionNames.member.1", "x"), ("ScheduledActionNames.member.2", "a")];
    let answer = site.on_group("BatchDeleteScheduledAction", &names).await.fine();
    assert_eq!(
        (answer.text("ScheduledActionName"), answer.text("ErrorCode")),
        ("x", "ValidationError")
    );
    assert!(answer.xml.contains("<FailedScheduledActions><member>"));
    assert_eq!(described(&site, &[]).await.texts("ScheduledActionName"), ["d"]);
    let empty = site.on_group("BatchDeleteScheduledAction", &[]).await.fine();
    assert!(empty.xml.contains("<FailedScheduledActions></FailedScheduledActions>"));
}

#[tokio::test]
async fn fifty_are_a_batch_and_125_are_all() {
    let site = Site::new();
    let items: Vec<_> = (0..51).map(|n| (format!("a{n}"), 3_600 + n)).collect();
    let many = put_batch(&site, &items).await;
    assert_eq!(many.text("Code"), "ValidationError");
    assert!(many.text("Message").ends_with("Member must have length less than or equal to 50"));
    fill(&site, 125).await;
    let start = stamp(600);
    let fields = [("StartTime", &*start), ("MinSize", "3")];
    put(&site, "new", &fields)
        .await
        .refused("LimitExceeded", "the group has 125 scheduled actions already");
    put(&site, "a7", &fields).await.fine();
}

#[tokio::test]
async fn pages_are_fifty_unless_asked_and_together_they_are_all() {
    let site = Site::new();
    fill(&site, 125).await;
    let first = described(&site, &[]).await;
    assert_eq!(first.texts("StartTime").len(), 50);
    let mut names: Vec<String> = Vec::new();
    let mut token = None;
    loop {
        let mut fields = vec![("MaxRecords".to_owned(), "100".to_owned())];
        fields.extend(token.map(|token| ("NextToken".to_owned(), token)));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        let page = described(&site, &fields).await;
        names.extend(page.texts("ScheduledActionName").into_iter().map(str::to_owned));
        token = page.texts("NextToken").first().map(|token| (*token).to_owned());
        if token.is_none() {
            break;
        }
    }
    assert_eq!(names, (0..125).map(|n| format!("a{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn names_and_times_choose_and_names_win() {
    let site = Site::new();
    fill(&site, 10).await;
    let names = async |fields: &[(&str, &str)]| {
        let answer = described(&site, fields).await;
        answer.texts("ScheduledActionName").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (from, to) = (stamp(3_720), stamp(3_780));
    assert_eq!(names(&[("StartTime", &from), ("EndTime", &to)]).await, ["a2", "a3"]);
    let chosen = [
        ("ScheduledActionNames.member.1", "a9"),
        ("ScheduledActionNames.member.2", "unknown"),
        ("StartTime", &*from),
        ("EndTime", &*to),
    ];
    assert_eq!(names(&chosen).await, ["a9"]);
}

#[tokio::test]
async fn an_action_fires_within_two_minutes_and_vanishes() {
    let site = Site::new();
    put(&site, "raise", &[("StartTime", &stamp(600)), ("MinSize", "5")]).await.fine();
    site.advance(599);
    assert_eq!(site.group().await.text("MinSize"), "2");
    site.advance(121);
    assert_eq!(site.group().await.text("MinSize"), "5");
    assert_eq!(described(&site, &[]).await.texts("StartTime"), [""; 0]);
    let gone = site.on_group("DeleteScheduledAction", &[("ScheduledActionName", "raise")]).await;
    assert_eq!(gone.text("Code"), "ValidationError");
    put(&site, "next", &[("StartTime", &stamp(1_800)), ("MinSize", "5")]).await.fine();
    site.on_group("DeleteScheduledAction", &[("ScheduledActionName", "next")]).await.fine();
    assert_eq!(described(&site, &[]).await.texts("StartTime"), [""; 0]);
}
