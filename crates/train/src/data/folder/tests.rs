use std::fs;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use tempfile::{TempDir, tempdir};

use super::*;
use crate::data::source::Target;

/// A folder with what a test writes into it.
struct Own(TempDir);

impl Own {
    fn new() -> Self {
        Self(tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, file: &str, image: impl Into<DynamicImage>) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
        image.into().save(path).expect("writes");
    }

    fn gray(&self, file: &str, size: [u32; 2], value: u8) {
        self.write(file, GrayImage::from_pixel(size[1], size[0], Luma([value])));
    }

    fn colour(&self, file: &str) {
        self.write(file, RgbImage::from_pixel(6, 4, Rgb([200, 10, 10])));
    }

    /// Two classes of `count` gray images each.
    fn classes(count: usize) -> Self {
        let own = Self::new();
        for (class, value) in [("cat", 0), ("dog", 255)] {
            for index in 0..count {
                own.gray(&format!("train/{class}/{index:02}.png"), [4, 6], value);
            }
        }
        own
    }

    /// Images with masks of these values, one row each.
    fn masks(values: &[u8]) -> Self {
        let own = Self::new();
        for index in 0..10 {
            own.gray(
                &format!("train/images/{index}.png"),
                [values.len() as u32, 4],
                90,
            );
            let mask =
                GrayImage::from_fn(4, values.len() as u32, |_, y| Luma([values[y as usize]]));
            own.write(&format!("train/masks/{index}.png"), mask);
        }
        own
    }

    fn load(&self) -> Result<DataSet> {
        load(self.path(), Some([4, 4]), 1)
    }

    fn error(&self) -> String {
        match self.load() {
            Ok(_) => panic!("must fail"),
            Err(error) => format!("{error:#}").replace(&format!("{}/", self.path().display()), ""),
        }
    }
}

#[test]
fn parts_are_held_out_where_there_are_none() {
    let own = Own::classes(20);
    let data = own.load().expect("loads");
    assert_eq!(data.problem.classes, ["cat", "dog"]);
    assert_eq!(
        [data.train.len(), data.valid.len(), data.test.len()],
        [33, 3, 4]
    );
    let sources = [&data.train, &data.valid, &data.test];
    let names = sources.map(|source| {
        (0..source.len())
            .map(|i| source.name(i))
            .collect::<Vec<_>>()
    });
    let mut all = names.concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 40, "no image is in two parts");
    for source in sources {
        for index in 0..source.len() {
            let item = source.get(index).expect("reads");
            let class = if item.name.starts_with("cat_") { 0 } else { 1 };
            assert_eq!(item.target, Target::Class(class));
            assert_eq!(item.picture.size(), [4, 6], "its own size");
        }
    }
}

#[test]
fn three_names_of_a_folder_for_validation_are_known() {
    for name in ["valid", "val", "validation"] {
        let own = Own::classes(10);
        own.gray(&format!("{name}/dog/one.png"), [4, 4], 0);
        let data = own.load().expect("loads");
        assert_eq!(data.valid.len(), 1, "{name}");
        assert_eq!(data.valid.name(0), "dog_one");
        assert_eq!(data.train.len() + data.test.len(), 20);
    }
}

#[test]
fn two_folders_for_validation_are_an_error() {
    let own = Own::classes(10);
    own.gray("val/dog/one.png", [4, 4], 0);
    own.gray("validation/dog/one.png", [4, 4], 0);
    assert_eq!(
        own.error(),
        "there are 'val' and 'validation', which mean the same; keep one of them"
    );
}

#[test]
fn hidden_files_and_folders_are_left_alone() {
    let own = Own::classes(10);
    for folder in [".ipynb_checkpoints", "__MACOSX", ".git"] {
        own.gray(&format!("train/{folder}/00.png"), [4, 4], 0);
    }
    fs::write(own.path().join("train/cat/._00.png"), "resource fork").expect("writes");
    let data = own.load().expect("loads");
    assert_eq!(data.problem.classes, ["cat", "dog"]);
    assert_eq!(data.train.len() + data.valid.len() + data.test.len(), 20);
}

#[test]
fn images_are_gray_only_if_all_are() {
    let own = Own::classes(10);
    assert_eq!(own.load().expect("loads").problem.image.channels, 1);
    own.colour("train/dog/last.png");
    let problem = own.load().expect("loads").problem;
    assert_eq!(problem.image.channels, 3);
    assert_eq!(problem.preprocessing.channels, 3);
}

#[test]
fn the_scale_is_that_of_the_training_images() {
    let own = Own::classes(20);
    let data = own.load().expect("loads");
    let bright = (0..data.train.len()).filter(|&index| data.train.name(index).starts_with("dog"));
    let expected = bright.count() as f32 / data.train.len() as f32;
    let Normalization::DataSet { mean, .. } = &data.problem.preprocessing.normalization else {
        panic!("measured");
    };
    assert!((mean[0] - expected).abs() < 1e-6);
}

