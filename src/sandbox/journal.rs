//! What the world was given, line by line, so that it can be lived through again.
//!
//! The first line tells how the world began, each further one a write or a timetable with its moment. A line
//! is on the disk before the world hears of it; a line torn by a crash was never acknowledged and is dropped.

use super::record::{Asked, Enrolled, Out, Stamp, Write};
use super::world::{Foreign, Outage, Outcome, World};
use super::{Error, files};
use crate::domain::{Action, Sitting};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Raised whenever the world's own laws change: an older journal would lead to another present.
const VERSION: u32 = 2;

/// How a world begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beginning {
    pub(super) seed: u64,
    pub(super) starts_at: DateTime<Utc>,
}

/// What a world can be given.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Input {
    /// A write of ours to the account; a refused one is refused again in the replay.
    Write(Action),
    /// A write of somebody else.
    Foreign(Foreign),
    /// The timetable in force.
    Enrol(Vec<Sitting>),
    /// All that AWS cannot do from now on.
    Outages(Vec<Outage>),
}

impl Input {
    /// Gives it to the world, at the moment that has reached.
    pub(super) fn give(&self, world: &mut World) -> Outcome {
        match self {
            Self::Write(action) => world.apply(action),
            Self::Foreign(foreign) => world.apply_foreign(foreign),
            Self::Enrol(sittings) => {
                world.enrol(sittings);
                Ok(())
            }
            Self::Outages(outages) => {
                world.replace_outages(outages);
                Ok(())
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    sandbox: u32,
    seed: u64,
    starts_at: Stamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: Stamp,
    given: Given,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Given {
    Write(Write),
    Foreign(Asked),
    Enrol(Vec<Enrolled>),
    Outages(Vec<Out>),
}

/// The file `sandbox.journal`, open for appending.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Up to here the file is whole.
    length: u64,
}

/// What a journal tells.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) beginning: Beginning,
    pub(super) inputs: Vec<(DateTime<Utc>, Input)>,
}

impl Journal {
    /// Opens the journal of a data directory, or begins one; the second value is `None` where one was begun.
    pub(super) fn open(data: &Path, new: Beginning) -> Result<(Self, Option<Told>), Error> {
        let path = data.join("sandbox.journal");
        let operation = "open the sandbox's journal";
        let bytes = files::read(&path, operation)?;
        let whole = bytes.as_deref().map(whole);
        let told = whole.map(|whole| read(&path, whole)).transpose()?;
        let length = match whole {
            Some(whole) => whole.len(),
            None => begin(&path, new)?,
        };
        let file = OpenOptions::new().write(true).open(&path);
        let file = file.map_err(files::failed(&path, operation))?;
        let mut journal = Self { path, file, length: length as u64 };
        journal.drop_torn().map_err(files::failed(&journal.path, operation))?;
        Ok((journal, told))
    }

    /// Puts a line on the disk. Whatever a failure leaves of it is taken away again.
    pub(super) fn append(&mut self, at: DateTime<Utc>, input: &Input) -> Result<(), Error> {
        let given = match input {
            Input::Write(action) => Given::Write(action.into()),
            Input::Foreign(foreign) => Given::Foreign(foreign.into()),
            Input::Enrol(sittings) => Given::Enrol(sittings.iter().map(Enrolled::from).collect()),
            Input::Outages(outages) => Given::Outages(outages.iter().map(Out::from).collect()),
        };
        self.write(&Line { at: Stamp(at), given }).map_err(|source| {
            // If this fails as well, the next open drops the torn line.
            let _ = self.drop_torn();
            files::failed(&self.path, "write the sandbox's journal")(source)
        })
    }

    fn write(&mut self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        self.length += text.len() as u64;
        Ok(())
    }

    fn drop_torn(&mut self) -> std::io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        Ok(())
    }
}

/// Everything up to the last end of a line.
fn whole(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    end.map_or(&[], |end| &bytes[..=end])
}

fn begin(path: &Path, new: Beginning) -> Result<usize, Error> {
    let header = Header { sandbox: VERSION, seed: new.seed, starts_at: Stamp(new.starts_at) };
    let operation = "begin the sandbox's journal";
    let text = serde_json::to_string(&header).map_err(std::io::Error::from);
    let text = text.map_err(files::failed(path, operation))? + "\n";
    files::replace(path, &text, operation)?;
    Ok(text.len())
}

fn read(path: &Path, whole: &[u8]) -> Result<Told, Error> {
    let damaged = |line: usize, why: String| Error::Damaged {
        path: path.to_path_buf(),
        line,
        why,
        remedy: "begin a new sandbox",
    };
    let mut lines = whole.split_inclusive(|byte| *byte == b'\n').zip(1..);
    let (first, _) = lines.next().ok_or_else(|| damaged(1, "its first line is missing".into()))?;
    let header: Header =
        serde_json::from_slice(first).map_err(|why| damaged(1, why.to_string()))?;
    if header.sandbox != VERSION {
        let found = header.sandbox;
        return Err(damaged(1, format!("it has version {found}, this program knows {VERSION}")));
    }
    let beginning = Beginning { seed: header.seed, starts_at: header.starts_at.0 };
    let inputs: Result<_, _> =
        lines.map(|(line, number)| input(line).map_err(|why| damaged(number, why))).collect();
    Ok(Told { beginning, inputs: inputs? })
}

fn input(line: &[u8]) -> Result<(DateTime<Utc>, Input), String> {
    let Line { at: Stamp(at), given } =
        serde_json::from_slice(line).map_err(|why| why.to_string())?;
    let input = match given {
        Given::Write(write) => Input::Write(write.try_into()?),
        Given::Foreign(asked) => Input::Foreign(asked.try_into()?),
        Given::Enrol(sittings) => {
            let sittings: Result<_, _> = sittings.into_iter().map(Sitting::try_from).collect();
            Input::Enrol(sittings?)
        }
        Given::Outages(outages) => {
            let outages: Result<_, _> = outages.into_iter().map(Outage::try_from).collect();
            Input::Outages(outages?)
        }
    };
    Ok((at, input))
}

#[cfg(test)]
mod tests {
    use super::super::world::{Lack, Recurrence, Recurring, Update, ZONES};
    use super::*;
    use crate::domain::{
        Candidates, ExtraTime, Factor, InstanceId, Nodes, Process, ScheduledAction, Share,
        SittingKey, Span, Tracking, TrackingPolicy,
    };
    use proptest::prelude::*;
    use std::fs;
    use std::num::NonZeroU32;

