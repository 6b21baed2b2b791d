//! The first columns of the table in docs/models.md are what the program prints.

use train::list;

#[test]
fn the_table_of_models_starts_with_what_is_printed() {
    let page = include_str!("../../../docs/models.md");
    let lines: Vec<_> = page.lines().filter(|line| line.starts_with('|')).collect();
    let table = list::table("*").expect("there are models");
    let printed: Vec<_> = table.lines().collect();
    let equal = lines
        .iter()
        .zip(&printed)
        .all(|(line, printed)| line.starts_with(printed));
    assert!(
        lines.len() == printed.len() && equal,
        "make docs/models.md anew: `cargo run -p bench -- models --write`"
    );
}
