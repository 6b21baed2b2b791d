use std::collections::HashSet;

use super::*;
use crate::data::mask::Mask;
use crate::data::picture::{Picture, Values};
use crate::data::random::generator;
use crate::data::source::{Item, Target};
use crate::data::window::Window;

fn all() -> Vec<Transform> {
    vec![
        Transform::Crop(Crop { size: 2 }),
        Transform::Shift(Shift { pixels: 1 }),
        Transform::FlipHorizontal,
        Transform::FlipVertical,
        Transform::Transpose,
        Transform::Exposure(Exposure {
            contrast: 0.5,
            brightness: 0.25,
        }),
    ]
}

fn list(text: &str) -> Vec<Transform> {
    serde_json::from_str(text).expect("a list")
}

fn window(transforms: &[Transform], size: [usize; 2], index: u64) -> Window {
    let drawn = draw(transforms, size, &mut generator(1, 0, index));
    drawn.geometry.window().expect("nothing is interpolated")
}

#[test]
fn a_crop_lies_inside() {
    let values: Vec<i32> = (1..=20).collect();
    let mut starts = HashSet::new();
    for index in 0..200 {
        let window = window(&all()[..1], [4, 5], index);
        let seen = window.view(&values, [4, 5], 1, 0);
        assert_eq!([seen[1] - seen[0], seen[2] - seen[0]], [1, 5]);
        starts.insert(seen[0]);
    }
    assert_eq!(starts.len(), 3 * 4, "every place is drawn");
}

#[test]
fn both_flips_and_a_transposition_are_the_eight_ways_to_lay_a_square() {
    let lay = |index| window(&all()[2..5], [2, 2], index).view(&[1, 2, 3, 4], [2, 2], 1, 0);
    let ways: HashSet<_> = (0..200).map(lay).collect();
    assert_eq!(ways.len(), 8);
}

#[test]
fn a_shift_reaches_as_far_as_it_says_and_no_further() {
    let place = |index| {
        let window = window(&all()[1..2], [5, 5], index);
        let place = window.point([2.0, 2.0]);
        place.map(|place| place.map(|x| x as i32))
    };
    let places: HashSet<_> = (0..200).map(place).collect();
    assert_eq!(places.len(), 9);
    let near = |place: [i32; 2]| place.iter().all(|x| (1..=3).contains(x));
    assert!(places.iter().all(|place| place.is_some_and(near)));
}

#[test]
fn an_exposure_changes_values_by_as_much_as_it_says_and_no_more() {
    let (mut lowest, mut highest) = (f32::MAX, f32::MIN);
    for index in 0..500 {
        let drawn = draw(&all()[5..], [2, 2], &mut generator(1, 0, index));
        assert_eq!(drawn.geometry.window(), Some(Window::whole([2, 2])));
        let log = drawn.exposed.contrast.ln();
        assert!(log.abs() <= 0.5001 && drawn.exposed.brightness.abs() <= 0.25);
        (lowest, highest) = (lowest.min(log), highest.max(log));
    }
    assert!(lowest < -0.45 && highest > 0.45, "{lowest} {highest}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let error = |transforms: &[Transform], size| {
        let error = size_after(transforms, size).expect_err("does not fit");
        format!("{error:#}")
    };
    assert_eq!(size_after(&all(), [4, 5]).expect("fits"), [2, 2]);
    assert_eq!(
        error(&all(), [1, 5]),
        "augmentation.0: crop of size 2: must be 1 to 1, as the image is 1x5"
    );
    let far = Transform::Shift(Shift { pixels: usize::MAX });
    assert_eq!(
        error(&[far], [1, 5]),
        format!(
            "augmentation.0: shift of {} pixels: must be at most 5, as the image is 1x5",
            usize::MAX
        )
    );
    assert_eq!(
        error(&all()[4..5], [1, 5]),
        "augmentation.0: transpose of an image of 1x5: must be a square; crop one first"
    );
    for (text, expected) in [
        (
            r#"["flip_vertical", {"rotate": {"degrees": 400}}]"#,
            "augmentation.1: rotate.degrees 400: must be 0 to 180",
        ),
        (
            r#"[{"scale": {"factor": [2, 1]}}]"#,
            "augmentation.0: scale.factor [2, 1]: must be two rising values of 0.05 to 20",
        ),
        (
            r#"[{"sometimes": {"probability": 0.5, "transforms": [{"blur": {"deviation": -1}}]}}]"#,
            "augmentation.0: sometimes: augmentation.0: blur.deviation -1: must be 0 to 50",
        ),
        (
            r#"[{"sometimes": {"probability": 0.5, "transforms": [{"crop": {"size": 3}}]}}]"#,
            "augmentation.0: sometimes: it makes 3x3 of an image of 4x5; the size must not depend \
             on chance",
        ),
        (
            r#"[{"rand_augment": {"magnitude": 31}}]"#,
            "augmentation.0: rand_augment.magnitude 31: must be 0 to 30",
        ),
        (
            r#"[{"mixup": {"alpha": 0}}]"#,
            "augmentation.0: mixup.alpha 0: must be 0.01 to 10",
        ),
    ] {
        assert_eq!(error(&list(text), [4, 5]), expected);
    }
}