    const BEGINNING: Beginning = Beginning { seed: 5, starts_at: DateTime::UNIX_EPOCH };

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(milliseconds).unwrap()
    }

    fn sitting(start: i64, candidates: u32, share: f64) -> Sitting {
        Sitting {
            key: SittingKey { uid: "exam\n\"1\"".into(), recurrence_id: Some(at(start)) },
            title: "Ökonomie".into(),
            span: Span::new(at(start), at(start + 3_600_000)).unwrap(),
            candidates: Candidates::new(candidates),
            extra_time: vec![ExtraTime {
                share: Share::new(share).unwrap(),
                factor: Factor::new(1.0 + share).unwrap(),
            }],
            other_readings: vec![],
            source_line: Some(7),
        }
    }

    fn input() -> impl Strategy<Value = Input> {
        let write = prop_oneof![
            (1..9_u32, 9..30_u32).prop_map(|(min, max)| Action::SetBounds {
                min: Some(Nodes::new(min)),
                max: (max < 25).then_some(Nodes::new(max))
            }),
            (1..30_u32).prop_map(|nodes| Action::SetDesired(Nodes::new(nodes))),
            Just(Action::ProtectNew),
            Just(Action::UnprotectNew),
            "i-[0-9a-f]{17}".prop_map(|id| Action::Protect(vec![InstanceId(id)])),
            "i-[0-9a-f]{17}".prop_map(|id| Action::Unprotect(vec![InstanceId(id)])),
            Just(Action::Suspend(vec![Process::AzRebalance, Process::Launch])),
            Just(Action::Resume(vec![Process::Launch])),
            "[a-z\"é\\\\]{1,9}".prop_map(|name| Action::DeleteScheduled(vec![name])),
            (0.001..1.0, 1..5_u32, any::<bool>()).prop_map(|(target, count, scale_in_disabled)| {
                let tracking = match count {
                    1 => Tracking::Requests(NonZeroU32::MIN),
                    _ => Tracking::Cpu(Share::new(target).unwrap()),
                };
                let name = "tracking".into();
                Action::PutPolicy(TrackingPolicy { name, tracking, scale_in_disabled })
            }),
            ("[a-c]", 0..40_000_000_i64, proptest::option::of(1..9_u32)).prop_map(
                |(name, start, desired)| {
                    Action::PutScheduled(vec![ScheduledAction {
                        name,
                        at: at(start),
                        min: Some(Nodes::new(1)),
                        max: None,
                        desired: desired.map(Nodes::new),
                    }])
                }
            ),
        ];
        let foreign = prop_oneof![
            (proptest::option::of(0..9_u32), 3..30_u32, any::<bool>()).prop_map(
                |(min, desired, protected)| Foreign::Update(Update {
                    min: min.map(Nodes::new),
                    max: None,
                    desired: Some(Nodes::new(desired)),
                    new_protected: protected.then_some(true),
                })
            ),
            (1..30_u32).prop_map(|nodes| Foreign::SetDesiredAfterCoolDown(Nodes::new(nodes))),
            Just(Foreign::DeletePolicy("tracking".into())),
            Just(Foreign::FailOver(None)),
            "moodle-db-[12]".prop_map(|target| Foreign::FailOver(Some(target))),
            ("[a-c]", 0..40_000_000_i64, 0..24_u32).prop_map(|(name, start, hour)| {
                let (min, max, desired) = (Some(Nodes::new(1)), None, None);
                Foreign::PutRecurring(Box::new(Recurring {
                    action: ScheduledAction { name, at: at(start), min, max, desired },
                    recurrence: Recurrence::parse(&format!("30 {hour} * * *")).unwrap(),
                    until: Some(at(45_000_000)),
                }))
            }),
        ];
        prop_oneof![
            9 => write.prop_map(Input::Write),
            3 => foreign.prop_map(Input::Foreign),
            1 => (0..40_000_000_i64, 1..200_u32, 0.0..=1.0)
                .prop_map(|(start, candidates, share)| Input::Enrol(vec![sitting(start, candidates, share)])),
            1 => proptest::collection::vec(outage(), 0..3).prop_map(Input::Outages),
        ]
    }

