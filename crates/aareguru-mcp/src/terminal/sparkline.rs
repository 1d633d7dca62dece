//! Draws a time series with block characters. Times without a value are blank; the lowest value is
//! not.

const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The readings in a period.
#[derive(Debug)]
pub(super) struct SparklineSeries {
    /// Unix seconds and values.
    readings: Vec<(i64, f64)>,
    /// The start and the end, in Unix seconds.
    span: (i64, i64),
    /// The usual time between two readings, in seconds.
    usual_step: Option<i64>,
}

/// A series reduced to one optional value per column.
#[derive(Debug)]
pub(super) struct Sparkline {
    columns: Vec<Option<f64>>,
    /// The values at the bottom and at the top.
    scale: (f64, f64),
}

impl SparklineSeries {
    /// Creates the series of the points, given as Unix seconds and values, that are between `from` and
    /// `until`.
    pub(super) fn new(points: &[(i64, Option<f64>)], (from, until): (i64, i64)) -> Self {
        let within = points
            .iter()
            .filter(|(time, _)| (from..=until).contains(time));
        Self {
            readings: within
                .filter_map(|(time, value)| Some((*time, (*value)?)))
                .collect(),
            span: (from, until),
            usual_step: usual_step(points),
        }
    }

    /// Returns the lowest and the highest reading, if there are any.
    pub(super) fn scale(&self) -> Option<(f64, f64)> {
        let values = || self.readings.iter().map(|(_, value)| *value);
        Some((values().reduce(f64::min)?, values().reduce(f64::max)?))
    }

    /// Reduces the series to at most `width` columns, with the mean of the readings in each.
    ///
    /// It has no more columns than regular readings, so that a blank column always means that
    /// readings are missing.
    pub(super) fn draw(&self, width: usize) -> Sparkline {
        let (from, until) = self.span;
        let span = (until - from).max(1) as f64;
        let max_width = match self.usual_step {
            Some(step) => (span / step as f64).ceil() as usize,
            None => 1,
        };
        let width = width.min(max_width).max(1);
        let mut sums = vec![(0.0, 0_u32); width];
        for (time, value) in &self.readings {
            let share = (time - from) as f64 / span;
            let column = ((share * width as f64) as usize).min(width - 1);
            sums[column].0 += value;
            sums[column].1 += 1;
        }
        let mean = |(sum, n): (f64, u32)| (n > 0).then(|| sum / f64::from(n));
        Sparkline {
            columns: sums.into_iter().map(mean).collect(),
            scale: self.scale().unwrap_or_default(),
        }
    }
}

impl Sparkline {
    /// Returns the number of columns.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Renders `height` lines, from top to bottom.
    pub(super) fn lines(&self, height: usize) -> Vec<String> {
        let filled: Vec<_> = self
            .columns
            .iter()
            .map(|value| value.map_or(0, |value| self.eighths(value, height)))
            .collect();
        let line = |row: usize| {
            let in_row = |eighths: &usize| EIGHTHS[eighths.saturating_sub(row * 8).min(8)];
            filled.iter().map(in_row).collect()
        };
        (0..height).rev().map(line).collect()
    }

    /// Returns the height of a value in eighths of a line, at least 1.
    fn eighths(&self, value: f64, height: usize) -> usize {
        let (bottom, top) = self.scale;
        let full = (height * 8) as f64;
        if top <= bottom {
            return (full / 2.0) as usize;
        }
        let share = (value - bottom) / (top - bottom);
        (1.0 + share * (full - 1.0)).round() as usize
    }
}

/// Returns the median time between two points, in seconds.
fn usual_step(points: &[(i64, Option<f64>)]) -> Option<i64> {
    let mut steps: Vec<i64> = points
        .windows(2)
        .map(|pair| pair[1].0 - pair[0].0)
        .filter(|step| *step > 0)
        .collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_ten(values: &[Option<f64>]) -> Vec<(i64, Option<f64>)> {
        let times = (0..).step_by(10);
        times.zip(values.iter().copied()).collect()
    }

    #[track_caller]
    fn shows(values: &[Option<f64>], line: &str) {
        let points = every_ten(values);
        let until = 10 * values.len() as i64;
        let sparkline = SparklineSeries::new(&points, (0, until)).draw(40);
        assert_eq!(sparkline.lines(1), [line]);
    }

    #[test]
    fn sparkline_lowest_value_is_visible_and_highest_is_full() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0].map(Some);
        shows(&values, "▁▂▃▄▅▆▇█");
        let below_zero = [-8.0, -1.0, -8.0].map(Some);
        shows(&below_zero, "▁█▁");
    }

    #[test]
    fn sparkline_unknown_value_is_blank() {
        shows(&[Some(8.0), None, Some(1.0), None, None], "█ ▁  ");
        shows(&[None, Some(8.0), Some(1.0), Some(0.0)], " █▂▁");
    }

    #[test]
    fn sparkline_time_without_points_is_blank() {
        let points = [0, 10, 20, 70, 80, 90].map(|time| (time, Some(time as f64)));
        let sparkline = SparklineSeries::new(&points, (0, 100)).draw(10);
        assert_eq!(sparkline.lines(1), ["▁▂▃    ▆▇█"]);
        // The width is that of the requested period, not that of the data.
        let sparkline = SparklineSeries::new(&points, (-100, 100)).draw(20);
        assert_eq!(sparkline.lines(1), ["          ▁▂▃    ▆▇█"]);
    }

    #[test]
    fn sparkline_of_a_constant_series_is_level() {
        shows(&[Some(3.0); 4], "▄▄▄▄");
        shows(&[Some(3.0)], "▄");
    }

    #[test]
    fn series_without_values_has_no_scale() {
        for points in [every_ten(&[]), every_ten(&[None, None])] {
            assert!(SparklineSeries::new(&points, (0, 20)).scale().is_none());
        }
        let outside = [(-5, Some(1.0)), (25, Some(1.0))];
        assert!(SparklineSeries::new(&outside, (0, 20)).scale().is_none());
    }

    #[test]
    fn sparkline_columns_average_many_points_and_leave_no_gaps_between_few() {
        let many: Vec<_> = (0..100).map(|n| (n, Some(n as f64))).collect();
        let sparkline = SparklineSeries::new(&many, (0, 100)).draw(4);
        assert_eq!(sparkline.width(), 4);
        assert_eq!(sparkline.scale, (0.0, 99.0));
        assert_eq!(sparkline.lines(1), ["▂▄▅▇"]);
        let few = every_ten(&[Some(1.0), Some(2.0)]);
        assert_eq!(SparklineSeries::new(&few, (0, 20)).draw(40).width(), 2);
    }

    #[test]
    fn sparkline_with_more_lines_has_a_finer_scale() {
        let points = every_ten(&[Some(0.0), Some(8.0), None, Some(16.0)]);
        let sparkline = SparklineSeries::new(&points, (0, 40)).draw(40);
        assert_eq!(sparkline.lines(2), [" ▁ █", "▁█ █"]);
    }
}
