use std::fs;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use tempfile::{TempDir, tempdir};

use super::*;
use crate::data::mask_values::MaskValues;
use crate::data::normalization::Normalization;
use crate::data::picture::Values;
use crate::data::source::Target;
use crate::data::{
    Data, DataSet, Duplicates, OnBadImage, Pages, Resizing, Sampling, Size, load_for,
};

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

    /// A TIFF with a gray page of each value.
    fn stack(&self, file: &str, values: &[u8]) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut encoder = tiff::encoder::TiffEncoder::new(&mut bytes).expect("a file");
        for &value in values {
            encoder
                .write_image::<tiff::encoder::colortype::Gray8>(6, 4, &[value; 24])
                .expect("writes");
        }
        fs::write(path, bytes.into_inner()).expect("writes");
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

    /// Images whose instance maps have two objects that touch, of 16 bits: 7 left and 600 right.
    fn instances() -> Self {
        let own = Self::new();
        for index in 0..10 {
            own.gray(&format!("train/images/{index}.png"), [4, 6], 90);
            let number = |x: u32, y: u32| match (x, y) {
                (_, 0) => 0,
                (0..3, _) => 7,
                _ => 600,
            };
            let map = image::ImageBuffer::from_fn(6, 4, |x, y| Luma([number(x, y) as u16]));
            own.write(
                &format!("train/instances/{index}.png"),
                DynamicImage::ImageLuma16(map),
            );
        }
        own
    }

    fn load(&self) -> Result<DataSet> {
        self.load_with(|_| ())
    }

    /// Loads with other settings, seed 1.
    fn load_with(&self, change: impl FnOnce(&mut Data)) -> Result<DataSet> {
        let mut settings = self.settings();
        change(&mut settings);
        crate::data::load(&settings, 1)
    }

    fn settings(&self) -> Data {
        Data {
            size: Some(Size::Sides([4, 4])),
            ..Data::of(&self.path().to_string_lossy())
        }
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

fn first_mask(data: &DataSet) -> crate::data::Mask {
    match data.train.get(0).expect("reads").target {
        Target::Mask(mask) => mask,
        _ => panic!("a mask"),
    }
}

#[test]
fn instance_maps_tell_objects_and_their_borders_where_that_is_wanted() {
    let own = Own::instances();
    let data = own.load().expect("loads");
    assert_eq!(data.problem.classes, ["background", "object"]);
    let mask = first_mask(&data);
    assert_eq!(mask.classes()[..9], [0, 0, 0, 0, 0, 0, 1, 1, 1]);
    let objects = mask.objects().expect("numbered");
    assert_eq!(objects.numbers[6..12], [7, 7, 7, 600, 600, 600]);
    let data = own.load_with(|settings| settings.mask_border = Some(1));
    let data = data.expect("loads");
    assert_eq!(data.problem.classes, ["background", "object", "border"]);
    let border = MaskValues::Objects { border: Some(1) };
    assert_eq!(data.problem.mask_values, Some(border));
    let mask = first_mask(&data);
    assert_eq!(mask.classes()[12..18], [1, 1, 2, 2, 1, 1]);
    assert!(mask.objects().expect("numbered").bordered);
}

#[test]
fn instance_maps_and_masks_are_applied_to_what_the_other_taught() {
    let (maps, masks) = (Own::instances(), Own::masks(&[0, 255]));
    let learned = |own: &Own| own.load().expect("loads").problem;
    let data = load_for(&maps.settings(), &learned(&masks), 1).expect("a foreground each");
    assert!(first_mask(&data).objects().is_some());
    let data = load_for(&masks.settings(), &learned(&maps), 1).expect("a foreground each");
    assert!(first_mask(&data).objects().is_none(), "255 is no number");
    let classes = Own::masks(&[0, 1, 2]);
    let error = load_for(&maps.settings(), &learned(&classes), 1).map(|_| ());
    let error = format!("{:#}", error.expect_err("no objects"));
    assert!(
        error.ends_with("masks number objects; of what was learned, classes are 0 to 2"),
        "{error}"
    );
}

#[test]
fn masks_beside_instance_maps_are_an_error() {
    let own = Own::instances();
    own.gray("train/masks/0.png", [4, 6], 1);
    assert_eq!(
        own.error(),
        "'train' has both 'masks' and 'instances'; keep the one to be learned, and give the other \
         another place"
    );
    let own = Own::instances();
    let both = own.load_with(|settings| {
        settings.mask_border = Some(1);
        settings.mask_colours = Some(vec![("sky".to_string(), [0; 3])]);
    });
    let error = both
        .map(|_| ())
        .expect_err("numbers or colours")
        .to_string();
    assert!(
        error.starts_with("data.mask_border and data.mask_colours: "),
        "{error}"
    );
}

#[test]
fn larger_images_are_learned_from_in_tiles() {
    let own = Own::masks(&[0, 255, 0, 0, 255, 255]);
    let tiles = |settings: &mut Data| settings.fit = Some(Resizing::Tiles { overlap: 1 });
    let data = own.load_with(tiles).expect("loads");
    let counts = |data: &DataSet| [data.train.len(), data.valid.len(), data.test.len()];
    let [train, valid, test] = counts(&data);
    let data = data.in_tiles(OnBadImage::Fail).expect("headers");
    assert_eq!(counts(&data), [2 * train, 2 * valid, test]);
    let Target::Mask(mask) = data.train.get(1).expect("reads").target else {
        panic!("a mask");
    };
    let rows: Vec<_> = mask.classes().iter().step_by(4).copied().collect();
    assert_eq!(rows, [0, 0, 1, 1], "from the third row on");
    let error = Own::classes(10).load_with(tiles).map(|_| ());
    assert_eq!(
        error.expect_err("classes").to_string(),
        "data.fit: tiles are for masks and pictures, and not for classification"
    );
    let wide = |settings: &mut Data| settings.fit = Some(Resizing::Tiles { overlap: 4 });
    let error = own.load_with(wide).map(|_| ()).expect_err("all overlap");
    assert_eq!(
        format!("{error:#}"),
        "data.fit: tiles of 4x4 that overlap by 4: the overlap must be below the tile's sides"
    );
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
    assert_eq!(
        crate::data::suggested_size(&own.settings().path).expect("reads"),
        [30, 50]
    );
    assert_eq!(
        own.load_with(|settings| settings.size = None)
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
    assert_eq!(
        crate::data::suggested_size(&own.settings().path).expect("reads"),
        [128, 256]
    );
    let values: Vec<u8> = (0..50).map(|row| row % 2).collect();
    let own = Own::masks(&values);
    assert_eq!(
        crate::data::suggested_size(&own.settings().path).expect("reads"),
        [48, 16]
    );
}

#[test]
fn a_learned_problem_is_applied_to_other_images_as_it_is() {
    let learned = Own::masks(&[0, 128, 255]).load().expect("loads").problem;
    let other = Own::masks(&[128, 0]);
    let data = load_for(&other.settings(), &learned, 1).expect("loads");
    assert_eq!(data.problem, learned);
    let Target::Mask(mask) = data.test.get(0).expect("reads").target else {
        panic!("a mask");
    };
    assert_eq!(mask.classes(), [1, 1, 1, 1, 0, 0, 0, 0]);
    let classes = Own::classes(10);
    let error = load_for(&classes.settings(), &learned, 1).map(|_| ());
    let error = error.expect_err("no masks").to_string();
    assert!(
        error.ends_with("have classes, not what was learned: masks"),
        "{error}"
    );
}

#[test]
fn an_image_that_cannot_be_read_may_be_left_out() {
    let own = Own::classes(10);
    fs::write(own.path().join("train/cat/05.png"), "no image").expect("writes");
    let data = own.load_with(|settings| settings.on_bad_image = OnBadImage::Skip);
    let data = data.expect("the others are read");
    assert_eq!(data.train.len() + data.valid.len() + data.test.len(), 20);
}

#[test]
fn a_class_of_which_nothing_is_learned_is_an_error() {
    let own = Own::classes(10);
    own.gray("train/rare/one.png", [4, 4], 0);
    let seed = (0..100).find(|&seed| {
        let data = crate::data::load(&own.settings(), seed);
        data.is_err_and(|error| error.to_string().contains("is of class 'rare'"))
    });
    assert!(seed.is_some(), "some seed holds it out");
}

#[test]
fn images_that_are_in_two_parts_are_found() {
    let own = Own::classes(10);
    let image = |seed: u8| GrayImage::from_fn(6, 4, |x, y| Luma([seed * 9 + (x * y) as u8]));
    for index in 0..10 {
        own.write(&format!("train/cat/{index:02}.png"), image(index));
        own.write(&format!("train/dog/{index:02}.png"), image(index + 10));
    }
    own.write("test/cat/same.bmp", image(3));
    let loaded = own.load_with(|settings| {
        settings.duplicates = Duplicates::Refuse;
        settings.cache = Some(own.path().join("kept"));
    });
    let error = loaded.map(|_| ()).expect_err("one is").to_string();
    assert!(
        error.starts_with("1 image is in more than one part, as '")
            && error.contains("/cat_03' is 'test/cat_same'"),
        "{error}"
    );
    let data = own.load().expect("as a rule they are told of");
    let pairs = data.duplicates(OnBadImage::Fail).expect("reads");
    assert!(error.starts_with(&pairs.to_string()), "{pairs}");
}

#[test]
fn colours_of_masks_are_classes_where_they_are_told() {
    let own = Own::new();
    for index in 0..10 {
        own.gray(&format!("train/images/{index}.png"), [4, 4], 90);
        let road = |x: u32, _| {
            if x < 2 {
                Rgb([128, 64, 128])
            } else {
                Rgb([0, 0, 0])
            }
        };
        own.write(
            &format!("train/masks/{index}.png"),
            RgbImage::from_fn(4, 4, road),
        );
    }
    assert!(own.error().contains("it is in colours"), "{}", own.error());
    let named = |name: &str, colour| (name.to_string(), colour);
    let told = |settings: &mut Data| {
        let (ground, road) = (named("ground", [0; 3]), named("road", [128, 64, 128]));
        settings.mask_colours = Some(vec![ground, road]);
    };
    let data = own.load_with(told).expect("loads");
    assert_eq!(data.problem.classes, ["ground", "road"]);
    let Target::Mask(mask) = data.train.get(0).expect("reads").target else {
        panic!("a mask");
    };
    assert_eq!(mask.classes()[..4], [1, 1, 0, 0]);
    let one = |settings: &mut Data| settings.mask_colours = Some(vec![named("ground", [0; 3])]);
    let data = own.load_with(one).expect("loads");
    let error = format!("{:#}", data.train.get(0).expect_err("a colour too many"));
    assert!(
        error.contains("row 0, column 0 has the colour [128, 64, 128]"),
        "{error}"
    );
}

#[test]
fn pages_of_a_tiff_are_images_where_that_is_wanted() {
    let own = Own::classes(10);
    own.stack("train/cat/stack.tif", &[1, 2, 3]);
    let count = |data: DataSet| data.train.len() + data.valid.len() + data.test.len();
    assert_eq!(count(own.load().expect("loads")), 21);
    let data = own.load_with(|settings| settings.pages = Pages::Items);
    assert_eq!(count(data.expect("loads")), 23);
    let channels = |settings: &mut Data| settings.pages = Pages::Channels;
    // Three channels are colours; of two, all images must have as many.
    assert_eq!(
        own.load_with(channels)
            .expect("loads")
            .problem
            .image
            .channels,
        3
    );
    let two = Own::new();
    for (class, value) in [("cat", 1), ("dog", 9)] {
        for index in 0..10 {
            two.stack(&format!("train/{class}/{index}.tif"), &[value, value + 1]);
        }
    }
    let data = two.load_with(channels).expect("loads");
    assert_eq!(data.problem.image.channels, 2);
    let picture = data.train.get(0).expect("reads").picture;
    let Values::U8(values) = picture.values() else {
        panic!("bytes");
    };
    assert_eq!(values[1], values[0] + 1);
    let path = two.path().join("train/cat/0.tif");
    let read = data.problem.preprocessing.read(&path).expect("reads");
    assert_eq!(read.channels(), 2);
    two.gray("train/cat/gray.png", [4, 6], 9);
    let error = two.load_with(channels).map(|_| ()).expect_err("1 and 2");
    assert!(
        error
            .to_string()
            .starts_with("images have different numbers of channels: '")
    );
}

#[test]
fn balanced_sampling_weighs_classes_alike() {
    let own = Own::classes(10);
    for index in 0..30 {
        own.gray(&format!("train/cat/more{index}.png"), [4, 6], 0);
    }
    let data = own.load_with(|settings| settings.sampling = Sampling::Balanced);
    let data = data.expect("loads");
    let (labels, weights) = (data.labels.as_ref(), data.weights.as_ref());
    let pairs = labels
        .expect("classes")
        .iter()
        .zip(weights.expect("weights"));
    let mut sums = [0.0; 2];
    pairs.for_each(|(&label, weight)| sums[label] += weight);
    assert!((sums[0] - sums[1]).abs() < 1e-9, "{sums:?}");
    let counts = data.class_counts().expect("classes");
    let weights = data.class_weights(OnBadImage::Fail).expect("classes");
    assert_eq!(weights[0] * counts[0] as f64, weights[1] * counts[1] as f64);
}
