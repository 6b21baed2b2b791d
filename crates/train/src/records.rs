//! A list of records in JSON that grows as they come.

use std::io::{Result, Write};

use serde_json::{Map, Value};

/// Writes records as the elements of one list.
pub struct Records<W> {
    to: W,
    empty: bool,
}

impl<W: Write> Records<W> {
    /// Nothing is written yet.
    pub fn new(to: W) -> Self {
        Self { to, empty: true }
    }

    /// Writes a record.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn push(&mut self, record: &Map<String, Value>) -> Result<()> {
        let start = if self.empty { "[" } else { "," };
        self.empty = false;
        write!(self.to, "{start}")?;
        for line in serde_json::to_string_pretty(record)?.lines() {
            write!(self.to, "\n  {line}")?;
        }
        self.to.flush()
    }

    /// Ends the list.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn end(mut self) -> Result<()> {
        let end = if self.empty { "[]" } else { "\n]" };
        writeln!(self.to, "{end}")?;
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn list(records: &[Value]) -> String {
        let mut text = Vec::new();
        let mut list = Records::new(&mut text);
        for record in records {
            list.push(record.as_object().expect("a table"))
                .expect("writes");
        }
        list.end().expect("writes");
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn a_list_looks_as_if_it_were_written_at_once() {
        for records in [
            vec![],
            vec![json!({"a": 1})],
            vec![json!({"a": [1, 2]}), json!({"b": {}})],
        ] {
            let whole = serde_json::to_string_pretty(&records).expect("writes");
            assert_eq!(list(&records), format!("{whole}\n"));
        }
    }
}
