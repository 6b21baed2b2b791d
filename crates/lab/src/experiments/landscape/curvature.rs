//! How convex a surface is.

/// How much of the curvature is downward at each inner point of a grid of equal steps, 0 to 1:
/// `λ₋ / (λ₊ + λ₋)`, of the Hessian's least eigenvalue as far as it is below 0, and its greatest as
/// far as it is above. A convex surface has 0 everywhere.
pub(super) fn downward(heights: &[Vec<f64>]) -> Vec<f64> {
    let mut shares = Vec::new();
    for rows in heights.windows(3) {
        for column in 1..rows[1].len().saturating_sub(1) {
            let at = |row: usize, aside: usize| rows[row][column + aside - 1];
            let middle = at(1, 1);
            let across = at(1, 0) - 2.0 * middle + at(1, 2);
            let along = at(0, 1) - 2.0 * middle + at(2, 1);
            let mixed = (at(0, 0) - at(0, 2) - at(2, 0) + at(2, 2)) / 4.0;
            shares.push(share(eigenvalues(across, along, mixed)));
        }
    }
    shares
}

/// The least and the greatest eigenvalue of `[[a, c], [c, b]]`.
fn eigenvalues(a: f64, b: f64, c: f64) -> [f64; 2] {
    let middle = (a + b) / 2.0;
    let half = ((a - b) / 2.0).hypot(c);
    [middle - half, middle + half]
}

fn share([least, greatest]: [f64; 2]) -> f64 {
    let (down, up) = ((-least).max(0.0), greatest.max(0.0));
    match down + up > 0.0 {
        true => down / (down + up),
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(height: fn(f64, f64) -> f64) -> Vec<f64> {
        let places = [-1.0, 0.0, 1.0];
        downward(&places.map(|y| places.map(|x| height(x, y)).to_vec()))
    }

    #[test]
    fn shares_are_those_of_the_eigenvalues() {
        assert_eq!(surface(|x, y| x * x + 3.0 * y * y), [0.0]);
        assert_eq!(surface(|x, y| -x * x - y * y), [1.0]);
        // A saddle that stands askew: eigenvalues of 1 and -1.
        assert_eq!(surface(|x, y| x * y), [0.5]);
        assert_eq!(surface(|x, y| 3.0 * x * x - y * y), [0.25]);
        assert_eq!(surface(|x, y| x + y), [0.0]);
    }

    #[test]
    fn every_inner_point_has_a_share() {
        assert_eq!(downward(&vec![vec![0.0; 5]; 4]).len(), 6);
        assert!(downward(&[vec![0.0; 5], vec![0.0; 5]]).is_empty());
    }
}
