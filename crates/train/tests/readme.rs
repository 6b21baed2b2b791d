//! README.md says of the models what the program prints.

use train::list;

#[test]
fn the_table_of_models_is_what_is_printed() {
    let readme = include_str!("../../../README.md");
    let table = list::table("*").expect("there are models");
    assert!(
        readme.contains(table.trim_end()),
        "replace README's table by what `cargo run -p train -- models` prints"
    );
}
