//! A table of texts: aligned for a terminal, or in Markdown.

use std::fmt;

/// A table of texts. It prints aligned: the first column to the left, numbers to the right. Control characters, such as the
/// end of a line, become spaces.
///
/// ```
/// use partita_simulator::Table;
///
/// let mut table = Table::new(["family", "ratio"]);
/// table.row(["fan", "1.02"]);
/// table.row(["stencil", "1.3"]);
/// assert_eq!(table.to_string(), "family   ratio\nfan       1.02\nstencil    1.3\n");
/// assert_eq!(table.markdown(), "| family | ratio |\n|---|--:|\n| fan | 1.02 |\n| stencil | 1.3 |\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Table { head: head.into_iter().map(|cell| on_one_line(cell.into())).collect(), rows: Vec::new() }
    }

    /// Adds a row; what it lacks is empty, what it has too much is left out.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut row: Vec<String> = cells.into_iter().map(|cell| on_one_line(cell.into())).collect();
        row.resize(self.head.len(), String::new());
        self.rows.push(row);
    }

    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = "--:|".repeat(self.head.len().saturating_sub(1));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}|---|{rule}\n{rows}", line(&self.head))
    }
}

fn on_one_line(cell: String) -> String {
    if cell.contains(char::is_control) { cell.replace(char::is_control, " ") } else { cell }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        for row in all() {
            let mut line = String::new();
            for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
                line += &if at == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_on_its_line() {
        let mut table = Table::new(["", "two\nlines"]);
        table.row(["a\r\nb", "1\t2\u{7}"]);
        assert_eq!(table.markdown(), "|  | two lines |\n|---|--:|\n| a  b | 1 2  |\n");
        assert_eq!(table.to_string().lines().count(), 2);
    }
}
