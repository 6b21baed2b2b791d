//! Tables of the page.

use maud::{Markup, Render, html};

/// A table with a heading for each column. Where the page is too narrow for it, it is moved alone.
pub(crate) fn table<H: AsRef<str>, C: Render>(
    headings: &[H],
    rows: impl IntoIterator<Item = Vec<C>>,
) -> Markup {
    html! {
        div.table {
            table {
                thead { tr { @for heading in headings { th scope="col" { (heading.as_ref()) } } } }
                tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
            }
        }
    }
}
