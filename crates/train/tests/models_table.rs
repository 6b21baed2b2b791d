//! docs/models.md says of the models what the program prints.

use train::list;

#[test]
fn the_table_of_models_is_what_is_printed() {
    let models = include_str!("../../../docs/models.md");
    let table = list::table("*").expect("there are models");
    assert!(
        models.contains(table.trim_end()),
        "replace the table of docs/models.md by what `cargo run -p train -- models` prints"
    );
}