    fn outage() -> impl Strategy<Value = Outage> {
        let [zone, ..] = ZONES;
        let lacks = prop_oneof![
            Just(Lack::Boots),
            Just(Lack::Capacity(None)),
            Just(Lack::Capacity(Some(zone)))
        ];
        (lacks, proptest::option::of(0..40_000_000_i64))
            .prop_map(|(lacks, until)| Outage { lacks, until: until.map(at) })
    }

    fn inputs() -> impl Strategy<Value = Vec<(i64, Input)>> {
        proptest::collection::vec((0..40_000_000_i64, input()), 0..15).prop_map(|mut inputs| {
            inputs.sort_by_key(|(millisecond, _)| *millisecond);
            inputs
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// What was given comes back exactly, and the world that is given it again is the same world.
        #[test]
        fn a_replayed_world_is_the_world_that_was(inputs in inputs()) {
            let folder = tempfile::tempdir().unwrap();
            let (mut journal, told) = Journal::open(folder.path(), BEGINNING).unwrap();
            prop_assert!(told.is_none());
            let mut live = World::new(BEGINNING.seed, BEGINNING.starts_at);
            for (millisecond, input) in &inputs {
                live.advance(at(*millisecond));
                journal.append(live.now(), input).unwrap();
                let _ = input.give(&mut live);
            }
            live.advance(at(50_000_000));

            let (_, told) = Journal::open(folder.path(), Beginning { seed: 6, ..BEGINNING }).unwrap();
            let told = told.unwrap();
            prop_assert_eq!(told.beginning, BEGINNING);
            let mut again = World::new(told.beginning.seed, told.beginning.starts_at);
            for ((at, input), (_, given)) in told.inputs.iter().zip(&inputs) {
                prop_assert_eq!(input, given);
                again.advance(*at);
                let _ = input.give(&mut again);
            }
            again.advance(at(50_000_000));
            prop_assert_eq!(format!("{live:?}"), format!("{again:?}"));
        }
    }

    /// A journal of three lines: how it began, a write and a timetable.
    fn written(folder: &Path) -> PathBuf {
        let (mut journal, _) = Journal::open(folder, BEGINNING).unwrap();
        let action = Action::SetDesired(Nodes::new(3));
        journal.append(at(3), &Input::Write(action)).unwrap();
        journal.append(at(4), &Input::Enrol(vec![sitting(60_000, 9, 0.5)])).unwrap();
        folder.join("sandbox.journal")
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_the_next_one_stands_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path());
        let text = fs::read_to_string(&path).unwrap();
        // At every byte, also in the middle of a letter.
        for cut in 1..text.lines().last().unwrap().len() {
            fs::write(&path, &text.as_bytes()[..text.len() - cut]).unwrap();
            let (mut journal, told) = Journal::open(folder.path(), BEGINNING).unwrap();
            assert_eq!(told.unwrap().inputs.len(), 1);
            journal.append(at(9), &Input::Write(Action::ProtectNew)).unwrap();
            let (_, told) = Journal::open(folder.path(), BEGINNING).unwrap();
            assert_eq!(told.unwrap().inputs[1], (at(9), Input::Write(Action::ProtectNew)));
        }
    }

    #[test]
    fn damage_is_told_by_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path());
        let text = fs::read_to_string(&path).unwrap();
        for (from, to, line) in [
            ("set_desired\":3", "set_desired\":\"3", 2),
            ("\"enrol\"", "\"expel\"", 3),
            ("\"sandbox\":2", "\"sandbox\":1", 1),
            (&text, "\n", 1),
            (&text, "", 1),
        ] {
            fs::write(&path, text.replace(from, to)).unwrap();
            let told = Journal::open(folder.path(), BEGINNING).unwrap_err().to_string();
            assert!(told.contains("sandbox.journal"), "{told}");
            assert!(told.contains(&format!("line {line}")), "{told}");
            assert!(told.contains("delete it to begin a new sandbox"), "{told}");
        }
    }
}
