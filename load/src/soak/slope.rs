//! How much a number grows: the straight line through points by least squares.

/// By how much the second of each pair grows in an hour if the first is seconds; `None` of fewer
/// than two points.
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
    fn a_line_has_the_slope_it_was_drawn_with() {
        let points = (0..10).map(|x| (f64::from(x), 5.0 + f64::from(x) * 2.0));
        assert!((per_hour(points).unwrap() - 7_200.0).abs() < 1e-6);
        let flat = [(0.0, 3.0), (1.0, 5.0), (2.0, 3.0)];
        assert!(per_hour(flat.into_iter()).unwrap().abs() < 1e-6);
        assert_eq!(per_hour([(1.0, 1.0)].into_iter()), None);
    }
}
