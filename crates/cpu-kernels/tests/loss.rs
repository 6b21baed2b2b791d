//! The cross-entropy against its formula in `f64`.

mod common;

use common::*;
use cpu_kernels::*;

/// Some logits with their labels.
struct Rows {
    classes: usize,
    x: Vec<f32>,
    labels: Vec<u32>,
}

impl Rows {
    fn random(random: &mut Random, rows: usize, classes: usize, ignored: bool) -> Self {
        let x = random.floats(rows * classes);
        let mut label = || match ignored && random.range(0, 3) == 0 {
            true => IGNORED_LABEL,
            false => random.range(0, classes - 1) as u32,
        };
        Self {
            classes,
            labels: (0..rows).map(|_| label()).collect(),
            x: x.iter().map(|x| 4.0 * x).collect(),
        }
    }

    /// The loss and its gradient.
    fn loss(&self, options: &CrossEntropy) -> (f32, Vec<f32>) {
        let mut dx = vec![f32::NAN; self.x.len()];
        let loss = softmax_cross_entropy(options, self.classes, &self.x, &self.labels, &mut dx);
        (loss, dx)
    }

    /// The same by the formula.
    fn reference(&self, options: &CrossEntropy) -> (f64, Vec<f64>) {
        let classes = self.classes;
        let weight = |class: usize| options.weights.map_or(1.0, |w| f64::from(w[class]));
        let smoothing = f64::from(options.smoothing);
        let (mut loss, mut total) = (0.0, 0.0);
        let mut dx = vec![0.0; self.x.len()];
        for (row, &label) in self.labels.iter().enumerate() {
            if label == IGNORED_LABEL {
                continue;
            }
            let label = label as usize;
            total += weight(label);
            let powers: Vec<_> = self.x[row * classes..][..classes]
                .iter()
                .map(|&x| f64::from(x).exp())
                .collect();
            let sum: f64 = powers.iter().sum();
            for class in 0..classes {
                let own = if class == label { 1.0 - smoothing } else { 0.0 };
                let target = (own + smoothing / classes as f64) * weight(class);
                loss -= target * (powers[class] / sum).ln();
                for other in 0..classes {
                    let is_class = if other == class { 1.0 } else { 0.0 };
                    dx[row * classes + other] -= target * (is_class - powers[other] / sum);
                }
            }
        }
        if total > 0.0 {
            loss /= total;
            dx.iter_mut().for_each(|dx| *dx /= total);
        }
        (loss, dx)
    }
}

#[test]
fn loss_and_gradient_match_the_formula() {
    let mut random = Random(17);
    for (rows, classes) in [(1, 1), (9, 7), (50, 2), (4000, 11), (3, 1000)] {
        for ignored in [false, true] {
            let data = Rows::random(&mut random, rows, classes, ignored);
            let weights: Vec<_> = random.floats(classes).iter().map(|w| w + 1.5).collect();
            for weights in [None, Some(&weights[..])] {
                for smoothing in [0.0, 0.1, 1.0] {
                    let options = CrossEntropy { weights, smoothing };
                    let ((loss, dx), (want, slopes)) =
                        (data.loss(&options), data.reference(&options));
                    let what = format!("{rows} x {classes}, ignored {ignored}, {options:?}");
                    assert!(
                        (f64::from(loss) - want).abs() <= 2e-6 * want.max(1.0),
                        "{loss} {want} {what}"
                    );
                    let scale = 1.0 / rows as f64;
                    for (dx, want) in dx.iter().zip(&slopes) {
                        assert!(
                            (f64::from(*dx) - want).abs() <= 1e-5 * scale,
                            "{dx} {want} {what}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn ignored_rows_are_as_if_absent() {
    let mut random = Random(18);
    let all = Rows::random(&mut random, 40, 5, true);
    let counting = || (0..40).filter(|&row| all.labels[row] != IGNORED_LABEL);
    assert!((1..40).contains(&counting().count()));
    let rows = |data: &[f32]| -> Vec<f32> {
        counting()
            .flat_map(|row| data[row * 5..][..5].to_vec())
            .collect()
    };
    let some = Rows {
        classes: 5,
        x: rows(&all.x),
        labels: counting().map(|row| all.labels[row]).collect(),
    };
    let weights = [0.5, 1.0, 2.0, 1.5, 0.25];
    for options in [
        CrossEntropy::default(),
        CrossEntropy {
            weights: Some(&weights),
            smoothing: 0.2,
        },
    ] {
        let ((loss, dx), (want, want_dx)) = (all.loss(&options), some.loss(&options));
        assert_eq!(loss, want);
        assert_eq!(rows(&dx), want_dx);
        assert_eq!(
            dx.iter().filter(|&&dx| dx == 0.0).count(),
            dx.len() - want_dx.len()
        );
    }
}

#[test]
fn nothing_that_counts_is_no_loss() {
    let options = CrossEntropy {
        weights: Some(&[0.0, 1.0]),
        smoothing: 0.1,
    };
    for labels in [vec![], vec![IGNORED_LABEL; 3], vec![0, IGNORED_LABEL, 0]] {
        let x = vec![2.0; 2 * labels.len()];
        let data = Rows {
            classes: 2,
            x,
            labels,
        };
        let (loss, dx) = data.loss(&options);
        assert_eq!(loss, 0.0);
        assert!(dx.iter().all(|&dx| dx == 0.0));
    }
}

/// In the order of sums, too.
#[test]
fn weights_of_one_and_no_smoothing_change_no_bit() {
    let data = Rows::random(&mut Random(19), 9000, 7, false);
    let weights = [1.0; 7];
    let options = CrossEntropy {
        weights: Some(&weights),
        smoothing: 0.0,
    };
    assert_eq!(data.loss(&options), data.loss(&CrossEntropy::default()));
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let data = Rows::random(&mut Random(20), 20_000, 9, true);
    let weights: Vec<_> = (1..10).map(|i| 1.0 / i as f32).collect();
    let options = CrossEntropy {
        weights: Some(&weights),
        smoothing: 0.1,
    };
    let results = [1, 2, 3, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool of threads")
            .install(|| data.loss(&options))
    });
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
#[should_panic(expected = "label = 3: must be below classes = 3, or ignored")]
fn a_label_beyond_the_classes_is_refused() {
    softmax_cross_entropy(&CrossEntropy::default(), 3, &[0.0; 3], &[3], &mut [0.0; 3]);
}

#[test]
#[should_panic(expected = "smoothing = 1.5: must be in 0..=1")]
fn a_smoothing_beyond_one_is_refused() {
    let options = CrossEntropy {
        smoothing: 1.5,
        ..CrossEntropy::default()
    };
    softmax_cross_entropy(&options, 3, &[0.0; 3], &[2], &mut [0.0; 3]);
}