#[test]
fn values_of_masks_without_order_are_classes_by_name() {
    let own = Own::masks(&[128, 0, 255]);
    let data = own.load().expect("loads");
    assert_eq!(data.problem.classes, ["0", "128", "255"]);
    assert_eq!(
        data.problem.mask_values,
        Some(MaskValues::Listed(vec![0, 128, 255]))
    );
    let Target::Mask(mask) = data.train.get(0).expect("reads").target else {
        panic!("a mask");
    };
    assert_eq!(mask.size(), [3, 4]);
    let rows: Vec<_> = mask.classes().iter().step_by(4).copied().collect();
    assert_eq!(rows, [1, 0, 2]);
}

#[test]
fn masks_of_black_and_white_tell_the_foreground() {
    let own = Own::masks(&[255, 0]);
    let data = own.load().expect("loads");
    assert_eq!(data.problem.classes, ["background", "foreground"]);
    let Target::Mask(mask) = data.train.get(0).expect("reads").target else {
        panic!("a mask");
    };
    assert_eq!(mask.classes(), [1, 1, 1, 1, 0, 0, 0, 0]);
}

#[test]
fn a_mask_of_another_size_than_its_image_is_an_error_that_names_both() {
    let own = Own::masks(&[0, 1]);
    for index in 0..10 {
        own.gray(&format!("train/images/{index}.png"), [5, 4], 90);
    }
    let data = own.load().expect("loads");
    let error = data.train.get(0).expect_err("two sizes").to_string();
    let name = data.train.name(0);
    let folder = own.path().display();
    assert_eq!(
        error,
        format!(
            "the mask '{folder}/train/masks/{name}.png' is 2x4, its image \
             '{folder}/train/images/{name}.png' is 5x4: both must have one height and width"
        )
    );
}

#[test]
fn an_image_without_a_mask_is_an_error() {
    let own = Own::masks(&[0, 1]);
    own.gray("train/images/extra.png", [2, 4], 90);
    assert_eq!(
        own.error(),
        "the image 'train/images/extra.png' has no mask of its own"
    );
}

#[test]
fn a_class_that_was_not_learned_is_an_error() {
    let own = Own::classes(10);
    own.gray("test/bird/one.png", [4, 4], 0);
    assert_eq!(
        own.error(),
        "'test/bird' is no class of the training images; there are: cat, dog"
    );
}

#[test]
fn the_first_file_that_cannot_be_read_is_named() {
    let own = Own::classes(10);
    fs::write(own.path().join("train/cat/05.png"), "no image").expect("writes");
    fs::write(own.path().join("train/dog/01.png"), "no image").expect("writes");
    let error = own.error();
    assert!(
        error.starts_with("the image 'train/cat/05.png' cannot be decoded: "),
        "{error}"
    );
}

#[test]
fn the_size_that_is_suggested_is_the_middle_one() {
    let own = Own::classes(3);
    for index in 0..10 {
        own.gray(&format!("train/cat/large{index}.png"), [30, 50], 0);
    }
    assert_eq!(suggested_size(own.path()).expect("reads"), [30, 50]);
    assert_eq!(
        load(own.path(), None, 1)
            .expect("loads")
            .problem
            .image
            .dims(),
        [1, 30, 50]
    );
}

#[test]
fn large_images_are_suggested_smaller_and_masks_in_steps() {
    let own = Own::new();
    own.gray("train/cat/a.png", [300, 600], 0);
    own.gray("train/dog/a.png", [300, 600], 0);
    assert_eq!(suggested_size(own.path()).expect("reads"), [128, 256]);
    let values: Vec<u8> = (0..50).map(|row| row % 2).collect();
    let own = Own::masks(&values);
    assert_eq!(suggested_size(own.path()).expect("reads"), [48, 16]);
}

#[test]
fn a_learned_problem_is_applied_to_other_images_as_it_is() {
    let learned = Own::masks(&[0, 128, 255]).load().expect("loads").problem;
    let other = Own::masks(&[128, 0]);
    let data = load_for(other.path(), &learned, 1).expect("loads");
    assert_eq!(data.problem, learned);
    let Target::Mask(mask) = data.test.get(0).expect("reads").target else {
        panic!("a mask");
    };
    assert_eq!(mask.classes(), [1, 1, 1, 1, 0, 0, 0, 0]);
    let error = load_for(Own::classes(10).path(), &learned, 1).map(|_| ());
    let error = error.expect_err("no masks").to_string();
    assert!(
        error.ends_with("have classes, not what was learned: masks"),
        "{error}"
    );
}
