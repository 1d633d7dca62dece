//! Computes the growth of a value by linear regression (least squares).

/// Returns the growth per hour of points of seconds and values; `None` for fewer than two points.
pub(super) fn per_hour(points: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let points = points.collect::<Vec<_>>();
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x_mean, y_mean) = (mean(|point| point.0), mean(|point| point.1));
    let (mut above, mut below) = (0.0, 0.0);
    for (x, y) in &points {
        above += (x - x_mean) * (y - y_mean);
        below += (x - x_mean) * (x - x_mean);
    }
    (below > 0.0).then(|| above / below * 3600.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slope_of_a_line_is_exact() {
        let points = (0..10).map(|x| (f64::from(x), 5.0 + f64::from(x) * 2.0));
        assert!((per_hour(points).unwrap() - 7_200.0).abs() < 1e-6);
        let flat = [(0.0, 3.0), (1.0, 5.0), (2.0, 3.0)];
        assert!(per_hour(flat.into_iter()).unwrap().abs() < 1e-6);
        assert_eq!(per_hour([(1.0, 1.0)].into_iter()), None);
    }
}
