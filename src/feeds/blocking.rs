//! Work of the file system, which may take for ever where the file system is another machine's.

use std::io;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The longest that one look waits.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Runs such work, one piece at a time: a look that finds the one before still hanging waits for that one, so that a
/// network disk that is gone costs one thread and not one more with every look.
#[derive(Debug)]
pub struct Slow<T>(Option<JoinHandle<T>>);

impl<T> Default for Slow<T> {
    /// Nothing is under way.
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Send + 'static> Slow<T> {
    /// What `work` came to.
    ///
    /// # Errors
    /// Why it came to nothing within `patience`, as a clause.
    pub async fn run(
        &mut self,
        patience: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        let mut running = self.0.take().unwrap_or_else(|| tokio::task::spawn_blocking(work));
        match tokio::time::timeout(patience, &mut running).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(format!("it could not be looked at: {error}")),
            Err(_) => {
                self.0 = Some(running);
                Err("the disk it lies on does not answer".into())
            }
        }
    }
}

/// Why a file or a directory (`what`) could not be read, as a clause.
pub(super) fn unreadable(error: &io::Error, what: &str) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        format!("there is no such {what}")
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        "this service may not read it".into()
    } else {
        format!("it could not be read: {error}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[tokio::test]
    async fn a_disk_that_hangs_costs_one_thread_however_often_it_is_looked_at() {
        let mut slow = Slow::default();
        let (answer, disk) = channel();
        let hangs = slow.run(Duration::ZERO, move || disk.recv().unwrap()).await;
        assert_eq!(hangs, Err("the disk it lies on does not answer".to_owned()));
        let other = slow.run(Duration::ZERO, || panic!("a second thread")).await;
        assert!(other.is_err());
        answer.send(7).unwrap();
        let late = slow.run(PATIENCE, || panic!("a second thread")).await;
        assert_eq!(late, Ok(7));
        assert_eq!(slow.run(PATIENCE, || 8).await, Ok(8));
    }
}
