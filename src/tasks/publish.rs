//! From draft to revision: growth at once, shrinkage near an exam by two people.

use crate::domain::{FleetName, Guard};
use crate::store::{Approval, Content, Draft, Error, Publication, Published, Revision, Store};
use crate::timetable;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

/// How long a request waits for its second person.
const APPROVAL_LASTS: TimeDelta = TimeDelta::hours(24);

/// What publishing a draft came to.
#[derive(Debug, Clone)]
pub enum PublishOutcome {
    /// In force.
    Published(Revision),
    /// Somebody else published first; the current number.
    Stale(u64),
    /// The union of old and new is in force; the shrinkage waits for a second person.
    SecondPerson {
        /// What waits.
        approval: Approval,
        /// Why.
        guards: Vec<Guard>,
        /// The union that is in force meanwhile.
        in_force: Revision,
    },
}

/// What a second person's consent came to.
#[derive(Debug, Clone)]
pub enum ApproveOutcome {
    /// The draft itself is in force.
    Published(Revision),
    /// There is no such request.
    Unknown,
    /// Whoever asked cannot also consent.
    SamePerson,
    /// Too late.
    Expired {
        /// When it lapsed.
        at: DateTime<Utc>,
    },
    /// Somebody has consented before.
    Done {
        /// Who.
        by: String,
    },
    /// Something else was published since; the current number.
    Stale(u64),
}

/// Publishes a draft against the revision its publisher saw (0 for none).
///
/// Whoever is cut off between the union and the request for a second person publishes the draft again: the union
/// with the union is the same, and nothing has shrunk meanwhile.
///
/// # Errors
/// The store's.
pub async fn publish_draft(
    store: &Store,
    draft: &Draft,
    seen: u64,
    by: &str,
    now: DateTime<Utc>,
) -> Result<PublishOutcome, Error> {
    let in_force = store.in_force(&draft.fleet).await?;
    let old = in_force.into_iter().find(|revision| revision.source == draft.source);
    let (current, old) = old.map_or((0, vec![]), |old| (old.number, old.content.sittings));
    if current != seen {
        return Ok(PublishOutcome::Stale(current));
    }
    let new = &draft.content.sittings;
    let guards = timetable::guards(&old, new, &draft.content.findings, now);
    if guards.is_empty() {
        let publication = publication(draft, seen, &draft.content, by, now, Some(&draft.id));
        return Ok(match store.publish(&publication).await? {
            Published::Done(revision) => PublishOutcome::Published(*revision),
            Published::Stale(current) => PublishOutcome::Stale(current),
        });
    }
    let both = Content { sittings: timetable::union(&old, new), ..draft.content.clone() };
    // The draft itself is not published by this; it still waits.
    let in_force = match store.publish(&publication(draft, seen, &both, by, now, None)).await? {
        Published::Done(revision) => *revision,
        Published::Stale(current) => return Ok(PublishOutcome::Stale(current)),
    };
    let expires_at = now + APPROVAL_LASTS;
    let approval = store.request_approval(draft, in_force.number, by, now, expires_at).await?;
    let codes: Vec<_> = guards.iter().copied().map(Guard::code).collect();
    let body = json!({
        "approval": approval.id,
        "source": draft.source,
        "draft": draft.id,
        "against": in_force.number,
        "guards": codes,
    });
    store.journal(&draft.fleet, by, "approval_requested", &body.to_string(), now).await?;
    Ok(PublishOutcome::SecondPerson { approval, guards, in_force })
}

