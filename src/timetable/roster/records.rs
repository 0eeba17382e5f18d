//! The rows of a CSV file, each with its line. A quote that is never closed costs its row and not the rest of the file.

/// A row in quotes goes over no more lines than this.
const LINES: usize = 20;

/// Goes through the rows of a file that are not empty.
pub(super) struct Records<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
    delimiter: u8,
}

impl<'a> Records<'a> {
    /// Cells are parted by whatever parts the first line most often.
    pub(super) fn of(text: &'a str) -> Self {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let often = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
        // Of several that are equally frequent the last counts: a comma.
        let delimiter = [b'\t', b';', b','].into_iter().max_by_key(often).unwrap_or(b',');
        Self { lines: text.lines().enumerate(), delimiter }
    }

    /// A line with what its quotes bring in from the following ones.
    fn whole(&mut self, line: &'a str) -> String {
        let is_open = |text: &str| text.matches('"').count() % 2 == 1;
        if !is_open(line) {
            return line.to_owned();
        }
        let mut ahead = self.lines.clone();
        let mut whole = line.to_owned();
        for _ in 0..LINES {
            let Some((_, next)) = ahead.next() else { break };
            whole.push('\n');
            whole.push_str(next);
            if !is_open(&whole) {
                self.lines = ahead;
                return whole;
            }
        }
        line.replace('"', "")
    }
}

impl Iterator for Records<'_> {
    type Item = (usize, Vec<String>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (index, line) = self.lines.next()?;
            let whole = self.whole(line);
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(self.delimiter)
                .buffer_capacity(256)
                .from_reader(whole.as_bytes());
            let cells: Vec<String> = match reader.records().next() {
                Some(Ok(cells)) => cells.iter().map(str::to_owned).collect(),
                Some(Err(_)) | None => Vec::new(),
            };
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Some((index + 1, cells));
            }
        }
    }
}