#[test]
fn a_list_is_read_as_it_is_written_and_nothing_else() {
    let text = r#"[{"crop":{"size":2}},{"shift":{"pixels":1}},"flip_horizontal","flip_vertical","transpose",{"exposure":{"contrast":0.5,"brightness":0.25}}]"#;
    assert_eq!(serde_json::to_string(&all()).expect("writes"), text);
    assert_eq!(list(text), all());
    assert_eq!(
        list(r#"[{"pad_and_crop":{"pixels":1}}]"#),
        list(r#"[{"shift":{"pixels":1}}]"#)
    );
    for wrong in [
        r#"["flip"]"#,
        r#"[{"crop":{"size":2,"at":1}}]"#,
        r#"[{"crop":{}}]"#,
    ] {
        assert!(
            serde_json::from_str::<Vec<Transform>>(wrong).is_err(),
            "{wrong}"
        );
    }
}

/// Every kind that changes one image, so that its answer must keep to it.
const EVERY: &str = r#"[
    {"resized_crop": {}}, {"shift": {"pixels": 3}}, "flip_horizontal", "transpose",
    {"rotate": {"degrees": 40}}, {"scale": {"factor": [0.7, 1.4]}}, {"shear": {"degrees": 20}},
    {"perspective": {"distortion": 0.4}}, {"elastic": {"deviation": 2}},
    {"brightness": {"by": 0.3}}, {"contrast": {"by": 0.3}}, {"gamma": {"by": 0.3}},
    {"hue": {"by": 0.2}}, {"saturation": {"by": 0.5}}, {"noise": {"deviation": 0.1}},
    {"blur": {"deviation": 1.5}}, {"erase": {"probability": 1}}, {"rand_augment": {}},
    "trivial_augment",
    {"sometimes": {"probability": 0.5, "transforms": [{"rotate": {"degrees": 10}}]}}
]"#;

/// A coloured ramp of 32x32 whose mask tells its row and its column, with points.
fn ramp() -> Item {
    let pixel = |place: usize| [place / 32 * 8, place % 32 * 8, 128].map(|value| value as u8);
    Item {
        name: "ramp".to_string(),
        picture: Picture::new(
            [32, 32],
            3,
            Values::U8((0..32 * 32).flat_map(pixel).collect()),
        ),
        target: Target::Mask(Mask::new([32, 32], (1..=32 * 32).collect())),
    }
}

fn applied(transforms: &[Transform], index: u64) -> Item {
    let drawn = draw(transforms, [32, 32], &mut generator(1, 0, index));
    drawn.apply(ramp(), &[]).expect("one size")
}

#[test]
fn every_kind_leaves_its_size_and_values_in_range() {
    let every = list(EVERY);
    for (place, transform) in every.iter().enumerate() {
        let one = std::slice::from_ref(transform);
        assert_eq!(size_after(one, [32, 32]).expect("fits"), [32, 32]);
        let mut changed = 0;
        for index in 0..20 {
            let item = applied(one, index);
            assert_eq!(item.picture.size(), [32, 32]);
            for channel in 0..3 {
                let plane = item.picture.plane(channel);
                assert!(
                    plane.iter().all(|value| (0.0..=1.0).contains(value)),
                    "{place}"
                );
            }
            changed += usize::from(item.picture != ramp().picture || item.target != ramp().target);
            assert_eq!(item, applied(one, index), "the same draws");
        }
        assert!(changed >= 5, "{transform:?} changed {changed} of 20");
    }
}

/// The mask tells where each pixel was taken from; the picture, a ramp, tells the same.
#[test]
fn geometry_moves_masks_with_their_images() {
    let every = list(EVERY);
    for transform in every.iter().take(9) {
        for index in 0..20 {
            let item = applied(std::slice::from_ref(transform), index);
            let Target::Mask(mask) = &item.target else {
                panic!("a mask");
            };
            let [rows, columns] = [item.picture.plane(0), item.picture.plane(1)];
            let mut compared = 0;
            for (place, &class) in mask.classes().iter().enumerate() {
                // Background came in; at the image's edge black is mixed in.
                let (row, column) = ((class - 1).max(0) / 32, (class - 1).max(0) % 32);
                if class == 0 || row % 31 == 0 || column % 31 == 0 {
                    continue;
                }
                compared += 1;
                let near =
                    |value: f32, place: i32| (value * 255.0 / 8.0 - place as f32).abs() <= 0.6;
                assert!(
                    near(rows[place], row) && near(columns[place], column),
                    "{transform:?} {index}"
                );
            }
            assert!(compared > 100, "{transform:?} {compared}");
        }
    }
}

#[test]
fn colours_leave_answers_alone() {
    for transform in &list(EVERY)[9..17] {
        let item = applied(std::slice::from_ref(transform), 3);
        assert_eq!(item.target, ramp().target);
    }
}

#[test]
fn points_go_where_their_pixels_go() {
    let every = list(EVERY);
    for transform in every.iter().take(9) {
        let one = std::slice::from_ref(transform);
        for index in 0..20 {
            let own = [[16.0, 16.0], [11.0, 19.0], [20.0, 9.0]];
            let drawn = draw(one, [32, 32], &mut generator(1, 0, index));
            let Target::Mask(mask) = applied(one, index).target else {
                panic!("a mask");
            };
            for point in own {
                let Some([row, column]) = drawn.geometry.point(point) else {
                    continue;
                };
                let place = (row + 0.5) as usize * 32 + (column + 0.5) as usize;
                let class = mask.classes()[place.min(32 * 32 - 1)] - 1;
                let [row, column] = [class / 32, class % 32].map(|along| along as f32);
                let off = (row - point[0]).abs().max((column - point[1]).abs());
                assert!(off <= 1.5, "{transform:?}: {point:?} is {off} off");
            }
        }
    }
}

/// A triangle's corners go round it the other way in a mirror.
#[test]
fn pairs_change_places_where_what_is_seen_is_mirrored() {
    let corners = [[12.0, 12.0], [12.0, 20.0], [20.0, 12.0]];
    let around =
        |[a, b, c]: [[f32; 2]; 3]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let flips = list(r#"["flip_horizontal", "flip_vertical", "transpose"]"#);
    let (mut mirrored, mut compared) = (0, 0);
    for transform in &list(EVERY)[..9] {
        let mut all = flips.clone();
        all.insert(1, transform.clone());
        for index in 0..20 {
            let drawn = draw(&all, [32, 32], &mut generator(1, 0, index));
            let Some(seen) = corners
                .map(|corner| drawn.geometry.point(corner))
                .into_iter()
                .collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            let is_mirrored = drawn.geometry.mirrors();
            let same = around(corners) * around([seen[0], seen[1], seen[2]]) > 0.0;
            assert_eq!(is_mirrored, !same, "{transform:?} {index}");
            let item = Item {
                target: Target::Points(corners.map(Some).to_vec()),
                ..ramp()
            };
            let Target::Points(points) = drawn.apply(item, &[[0, 2]]).expect("one size").target
            else {
                panic!("points");
            };
            let order = if is_mirrored { [2, 1, 0] } else { [0, 1, 2] };
            assert_eq!(points, order.map(|place| Some(seen[place])));
            mirrored += usize::from(is_mirrored);
            compared += 1;
        }
    }
    assert!(
        mirrored > 20 && compared - mirrored > 20,
        "{mirrored} of {compared}"
    );
}

/// A whole turn in steps that are one map, so that nothing is blurred.
#[test]
fn steps_are_one_map_and_read_once() {
    let mut drawn = Drawn::nothing([32, 32]);
    for _ in 0..8 {
        affine::turn(&mut drawn, 45.0);
    }
    let item = drawn.apply(ramp(), &[]).expect("one size");
    let (Values::U8(after), picture) = (item.picture.values(), ramp().picture) else {
        panic!("bytes");
    };
    let Values::U8(before) = picture.values() else {
        panic!("bytes");
    };
    let off = before.iter().zip(after).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(off <= Some(1), "{off:?}");
    assert_eq!(item.target, ramp().target);
}

#[test]
fn a_quarter_turn_is_against_the_clock() {
    let mut drawn = Drawn::nothing([32, 32]);
    affine::turn(&mut drawn, 90.0);
    // What was at the right edge is at the top.
    let place = drawn.geometry.point([10.0, 31.0]).expect("seen");
    assert!(
        place[0].abs() < 1e-3 && (place[1] - 10.0).abs() < 1e-3,
        "{place:?}"
    );
}

#[test]
fn windows_around_a_turn_are_applied_in_their_order() {
    let mut drawn = Drawn::nothing([32, 32]);
    drawn.geometry.look(|window| window.crop([0, 0], [16, 16]));
    affine::turn(&mut drawn, 90.0);
    drawn.geometry.look(Window::flip_vertical);
    assert_eq!(drawn.geometry.seen(), [16, 16]);
    let Target::Mask(mask) = drawn.apply(ramp(), &[]).expect("one size").target else {
        panic!("a mask");
    };
    // Turned, the top left corner is at the bottom left; mirrored, it is at the top again.
    assert_eq!(mask.classes()[0], 1);
    assert_eq!(mask.classes()[16], 2);
    assert_eq!(mask.classes()[1], 33);
}

#[test]
fn of_two_kinds_of_mixing_one_is_drawn() {
    let both = list(r#"[{"mixup": {}}, {"cutmix": {"probability": 0.5}}]"#);
    let [mut over, mut cut] = [0, 0];
    for index in 0..400 {
        match Mixing::draw(&both, 4, [8, 8], &mut generator(1, 0, index)) {
            Some(Mixing::Over { own, .. }) => {
                assert!((0.0..=1.0).contains(&own));
                over += 1;
            }
            Some(Mixing::Cut { start, size, .. }) => {
                assert!(start[0] + size[0] <= 8 && start[1] + size[1] <= 8);
                cut += 1;
            }
            None => {}
        }
    }
    assert!((150..250).contains(&over), "{over}");
    assert!((60..140).contains(&cut), "{cut}");
}

#[test]
fn points_are_not_mixed() {
    let mixed = list(r#"["flip_vertical", {"cutmix": {}}]"#);
    check_task(&mixed, Task::Classification).expect("classes are");
    let error = check_task(&mixed, Task::KeyPoints).expect_err("points are not");
    assert!(
        error
            .to_string()
            .starts_with("augmentation.1: points cannot be mixed")
    );
}