/// Makes a draft of a revision, whose publication is guarded like any other; `None` without such a revision.
///
/// # Errors
/// The store's.
pub async fn restore(
    store: &Store,
    fleet: &FleetName,
    source: &str,
    number: u64,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Option<Draft>, Error> {
    let Some(revision) = store.revision(fleet, source, number).await? else { return Ok(None) };
    let draft = store.create_draft(fleet, source, by, now, &revision.content).await?;
    // The draft's publication is a row of its own, which names the draft.
    let body = json!({ "source": source, "revision": number, "draft": draft.id });
    store.journal(fleet, by, "restore", &body.to_string(), now).await?;
    Ok(Some(draft))
}

/// A second person consents: the draft itself comes into force, unless anything was published since the union.
///
/// # Errors
/// The store's.
pub async fn approve(
    store: &Store,
    id: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<ApproveOutcome, Error> {
    let Some(approval) = store.approval(id).await? else { return Ok(ApproveOutcome::Unknown) };
    if let Some(by) = approval.completed_by {
        return Ok(ApproveOutcome::Done { by });
    }
    if approval.requested_by == by {
        return Ok(ApproveOutcome::SamePerson);
    }
    if approval.expires_at <= now {
        return Ok(ApproveOutcome::Expired { at: approval.expires_at });
    }
    let Some(draft) = store.draft(&approval.draft).await? else {
        return Ok(ApproveOutcome::Unknown);
    };
    let publication =
        publication(&draft, approval.against, &draft.content, by, now, Some(&draft.id));
    // Published before it is marked: of two who consent at once, and after a cut in between, the later finds it stale.
    let revision = match store.publish(&publication).await? {
        Published::Done(revision) => *revision,
        Published::Stale(current) => return Ok(ApproveOutcome::Stale(current)),
    };
    store.complete_approval(id, by, now).await?;
    let body = json!({
        "approval": id,
        "source": draft.source,
        "draft": draft.id,
        "requested_by": approval.requested_by,
        "revision": revision.number,
    });
    store.journal(&draft.fleet, by, "approval_completed", &body.to_string(), now).await?;
    Ok(ApproveOutcome::Published(revision))
}

fn publication<'a>(
    draft: &'a Draft,
    current: u64,
    content: &'a Content,
    by: &'a str,
    at: DateTime<Utc>,
    came_from: Option<&'a str>,
) -> Publication<'a> {
    let Draft { fleet, source, .. } = draft;
    Publication { fleet, source, current, content, by, at, draft: came_from }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Candidates, ReadingCounts, Sitting, SittingKey, Span};

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_796_025_600, 0).unwrap() + TimeDelta::hours(hour)
    }

    fn sitting(uid: &str, candidates: u32) -> Sitting {
        Sitting {
            key: SittingKey { uid: uid.into(), recurrence_id: None },
            title: uid.into(),
            span: Span::new(at(24), at(26)).unwrap(),
            candidates: Candidates::new(candidates),
            extra_time: vec![],
            other_readings: vec![],
            source_line: None,
        }
    }

    /// A store in which law with 400 candidates, tomorrow, is revision 1.
    async fn law_in_force(folder: &tempfile::TempDir) -> Store {
        let store = Store::open(&folder.path().join("test.db")).await.unwrap();
        let draft = draft(&store, &[sitting("law", 400)]).await;
        let first = publish_draft(&store, &draft, 0, "ada", at(0)).await.unwrap();
        assert!(matches!(first, PublishOutcome::Published(revision) if revision.number == 1));
        store
    }

    async fn draft(store: &Store, sittings: &[Sitting]) -> Draft {
        let fleet = FleetName::new("moodle").unwrap();
        let content = Content {
            file: b"file".to_vec(),
            sittings: sittings.to_vec(),
            findings: vec![],
            counts: ReadingCounts::default(),
            left_out: vec![],
        };
        store.create_draft(&fleet, "registry", "ada", at(0), &content).await.unwrap()
    }

    async fn uids(store: &Store) -> Vec<String> {
        let in_force = store.in_force(&FleetName::new("moodle").unwrap()).await.unwrap();
        in_force[0].content.sittings.iter().map(|sitting| sitting.key.uid.clone()).collect()
    }

    /// Law is dropped and art added: both stand, and the request waits.
    async fn second_person(store: &Store) -> Approval {
        let draft = draft(store, &[sitting("art", 50)]).await;
        match publish_draft(store, &draft, 1, "ada", at(1)).await.unwrap() {
            PublishOutcome::SecondPerson { approval, guards, in_force } => {
                assert!(guards.contains(&Guard::ImminentRemoved), "{guards:?}");
                assert_eq!((approval.against, in_force.number), (2, 2));
                approval
            }
            other @ (PublishOutcome::Published(_) | PublishOutcome::Stale(_)) => {
                panic!("{other:?}")
            }
        }
    }

    #[tokio::test]
    async fn growth_comes_into_force_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = law_in_force(&folder).await;
        let more = draft(&store, &[sitting("law", 400), sitting("art", 50)]).await;
        let grown = publish_draft(&store, &more, 1, "ada", at(1)).await.unwrap();
        assert!(matches!(grown, PublishOutcome::Published(revision) if revision.number == 2));
        assert_eq!(store.draft(&more.id).await.unwrap().unwrap().published_as, Some(2));
    }

    #[tokio::test]
    async fn an_old_revision_comes_back_as_a_draft_and_is_guarded_against_what_is_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let store = law_in_force(&folder).await;
        let fleet = FleetName::new("moodle").unwrap();
        let more = draft(&store, &[sitting("law", 400), sitting("art", 50)]).await;
        publish_draft(&store, &more, 1, "ada", at(1)).await.unwrap();
        let restored = restore(&store, &fleet, "registry", 1, "ada", at(2)).await.unwrap().unwrap();
        let first = store.revision(&fleet, "registry", 1).await.unwrap().unwrap();
        assert_eq!((&restored.content, restored.published_as), (&first.content, None));
        assert_eq!(uids(&store).await.len(), 2, "a draft is not in force");
        let guarded = publish_draft(&store, &restored, 2, "ada", at(2)).await.unwrap();
        assert!(
            matches!(&guarded, PublishOutcome::SecondPerson { guards, .. }
                if guards.contains(&Guard::ImminentRemoved)),
            "{guarded:?}"
        );
        let rows = store.journal_tail(9).await.unwrap();
        let row = rows.iter().find(|row| row.kind == "restore").unwrap();
        assert!(
            row.body.contains(&restored.id) && row.body.contains("\"revision\":1"),
            "{}",
            row.body
        );
        assert_eq!(restore(&store, &fleet, "registry", 9, "ada", at(2)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn who_saw_an_older_revision_publishes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = law_in_force(&folder).await;
        let late = draft(&store, &[sitting("art", 50)]).await;
        let stale = publish_draft(&store, &late, 0, "ada", at(1)).await.unwrap();
        assert!(matches!(stale, PublishOutcome::Stale(1)));
        assert_eq!(uids(&store).await, ["law"]);
    }

    #[tokio::test]
    async fn a_removed_exam_stands_until_a_second_person_consents() {
        let folder = tempfile::tempdir().unwrap();
        let store = law_in_force(&folder).await;
        let approval = second_person(&store).await;
        let mut both = uids(&store).await;
        both.sort();
        assert_eq!(both, ["art", "law"]);
        let same = approve(&store, &approval.id, "ada", at(2)).await.unwrap();
        assert!(matches!(same, ApproveOutcome::SamePerson));
        let done = approve(&store, &approval.id, "bob", at(2)).await.unwrap();
        assert!(matches!(done, ApproveOutcome::Published(revision) if revision.number == 3));
        assert_eq!(uids(&store).await, ["art"]);
        let again = approve(&store, &approval.id, "cyd", at(2)).await.unwrap();
        assert!(matches!(again, ApproveOutcome::Done { by } if by == "bob"));
        assert_eq!(store.journal_verify().await.unwrap(), None);
    }

    #[tokio::test]
    async fn consent_after_a_day_or_after_another_publication_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = law_in_force(&folder).await;
        let approval = second_person(&store).await;
        let late = approve(&store, &approval.id, "bob", at(25)).await.unwrap();
        assert!(matches!(late, ApproveOutcome::Expired { .. }));
        let more = [sitting("art", 50), sitting("law", 400), sitting("tax", 9)];
        let other = draft(&store, &more).await;
        publish_draft(&store, &other, 2, "bob", at(2)).await.unwrap();
        let stale = approve(&store, &approval.id, "bob", at(3)).await.unwrap();
        assert!(matches!(stale, ApproveOutcome::Stale(3)));
        let unknown = approve(&store, "nobody", "bob", at(3)).await.unwrap();
        assert!(matches!(unknown, ApproveOutcome::Unknown));
    }
}
